/* SPDX-License-Identifier: MIT */
/*
 * slab_bulk: however many objects at once, each is in one place, and few
 * sequences, locks and sheaves are spent on them.
 */
#include "kmtest.h"

#include "kmalloc.h"
#include "kmem_cache.h"
#include "mm_boot.h"
#include "pcs.h"
#include "percpu.h"
#include "sheaf.h"
#include "slab_bulk.h"
#include "vmstat.h"

#define MOST 3000

static void start(void)
{
	const char *options = getenv("KMALLOC");

	must(mm_boot());
	if (options && strstr(options, "generic"))
		must(percpu_mode == PERCPU_GENERIC);
}

static struct kmem_cache *cache_of(unsigned int size)
{
	struct kmem_cache *s =
		kmem_cache_create("bulk", size, 0, SLAB_NO_MERGE, NULL);

	must(s);
	return s;
}

static void finish(struct kmem_cache *s)
{
	check_cache(s);
	must(slab_cache_shrink(s) == 0);
	check_cache(s);
	must(s->nr_objects == 0 && s->nr_free == 0 && s->nr_empty == 0);
	kmem_cache_destroy(s);
}

static void round_of(struct kmem_cache *s, size_t nr, bool shuffle,
		     struct km_rng *rng)
{
	static void *objs[MOST];
	unsigned int size = kmem_cache_size(s);

	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, nr, objs) == (int)nr);
	for (size_t i = 0; i < nr; i++)
		km_fill(objs[i], size, i);
	for (size_t i = 0; i < nr; i++)
		must(km_intact(objs[i], size, i));
	for (size_t i = nr; shuffle && i > 1; i--) {
		size_t k = km_below(rng, i);
		void *p = objs[k];

		objs[k] = objs[i - 1];
		objs[i - 1] = p;
	}
	kmem_cache_free_bulk(s, nr, objs);
}

/* Every number, from sheaves in every state. */
static void numbers(void)
{
	struct km_rng rng = km_rng_of(1);

	start();
	for (unsigned int size = 8; size < 3000; size = size * 3 + 8) {
		struct kmem_cache *s = cache_of(size);

		for (size_t nr = 0; nr < 300; nr++)
			round_of(s, nr, nr & 1, &rng);
		for (int i = 0; i < 100; i++) {
			size_t nr = km_below(&rng, MOST * 8 / (size + 8));
			void *p = kmem_cache_alloc(s, GFP_KERNEL);

			round_of(s, nr, i & 1, &rng);
			kmem_cache_free(s, p);
		}
		check_cache(s);
		finish(s);
	}
}

/* Zeroed or not, with a cache and without. */
static void in_turns(void)
{
	static void *objs[1000];
	struct kmem_cache *s;

	start();
	s = cache_of(48);
	for (size_t nr = 0; nr <= ARRAY_SIZE(objs); nr = nr * 2 + 1) {
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, nr, objs) == (int)nr);
		for (size_t i = 0; i < nr; i++)
			km_fill(objs[i], 48, i);
		for (size_t i = 0; i < nr; i++)
			must(km_intact(objs[i], 48, i));
		check_cache(s);
		kmem_cache_free_bulk(s, nr, objs);
	}
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO, 100, objs) ==
	     100);
	for (int i = 0; i < 100; i++)
		must(km_is_zero(objs[i], 48));
	/* Without a cache: each goes to its own. */
	for (size_t i = 50; i < 100; i++) {
		kmem_cache_free(s, objs[i]);
		objs[i] = kmalloc(i * 100, GFP_KERNEL);
	}
	kmem_cache_free_bulk(NULL, 100, objs);
	finish(s);
}

static void large_objects(void)
{
	struct km_rng rng = km_rng_of(2);
	struct kmem_cache *s;

	start();
	s = cache_of(100000);
	for (size_t nr = 0; nr < 20; nr++)
		round_of(s, nr, true, &rng);
	finish(s);
}

/* What one sheaf cannot hold goes round by the barn: two locks for an
 * allocation and a free, and no sheaf of the pool. */
