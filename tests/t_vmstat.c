/* SPDX-License-Identifier: MIT */
/*
 * vmstat: no addition is lost, a CPU has its own row, and each counter a name of
 * its own.
 */
#include "kmtest.h"

#include "bitops.h"
#include "vmstat.h"

static void add(unsigned int nr, void *arg)
{
	for (unsigned int i = 0; i < 10000; i++) {
		vmstat_add(VMSTAT_pgalloc, 3);
		vmstat_add((enum vmstat_item)(i % NR_VMSTAT_ITEMS), 1);
	}
}

static void test_sums(void **state)
{
	u64 sum = 0;

	km_threads(8, add, NULL);
	for (int i = 0; i < NR_VMSTAT_ITEMS; i++)
		sum += vmstat_read((enum vmstat_item)i);
	assert_int_equal(sum, 8 * 10000 * 4);
	assert_true(vmstat_read(VMSTAT_pgalloc) > 8 * 10000 * 3);
}

/* What is counted is in the row that percpu_spread names. */
static void test_rows(void **state)
{
	unsigned int here;
	u64 *counter, old;

	do {
		here = percpu_spread();
		counter = &vmstat_rows[here % NR_VMSTAT_ROWS]
				   .counters[VMSTAT_pgfree];
		old = *counter;
		vmstat_add(VMSTAT_pgfree, 1);
	} while (percpu_spread() != here);
	assert_int_equal(*counter, old + 1);
}

static __thread u32 cid;

/* The first five CPUs, whatever their threads' pointers are. */
static void test_spread(void **state)
{
	long off = percpu_cid_off;
	u32 seen = 0;

	percpu_cid_off = (char *)&cid - (char *)__builtin_thread_pointer();
	for (cid = 0; cid < 5; cid++)
		seen |= 1U << percpu_spread();
	percpu_cid_off = off;
	assert_int_equal(hweight64(seen), 5);
}

static void test_names(void **state)
{
	assert_string_equal(vmstat_names[VMSTAT_pgalloc], "pgalloc");
	assert_string_equal(vmstat_names[VMSTAT_foreign_free], "foreign_free");
	for (int i = 0; i < NR_VMSTAT_ITEMS; i++) {
		assert_non_null(vmstat_names[i]);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(vmstat_names[i],
						vmstat_names[k]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_names),
	};

	return km_run_tests(tests);
}
