/* SPDX-License-Identifier: MIT */
/*
 * gen_pool: bitmaps over memory of the caller's.
 *
 *   pool -> chunk -> chunk -> ...        start, nr units, bits[]
 *              1 1 1 0 0 1 0 0 ...       a bit for each unit of 2^order
 *
 * An allocation finds clear bits and sets them word by word, each by one
 * atomic operation.  If another was faster at one of the words, those
 * before it are cleared again, and the search goes on: somebody else has
 * made progress.
 *
 * Invariants: a bit is set while its unit is allocated, or while a thread
 * is about to find out that it may not have it; avail is never more than
 * the clear bits, but for moments.
 *
 * Locks: none; chunks are only ever added, at the front, until the pool
 * ends.  So everything works in signal handlers and in a forked child.
 */
#include <errno.h>

#include "bitops.h"
#include "kmalloc.h"
#include "printk.h"
#include "util.h"

#define WORD_BITS 64

struct chunk {
	struct chunk *next;
	unsigned long start; /* const */
	size_t nr;	     /* const: units */
	phys_addr_t phys;    /* const */
	size_t avail;	     /* atomic: units */
	unsigned long bits[];
};

struct gen_pool {
	struct chunk *chunks; /* atomic */
	unsigned int order;   /* const */
	genpool_algo_t algo;
	void *data;
};

#define for_each_chunk(c, pool) \
	for (c = smp_load_acquire(&(pool)->chunks); c; c = c->next)

/* ---- bits ---- */

/* The first bit from @start on that is set, or clear; @size if none is. */
static unsigned long next_bit(const unsigned long *map, unsigned long size,
			      unsigned long start, bool set)
{
	unsigned long flip = set ? 0 : ~0UL, word;

	while (start < size) {
		word = (READ_ONCE(map[start / WORD_BITS]) ^ flip) >>
		       start % WORD_BITS;
		if (word)
			return min(start + __ffs(word), size);
		start = ALIGN_DOWN(start, WORD_BITS) + WORD_BITS;
	}
	return size;
}

/* @nr clear bits, the first of which is, with @off added, a multiple of
 * @align, a power of two. */
static unsigned long find_area(const unsigned long *map, unsigned long size,
			       unsigned long start, unsigned int nr,
			       unsigned long align, unsigned long off)
{
	unsigned long taken;

	for (;;) {
		start = next_bit(map, size, start, false);
		start = ALIGN(start + off, align) - off;
		if (start >= size || nr > size - start)
			return size;
		taken = next_bit(map, start + nr, start, true);
		if (taken == start + nr)
			return start;
		start = taken + 1;
	}
}

/* The bits of one word from @start on, of @nr. */
static unsigned long mask_of(unsigned long start, unsigned long nr)
{
	unsigned long from = start % WORD_BITS;
	unsigned long len = min(nr, WORD_BITS - from);

	return (~0UL >> (WORD_BITS - len)) << from;
}

/* False if one of the bits was clear. */
static bool clear_bits(unsigned long *map, unsigned long start,
		       unsigned long nr)
{
	bool ok = true;

	while (nr) {
		unsigned long mask = mask_of(start, nr), old;

		/* pairs with the acquire in set_bits */
		old = __atomic_fetch_and(&map[start / WORD_BITS], ~mask,
					 __ATOMIC_RELEASE);
		ok = ok && (old & mask) == mask;
		start += hweight64(mask);
		nr -= hweight64(mask);
	}
	return ok;
}

static bool set_word(unsigned long *word, unsigned long mask)
{
	unsigned long old = atomic_read(word);

	do {
		if (old & mask)
			return false;
	} while (!try_cmpxchg(word, &old, old | mask));
	return true;
}

/* All of them or none. */
static bool set_bits(unsigned long *map, unsigned long start, unsigned long nr)
{
	unsigned long done = 0;

	while (done < nr) {
		unsigned long at = start + done;
		unsigned long mask = mask_of(at, nr - done);

		if (!set_word(&map[at / WORD_BITS], mask)) {
			clear_bits(map, start, done);
			return false;
		}
		done += hweight64(mask);
	}
	return true;
}

/* ---- where to look ---- */

__export unsigned long gen_pool_first_fit(unsigned long *map,
					  unsigned long size,
					  unsigned long start, unsigned int nr,
					  void *data, struct gen_pool *pool,
					  unsigned long start_addr)
{
	return find_area(map, size, start, nr, 1, 0);
}

__export unsigned long
gen_pool_first_fit_align(unsigned long *map, unsigned long size,
			 unsigned long start, unsigned int nr, void *data,
			 struct gen_pool *pool, unsigned long start_addr)
{
	const struct genpool_data_align *d = data;
	unsigned long unit = 1UL << pool->order;
	unsigned long align = max((unsigned long)d->align, unit);

	return find_area(map, size, start, nr, align >> pool->order,
			 (start_addr & (align - 1)) >> pool->order);
}

__export unsigned long
gen_pool_first_fit_order_align(unsigned long *map, unsigned long size,
			       unsigned long start, unsigned int nr, void *data,
			       struct gen_pool *pool, unsigned long start_addr)
{
	return find_area(map, size, start, nr, roundup_pow_of_two(nr), 0);
}

__export unsigned long
gen_pool_fixed_alloc(unsigned long *map, unsigned long size,
		     unsigned long start, unsigned int nr, void *data,
		     struct gen_pool *pool, unsigned long start_addr)
{
	const struct genpool_data_fixed *d = data;
	unsigned long at = d->offset >> pool->order;

	return at < size && find_area(map, size, at, nr, 1, 0) == at ? at :
								       size;
}