static void from_the_barn(void)
{
	struct kmem_cache *s;
	struct barn *barn;
	void *objs[64];
	unsigned int other = 0;
	u64 locks, pool;
	void *p;

	km_stay();
	start();
	s = cache_of(2000);
	for (int i = 0; i < 4; i++) {
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objs) == 64);
		kmem_cache_free_bulk(s, 64, objs);
	}
	must(s->capacity == 16 && s->barn_max == 2);
	barn = barn_here(s->barn);
	locks = s->lock.taken + barn->lock.taken;
	pool = sheaf_pool_locks();
	for (int i = 0; i < 100; i++) {
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objs) == 64);
		other += barn->nr_empty != 2 || barn->nr_full;
		kmem_cache_free_bulk(s, 64, objs);
		other += barn->nr_empty || barn->nr_full != 2;
	}
	must(other <= 20); /* who is preempted may go another way */
	must(s->lock.taken + barn->lock.taken - locks <= 200 + 20);
	must(sheaf_pool_locks() - pool <= 20);
	/* Single frees find room there too. */
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objs) == 64);
	for (int i = 0; i < 64; i++)
		kmem_cache_free(s, objs[i]);
	check_cache(s);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objs) == 64);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free_bulk(s, 64, objs);
	kmem_cache_free(s, p);
	finish(s);
}

/* The sheaf goes round, and the slabs are not asked. */
static void from_the_sheaf(void)
{
	struct slab_stat before, after;
	struct kmem_cache *s;
	void *objs[64];

	start();
	s = cache_of(64);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objs) == 64);
	kmem_cache_free_bulk(s, 64, objs);
	slab_cache_stat(s, &before);
	for (int i = 0; i < 1000; i++) {
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objs) == 64);
		kmem_cache_free_bulk(s, 64, objs);
	}
	slab_cache_stat(s, &after);
	/* The thread may have moved to another CPU now and then. */
	must(after.locks - before.locks < 200);
	finish(s);
}

/* One lock for what is beyond a sheaf. */
static void from_the_slabs(void)
{
	static void *objs[1000];
	struct slab_stat before, after;
	struct kmem_cache *s;

	start();
	s = cache_of(64);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 1000, objs) == 1000);
	slab_cache_stat(s, &before);
	kmem_cache_free_bulk(s, 1000, objs);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 1000, objs) == 1000);
	slab_cache_stat(s, &after);
	must(after.locks - before.locks < 20);
	kmem_cache_free_bulk(s, 1000, objs);
	finish(s);
}

/* Any caches' objects, any blocks, in any order, with gaps. */
static void mixed(void)
{
	static void *objs[1000];
	struct km_rng rng = km_rng_of(3);
	struct kmem_cache *a, *b, *c;

	start();
	a = cache_of(24);
	b = cache_of(200);
	c = cache_of(50000);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
		switch (km_below(&rng, 8)) {
		case 0:
			objs[i] = kmem_cache_alloc(a, GFP_KERNEL);
			break;
		case 1:
			objs[i] = kmem_cache_alloc(c, GFP_KERNEL);
			break;
		case 2:
			objs[i] = kmalloc(km_any_size(&rng, SZ_1M), GFP_KERNEL);
			break;
		case 3:
			objs[i] = vmalloc(100000);
			break;
		case 4:
			objs[i] = i & 1 ? NULL : ZERO_SIZE_PTR;
			break;
		default:
			objs[i] = kmem_cache_alloc(b, GFP_KERNEL);
		}
	}
	kmem_cache_free_bulk(NULL, ARRAY_SIZE(objs), objs);
	kmem_cache_free_bulk(NULL, 0, NULL);
	kmem_cache_free_bulk(a, 0, NULL);
	must(kmem_cache_alloc_bulk(a, GFP_KERNEL, 0, NULL) == 0);
	finish(a);
	finish(b);
	finish(c);
	slab_shrink_all();
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
}

static void zeroed(void)
{
	struct kmem_cache *s;
	void *objs[100];

	start();
	s = cache_of(100);
	for (int turn = 0; turn < 3; turn++) {
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO, 100,
					   objs) == 100);
		for (int i = 0; i < 100; i++) {
			must(km_is_zero(objs[i], 100));
			memset(objs[i], 0xee, 100);
		}
		kmem_cache_free_bulk(s, 100, objs);
	}
	finish(s);
}

