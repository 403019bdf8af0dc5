/* SPDX-License-Identifier: MIT */
/*
 * nolock: blocks without a lock: sizes, alignment, reuse, misuse, threads,
 * failing calls, no room.
 */
#include "kmtest.h"

#include "mm_boot.h"
#include "nolock.h"
#include "vmstat.h"

static void start(void)
{
	must(mm_boot());
}

/* ---- blocks ---- */

static void sizes(void)
{
	static const size_t size[] = {
		0,     1,	  4096,		 65536,
		65537, 3 * SZ_1M, (256 * SZ_1M), (256 * SZ_1M) + 1
	};
	char *p;

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(size); i++) {
		p = nolock_alloc(size[i], 1);
		must(!p == (size[i] > (256 * SZ_1M)));
		if (!p)
			continue;
		must(mem_is_nolock(p) && mem_is_ours(p));
		must(mem_is_reserved(p) == mem_reserved);
		must(nolock_size(p) >= size[i] && nolock_size(p + 1) == 0);
		must(km_is_zero(p, min(size[i], SZ_4M)));
		km_fill(p, min(size[i], SZ_4M), i);
		must(km_intact(p, min(size[i], SZ_4M), i));
		nolock_free(p);
		must(nolock_size(p) == 0);
	}
}

static void alignment(void)
{
	void *p[28];

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = nolock_alloc(1, 1UL << i);
		must(p[i] && IS_ALIGNED((uintptr_t)p[i], 1UL << i));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		nolock_free(p[i]);
	must(!nolock_alloc(1, (512 * SZ_1M)));
}

/* Freed blocks come back, last first, without what was in them. */
static void reuse(void)
{
	char *p[8];

	start();
	for (int i = 0; i < 8; i++) {
		p[i] = nolock_alloc(100000, 1);
		memset(p[i], 1, 100000);
	}
	for (int i = 0; i < 8; i++)
		nolock_free(p[i]);
	for (int i = 7; i >= 0; i--) {
		must(nolock_alloc(100000, 1) == p[i]);
		must(km_is_zero(p[i], 100000));
	}
	must(nolock_alloc(1, 1) != p[0]);
}

/* The range ends; what is given back is there again. */
static void exhaustion(void)
{
	static char *p[100];
	int nr = 0;

	start();
	while (nr < 100 && (p[nr] = nolock_alloc((64 * SZ_1M), 1)))
		nr++;
	must(nr >= 14 && nr <= 16);
	nolock_free(p[3]);
	must(nolock_alloc((64 * SZ_1M), 1) == p[3]);
	must(!nolock_alloc((64 * SZ_1M), 1));
}

/* ---- misuse ---- */

static void free_twice(void *arg)
{
	char *p = nolock_alloc(100, 1);

	nolock_free(p);
	nolock_free(p);
}

static void free_inside(void *arg)
{
	nolock_free((char *)nolock_alloc(SZ_1M, 1) + 70000);
}

static void free_nothing(void *arg)
{
	nolock_alloc(100, 1);
	nolock_free(mem_nolock.base + (512 * SZ_1M));
}

static void test_misuse(void **state)
{
	must(mm_boot());
	assert_aborts(free_twice, NULL, "double free of 0x");
	assert_aborts(free_inside, NULL,
		      "interior pointer of a 1048576-byte block at 0x");
	assert_aborts(free_nothing, NULL, "not an allocated block");
}

/* ---- threads ---- */

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	unsigned long rounds = *(unsigned long *)arg;
	char *p[8] = { NULL };

	for (u64 i = 0; i < rounds; i++) {
		unsigned int k = (unsigned int)km_below(&rng, 8);
		u64 tag = (u64)nr << 32 | k;

		if (p[k]) {
			must(km_intact(p[k], 2000, tag));
			nolock_free(p[k]);
			p[k] = NULL;
			continue;
		}
		p[k] = nolock_alloc(2000 + km_below(&rng, 200000), 1);
		if (p[k])
			km_fill(p[k], 2000, tag);
	}
	for (unsigned int k = 0; k < 8; k++)
		if (p[k])
			nolock_free(p[k]);
}

static void threads(void)
{
	unsigned long rounds = km_load(20000);

	start();
	km_threads(8, worker, &rounds);
	must(vmstat_read(VMSTAT_nolock_alloc) ==
	     vmstat_read(VMSTAT_nolock_free));
	must(vmstat_read(VMSTAT_nolock_alloc) > rounds);
}

/* Failures cost address space, no block. */
static void failing(void)
{
	unsigned long rounds = km_load(2000);

	start();
	km_fail_growth(3);
	km_fail("madvise", 2);
	km_threads(8, worker, &rounds);
	km_fail_growth(0);
	km_fail("madvise", 0);
	must(nolock_alloc(1, 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(sizes),	       km_unit_child(alignment),
		km_unit_child(reuse),	       km_unit_child(exhaustion),
		cmocka_unit_test(test_misuse), km_unit_child(threads),
		km_unit_child(failing),
	};

	return km_run_tests(tests);
}
