/* SPDX-License-Identifier: MIT */
/*
 * sheaf: the pool of unused sheaves.
 *
 *   pool -> block -> block -> NULL      linked through the link's slot
 *
 * Blocks come from boot memory, four to a page, and are kept for ever:
 * there are at most two for each id and CPU, and what each cache's barns hold.
 *
 * Locks: SHEAF_POOL to take one; to put one back, none.  As only one thread
 * takes, what it saw as the first block's next cannot have changed if that
 * block is still the first.
 */
#include "sheaf.h"

#include "bug.h"
#include "memblock.h"
#include "spinlock.h"

#define SHEAVES_AT_ONCE 4

static struct spinlock pool_lock = SPIN_LOCK_INIT(SHEAF_POOL);
static void **pool; /* atomic; taken from under pool_lock */

static void pool_add(void **block)
{
	void **first = atomic_read(&pool);

	do
		WRITE_ONCE(*block, (void *)first);
	/* pairs with the acquire in pool_take */
	while (!try_cmpxchg_release(&pool, &first, block));
}

static void **pool_take(void)
{
	void **block, **first;

	lockdep_assert_held(&pool_lock);
	do {
		/* pairs with the release in pool_add */
		block = first = smp_load_acquire(&pool);
	} while (block && !try_cmpxchg(&pool, &first, READ_ONCE(*block)));
	return block;
}

static void **pool_grow(void)
{
	char *mem = memblock_alloc(SHEAVES_AT_ONCE * SHEAF_BYTES, SHEAF_BYTES);

	if (!mem)
		return NULL;
	for (int i = 1; i < SHEAVES_AT_ONCE; i++)
		pool_add((void **)(mem + i * SHEAF_BYTES));
	return (void **)mem;
}

uintptr_t sheaf_new(unsigned int capacity)
{
	void **block;

	VM_BUG_ON(!capacity || capacity > SHEAF_MAX_CAPACITY);
	if (!spin_lock(&pool_lock))
		return 0;
	block = pool_take();
	if (!block)
		block = pool_grow();
	spin_unlock(&pool_lock);
	if (!block)
		return 0;
	return sheaf_reset((uintptr_t)(block + 1), capacity);
}

void sheaf_put(uintptr_t top)
{
	pool_add(sheaf_block(top));
}

/* Four at a time, up to the sentinel. */
size_t sheaf_pop_many(uintptr_t *top, void **objs, size_t nr)
{
	void **pos = (void **)*top, **to = objs, **end = objs + nr;

	for (; end - to >= 4 && pos[-1] && pos[-2] && pos[-3] && pos[-4];
	     pos -= 4, to += 4) {
		to[0] = pos[-1];
		to[1] = pos[-2];
		to[2] = pos[-3];
		to[3] = pos[-4];
	}
	while (to < end && pos[-1])
		*to++ = *--pos;
	*top = (uintptr_t)pos;
	return (size_t)(to - objs);
}

/* Who was late may still look at the sheaf: only a sanitizer minds. */
size_t sheaf_push_many(uintptr_t *top, void **objs, size_t nr)
{
	size_t n = (sheaf_end(*top) - *top) / sizeof(void *);

	n = min(n, nr);
	if (IS_ENABLED(CONFIG_SANITIZER)) {
		for (size_t i = 0; i < n; i++)
			sheaf_push(top, objs[i]);
		return n;
	}
	__builtin_memcpy((void *)*top, objs, n * sizeof(void *));
	*top += n * sizeof(void *);
	return n;
}

void sheaf_move(uintptr_t *from, uintptr_t *to, unsigned int nr)
{
	*from -= nr * sizeof(void *);
	sheaf_push_many(to, (void **)*from, nr);
}

u64 sheaf_pool_locks(void)
{
	return READ_ONCE(pool_lock.taken);
}

void sheaf_fork_lock(void)
{
	spin_fork_lock(&pool_lock);
}

void sheaf_fork_unlock(void)
{
	spin_fork_unlock(&pool_lock);
}

void sheaf_fork_child(void)
{
	spin_lock_reinit(&pool_lock);
}
