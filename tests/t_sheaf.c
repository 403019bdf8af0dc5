/* SPDX-License-Identifier: MIT */
/*
 * sheaf: what a top says of its sheaf, and the pool that sheaves come from.
 */
#include "kmtest.h"

#include "mm_boot.h"
#include "sheaf.h"

static void capacities(void)
{
	static char things[SHEAF_SLOTS];

	must(mm_boot());
	for (unsigned int n = 1; n <= SHEAF_MAX_CAPACITY; n++) {
		uintptr_t top = sheaf_new(n), empty = top;

		must(top && sheaf_is_empty(top) && !sheaf_is_full(top));
		must(sheaf_end(top) - top == n * sizeof(void *));
		for (unsigned int i = 0; i < n; i++) {
			must(!sheaf_is_full(top));
			sheaf_push(&top, &things[i]);
			must(!sheaf_is_empty(top));
			must(sheaf_block(top) == sheaf_block(empty));
			must(sheaf_end(top) == sheaf_end(empty));
		}
		must(sheaf_is_full(top) && top == sheaf_end(empty));
		for (unsigned int i = n; i-- > 0;)
			must(sheaf_pop(&top) == &things[i]);
		must(sheaf_is_empty(top) && top == empty);
		sheaf_put(top);
	}
}

/* Any sheaf becomes an empty one of any capacity. */
static void reset(void)
{
	static char things[SHEAF_SLOTS];
	uintptr_t top;

	must(mm_boot());
	top = sheaf_new(SHEAF_MAX_CAPACITY);
	for (unsigned int n = 1; n <= SHEAF_MAX_CAPACITY; n++) {
		while (!sheaf_is_full(top))
			sheaf_push(&top, &things[n]);
		top = sheaf_reset(top, n);
		must(sheaf_is_empty(top));
		must(sheaf_end(top) - top == n * sizeof(void *));
	}
}

/* The last ones go over, in their order. */
static void moved(void)
{
	static char things[10];
	uintptr_t from, to;

	must(mm_boot());
	for (unsigned int nr = 0; nr <= 10; nr++) {
		from = sheaf_new(12);
		to = sheaf_new(12);
		sheaf_push(&to, &to);
		for (unsigned int i = 0; i < 10; i++)
			sheaf_push(&from, &things[i]);
		must(sheaf_room(from) == 2 && sheaf_count(from) == 10);
		sheaf_move(&from, &to, nr);
		must(sheaf_count(from) == 10 - nr && sheaf_count(to) == nr + 1);
		for (unsigned int i = 10; i-- > 10 - nr;)
			must(sheaf_pop(&to) == &things[i]);
		must(sheaf_pop(&to) == &to && sheaf_is_empty(to));
		for (unsigned int i = 10 - nr; i-- > 0;)
			must(sheaf_pop(&from) == &things[i]);
		must(sheaf_is_empty(from));
		sheaf_put(from);
		sheaf_put(to);
	}
}

/* One that is both empty and full sends everybody away. */
static void dummies(void)
{
	must(sheaf_is_empty(PERCPU_DUMMY) && sheaf_is_full(PERCPU_DUMMY));
	must(sheaf_is_empty(PERCPU_DRAIN) && sheaf_is_full(PERCPU_DRAIN));
	must(PERCPU_DUMMY != PERCPU_DRAIN);
}

static void pool(void)
{
	static uintptr_t tops[500];
	size_t boot;

	must(mm_boot());
	for (unsigned int i = 0; i < ARRAY_SIZE(tops); i++) {
		tops[i] = sheaf_new(1 + i % SHEAF_MAX_CAPACITY);
		must(tops[i]);
		for (unsigned int k = 0; k < i; k++)
			must(sheaf_block(tops[i]) != sheaf_block(tops[k]));
	}
	boot = memblock_boot_bytes();
	for (int turn = 0; turn < 3; turn++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(tops); i++)
			sheaf_put(tops[i]);
		for (unsigned int i = 0; i < ARRAY_SIZE(tops); i++)
			must((tops[i] = sheaf_new(5)));
	}
	must(memblock_boot_bytes() == boot);
}

/* Without memory: none; with it again, as before. */
static void pool_fails(void)
{
	unsigned int n = 0;

	must(mm_boot());
	km_fail_growth(1);
	while (sheaf_new(10))
		must(n++ < 100000);
	km_fail_growth(0);
	must(sheaf_new(10));
}

static void capacity_0(void *arg)
{
	must(mm_boot());
	sheaf_new(*(unsigned int *)arg);
}

static void test_bad_capacity(void **state)
{
	unsigned int wrong[] = { 0, SHEAF_MAX_CAPACITY + 1 };

	for (int i = 0; i < 2; i++)
		assert_aborts(capacity_0, &wrong[i], "BUG at sheaf.c:");
}

/* What a thread has, nobody else has. */
static void worker(unsigned int nr, void *arg)
{
	uintptr_t held[20] = { 0 };
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		uintptr_t *h = &held[km_below(&rng, 20)];
		void *me = (void *)(uintptr_t)(nr + 1);

		if (*h) {
			while (!sheaf_is_empty(*h))
				must(sheaf_pop(h) == me);
			sheaf_put(*h);
			*h = 0;
			continue;
		}
		*h = sheaf_new(7);
		must(*h);
		while (!sheaf_is_full(*h))
			sheaf_push(h, me);
	}
}

static void threads(void)
{
	unsigned long rounds = km_load(30000);

	must(mm_boot());
	km_threads(8, worker, &rounds);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(capacities),
		km_unit_child(reset),
		km_unit_child(moved),
		km_unit_child(dummies),
		km_unit_child(pool),
		km_unit_child(pool_fails),
		cmocka_unit_test(test_bad_capacity),
		km_unit_child(threads),
	};

	return km_run_tests(tests);
}
