/* SPDX-License-Identifier: MIT */
/*
 * The kernel's test of vmalloc; align_shift_alloc_test is to fail, for there
 * are no such alignments.
 * params: test_loop_count=20000 nr_threads=2 run_test_mask=0x7ff
 * kernel: lib/test_vmalloc.c
 * prints: align_shift_alloc_test passed: 0 failed: 1
 */
#include "runtime.h"

void driver(int failed)
{
	must(failed == 1); /* it never stays */
}
