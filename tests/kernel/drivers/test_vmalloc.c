/* SPDX-License-Identifier: MIT */
/*
 * The kernel's test of vmalloc, all but vm_map_ram, which there is none of;
 * align_shift_alloc_test is to fail, for there are no such alignments.
 * params: test_loop_count=20000 nr_threads=2 run_test_mask=0x3ff
 * kernel: lib/test_vmalloc.c
 * prints: align_shift_alloc_test passed: 0 failed: 1
 */
#include <linux/gfp.h>

#include "runtime.h"

void *vm_map_ram(struct page **pages, unsigned int nr, int node)
{
	(void)pages, (void)nr, (void)node;
	must(!"called");
	return NULL;
}

void vm_unmap_ram(const void *p, unsigned int nr)
{
	(void)p, (void)nr;
}

void driver(int failed)
{
	must(failed == 1); /* it never stays */
}
