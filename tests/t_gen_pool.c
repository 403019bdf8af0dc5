/* SPDX-License-Identifier: MIT */
/*
 * gen_pool: the memory is never touched, what is allocated is nobody else's,
 * and each algorithm finds what it says.
 */
#include "kmtest.h"

#include "bitops.h"
#include "kmalloc.h"

#define BASE 0x100000UL /* nobody's memory: it is not touched */

static struct gen_pool *pool_of(int order, size_t size)
{
	struct gen_pool *pool = gen_pool_create(order, NUMA_NO_NODE);

	must(pool && !gen_pool_add(pool, BASE, size, NUMA_NO_NODE));
	must(gen_pool_size(pool) == size && gen_pool_avail(pool) == size);
	return pool;
}

static void first_fit(void)
{
	struct gen_pool *pool = pool_of(4, 4096);

	must(gen_pool_alloc(pool, 1) == BASE);
	must(gen_pool_alloc(pool, 17) == BASE + 16);
	must(gen_pool_alloc(pool, 16) == BASE + 48);
	must(gen_pool_avail(pool) == 4096 - 64);
	gen_pool_free(pool, BASE + 16, 17);
	must(gen_pool_alloc(pool, 48) == BASE + 64);
	must(gen_pool_alloc(pool, 32) == BASE + 16);
	must(!gen_pool_alloc(pool, 0) && !gen_pool_alloc(pool, 4000));
	must(!gen_pool_alloc(pool, km_hide(~0UL)));
	must(gen_pool_alloc(pool, 4096 - 112) == BASE + 112);
	must(!gen_pool_alloc(pool, 1) && !gen_pool_avail(pool));
	gen_pool_free(pool, BASE, 4096);
	must(gen_pool_alloc(pool, 4096) == BASE);
	gen_pool_free(pool, BASE, 4096);
	gen_pool_destroy(pool);
	gen_pool_destroy(NULL);
	must(!gen_pool_create(-1, 0) && !gen_pool_create(64, 0));
}

static void chunks(void)
{
	struct gen_pool *pool = pool_of(0, 100);

	must(!gen_pool_add_virt(pool, 2 * BASE, 0x5000, 200, 0));
	must(!gen_pool_add(pool, 3 * BASE, 0, 0));
	must(gen_pool_size(pool) == 300);
	must(gen_pool_alloc(pool, 150) == 2 * BASE);
	must(gen_pool_alloc(pool, 100) == BASE);
	must(gen_pool_alloc(pool, 50) == 2 * BASE + 150);
	must(gen_pool_has_addr(pool, BASE + 99, 1));
	must(!gen_pool_has_addr(pool, BASE + 99, 2));
	must(!gen_pool_has_addr(pool, BASE - 1, 2));
	must(gen_pool_has_addr(pool, 2 * BASE, 200));
	must(gen_pool_virt_to_phys(pool, 2 * BASE + 7) == 0x5007);
	must(gen_pool_virt_to_phys(pool, BASE) == ~0ULL);
	must(gen_pool_virt_to_phys(pool, 5) == ~0ULL);
	gen_pool_free(pool, BASE, 100);
	gen_pool_free(pool, 2 * BASE, 200);
	gen_pool_destroy(pool);
}

/* Rooms of 5, 3 and 4 units, then the rest. */
static struct gen_pool *holes(void)
{
	struct gen_pool *pool = pool_of(0, 1000);

	must(gen_pool_alloc(pool, 20) == BASE);
	gen_pool_free(pool, BASE + 1, 5);
	gen_pool_free(pool, BASE + 7, 3);
	gen_pool_free(pool, BASE + 12, 4);
	return pool;
}

static void algorithms(void)
{
	struct genpool_data_align align = { 64 };
	struct genpool_data_fixed fixed = { 700 };
	struct gen_pool *pool = holes();

	gen_pool_set_algo(pool, gen_pool_best_fit, NULL);
	must(gen_pool_alloc(pool, 3) == BASE + 7);
	must(gen_pool_alloc(pool, 3) == BASE + 12);
	must(gen_pool_alloc(pool, 3) == BASE + 1);
	must(gen_pool_alloc(pool, 3) == BASE + 20);
	gen_pool_set_algo(pool, NULL, NULL);
	must(gen_pool_alloc(pool, 1) == BASE + 4);
	must(gen_pool_alloc_algo(pool, 10, gen_pool_first_fit_align, &align) ==
	     BASE + 64);
	must(gen_pool_alloc_algo(pool, 10, gen_pool_first_fit_align, &align) ==
	     BASE + 128);
	must(gen_pool_alloc_algo(pool, 9, gen_pool_first_fit_order_align,
				 NULL) == BASE + 32);
	must(gen_pool_alloc_algo(pool, 20, gen_pool_fixed_alloc, &fixed) ==
	     BASE + 700);
	must(!gen_pool_alloc_algo(pool, 20, gen_pool_fixed_alloc, &fixed));
	fixed.offset = 990;
	must(!gen_pool_alloc_algo(pool, 20, gen_pool_fixed_alloc, &fixed));
	fixed.offset = 5000;
	must(!gen_pool_alloc_algo(pool, 1, gen_pool_fixed_alloc, &fixed));
}

