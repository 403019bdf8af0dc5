/* SPDX-License-Identifier: MIT */
/*
 * bootmem: the first blocks: content, alignment, limits, misuse, threads.
 */
#include "kmtest.h"

#include "bootmem.h"
#include "mm_boot.h"

#define MOST (BOOTMEM_BYTES / 32)

static char *block[MOST];

/* Takes blocks of @size until there are no more; returns how many. */
static unsigned int take_all(size_t size)
{
	unsigned int nr = 0;

	while ((block[nr] = bootmem_alloc(size))) {
		must(IS_ALIGNED((uintptr_t)block[nr], 16));
		must(mem_is_bootmem(block[nr]));
		must(mem_is_bootmem(block[nr] + size - 1));
		must(bootmem_size(block[nr]) >= size);
		must(bootmem_size(block[nr]) < size + 16);
		must(km_is_zero(block[nr], size));
		km_fill(block[nr], size, nr);
		must(++nr < MOST);
	}
	for (unsigned int i = 0; i < nr; i++) {
		must(km_intact(block[i], size, i));
		bootmem_free(block[i]);
		must(bootmem_size(block[i]) == 0);
	}
	return nr;
}

static void small(void)
{
	/* A third of it is headers. */
	must(take_all(33) == BOOTMEM_BYTES / 64);
	must(!bootmem_alloc(1)); /* nothing is given out twice */
	must(mm_state == MM_DOWN);
}

static void largest(void)
{
	must(take_all(BOOTMEM_MAX) == 3);
	must(bootmem_alloc(1000)); /* the rest is not lost */
}

static void none(void)
{
	char *p = bootmem_alloc(0), *q = bootmem_alloc(0);

	must(p && q && p != q && bootmem_size(p) == 16);
	must(!bootmem_alloc(SIZE_MAX) && !bootmem_alloc(BOOTMEM_LARGE_BYTES));
	must(!mem_is_bootmem(NULL) && !mem_is_bootmem(&p));
	must(!bootmem_size(p + 16) && !bootmem_size(p + 1));
	must(!bootmem_size(bootmem) && !bootmem_size(bootmem + 1));
}

/* One block may be larger, and costs the others nothing. */
static void large(void)
{
	char *p = bootmem_alloc(72704);

	must(p && bootmem_size(p) == 72704 && mem_is_bootmem(p + 72703));
	km_fill(p, 72704, 9);
	must(!bootmem_alloc(BOOTMEM_MAX + 1));
	must(take_all(48) == BOOTMEM_BYTES / 64);
	must(km_intact(p, 72704, 9));
	bootmem_free(p);
	must(!bootmem_alloc(72704));
}

/* ---- misuse ---- */

static void free_twice(void *arg)
{
	char *p = bootmem_alloc(100);

	bootmem_free(p);
	bootmem_free(p);
}

static void free_inside(void *arg)
{
	bootmem_free((char *)bootmem_alloc(100) + 16);
}

static void free_odd(void *arg)
{
	bootmem_free((char *)bootmem_alloc(100) + 1);
}

static void free_nothing(void *arg)
{
	bootmem_free(bootmem);
}

static void test_misuse(void **state)
{
	assert_aborts(free_twice, NULL, "double free of 0x");
	assert_aborts(free_inside, NULL, "not an allocated block");
	assert_aborts(free_odd, NULL, "not an allocated block");
	assert_aborts(free_nothing, NULL, "not an allocated block");
}

static void warned(void)
{
	setenv("KMALLOC", "on_error=warn", 1);
	free_twice(NULL);
	free_inside(NULL);
}

/* ---- threads ---- */

static unsigned int total; /* atomic */

static void worker(unsigned int nr, void *arg)
{
	char *mine[MOST];
	unsigned int n = 0;

	while ((mine[n] = bootmem_alloc(40))) {
		must(km_is_zero(mine[n], 40));
		km_fill(mine[n], 40, nr * MOST + n);
		n++;
	}
	atomic_add(&total, n);
	while (n--) {
		must(km_intact(mine[n], 40, nr * MOST + n));
		bootmem_free(mine[n]);
	}
}

static void threads(void)
{
	km_threads(8, worker, NULL);
	must(total == BOOTMEM_BYTES / 64);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(small),	       km_unit_child(largest),
		km_unit_child(none),	       km_unit_child(large),
		cmocka_unit_test(test_misuse), km_unit_child(warned),
		km_unit_child(threads),
	};

	return km_run_tests(tests);
}
