/* SPDX-License-Identifier: MIT */
/*
 * slab_purge: pages go where no object is in use, and no others, and all that
 * is in use stays as it is.
 */
#include "kmtest.h"

#include "kmcache.h"

/* An object is on it that somebody has. */
static bool page_has_any(char *page, unsigned int size, void **objs,
			 unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		char *obj = objs[i];

		if (obj && obj < page + PAGE_SIZE && obj + size > page)
			return true;
	}
	return false;
}

/* Gone are the pages where nobody has an object, and no others. */
static void check_pages(struct kmem_cache *s, void *any, void **objs,
			unsigned int nr)
{
	size_t bytes = PAGE_SIZE << s->order;
	char *slab = (char *)((uintptr_t)any & ~(bytes - 1));

	for (char *page = slab; page < slab + bytes; page += arch_page_size) {
		unsigned char in;

		must(!mincore(page, arch_page_size, &in));
		must((in & 1) == page_has_any(page, s->size, objs, nr));
	}
}

static void purge_size(unsigned int size, unsigned int nr)
{
	struct kmem_cache *s = cache_of(size, 0, NULL);
	void **objs = calloc(nr, sizeof(*objs));
	unsigned int apart = 3 * PAGE_SIZE / size + 3;

	take_direct(s, objs, nr);
	for (unsigned int i = 0; i < nr; i++)
		km_fill(objs[i], size, i);
	for (unsigned int turn = 1; turn <= 4; turn *= 2) {
		void *any = objs[0];

		for (unsigned int i = 0; i < nr; i++) {
			if (!objs[i] || i % (turn * apart) == 0)
				continue;
			must(slab_free_direct(s, &objs[i], 1));
			objs[i] = NULL;
		}
		check_cache(s);
		must(turn > 1 || purge(s));
		purge(s);
		must(purge(s) == 0); /* all was seen */
		check_cache(s);
		check_pages(s, any, objs, nr);
		for (unsigned int i = 0; i < nr; i++)
			must(!objs[i] || km_intact(objs[i], size, i));
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (!objs[i])
			take_direct(s, &objs[i], 1);
		km_fill(objs[i], size, i);
	}
	for (unsigned int i = 0; i < nr; i++)
		must(km_intact(objs[i], size, i));
	must(slab_free_direct(s, objs, nr));
	free(objs);
	finish(s);
}

static void purged(void)
{
	start();
	for (unsigned int size = 8; size <= 2000; size += size / 3 + 1)
		purge_size(size, 3000);
	purge_size(2048, 1000);
	purge_size(3000, 1000);
	purge_size(5000, 500);
	purge_size(20000, 200);
	check_zone();
}

static void purge_fails(void)
{
	start();
	km_fail("madvise", 1);
	km_fail("process_madvise", 1);
	for (int i = 0; i < 2; i++) {
		struct kmem_cache *s = cache_of(1000, 0, NULL);
		void *objs[200];

		take_direct(s, objs, 200);
		for (int j = 1; j < 200; j++)
			must(slab_free_direct(s, &objs[j], 1));
		purge(s);
		check_cache(s);
		must(purge(s) == 0);
		must(slab_free_direct(s, objs, 1));
		finish(s);
	}
}

/* Where somebody must not have faults, slabs are resident, and stay so. */
static void keep_slabs(void)
{
	static const unsigned int sizes[] = { 100, 2048, 12000, 32768 };

	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
		struct kmem_cache *s = cache_of(sizes[k], 0, NULL);
		size_t bytes = PAGE_SIZE << s->order;
		void *objs[64];

		take_direct(s, objs, 64);
		for (int i = 0; i < 64; i++) {
			char *slab =
				(char *)((uintptr_t)objs[i] & ~(bytes - 1));

			must(km_resident(slab, bytes) == bytes >> PAGE_SHIFT);
		}
		for (int i = 1; i < 64; i++)
			must(slab_free_direct(s, &objs[i], 1));
		must(purge(s) == 0);
		must(slab_free_direct(s, objs, 1));
		finish(s);
	}
}

static void reserve_keeps(void)
{
	start();
	must(page_reserve_set(256) == 256);
	keep_slabs();
}

/* On a system that knows no such advice, too. */
static void reserve_keeps_without_advice(void)
{
	start();
	must(page_reserve_set(256) == 256);
	km_fail("madvise", 1);
	keep_slabs();
}

/* What was constructed stays so. */
static void constructed_is_kept(void)
{
	struct kmem_cache *s;
	void *objs[500];

	start();
	s = cache_of(600, 0, build);
	take_direct(s, objs, 500);
	must(slab_free_direct(s, objs + 1, 499));
	must(purge(s) == 0);
	take_direct(s, objs + 1, 499);
	for (int i = 0; i < 500; i++)
		must(is_built(objs[i]));
	must(slab_free_direct(s, objs, 500));
	finish(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(purged),
		km_unit_child(purge_fails),
		km_unit_child(constructed_is_kept),
		km_unit_child(reserve_keeps),
		km_unit_child(reserve_keeps_without_advice),
	};

	return km_run_tests(tests);
}
