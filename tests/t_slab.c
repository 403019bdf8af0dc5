/* SPDX-License-Identifier: MIT */
/*
 * slab: where objects are in slabs of every size, and what is at an address.
 */
#include "kmtest.h"

#include "kmcache.h"

/* The slab's start is where the class byte says so; its first object is a
 * multiple of cache lines, and of the alignment, behind that. */
static void colours_of(unsigned int size, unsigned int align, bool coloured)
{
	struct kmem_cache *s = cache_of(size, align, NULL);
	size_t bytes = PAGE_SIZE << s->order;
	unsigned int nr = s->objects * 8, differ = 0;
	void **objs = calloc(nr, sizeof(*objs));
	uintptr_t last = 0;

	take_direct(s, objs, nr);
	for (unsigned int i = 0; i < nr; i++) {
		struct slab *slab = (void *)mem_page(
			(void *)((uintptr_t)objs[i] & ~(bytes - 1)));
		uintptr_t colour = (uintptr_t)slab->base & (bytes - 1);

		must(slab->type == PG_SLAB && slab->cache == s);
		must(IS_ALIGNED(colour, max(align, 64U)));
		must(IS_ALIGNED((uintptr_t)objs[i], align));
		must(colour + (size_t)slab->objects * s->size <= bytes);
		differ += i && colour != last;
		last = colour;
	}
	must(coloured ? differ >= 4 : !differ);
	must(slab_free_direct(s, objs, nr));
	free(objs);
	finish(s);
}

static void colours(void)
{
	start();
	colours_of(200, 8, true);
	colours_of(64, 64, true);
	colours_of(128, 128, true);
	colours_of(512, 512, true);
	colours_of(1024, 1024, false);
	colours_of(4096, 4096, false);
	colours_of(8, 8, true);
}

/* Every address of a slab is judged rightly. */
static void is_object(unsigned int size)
{
	struct kmem_cache *s = cache_of(size, 0, NULL);
	unsigned int nr = s->objects, starts = 0;
	size_t bytes = PAGE_SIZE << s->order;
	void **objs = calloc(nr, sizeof(*objs)), *at;
	struct slab *slab;
	char *mem, *end;

	slab_alloc_bulk_direct(s, objs, nr);
	mem = (char *)((uintptr_t)objs[0] & ~(bytes - 1));
	slab = (struct slab *)mem_page(mem);
	end = slab->base + (size_t)slab->objects * s->size;
	for (char *p = mem; p < mem + bytes; p++) {
		size_t offset = (size_t)(p - slab->base);
		bool inside = p >= slab->base && p < end;
		bool is = inside && offset % s->size == 0;

		must(slab_is_object(s, p, &at) == is);
		must(at == (inside ? p - offset % s->size : NULL));
		starts += is;
	}
	must(starts == slab->objects);
	slab_free_direct(s, objs, nr);
	free(objs);
	finish(s);
}

static void objects_by_address(void)
{
	start();
	for (unsigned int size = 8; size <= KMALLOC_MAX_CACHE_SIZE;
	     size = size * 3 / 2 + 1)
		is_object(size);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(colours),
		km_unit_child(objects_by_address),
	};

	return km_run_tests(tests);
}
