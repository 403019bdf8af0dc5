/* SPDX-License-Identifier: MIT */
/*
 * dmapool: blocks of one size that do not cross a boundary.
 *
 *   pool -> area -> area -> ...    base, handle, bits[]: set while in use
 *
 *   handle   | block | block |rest| block | block |rest| ...
 *            ^multiple of boundary ^multiple of boundary
 *
 * Block i of an area is at (i / per_window) * boundary + (i % per_window) *
 * size, counted from block 0, whose handle is a multiple of the boundary, or
 * of the area's size where that is less.  Handles are addresses, or what a
 * buffer's other user has in their place; blocks are aligned in both, if the
 * buffer is.
 *
 * Invariants: areas are only ever added, until the pool ends; a pool over a
 * buffer has one.
 *
 * Locks: none; a block is taken and freed by one atomic operation on its
 * bit.  So both work in signal handlers and in a forked child.
 *
 * Cost: a search for a clear bit, from the area that was added last.
 */
#include <limits.h>

#include "atomic.h"
#include "bitops.h"
#include "kmalloc.h"
#include "printk.h"
#include "util.h"
#include "vmalloc.h"

#define WORD_BITS 64
#define AREA_MIN SZ_64K

struct area {
	struct area *next;
	char *base;	   /* const: of block 0 */
	dma_addr_t handle; /* const: of block 0 */
	size_t nr;	   /* const: blocks */
	size_t hint;	   /* racy: the word where one was clear */
	unsigned long bits[];
};

struct dma_pool {
	struct area *areas; /* atomic */
	size_t size;	    /* const, as all below */
	size_t boundary;
	size_t per_window;
	size_t area_bytes; /* of a new one; 0: there is the buffer alone */
	char name[32];
};

/* ---- blocks and bits ---- */

static size_t offset_of(const struct dma_pool *pool, size_t i)
{
	return i / pool->per_window * pool->boundary +
	       i % pool->per_window * pool->size;
}

/* False if no block begins there. */
static bool block_at(const struct dma_pool *pool, const struct area *a,
		     const void *p, size_t *i)
{
	size_t off = (size_t)((const char *)p - a->base);
	size_t in = off & (pool->boundary - 1);

	*i = off / pool->boundary * pool->per_window + in / pool->size;
	return in / pool->size < pool->per_window && in % pool->size == 0 &&
	       *i < a->nr && offset_of(pool, *i) == off;
}

static size_t nr_words(size_t nr)
{
	return DIV_ROUND_UP(nr, WORD_BITS);
}

static bool take_in_word(unsigned long *word, unsigned int *bit)
{
	unsigned long old = atomic_read(word);

	do {
		if (!~old)
			return false;
		*bit = __ffs(~old);
	} while (!try_cmpxchg(word, &old, old | 1UL << *bit));
	return true;
}

static bool take_block(struct area *a, size_t *i)
{
	size_t words = nr_words(a->nr), first = READ_ONCE(a->hint);
	unsigned int bit;

	for (size_t k = 0; k < words; k++) {
		size_t w = (first + k) % words;

		if (!take_in_word(&a->bits[w], &bit))
			continue;
		if (w != first)
			WRITE_ONCE(a->hint, w);
		*i = w * WORD_BITS + bit;
		return true;
	}
	return false;
}

/* ---- areas ---- */

static struct area *new_area(const struct dma_pool *pool, char *base,
			     dma_addr_t handle, size_t length, gfp_t gfp)
{
	size_t nr = length / pool->boundary * pool->per_window +
		    length % pool->boundary / pool->size;
	struct area *a;

	if (!nr)
		return NULL;
	a = kvzalloc_flex(*a, bits, nr_words(nr), gfp);
	if (!a)
		return NULL;
	a->base = base;
	a->handle = handle;
	a->nr = nr;
	/* Those beyond the end are never free. */
	if (nr % WORD_BITS)
		a->bits[nr / WORD_BITS] = ~0UL << nr % WORD_BITS;
	return a;
}

static void add_area(struct dma_pool *pool, struct area *a)
{
	a->next = atomic_read(&pool->areas);
	/* pairs with the acquire in dma_pool_alloc and dma_pool_free */
	while (!try_cmpxchg_release(&pool->areas, &a->next, a))
		;
}

/* A new area, of which *i is the caller's. */
static struct area *grow(struct dma_pool *pool, gfp_t gfp, size_t *i)
{
	struct area *a;
	char *base;

	if (!pool->area_bytes)
		return NULL;
	gfp &= ~__GFP_ZERO;
	base = vmalloc_align(pool->area_bytes, pool->area_bytes, gfp,
			     NUMA_NO_NODE);
	if (!base)
		return NULL;
	a = new_area(pool, base, (uintptr_t)base, pool->area_bytes, gfp);
	if (!a) {
		vfree(base);
		return NULL;
	}
	take_block(a, i);
	add_area(pool, a);
	return a;
}

/* ---- pools ---- */

