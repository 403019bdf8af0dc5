/* SPDX-License-Identifier: MIT */
/*
 * Caches for the tests of the rooms that they consist of.
 */
#ifndef KM_KMCACHE_H
#define KM_KMCACHE_H

#include "mm_boot.h"
#include "pcs.h"
#include "percpu.h"
#include "slab_purge.h"
#include "slub.h"

static inline void start(void)
{
	const char *options = getenv("KMALLOC");

	must(mm_boot());
	if (options && strstr(options, "generic"))
		must(percpu_mode == PERCPU_GENERIC);
}

static inline struct kmem_cache *cache_of(unsigned int size, unsigned int align,
					  void (*ctor)(void *))
{
	struct kmem_cache *s;
	char name[32];

	snprintf(name, sizeof(name), "t-%u", size);
	s = kmem_cache_create(name, size, align, 0, ctor);
	must(s && kmem_cache_size(s) == size);
	return s;
}

/* Empties the cache; nothing may be left of it. */
static inline void finish(struct kmem_cache *s)
{
	check_cache(s);
	must(slab_cache_shrink(s) == 0);
	check_cache(s);
	must(s->nr_objects == 0 && s->nr_free == 0 && s->nr_empty == 0);
	kmem_cache_destroy(s);
}

/* Straight from slabs, without sheaves in the way. */
static inline unsigned int take_direct(struct kmem_cache *s, void **objs,
				       unsigned int nr)
{
	unsigned int got = slab_alloc_bulk_direct(s, objs, nr);

	must(got == nr);
	check_cache(s);
	return got;
}

/* ---- constructors ---- */

#define BUILT 0x1234567890abcdefULL

static unsigned int nr_built; /* atomic */

static inline void build(void *p)
{
	u64 *word = p;

	word[0] = BUILT;
	word[2] = ~BUILT;
	atomic_add(&nr_built, 1);
}

static inline bool is_built(const u64 *word)
{
	return word[0] == BUILT && word[2] == ~BUILT;
}

/* ---- pages of slabs in use ---- */

static inline size_t purge(struct kmem_cache *s)
{
	size_t pages;

	must(percpu_drain_lock());
	pages = slab_cache_purge(s, SIZE_MAX);
	percpu_drain_unlock();
	return pages;
}

#endif
