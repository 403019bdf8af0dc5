/* SPDX-License-Identifier: MIT */
/*
 * mempool: elements in reserve before an allocator.
 *
 *   mempool_alloc -> the allocator -> elements[--curr_nr] -> wait for freed
 *   mempool_free  -> elements[curr_nr++] while that is below min_nr,
 *                    else the allocator
 *
 * The reserve is a stack.  An element goes to it first, so that it is
 * complete again as soon as enough are free.
 *
 * Waiting: who finds nothing notes the counter "freed", adds itself to
 * "waiters", looks once more under the lock, and sleeps on the counter.  Who
 * frees counts under the lock and then looks for waiters.  So either the
 * one sees the element or the other sees the waiter.  All waiters wake: one
 * may then get an element elsewhere, and must not have taken the wake of
 * another.  The five seconds after which a waiter tries again are for memory
 * that comes back to the allocator by other ways.
 *
 * Invariants: curr_nr <= max(min_nr, 1), which elements has room for.
 *
 * Locks: POOL, one of NR_LOCKS by the pool's address, for curr_nr, min_nr,
 * elements and what is in it.  Pools are in memory of their users, so that
 * locks inside them would be unknown to fork.  Nothing is called under it.
 * A signal handler that cannot have it goes without the reserve.
 */
#include "mempool.h"

#include <errno.h>
#include <limits.h>

#include "arch.h"
#include "kmalloc.h"
#include "page_alloc.h"
#include "printk.h"
#include "spinlock.h"
#include "util.h"

#define NR_LOCKS 16
#define RETRY_MS 5000

/* Zero is right for all of them. */
static struct {
	struct spinlock lock;
} __aligned(64) locks[NR_LOCKS];

BUILD_BUG_ON(LOCK_RANK_POOL != 0);

static struct spinlock *lock_of(const mempool_t *pool)
{
	return &locks[((uintptr_t)pool * 0x9e3779b97f4a7c15ULL) >> 60].lock;
}

BUILD_BUG_ON(NR_LOCKS != 1 << (64 - 60));

/* ---- the reserve; the lock is held ---- */

static int __room(const mempool_t *pool)
{
	return max(pool->min_nr, 1) - pool->curr_nr;
}

static void __add(mempool_t *pool, void *element)
{
	VM_BUG_ON(__room(pool) <= 0);
	pool->elements[pool->curr_nr] = element;
	WRITE_ONCE(pool->curr_nr, pool->curr_nr + 1);
}

static void *__remove(mempool_t *pool)
{
	VM_BUG_ON(pool->curr_nr <= 0);
	WRITE_ONCE(pool->curr_nr, pool->curr_nr - 1);
	return pool->elements[pool->curr_nr];
}

/* ---- taking and giving ---- */

/* All @nr elements, or none. */
static bool take(mempool_t *pool, void **elem, unsigned int nr)
{
	bool ok;

	if (!spin_lock(lock_of(pool)))
		return false;
	ok = (unsigned int)pool->curr_nr >= nr;
	for (unsigned int i = 0; ok && i < nr; i++)
		elem[i] = __remove(pool);
	spin_unlock(lock_of(pool));
	return ok;
}

static void wake(mempool_t *pool)
{
	if (unlikely(atomic_read(&pool->waiters)))
		arch_futex_wake(&pool->freed, INT_MAX);
}

/* How many the reserve has taken; it is looked at without the lock first,
 * for it is complete as a rule.  What this thread took from it, or was given
 * by one that did, it sees to be missing. */
static unsigned int give(mempool_t *pool, void **elem, unsigned int nr)
{
	unsigned int i = 0;

	if (READ_ONCE(pool->curr_nr) >= max(READ_ONCE(pool->min_nr), 1) ||
	    !spin_lock(lock_of(pool)))
		return 0;
	while (i < nr && __room(pool) > 0)
		__add(pool, elem[i++]);
	atomic_add(&pool->freed, 1);
	spin_unlock(lock_of(pool));
	wake(pool);
	return i;
}

