/* SPDX-License-Identifier: MIT */
/*
 * percpu_alloc: each CPU has a copy of its own, zero at first, and no two
 * variables share any.
 */
#include "kmtest.h"

#include <sched.h>

#include "bitops.h"
#include "kmalloc.h"

struct odd {
	char c[37];
};

static void copies(void)
{
	unsigned int nr = num_possible_cpus(), cpu;
	long *p = alloc_percpu(long), *q;
	struct odd *o = alloc_percpu_gfp(struct odd, GFP_NOWAIT);

	must(p && o && nr >= 1 && raw_smp_processor_id() < nr);
	for_each_possible_cpu(cpu)
	{
		must(*per_cpu_ptr(p, cpu) == 0);
		must(km_is_zero(per_cpu_ptr(o, cpu), sizeof(*o)));
		km_fill(per_cpu_ptr(o, cpu), sizeof(*o), cpu);
		*per_cpu_ptr(p, cpu) = cpu;
	}
	must(cpu == nr);
	for_each_possible_cpu(cpu)
	{
		must(km_intact(per_cpu_ptr(o, cpu), sizeof(*o), cpu));
		must(*per_cpu_ptr(p, cpu) == cpu);
	}
	q = get_cpu_ptr(p);
	must(*q < nr && per_cpu_ptr(p, *q) == q);
	put_cpu_ptr(p);
	must(*raw_cpu_ptr(p) < nr);
	free_percpu(o);
	free_percpu(p);
	free_percpu(NULL);
}

/* What was used is zero again. */
static void cleared(void)
{
	char *p = __alloc_percpu(1000, 64), *q;
	unsigned int cpu;

	for_each_possible_cpu(cpu) memset(per_cpu_ptr(p, cpu), 1, 1000);
	free_percpu(p);
	q = __alloc_percpu(500, 16);
	must(q == p);
	for_each_possible_cpu(cpu) must(km_is_zero(per_cpu_ptr(q, cpu), 500));
	p = __alloc_percpu(2000, 16);
	for_each_possible_cpu(cpu) must(km_is_zero(per_cpu_ptr(p, cpu), 2000));
	free_percpu(p);
	free_percpu(q);
}

static void sizes(void)
{
	for (size_t align = 1; align <= 4096; align *= 2) {
		void *p = __alloc_percpu(24, align);
		void *q = __alloc_percpu(PCPU_MIN_UNIT_SIZE, align);

		must(p && IS_ALIGNED((uintptr_t)p, (uintptr_t)align));
		must(q && IS_ALIGNED((uintptr_t)q, (uintptr_t)align));
		free_percpu(q);
	}
}

static void wrong_arguments(void *arg)
{

	(void)arg;
	must(!__alloc_percpu(0, 8));
	must(!__alloc_percpu(PCPU_MIN_UNIT_SIZE + 1, 8));
	must(!__alloc_percpu(km_hide(~0UL), 8));
	must(!__alloc_percpu(8, 3) && !__alloc_percpu(8, 0));
	must(!__alloc_percpu(8, 8192));
}

static void free_twice(void *arg)
{
	int *p = alloc_percpu(int);

	(void)arg;
	free_percpu(p);
	free_percpu(p);
}

static void free_copy(void *arg)
{
	free_percpu((char *)alloc_percpu(long) + (arg ? 8 : 64));
}

static void free_foreign(void *arg)
{
	(void)arg;
	free_percpu(kmalloc(100, GFP_KERNEL));
}

static void test_misuse(void **state)
{
	struct km_child c;

	(void)state;
	km_child(&c, wrong_arguments, NULL);
	assert_child_ok(&c);
	assert_non_null(strstr(
		c.said,
		"kmalloc: alloc_percpu of 8 bytes, aligned to 3: expected 1 to 32768 bytes and a power of two up to 4096\n"));
	assert_aborts(free_twice, NULL, ": not an allocated variable");
	assert_aborts(free_copy, NULL, ": not an allocated variable");
	assert_aborts(free_copy, "", ": not an allocated variable");
	assert_aborts(free_foreign, NULL, ": not an allocated variable");
}

static void no_memory(void)
{
	void *p = alloc_percpu(long);
	int nr = 0;

	must(p);
	while (kmalloc(SZ_1M, GFP_KERNEL) && nr++ < 100)
		;
	km_fail_growth(1);
	while (__alloc_percpu(PCPU_MIN_UNIT_SIZE, 16))
		must(nr++ < 1000000);
	km_fail_growth(0);
	must(__alloc_percpu(PCPU_MIN_UNIT_SIZE, 16));
	free_percpu(p);
}

/* ---- threads ---- */

static long *total;

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		size_t size = 4 + km_below(&rng, 2000);
		char *p = __alloc_percpu(size, 1UL << km_below(&rng, 7));
		unsigned int cpu = raw_smp_processor_id();

		must(p && km_is_zero(per_cpu_ptr(p, cpu), size));
		km_fill(p, size, nr);
		km_fill(per_cpu_ptr(p, cpu), size, nr);
		atomic_add(this_cpu_ptr(total), 1L);
		must(km_intact(p, size, nr));
		free_percpu(p);
	}
}

static void stress(void)
{
	unsigned long rounds = km_load(3000);
	unsigned int cpu;
	long sum = 0;

	total = alloc_percpu(long);
	km_threads(8, worker, &rounds);
	for_each_possible_cpu(cpu) sum += *per_cpu_ptr(total, cpu);
	must(sum == (long)rounds * 8);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(copies), km_unit_child(cleared),
		km_unit_child(sizes),  cmocka_unit_test(test_misuse),
		km_unit_child(stress), km_unit_child(no_memory),
	};

	return km_run_tests(tests);
}