__export unsigned long gen_pool_best_fit(unsigned long *map, unsigned long size,
					 unsigned long start, unsigned int nr,
					 void *data, struct gen_pool *pool,
					 unsigned long start_addr)
{
	unsigned long best = size, least = ~0UL;

	for (;;) {
		unsigned long end;

		start = find_area(map, size, start, nr, 1, 0);
		if (start >= size)
			return best;
		end = next_bit(map, size, start, true);
		if (end - start < least) {
			least = end - start;
			best = start;
		}
		start = end;
	}
}

/* ---- pools ---- */

__export struct gen_pool *gen_pool_create(int order, int node)
{
	struct gen_pool *pool;

	(void)node;
	if (order < 0 || order >= WORD_BITS)
		return NULL;
	pool = kzalloc_obj(*pool);
	if (!pool)
		return NULL;
	pool->order = (unsigned int)order;
	pool->algo = gen_pool_first_fit;
	return pool;
}

__export int gen_pool_add_virt(struct gen_pool *pool, unsigned long addr,
			       phys_addr_t phys, size_t size, int node)
{
	size_t nr = size >> pool->order;
	struct chunk *c = kvzalloc_flex(*c, bits, DIV_ROUND_UP(nr, WORD_BITS));

	(void)node;
	if (!c)
		return -ENOMEM;
	c->start = addr;
	c->nr = nr;
	c->avail = nr;
	c->phys = phys;
	c->next = atomic_read(&pool->chunks);
	/* pairs with the acquire in for_each_chunk */
	while (!try_cmpxchg_release(&pool->chunks, &c->next, c))
		;
	return 0;
}

__export int gen_pool_add(struct gen_pool *pool, unsigned long addr,
			  size_t size, int node)
{
	return gen_pool_add_virt(pool, addr, ~(phys_addr_t)0, size, node);
}

__export void gen_pool_destroy(struct gen_pool *pool)
{
	struct chunk *c, *next;

	for (c = pool ? pool->chunks : NULL; c; c = next) {
		next = c->next;
		if (next_bit(c->bits, c->nr, 0, true) < c->nr)
			panic("gen_pool_destroy of %p: %zu bytes are allocated",
			      pool, (c->nr - c->avail) << pool->order);
		kvfree(c);
	}
	kfree(pool);
}

__export void gen_pool_set_algo(struct gen_pool *pool, genpool_algo_t algo,
				void *data)
{
	pool->algo = algo ? algo : gen_pool_first_fit;
	pool->data = data;
}

/* The unit of @addr in the chunk; false if the chunk has not all of it. */
static bool find_units(const struct gen_pool *pool, const struct chunk *c,
		       unsigned long addr, size_t size, unsigned long *at)
{
	size_t room = c->nr << pool->order, off = addr - c->start;

	*at = off >> pool->order;
	return off < room && size <= room - off;
}

static size_t units_of(const struct gen_pool *pool, size_t size)
{
	return (size >> pool->order) + !IS_ALIGNED(size, 1UL << pool->order);
}

__export unsigned long gen_pool_alloc_algo(struct gen_pool *pool, size_t size,
					   genpool_algo_t algo, void *data)
{
	size_t nr = units_of(pool, size);
	struct chunk *c;

	if (!nr || nr > UINT32_MAX)
		return 0;
	for_each_chunk(c, pool)
	{
		unsigned long at;

		while (nr <= atomic_read(&c->avail)) {
			at = algo(c->bits, c->nr, 0, (unsigned int)nr, data,
				  pool, c->start);
			if (at >= c->nr)
				break;
			if (!set_bits(c->bits, at, nr))
				continue;
			atomic_sub(&c->avail, nr);
			return c->start + (at << pool->order);
		}
	}
	return 0;
}

__export unsigned long gen_pool_alloc(struct gen_pool *pool, size_t size)
{
	return gen_pool_alloc_algo(pool, size, pool->algo, pool->data);
}

__export void gen_pool_free(struct gen_pool *pool, unsigned long addr,
			    size_t size)
{
	size_t nr = units_of(pool, size);
	struct chunk *c;
	unsigned long at;

	for_each_chunk(c, pool)
	{
		if (!find_units(pool, c, addr, nr << pool->order, &at))
			continue;
		if (!IS_ALIGNED(addr - c->start, 1UL << pool->order) ||
		    !clear_bits(c->bits, at, nr))
			break;
		atomic_add(&c->avail, nr);
		return;
	}
	panic("gen_pool_free of %p, %zu bytes: not allocated", (void *)addr,
	      size);
}

__export phys_addr_t gen_pool_virt_to_phys(struct gen_pool *pool,
					   unsigned long addr)
{
	struct chunk *c;
	unsigned long at;

	for_each_chunk(c, pool)
	{
		if (find_units(pool, c, addr, 1, &at))
			return ~c->phys ? c->phys + (addr - c->start) : c->phys;
	}
	return ~(phys_addr_t)0;
}

__export size_t gen_pool_avail(struct gen_pool *pool)
{
	struct chunk *c;
	size_t units = 0;

	for_each_chunk(c, pool) units += atomic_read(&c->avail);
	return units << pool->order;
}

__export size_t gen_pool_size(struct gen_pool *pool)
{
	struct chunk *c;
	size_t units = 0;

	for_each_chunk(c, pool) units += c->nr;
	return units << pool->order;
}

__export bool gen_pool_has_addr(struct gen_pool *pool, unsigned long addr,
				size_t size)
{
	struct chunk *c;
	unsigned long at;

	for_each_chunk(c, pool)
	{
		if (find_units(pool, c, addr, size, &at))
			return true;
	}
	return false;
}