/* Blocks of less than 4 bytes there are none, as in the kernel. */
static bool plan(struct dma_pool *pool, size_t size, size_t align,
		 size_t boundary)
{
	align += !align;
	if (!size || size > INT_MAX || !is_power_of_2(align) || align > SZ_1G)
		return false;
	pool->size = ALIGN(max(size, (size_t)4), align);
	if (boundary && (boundary < pool->size || !is_power_of_2(boundary)))
		return false;
	/* An area, which is aligned to its size, crosses a boundary at most
	 * where it begins, or holds whole windows. */
	pool->area_bytes = max(roundup_pow_of_two(pool->size), AREA_MIN);
	pool->boundary = boundary ? boundary : pool->area_bytes;
	pool->per_window = pool->boundary / pool->size;
	return true;
}

static struct dma_pool *new_pool(const char *name, size_t size, size_t align,
				 size_t boundary)
{
	struct dma_pool plans = { .areas = NULL }, *pool;

	if (!plan(&plans, size, align, boundary))
		return NULL;
	pool = kmemdup(&plans, sizeof(plans), GFP_KERNEL);
	if (pool)
		scnprintf(pool->name, sizeof(pool->name), "%s",
			  name ? name : "?");
	return pool;
}

__export struct dma_pool *dma_pool_create_node(const char *name,
					       struct device *dev, size_t size,
					       size_t align, size_t boundary,
					       int node)
{
	(void)dev;
	(void)node;
	return new_pool(name, size, align, boundary);
}

__export struct dma_pool *dma_pool_create(const char *name, struct device *dev,
					  size_t size, size_t align,
					  size_t boundary)
{
	return dma_pool_create_node(name, dev, size, align, boundary,
				    NUMA_NO_NODE);
}

__export struct dma_pool *kmalloc_dma_pool_over(const char *name, void *buffer,
						size_t length,
						dma_addr_t handle, size_t size,
						size_t align, size_t boundary)
{
	struct dma_pool *pool;
	size_t skip;

	/* Without a boundary the buffer is one window, from the first handle
	 * that is aligned. */
	align += !align;
	skip = (size_t)-handle & ((boundary ? boundary : align) - 1);
	if (!boundary && length <= PTRDIFF_MAX)
		boundary =
			roundup_pow_of_two(max(length, size_add(size, align)));
	pool = new_pool(name, size, align, boundary);
	if (!pool)
		return NULL;
	pool->area_bytes = 0;
	if (length > skip)
		pool->areas =
			new_area(pool, (char *)buffer + skip, handle + skip,
				 length - skip, GFP_KERNEL);
	if (pool->areas)
		return pool;
	kfree(pool);
	return NULL;
}

static bool is_busy(const struct dma_pool *pool, const struct area *a)
{
	for (size_t i = 0; i < a->nr; i++) {
		if (a->bits[i / WORD_BITS] >> i % WORD_BITS & 1)
			return true;
	}
	return false;
}

__export void dma_pool_destroy(struct dma_pool *pool)
{
	struct area *a, *next;
	bool busy = false;

	for (a = pool ? pool->areas : NULL; a; a = next) {
		next = a->next;
		if (is_busy(pool, a))
			busy = true;
		else if (pool->area_bytes)
			vfree(a->base);
		kvfree(a);
	}
	if (busy)
		pr_err("dma_pool_destroy %s: blocks are in use; their areas stay",
		       pool->name);
	kfree(pool);
}

__export void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp,
			      dma_addr_t *handle)
{
	struct area *a = smp_load_acquire(&pool->areas);
	size_t i, off;

	while (a && !take_block(a, &i))
		a = a->next;
	if (!a)
		a = grow(pool, gfp, &i);
	if (!a)
		return NULL;
	off = offset_of(pool, i);
	*handle = a->handle + off;
	if (gfp & __GFP_ZERO)
		__builtin_memset(a->base + off, 0, pool->size);
	return a->base + off;
}

__export void *dma_pool_zalloc(struct dma_pool *pool, gfp_t gfp,
			       dma_addr_t *handle)
{
	return dma_pool_alloc(pool, gfp | __GFP_ZERO, handle);
}

static bool free_block(struct area *a, size_t i)
{
	unsigned long bit = 1UL << i % WORD_BITS;

	/* pairs with the acquire in take_in_word */
	return __atomic_fetch_and(&a->bits[i / WORD_BITS], ~bit,
				  __ATOMIC_RELEASE) &
	       bit;
}

__export void dma_pool_free(struct dma_pool *pool, void *p, dma_addr_t handle)
{
	struct area *a = smp_load_acquire(&pool->areas);
	const char *wrong;
	size_t i;

	while (a && !block_at(pool, a, p, &i))
		a = a->next;
	if (!a)
		wrong = "not a block";
	else if (a->handle + offset_of(pool, i) != handle)
		wrong = "another block's handle";
	else if (!free_block(a, i))
		wrong = "not allocated";
	else
		return;
	pr_err("dma_pool_free of %p, %s: %s", p, pool->name, wrong);
	slab_report_error();
}