/* The chunk need not be aligned for what is cut from it to be. */
static void aligned_in_chunk(void)
{
	struct genpool_data_align align = { 256 };
	struct gen_pool *pool = gen_pool_create(4, 0);

	must(!gen_pool_add(pool, BASE + 0x50, 4096, 0));
	for (unsigned long i = 1; i <= 16; i++)
		must(gen_pool_alloc_algo(pool, 16, gen_pool_first_fit_align,
					 &align) == BASE + 256 * i);
	must(!gen_pool_alloc_algo(pool, 16, gen_pool_first_fit_align, &align));
}

/* ---- misuse ---- */

static void free_twice(void *arg)
{
	struct gen_pool *pool = pool_of(4, 4096);

	(void)arg;
	gen_pool_alloc(pool, 64);
	gen_pool_free(pool, BASE, 64);
	gen_pool_free(pool, BASE, 64);
}

static void free_too_much(void *arg)
{
	struct gen_pool *pool = pool_of(4, 4096);

	(void)arg;
	gen_pool_alloc(pool, 64);
	gen_pool_free(pool, BASE, 80);
}

static void free_elsewhere(void *arg)
{
	gen_pool_free(pool_of(4, 4096), BASE - 64 + !arg, 64);
}

static void destroy_busy(void *arg)
{
	struct gen_pool *pool = pool_of(4, 4096);

	(void)arg;
	gen_pool_alloc(pool, 64);
	gen_pool_destroy(pool);
}

static void test_misuse(void **state)
{
	(void)state;
	assert_aborts(free_twice, NULL, "64 bytes: not allocated");
	assert_aborts(free_too_much, NULL, "80 bytes: not allocated");
	assert_aborts(free_elsewhere, NULL, "64 bytes: not allocated");
	assert_aborts(free_elsewhere, "", "64 bytes: not allocated");
	assert_aborts(destroy_busy, NULL, ": 64 bytes are allocated");
}

/* ---- threads ---- */

#define UNITS 1000
#define HELD 8

struct storm {
	struct gen_pool *pool;
	unsigned long rounds;
	u8 owner[UNITS]; /* atomic */
};

static void mark(struct storm *s, unsigned long addr, size_t size, u8 from,
		 u8 to)
{
	for (size_t i = 0; i < size; i++)
		must(xchg(&s->owner[addr - BASE + i], to) == from);
}

static void worker(unsigned int nr, void *arg)
{
	static genpool_algo_t algo[] = { gen_pool_first_fit, gen_pool_best_fit,
					 gen_pool_first_fit_order_align };
	struct km_rng rng = km_rng_of(nr);
	unsigned long held[HELD] = { 0 };
	size_t size[HELD];
	struct storm *s = arg;

	for (unsigned long i = 0; i < s->rounds + HELD; i++) {
		unsigned int k = (unsigned int)(i % HELD);

		if (held[k]) {
			mark(s, held[k], size[k], (u8)(nr + 1), 0);
			gen_pool_free(s->pool, held[k], size[k]);
			held[k] = 0;
		}
		if (i >= s->rounds)
			continue;
		size[k] = 1 + km_below(&rng, 150);
		held[k] = gen_pool_alloc_algo(s->pool, size[k],
					      algo[km_below(&rng, 3)], NULL);
		if (held[k])
			mark(s, held[k], size[k], 0, (u8)(nr + 1));
	}
}

static void stress(void)
{
	static struct storm s;

	s.rounds = km_load(20000);
	s.pool = pool_of(0, UNITS);
	km_threads(8, worker, &s);
	must(gen_pool_avail(s.pool) == UNITS);
	must(gen_pool_alloc(s.pool, UNITS) == BASE);
	gen_pool_free(s.pool, BASE, UNITS);
	gen_pool_destroy(s.pool);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(first_fit),      km_unit_child(chunks),
		km_unit_child(algorithms),     km_unit_child(aligned_in_chunk),
		cmocka_unit_test(test_misuse), km_unit_child(stress),
	};

	return km_run_tests(tests);
}
