/* SPDX-License-Identifier: MIT */
/*
 * moved: what realloc has moved from is kept for a while, as it was, and freed
 * once; who writes to it is told.
 */
#include "kmtest.h"

#include "kmalloc.h"
#include "mm_boot.h"
#include "mm_init.h"
#include "moved.h"
#include "slabinfo.h"

#define MANY 1000

static void start(void)
{
	must(mm_boot());
}

static size_t used(void)
{
	struct slab_totals t;

	mm_trim();
	slabinfo_totals(&t);
	return t.used_bytes;
}

static char *filled(size_t size, unsigned long seed)
{
	char *p = kmalloc(size, GFP_KERNEL);

	must(p);
	km_fill(p, size, seed);
	return p;
}

static void kept(void)
{
	char *p, *q;

	start();
	p = filled(100, 1);
	moved_free(p, ksize(p));
	must(km_intact(p, 100, 1));
	q = kmalloc(100, GFP_KERNEL); /* not that one again */
	must(q && q != p);
	kfree(q);
	moved_free_all();
	moved_free_all();
	must(kmalloc(100, GFP_KERNEL) == p);
}

/* Each of them is freed in the end, and once. */
static void freed_once(void)
{
	static char *p[MANY];
	size_t before;

	start();
	before = used();
	for (unsigned int i = 0; i < MANY; i++)
		p[i] = filled(16 + i * 4, i);
	must(used() > before);
	for (unsigned int i = 0; i < MANY; i++)
		moved_free(p[i], ksize(p[i]));
	must(used() == before);
}

/* What somebody else may still have to do with. */
static void not_kept(void)
{
	struct kmem_cache *s;
	char *p;

	start();
	p = filled(SZ_64K, 1);
	moved_free(p, ksize(p));
	must(kmalloc(SZ_64K, GFP_KERNEL) == p);
	s = kmem_cache_create("moved", 80, 0, 0, NULL);
	must(s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	must(p);
	moved_free(p, ksize(p));
	must(kmem_cache_alloc(s, GFP_KERNEL) == p);
}

static void write_and_trim(void *arg)
{
	char *p;

	(void)arg;
	start();
	p = filled(100, 1);
	moved_free(p, ksize(p));
	p[99] ^= 1;
	mm_trim();
}

/* It is not anybody's again. */
static void write_warned(void *arg)
{
	char *p, *q;

	(void)arg;
	setenv("KMALLOC", "on_error=warn", 1);
	start();
	p = filled(100, 1);
	moved_free(p, ksize(p));
	p[0] ^= 1;
	mm_trim();
	for (unsigned int i = 0; i < MANY; i++) {
		q = kmalloc(100, GFP_KERNEL);
		must(q && q != p);
	}
	abort();
}

static void test_writes(void **state)
{
	static const char text[] = ": realloc had moved what was there\n";

	assert_aborts(write_and_trim, NULL, text);
	assert_aborts(write_warned, NULL, text);
}

static void move_all(unsigned int id, void *arg)
{
	struct km_rng rng = km_rng_of(id);

	(void)arg;
	for (unsigned long i = 0; i < km_load(20000); i++) {
		size_t size = 1 + km_below(&rng, 1200);
		char *p = filled(size, i);

		must(km_intact(p, size, i));
		moved_free(p, ksize(p));
		if (!km_below(&rng, 200))
			moved_free_all();
	}
}

static void child(void *arg)
{
	(void)arg;
	moved_fork_child();
	moved_free_all();
}

/* Both have it. */
static void forked(void)
{
	static struct km_child c;
	char *p;

	start();
	p = filled(100, 1);
	moved_free(p, ksize(p));
	km_child(&c, child, NULL);
	must(c.status == 0);
	must(km_intact(p, 100, 1));
	moved_free_all();
	must(kmalloc(100, GFP_KERNEL) == p);
}

/* Nothing is given to two, and nothing is taken for a write. */
static void storm(void)
{
	start();
	km_threads(4, move_all, NULL);
	mm_trim();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(kept),	 km_unit_child(freed_once),
		km_unit_child(not_kept), cmocka_unit_test(test_writes),
		km_unit_child(forked),	 km_unit_modes(storm),
	};

	return km_run_tests(tests);
}
