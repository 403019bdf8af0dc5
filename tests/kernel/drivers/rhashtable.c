/* SPDX-License-Identifier: MIT */
/*
 * Hash tables that grow and shrink while they are used: the kernel's test of
 * them, with its threads.  A table that grows before its worker runs is allocated
 * by GFP_ATOMIC, which the kernel has a reserve for from the start.
 * kernel: lib/rhashtable.c lib/test_rhashtable.c
 * options: min_free_kbytes=16384
 */
#include "runtime.h"

void driver(int failed)
{
	must(!failed);
}
