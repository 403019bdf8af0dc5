/* SPDX-License-Identifier: MIT */
/*
 * kmem_buckets: size classes of one's own, apart from everybody else's.
 *
 *   struct kmem_buckets ─ cache[0 .. 39]: "NAME-16" ... "NAME-32768"
 *
 * A class's cache is made when it is first used, because per-CPU ids are
 * few and few users need all sizes.  Classes are kmalloc's, and aligned like
 * them; larger blocks are pages or areas as kmalloc's and kvmalloc's.
 *
 * Locks: none of its own.  Two threads may make the same cache: the one that
 * is late destroys its own.
 */
#include "kmem_cache.h"

#include "bitops.h"
#include "printk.h"
#include "vmalloc.h"

static const u16 class_sizes[] = {
#define SHARED(size, before) size,
#define SPLIT(size, before) size,
#include "kmalloc_sizes.def"
#undef SHARED
#undef SPLIT
};

struct kmem_buckets {
	struct kmem_cache *cache[ARRAY_SIZE(class_sizes)]; /* atomic */
	slab_flags_t flags;				   /* const */
	void (*ctor)(void *);				   /* const */
	char name[CACHE_NAME_LEN];			   /* const */
};

/* The kernel's way to say that there are none of one's own. */
static bool is_kmalloc(const kmem_buckets *b)
{
	return ZERO_OR_NULL_PTR(b);
}

__export kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags,
					   unsigned int useroffset,
					   unsigned int usersize,
					   void (*ctor)(void *))
{
	kmem_buckets *b;

	(void)useroffset, (void)usersize;
	if (!name || !*name || __builtin_strchr(name, ' ')) {
		pr_err("kmem_buckets_create(%s): expected a name without spaces",
		       name ? name : "NULL");
		return NULL;
	}
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return NULL;
	b->flags = flags | SLAB_NO_MERGE;
	b->ctor = ctor;
	scnprintf(b->name, sizeof(b->name), "%s", name);
	return b;
}

static struct kmem_cache *make_cache(kmem_buckets *b, unsigned int class)
{
	unsigned int size = class_sizes[class];
	char name[CACHE_NAME_LEN];
	struct cache_plan plan = {
		.name = name,
		.size = size,
		.align = 1U << __ffs(size),
		.flags = b->flags,
		.ctor = b->ctor,
	};
	struct kmem_cache *s, *first = NULL;

	/* The size is what tells the classes apart: it is never cut. */
	scnprintf(name, sizeof(name) - 6, "%s", b->name);
	scnprintf(name + __builtin_strlen(name), 7, "-%u", size);
	s = kmem_cache_make(&plan);
	/* pairs with the acquire in cache_of */
	if (s &&
	    !__atomic_compare_exchange_n(&b->cache[class], &first, s, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		kmem_cache_destroy(s);
		s = first;
	}
	return s;
}

static struct kmem_cache *cache_of(kmem_buckets *b, size_t size)
{
	unsigned int id = slab_index_id(slab_kmalloc_index, size);
	unsigned int class = id - SLAB_ID_FIRST_KMALLOC;
	struct kmem_cache *s = smp_load_acquire(&b->cache[class]);

	return likely(s) ? s : make_cache(b, class);
}

__export void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp)
{
	struct kmem_cache *s;

	if (is_kmalloc(b) || !size || size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc(size, gfp);
	s = cache_of(b, size);
	return likely(s) ? kmem_cache_alloc(s, gfp) : NULL;
}

__export void *kmem_buckets_alloc_track_caller(kmem_buckets *b, size_t size,
					       gfp_t gfp)
{
	return kmem_buckets_alloc(b, size, gfp);
}

__export void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t gfp)
{
	if (size <= slab_vmap_threshold)
		return kmem_buckets_alloc(b, size, gfp);
	return size > PTRDIFF_MAX ? NULL : __vmalloc(size, gfp);
}
