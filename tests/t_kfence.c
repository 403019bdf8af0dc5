/* SPDX-License-Identifier: MIT */
/*
 * kfence: the first blocks of malloc, and samples of the later ones, have
 * fences; who writes beside them, or into them when they are freed, is told.
 */
#include "kmtest.h"

#include "buddy.h"
#include "kfence.h"
#include "kmalloc.h"
#include "mm_boot.h"
#include "mm_init.h"
#include "slab_common.h"
#include "vmstat.h"

#define MANY 1000

static void start(void)
{
	param(kfence_sample_interval) = 100;
	must(mm_boot());
}

static bool is_ours(const void *p)
{
	return mem_is_phys(p) && is_kfence_address(p);
}

static char *fenced(size_t size)
{
	char *p = malloc_slowpath(size, false);

	must(p && is_ours(p));
	return p;
}

/* Of each size some, and then no more; kmalloc's are none. */
static void first_ones(void)
{
	static const size_t sizes[] = {
		1, 40, 100, 250, 500, 1000, 2048, 4096
	};

	start();
	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
		size_t size = sizes[k];
		unsigned int nr = 0;
		char *p;

		for (int i = 0; i < 20; i++) {
			p = malloc_slowpath(size, false);
			must(p && IS_ALIGNED((uintptr_t)p, 16UL));
			nr += is_ours(p);
			must(ksize(p) >= size);
			must(!is_ours(p) || ksize(p) == size);
			memset(p, 1, ksize(p));
		}
		must(nr <= 8 && nr >= (size <= 2048 ? 3 : 0));
		must(size <= 2048 || !nr);
		must(!is_ours(kmalloc(size, GFP_KERNEL)));
		must(!is_ours(malloc_aligned(64, size)));
	}
}

static void none(void)
{
	must(mm_boot());
	for (size_t size = 1; size <= 4096; size++)
		must(!is_ours(malloc_slowpath(size, false)));
}

static void zeroed(void)
{
	char *p, *q;

	start();
	p = fenced(100);
	memset(p, 0xff, 100);
	kfree(p);
	for (int i = 0; i < 4; i++) {
		q = malloc_slowpath(100, true);
		must(q);
		for (int k = 0; k < 100; k++)
			must(!q[k]);
	}
}

/* A slot is used again when all others were, and then the oldest one. */
static void used_again(void)
{
	void *first, *p;
	unsigned int n = 0;

	start();
	first = kfence_alloc(64, 64);
	must(first);
	kfree(first);
	do {
		p = kfence_alloc(64, 64);
		must(p);
		kfree(p);
		must(n++ < MANY);
	} while (p != first);
	must(n > 50);
	mm_trim();
}

/* Who has no more room gives none. */
static void full(void)
{
	unsigned int n = 0;

	start();
	while (kfence_alloc(2000, 2048))
		must(n++ < MANY);
	must(n > 10);
	while (kfence_alloc(16, 16))
		must(n++ < MANY);
	for (unsigned int i = 0; i < MANY; i++)
		must(malloc_slowpath(100, false));
}

/* Where there are no pages for the pool, blocks are ordinary ones. */
static void no_pool(void)
{
	static void *held[MANY];
	unsigned int n = 0;

	setenv("KMALLOC", "mem=4M", 1);
	start();
	while (n < MANY && (held[n] = page_alloc_block(KFENCE_POOL_ORDER)))
		n++;
	must(n && n < MANY);
	must(!kfence_alloc(64, 64));
	must(!is_ours(malloc_slowpath(64, false)));
	page_free_block(held[0], KFENCE_POOL_ORDER);
	must(kfence_alloc(64, 64));
}

/* One is due, now and then. */
static void due(void)
{
	static void *held[8 * MANY];
	unsigned int nr = 0;

	param(kfence_sample_interval) = 1;
	must(mm_boot());
	for (int i = 0; i < 20; i++)
		must(malloc_slowpath(64, false));
	for (int round = 0; round < 400 && !nr; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
			held[i] = malloc_slowpath(64, false);
			nr += is_ours(held[i]);
		}
		for (size_t i = 0; i < ARRAY_SIZE(held); i++)
			kfree(held[i]);
		slab_shrink_all();
	}
	must(nr);
}

/* ---- misuse ---- */

struct crime {
	void (*commit)(char *p);
	bool freed; /* before it */
	const char *says;
};

static void behind(char *p)
{
	p[48] = 1;
}

static void far_behind(char *p)
{
	p[48 + 15] = 0;
}

static void before(char *p)
{
	p[-1] = 0;
}

static void far_before(char *p)
{
	p[-16] ^= 1;
}

static void within(char *p)
{
	p[44] ^= 1;
}

static void twice(char *p)
{
	kfree(p);
}

static void inside(char *p)
{
	kfree(p + 16);
}

static void of_fence(char *p)
{
	kfree(p + 48);
}

static void asks(char *p)
{
	kfence_is_freed("somebody", p);
}