/* Until something is freed, unless @nr elements are there already. */
static void wait_for(mempool_t *pool, unsigned int nr)
{
	u32 freed = smp_load_acquire(&pool->freed);
	bool sleep;

	atomic_add(&pool->waiters, 1);
	spin_lock(lock_of(pool));
	sleep = (unsigned int)pool->curr_nr < nr;
	spin_unlock(lock_of(pool));
	if (sleep)
		arch_futex_wait_ms(&pool->freed, freed, RETRY_MS);
	atomic_sub(&pool->waiters, 1);
}

static void __cold warn_zero(void)
{
	static bool reported; /* atomic */

	if (!xchg(&reported, true))
		pr_warn("mempool_alloc: __GFP_ZERO: elements of a reserve are not cleared (reported once)");
}

/* What the allocator is told, at first and when that was not enough.  It may
 * make a heap larger at once, which the kernel's cannot: the reserve is for
 * when there is nothing to make it larger with. */
static gfp_t adjust_gfp(gfp_t *gfp)
{
	*gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	return *gfp & ~__GFP_IO;
}

__export void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	gfp_t now = adjust_gfp(&gfp);
	void *element;

	if (unlikely(gfp & __GFP_ZERO))
		warn_zero();
	for (;;) {
		element = pool->alloc(now, pool->pool_data);
		if (likely(element) || take(pool, &element, 1))
			return element;
		if (now == gfp) {
			if (!(gfp & __GFP_DIRECT_RECLAIM) || in_nmi())
				return NULL;
			wait_for(pool, 1);
		}
		now = gfp;
	}
}

__export void *mempool_alloc_preallocated(mempool_t *pool)
{
	void *element;

	return take(pool, &element, 1) ? element : NULL;
}

__export int mempool_alloc_bulk(mempool_t *pool, void **elem,
				unsigned int count)
{
	gfp_t gfp = GFP_KERNEL, now = adjust_gfp(&gfp);
	unsigned int i = 0;

	if (count > (unsigned int)max(READ_ONCE(pool->min_nr), 1))
		return -EINVAL;
	for (;;) {
		while (i < count) {
			elem[i] = pool->alloc(now, pool->pool_data);
			if (!elem[i])
				break;
			i++;
		}
		if (i == count || take(pool, elem + i, count - i))
			return 0;
		if (now == gfp)
			wait_for(pool, count - i);
		now = gfp;
	}
}

__export void mempool_free(void *element, mempool_t *pool)
{
	if (!element || give(pool, &element, 1))
		return;
	pool->free(element, pool->pool_data);
	/* Memory for one who waits, in whatever way. */
	if (unlikely(atomic_read(&pool->waiters))) {
		atomic_add(&pool->freed, 1);
		wake(pool);
	}
}

__export unsigned int mempool_free_bulk(mempool_t *pool, void **elem,
					unsigned int count)
{
	return give(pool, elem, count);
}

/* ---- making, resizing, ending ---- */

__export int mempool_init_node(mempool_t *pool, int min_nr,
			       mempool_alloc_t *alloc, mempool_free_t *free,
			       void *pool_data, gfp_t gfp, int node)
{
	*pool = (mempool_t){ .min_nr = min_nr,
			     .pool_data = pool_data,
			     .alloc = alloc,
			     .free = free };
	if (min_nr < 0)
		return -EINVAL;
	pool->elements = kmalloc_array_node((size_t)max(min_nr, 1),
					    sizeof(void *), gfp, node);
	if (!pool->elements)
		return -ENOMEM;
	while (__room(pool) > 0) {
		void *element = alloc(gfp, pool_data);

		if (!element) {
			mempool_exit(pool);
			return -ENOMEM;
		}
		__add(pool, element);
	}
	return 0;
}

__export int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc,
			  mempool_free_t *free, void *pool_data)
{
	return mempool_init_node(pool, min_nr, alloc, free, pool_data,
				 GFP_KERNEL, NUMA_NO_NODE);
}

__export void mempool_exit(mempool_t *pool)
{
	while (pool->curr_nr)
		pool->free(__remove(pool), pool->pool_data);
	kfree(pool->elements);
	pool->elements = NULL;
}

