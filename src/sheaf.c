/* SPDX-License-Identifier: MIT */
/*
 * sheaf: the pool of unused sheaves.
 *
 *   pool -> block -> block -> NULL      linked through slot 0
 *
 * Blocks come from boot memory, four to a page, and are kept for ever:
 * there are at most two for each id and CPU, and a barn's worth for each
 * cache.
 *
 * Locks: SHEAF_POOL.
 */
#include "sheaf.h"

#include "bug.h"
#include "memblock.h"
#include "spinlock.h"

#define SHEAVES_AT_ONCE 4

static struct spinlock pool_lock = SPIN_LOCK_INIT(SHEAF_POOL);
static void **pool; /* pool_lock */

/* Who was late may still look at what was the sheaf's first slot. */
static void pool_add(void **block)
{
	WRITE_ONCE(*block, (void *)pool);
	pool = block;
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
	block = pool;
	if (block)
		pool = *block;
	else
		block = pool_grow();
	spin_unlock(&pool_lock);
	if (!block)
		return 0;
	return sheaf_reset((uintptr_t)(block + 1), capacity);
}

void sheaf_put(uintptr_t top)
{
	if (!spin_lock(&pool_lock))
		return; /* in a signal handler: one block is lost */
	pool_add(sheaf_block(top));
	spin_unlock(&pool_lock);
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
