/* SPDX-License-Identifier: MIT */
/*
 * slab_sheaf: objects that were fetched beforehand, for where nothing may
 * fail.
 *
 *   struct slab_sheaf  [ cache, capacity, size | o1 o2 o3 . . . . ]
 *                                                     ^size
 *
 * It is the caller's alone: taking an object is a load and a store, without
 * a per-CPU area, a lock or a system call.  Any size is one array; what is
 * beyond a cache's own sheaves is no special case.
 *
 * Invariant: objects[0 .. size) are the caller's, in nobody else's reach.
 * Locks: none.
 */
#include "kmem_cache.h"

#include <errno.h>

#include "printk.h"
#include "slab_bulk.h"

struct slab_sheaf {
	struct kmem_cache *cache; /* const */
	unsigned int capacity;	  /* const */
	unsigned int size;
	void *objects[];
};

/* The array is a block of kmalloc's at most. */
#define CAPACITY_MOST \
	((KMALLOC_MAX_SIZE - sizeof(struct slab_sheaf)) / sizeof(void *))

static bool fill(struct slab_sheaf *sheaf, unsigned int size, gfp_t gfp)
{
	unsigned int had = sheaf->size;

	if (!kmem_cache_alloc_bulk(sheaf->cache, gfp & ~__GFP_ZERO, size - had,
				   sheaf->objects + had))
		return false;
	sheaf->size = size;
	return true;
}

__export struct slab_sheaf *
kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp, unsigned int size)
{
	unsigned int capacity = max(size, s->capacity);
	struct slab_sheaf *sheaf;

	if (!size || size > CAPACITY_MOST)
		return NULL;
	sheaf = kmalloc(sizeof(*sheaf) + capacity * sizeof(void *),
			gfp & ~__GFP_ZERO);
	if (!sheaf)
		return NULL;
	sheaf->cache = s;
	sheaf->capacity = capacity;
	sheaf->size = 0;
	if (fill(sheaf, size, gfp))
		return sheaf;
	kfree(sheaf);
	return NULL;
}

static bool is_of(const struct slab_sheaf *sheaf, struct kmem_cache *s,
		  const char *who)
{
	if (likely(sheaf->cache == s))
		return true;
	pr_err("%s: %p is a sheaf of %s, not of %s", who, sheaf,
	       sheaf->cache->name, s->name);
	slab_report_error();
	return false;
}

__export void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
				      struct slab_sheaf *sheaf)
{
	(void)gfp;
	if (!is_of(sheaf, s, "kmem_cache_return_sheaf"))
		return;
	kmem_cache_free_bulk(s, sheaf->size, sheaf->objects);
	kfree(sheaf);
}

__export int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp,
				     struct slab_sheaf **sheafp,
				     unsigned int size)
{
	struct slab_sheaf *sheaf, *larger;

	if (!sheafp || !*sheafp)
		return -EINVAL;
	sheaf = *sheafp;
	if (!is_of(sheaf, s, "kmem_cache_refill_sheaf"))
		return -EINVAL;
	if (sheaf->size >= size)
		return 0;
	if (size <= sheaf->capacity)
		return fill(sheaf, size, gfp) ? 0 : -ENOMEM;
	larger = kmem_cache_prefill_sheaf(s, gfp, size);
	if (!larger)
		return -ENOMEM;
	kmem_cache_return_sheaf(s, gfp, sheaf);
	*sheafp = larger;
	return 0;
}

/* The results' origins are hidden, lest the caller saves a register for them
 * on its fast path. */
static noinline void *clear_object(struct kmem_cache *s, void *p)
{
	__builtin_memset(p, 0, READ_ONCE(s->object_size));
	OPTIMIZER_HIDE_VAR(p);
	return p;
}

static noinline void *take_wrong(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	void *none = NULL;

	is_of(sheaf, s, "kmem_cache_alloc_from_sheaf");
	OPTIMIZER_HIDE_VAR(none);
	return none;
}

/* Cost: 10 instructions. */
__export __fastpath void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
					   struct slab_sheaf *sheaf)
{
	void *p;

	if (unlikely(sheaf->cache != s) || unlikely(!sheaf->size))
		return take_wrong(s, sheaf);
	p = sheaf->objects[--sheaf->size];
	if (unlikely(gfp & __GFP_ZERO))
		return clear_object(s, p);
	return p;
}

__export unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf)
{
	return sheaf->size;
}