/* All or nothing, and nothing is lost. */
static void no_memory(void)
{
	static void *objs[3000];
	struct slab_stat stat;
	struct kmem_cache *s;

	start();
	s = cache_of(4096);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 40, objs) == 40);
	kmem_cache_free_bulk(s, 40, objs);
	km_fail_growth(1);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 3000, objs) == 0);
	slab_cache_stat(s, &stat);
	must(stat.active == 0);
	km_fail_growth(0);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 3000, objs) == 3000);
	kmem_cache_free_bulk(s, 3000, objs);
	finish(s);
}

static void all_or_nothing(void)
{
	static void *objs[500];
	struct slab_stat stat;
	struct kmem_cache *s;

	setenv("KMALLOC", "mem=4M", 1);
	start();
	s = cache_of(SZ_64K - 64);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 500, objs) == 0);
	slab_cache_stat(s, &stat);
	must(stat.active == 0);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10, objs) == 10);
	kmem_cache_free_bulk(s, 10, objs);
	finish(s);
}

/* ---- misuse ---- */

static void free_other(void *arg)
{
	struct kmem_cache *a, *b;
	void *objs[3];

	start();
	a = cache_of(24);
	b = cache_of(200);
	objs[0] = kmem_cache_alloc(a, GFP_KERNEL);
	objs[1] = kmem_cache_alloc(b, GFP_KERNEL);
	objs[2] = kmem_cache_alloc(a, GFP_KERNEL);
	kmem_cache_free_bulk(a, 3, objs);
}

static void free_twice(void *arg)
{
	struct kmem_cache *s;
	void *objs[4];

	start();
	s = cache_of(24);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 3, objs) == 3);
	objs[3] = objs[1];
	kmem_cache_free_bulk(s, 4, objs);
	kmem_cache_shrink(s);
}

static void free_inside(void *arg)
{
	struct kmem_cache *s;
	void *objs[3];

	start();
	s = cache_of(24);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 3, objs) == 3);
	objs[1] = (char *)objs[1] + 4;
	kmem_cache_free_bulk(s, 3, objs);
}

static void test_misuse(void **state)
{
	assert_aborts(free_other, NULL, ": not an object of bulk\n");
	assert_aborts(free_twice, NULL, "double free of ");
	assert_aborts(free_inside, NULL, "interior pointer of a bulk object");
}

/* ---- at random ---- */

static struct kmem_cache *shared[3];

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	void *objs[200];

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		struct kmem_cache *s = shared[km_below(&rng, 3)];
		unsigned int size = kmem_cache_size(s);
		size_t n = km_below(&rng, 200);

		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, n, objs) == (int)n);
		for (size_t k = 0; k < n; k++)
			km_fill(objs[k], min(size, 64U), (u64)nr << 32 | k);
		for (size_t k = 0; k < n; k++)
			must(km_intact(objs[k], min(size, 64U),
				       (u64)nr << 32 | k));
		if (km_below(&rng, 4)) {
			kmem_cache_free_bulk(s, n, objs);
		} else {
			while (n)
				kmem_cache_free(s, objs[--n]);
		}
		if (!km_below(&rng, 500))
			slab_cache_shrink(s);
	}
}

static void stress(void)
{
	static const unsigned int sizes[] = { 16, 200, 1000 };
	unsigned long rounds = km_load(5000);

	start();
	for (int i = 0; i < 3; i++)
		shared[i] = cache_of(sizes[i]);
	km_threads(8, worker, &rounds);
	for (int i = 0; i < 3; i++)
		finish(shared[i]);
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(numbers),	       km_unit_modes(in_turns),
		km_unit_child(large_objects),  km_unit_modes(from_the_barn),
		km_unit_modes(from_the_sheaf), km_unit_modes(from_the_slabs),
		km_unit_modes(mixed),	       km_unit_modes(zeroed),
		km_unit_child(no_memory),      km_unit_child(all_or_nothing),
		cmocka_unit_test(test_misuse), km_unit_modes(stress),
	};

	return km_run_tests(tests);
}
