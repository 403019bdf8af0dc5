/* SPDX-License-Identifier: MIT */
/*
 * percpu_alloc: variables of which each CPU has a copy.
 *
 *   chunk   | unit of CPU 0 | unit of CPU 1 | unit of CPU 2 | ...
 *              ^variable       ^its copy       ^its copy
 *
 * A chunk is an area with a unit of PCPU_MIN_UNIT_SIZE for each possible
 * CPU.  The variable's address is that of its copy in the first unit; the
 * others have the same place in theirs.  That place is allocated by a
 * gen_pool over all first units.  What was used before is cleared when it is
 * allocated again, what was not is zero as it is: clearing would bring in a
 * page for each CPU.
 *
 * Invariants: granules[i] of a chunk is the length, in granules, of the
 * variable that begins at i, or 0; used[i] is set once granule i was given
 * back.
 *
 * Locks: none: chunks are only ever added.  Two threads that find no room
 * both add one.
 *
 * Cost: a variable takes up the pages of the CPUs that use it.
 */
#include "arch.h"
#include "atomic.h"
#include "bitops.h"
#include "kmalloc.h"
#include "mm_boot.h"
#include "printk.h"
#include "util.h"

#define UNIT PCPU_MIN_UNIT_SIZE
#define GRANULE_SHIFT 4
#define GRANULES (UNIT >> GRANULE_SHIFT)

/* Where the system does not say: then CPUs share copies. */
#define CPUS_UNKNOWN 64

struct chunk {
	struct chunk *next;
	char *base;
	u16 granules[GRANULES]; /* owner of the variable; atomic */
	u8 used[GRANULES];	/* owner of the granule */
};

static struct gen_pool *places; /* atomic; const once set */
static struct chunk *chunks;	/* atomic */
static unsigned int nr_cpus;	/* atomic; const once set */

BUILD_BUG_ON(GRANULES > UINT16_MAX);

__export unsigned int num_possible_cpus(void)
{
	unsigned int nr = atomic_read(&nr_cpus);

	if (likely(nr))
		return nr;
	nr = arch_nr_possible_cpus();
	nr = nr ? nr : CPUS_UNKNOWN;
	atomic_set(&nr_cpus, nr);
	return nr;
}

__export unsigned int raw_smp_processor_id(void)
{
	return arch_this_cpu() % num_possible_cpus();
}

static struct gen_pool *get_places(void)
{
	struct gen_pool *pool = smp_load_acquire(&places), *nobody = NULL;

	if (likely(pool))
		return pool;
	pool = gen_pool_create(GRANULE_SHIFT, NUMA_NO_NODE);
	/* pairs with the acquire above */
	if (!pool || try_cmpxchg_release(&places, &nobody, pool))
		return pool;
	gen_pool_destroy(pool);
	return smp_load_acquire(&places);
}

/* The list first: what the pool gives out must be found there.  If the pool
 * cannot take it, it stays unused. */
static bool add_chunk(struct gen_pool *pool, gfp_t gfp)
{
	struct chunk *c = kvzalloc_obj(*c, gfp);

	if (!c)
		return false;
	c->base = __vmalloc(array_size(num_possible_cpus(), UNIT),
			    gfp | __GFP_ZERO);
	if (!c->base) {
		kvfree(c);
		return false;
	}
	c->next = atomic_read(&chunks);
	/* pairs with the acquire in chunk_of */
	while (!try_cmpxchg_release(&chunks, &c->next, c))
		;
	return !gen_pool_add(pool, (unsigned long)c->base, UNIT, NUMA_NO_NODE);
}

static struct chunk *chunk_of(const void *p)
{
	struct chunk *c = smp_load_acquire(&chunks);

	while (c && (uintptr_t)p - (uintptr_t)c->base >= UNIT)
		c = c->next;
	return c;
}

static void clear_copies(char *p, size_t size)
{
	for (unsigned int cpu = 0; cpu < num_possible_cpus(); cpu++)
		__builtin_memset(per_cpu_ptr(p, cpu), 0, size);
}

static void *init_variable(char *p, size_t nr)
{
	struct chunk *c = chunk_of(p);
	size_t at = (size_t)(p - c->base) >> GRANULE_SHIFT;

	atomic_set(&c->granules[at], (u16)nr);
	if (__builtin_memchr(&c->used[at], true, nr))
		clear_copies(p, nr << GRANULE_SHIFT);
	return p;
}

__export void *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	struct genpool_data_align data = { .align = (int)align };
	struct gen_pool *pool;
	unsigned long p;

	if (!size || size > UNIT || !is_power_of_2(align) ||
	    align > PAGE_SIZE) {
		pr_warn("alloc_percpu of %zu bytes, aligned to %zu: expected 1 to %lu bytes and a power of two up to %lu",
			size, align, UNIT, PAGE_SIZE);
		return NULL;
	}
	pool = mm_boot() ? get_places() : NULL;
	if (!pool)
		return NULL;
	do
		p = gen_pool_alloc_algo(pool, size, gen_pool_first_fit_align,
					&data);
	while (!p && add_chunk(pool, gfp));
	return p ? init_variable((char *)p,
				 DIV_ROUND_UP(size, 1UL << GRANULE_SHIFT)) :
		   NULL;
}

__export void *__alloc_percpu(size_t size, size_t align)
{
	return __alloc_percpu_gfp(size, align, GFP_KERNEL);
}

__export void free_percpu(void *p)
{
	struct chunk *c = chunk_of(p);
	size_t at, nr = 0;

	if (!p)
		return;
	if (c && IS_ALIGNED((uintptr_t)p, 1UL << GRANULE_SHIFT)) {
		at = (size_t)((char *)p - c->base) >> GRANULE_SHIFT;
		nr = xchg(&c->granules[at], (u16)0);
	}
	if (!nr)
		panic("free_percpu of %p: not an allocated variable", p);
	__builtin_memset(&c->used[at], true, nr);
	gen_pool_free(places, (unsigned long)p, nr << GRANULE_SHIFT);
}
