/* SPDX-License-Identifier: MIT */
/*
 * kmicro: what the kernel's interface costs against malloc of the same size,
 * in one process, over one engine.
 *
 *	malloc/SIZE	malloc and free, STEPS pairs of one object
 *	kmalloc/SIZE	kmalloc and kfree
 *	cache/SIZE	kmem_cache_alloc and kmem_cache_free: no class to look
 *			up for the size, no cache to look up for the pointer
 *	loop/N		N objects of 64 bytes from a cache, one call each,
 *			then N frees
 *	bulk/N		the same by one kmem_cache_alloc_bulk and one
 *			kmem_cache_free_bulk
 *	sheaf/N		256 objects of 64 bytes as in loop, from a cache with
 *			sheaves of N objects; under KMALLOC=slub_tiny, which
 *			has no sheaves, N is nothing
 *
 * An iteration is one object. The caches are not merged with those of malloc,
 * so that they begin empty.
 */
#include "micro.h"

#include <kmalloc.h>

#define STEPS 256
#define BULK_SIZE 64
#define BULK_MOST 1024

static const int64_t sizes[] = { 16, 64, 256, 1024, 4096 };
static const int64_t counts[] = { 1, 4, 16, 64, 256, BULK_MOST };
static const int64_t capacities[] = { 4, 16, 64, 120 };

static struct kmem_cache *make_cache(unsigned int size)
{
	return kmem_cache_create("kmicro", size, 0, SLAB_NO_MERGE | SLAB_PANIC,
				 NULL);
}

static void by_malloc(struct gb_state *s)
{
	size_t size = gb_arg(s, 0);
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, STEPS))
		for (int i = 0; i < STEPS; i++)
			free(xmalloc(size));
	meter_stop(&m, s);
}

static void by_kmalloc(struct gb_state *s)
{
	size_t size = gb_arg(s, 0);
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, STEPS))
		for (int i = 0; i < STEPS; i++)
			kfree(touch(kmalloc(size, GFP_KERNEL)));
	meter_stop(&m, s);
}

static void by_cache(struct gb_state *s)
{
	struct kmem_cache *cache = make_cache(gb_arg(s, 0));
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, STEPS))
		for (int i = 0; i < STEPS; i++)
			kmem_cache_free(cache, touch(kmem_cache_alloc(
						       cache, GFP_KERNEL)));
	meter_stop(&m, s);
	kmem_cache_destroy(cache);
}

static void loop(struct gb_state *s, struct kmem_cache *cache, int n)
{
	void *object[BULK_MOST];
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, n)) {
		for (int i = 0; i < n; i++)
			object[i] = touch(kmem_cache_alloc(cache, GFP_KERNEL));
		for (int i = 0; i < n; i++)
			kmem_cache_free(cache, object[i]);
	}
	meter_stop(&m, s);
	kmem_cache_destroy(cache);
}

static void by_loop(struct gb_state *s)
{
	loop(s, make_cache(BULK_SIZE), gb_arg(s, 0));
}

static void by_sheaf(struct gb_state *s)
{
	struct kmem_cache_args args = { .sheaf_capacity = gb_arg(s, 0) };

	loop(s,
	     kmem_cache_create("sheaf", BULK_SIZE, &args,
			       SLAB_NO_MERGE | SLAB_PANIC),
	     256);
}

static void by_bulk(struct gb_state *s)
{
	struct kmem_cache *cache = make_cache(BULK_SIZE);
	void *object[BULK_MOST];
	int n = gb_arg(s, 0);
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, n)) {
		if (kmem_cache_alloc_bulk(cache, GFP_KERNEL, n, object) != n)
			abort();
		for (int i = 0; i < n; i++)
			touch(object[i]);
		kmem_cache_free_bulk(cache, n, object);
	}
	meter_stop(&m, s);
	kmem_cache_destroy(cache);
}

static void add(const char *name, void (*fn)(struct gb_state *), size_t n,
		const int64_t *values)
{
	gb_add_list(gb_register(name, fn, NULL), n, values);
}

int main(int argc, char **argv)
{
	gb_add_context("allocator", "libkmalloc");
	add("malloc", by_malloc, ARRAY_SIZE(sizes), sizes);
	add("kmalloc", by_kmalloc, ARRAY_SIZE(sizes), sizes);
	add("cache", by_cache, ARRAY_SIZE(sizes), sizes);
	add("loop", by_loop, ARRAY_SIZE(counts), counts);
	add("bulk", by_bulk, ARRAY_SIZE(counts), counts);
	add("sheaf", by_sheaf, ARRAY_SIZE(capacities), capacities);
	return gb_main(argc, argv);
}