__export mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc,
					mempool_free_t *free, void *pool_data,
					gfp_t gfp, int node)
{
	mempool_t *pool = kmalloc_node(sizeof(*pool), gfp, node);

	if (pool && mempool_init_node(pool, min_nr, alloc, free, pool_data, gfp,
				      node)) {
		kfree(pool);
		return NULL;
	}
	return pool;
}

__export mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc,
				   mempool_free_t *free, void *pool_data)
{
	return mempool_create_node(min_nr, alloc, free, pool_data, GFP_KERNEL,
				   NUMA_NO_NODE);
}

__export void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	kfree(pool);
}

/* The element that is one too many, or NULL once @min_nr is right. */
static void *surplus(mempool_t *pool, int min_nr)
{
	void *element = NULL;

	spin_lock(lock_of(pool));
	if (pool->curr_nr > min_nr)
		element = __remove(pool);
	else
		WRITE_ONCE(pool->min_nr, min_nr);
	spin_unlock(lock_of(pool));
	return element;
}

static void shrink(mempool_t *pool, int min_nr)
{
	void *element;

	while ((element = surplus(pool, min_nr)))
		pool->free(element, pool->pool_data);
}

/* Puts @more in the place of the array, which is returned; @more itself if
 * somebody else has made the pool as large meanwhile. */
static void **exchange(mempool_t *pool, void **more, int min_nr)
{
	void **old = more;

	spin_lock(lock_of(pool));
	if (min_nr > pool->min_nr) {
		old = pool->elements;
		__builtin_memcpy(more, old,
				 (size_t)pool->curr_nr * sizeof(*more));
		pool->elements = more;
		WRITE_ONCE(pool->min_nr, min_nr);
	}
	spin_unlock(lock_of(pool));
	return old;
}

static void fill(mempool_t *pool)
{
	while (READ_ONCE(pool->curr_nr) < READ_ONCE(pool->min_nr)) {
		void *element = pool->alloc(GFP_KERNEL, pool->pool_data);

		if (!element)
			return;
		mempool_free(element, pool);
	}
}

__export int mempool_resize(mempool_t *pool, int min_nr)
{
	void **more;

	if (min_nr <= 0)
		panic("mempool_resize of %p to %d: expected at least 1", pool,
		      min_nr);
	if (in_nmi()) /* the lock may be out of reach */
		return -ENOMEM;
	if (min_nr <= READ_ONCE(pool->min_nr)) {
		shrink(pool, min_nr);
		return 0;
	}
	more = kmalloc_array((size_t)min_nr, sizeof(*more), GFP_KERNEL);
	if (!more)
		return -ENOMEM;
	kfree(exchange(pool, more, min_nr));
	fill(pool);
	return 0;
}

/* ---- ready-made elements ---- */

__export void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	return kmem_cache_alloc(pool_data, gfp);
}

__export void mempool_free_slab(void *element, void *pool_data)
{
	kmem_cache_free(pool_data, element);
}

__export void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

__export void mempool_kfree(void *element, void *pool_data)
{
	(void)pool_data;
	kfree(element);
}

__export void *mempool_kvmalloc(gfp_t gfp, void *pool_data)
{
	return kvmalloc((size_t)pool_data, gfp);
}

__export void mempool_kvfree(void *element, void *pool_data)
{
	(void)pool_data;
	kvfree(element);
}

__export void *mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	return alloc_pages(gfp, (unsigned int)(size_t)pool_data);
}

__export void mempool_free_pages(void *element, void *pool_data)
{
	__free_pages(element, (unsigned int)(size_t)pool_data);
}

/* ---- fork ---- */

void mempool_fork_lock(void)
{
	for (int i = 0; i < NR_LOCKS; i++)
		spin_fork_lock(&locks[i].lock);
}

void mempool_fork_unlock(void)
{
	for (int i = 0; i < NR_LOCKS; i++)
		spin_fork_unlock(&locks[i].lock);
}

void mempool_fork_child(void)
{
	for (int i = 0; i < NR_LOCKS; i++)
		spin_lock_reinit(&locks[i].lock);
}
