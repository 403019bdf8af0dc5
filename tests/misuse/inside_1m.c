/* SPDX-License-Identifier: MIT */
/* A block of 1 MiB is freed by a pointer 64 KiB into it. */
#include "crime.h"

int main(void)
{
	return free_within_big(1 * MIB, 64 * KIB);
}
