/* SPDX-License-Identifier: MIT */
/*
 * micro: what malloc costs, subject by subject.
 *
 *	LD_PRELOAD=libjemalloc.so.2 bench/micro/micro --benchmark_filter=^hot
 *
 * Unless a benchmark says otherwise, an iteration is one allocation with its
 * free, and times are per iteration. They come in the order of the memory
 * they use, as what one frees the allocator may keep.
 */
#include "micro.h"

int main(int argc, char **argv)
{
	const char *preload = getenv("LD_PRELOAD");

	first_touch_child(argc, argv);
	gb_add_context("allocator", preload && *preload ? preload : "libc");
	register_pairs();
	register_batches();
	register_threads();
	register_growth();
	register_large();
	register_replacement();
	register_first_touch();
	return gb_main(argc, argv);
}
