/* SPDX-License-Identifier: MIT */
/*
 * Hash tables that grow and shrink while they are used: the kernel's test of
 * them, with its threads.
 * kernel: lib/rhashtable.c lib/test_rhashtable.c
 */
#include "runtime.h"

void driver(int failed)
{
	must(!failed);
}