static const struct crime crimes[] = {
	{ behind, false, ": past the end of a block of 45 bytes at " },
	{ far_behind, false, ": past the end of a block of 45 bytes at " },
	{ before, false, ": before a block of 45 bytes at " },
	{ far_before, false, ": before a block of 45 bytes at " },
	{ within, true, ", a block of 45 bytes that was freed\n" },
	{ twice, true, "double free of " },
	{ inside, true, ": not an allocated block\n" },
	{ inside, false, ": interior pointer of a 45-byte block at " },
	{ of_fence, false, ": not an allocated block\n" },
	{ asks, true, ": expected a block in use, it was freed (45 bytes)\n" },
};

static void commit(void *arg)
{
	const struct crime *c = arg;
	char *p;

	start();
	p = fenced(45);
	if (c->freed)
		kfree(p);
	c->commit(p);
	if (!c->freed)
		kfree(p);
	mm_trim();
}

/* One that errors do not end: a slot that was written to is nobody's again. */
static void commit_warned(void *arg)
{
	const struct crime *c = arg;
	char *p;

	setenv("KMALLOC", "on_error=warn", 1);
	start();
	p = fenced(45);
	if (c->freed)
		kfree(p);
	c->commit(p);
	if (!c->freed && c->commit != inside && c->commit != of_fence)
		kfree(p);
	mm_trim();
	for (unsigned int i = 0; i < MANY; i++)
		must(c->commit == twice || c->commit == asks ||
		     (c->commit == inside && c->freed) ||
		     kfence_alloc(45, 48) != p);
	abort();
}

static void test_crimes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(crimes); i++) {
		assert_aborts(commit, (void *)&crimes[i], crimes[i].says);
		assert_aborts(commit_warned, (void *)&crimes[i],
			      crimes[i].says);
	}
}

/* What another malloc's block would have had room for. */
static void slack(void *arg)
{
	char *p, *q;

	(void)arg;
	start();
	p = fenced(41);
	q = fenced(41);
	p[41] = q[47] = 0;
	kfree(p);
	kfree(q);
	mm_trim();
	abort();
}

/* What is wrong at the end is said, and the process goes its way. */
static void at_the_end(void *arg)
{
	char *p, *q;

	(void)arg;
	start();
	p = fenced(48);
	q = fenced(48);
	kfree(q);
	p[48] = 1;
	q[0] ^= 1;
	kfence_check_all(true);
	exit(0);
}

static void test_said(void **state)
{
	static struct km_child c;

	assert_aborts(slack, NULL,
		      ": past the 41 bytes that were asked for at ");
	km_child(&c, at_the_end, NULL);
	assert_true(km_child_exited(&c, 0));
	assert_non_null(strstr(c.said, ": past the end of a block of 48"));
	assert_non_null(strstr(c.said, ", a block of 48 bytes that was freed"));
}

/* ---- many at once ---- */

/* A look at blocks in use, at the end, may race with their owners: what it sees
 * then it does not believe. */
static void churn(unsigned int id, void *arg)
{
	struct km_rng rng = km_rng_of(id);
	char *held[8] = { NULL };
	size_t size[8];

	(void)arg;
	for (unsigned long i = 0; i < km_load(20000); i++) {
		unsigned int k = km_below(&rng, 8);

		if (held[k]) {
			must(km_intact(held[k], size[k], id * 8 + k));
			kfree(held[k]);
		}
		size[k] = 1 + km_below(&rng, 200);
		held[k] = kfence_alloc(size[k], ALIGN(size[k], 16UL));
		if (held[k])
			km_fill(held[k], size[k], id * 8 + k);
		if (!km_below(&rng, 500))
			kfence_check_all(!KM_TSAN && km_below(&rng, 2));
	}
	for (unsigned int k = 0; k < 8; k++) {
		if (held[k])
			kfree(held[k]);
	}
}

/* Nothing is given to two, and nothing is taken for a write. */
static void storm(void)
{
	start();
	km_threads(4, churn, NULL);
	kfence_check_all(false);
}

static void child(void *arg)
{
	kfence_fork_child();
	must(km_intact(arg, 100, 1));
	kfree(arg);
	must(kfence_alloc(100, 112));
	kfence_check_all(false);
}

/* Both have it. */
static void forked(void)
{
	static struct km_child c;
	char *p;

	start();
	p = fenced(100);
	km_fill(p, 100, 1);
	km_child(&c, child, p);
	must(km_child_exited(&c, 0));
	must(km_intact(p, 100, 1));
	kfree(p);
	kfence_check_all(false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(first_ones),   km_unit_child(none),
		km_unit_modes(zeroed),	     km_unit_child(used_again),
		km_unit_child(full),	     km_unit_child(no_pool),
		km_unit_modes(due),	     cmocka_unit_test(test_crimes),
		cmocka_unit_test(test_said), km_unit_modes(storm),
		km_unit_child(forked),
	};

	return km_run_tests(tests);
}
