/* SPDX-License-Identifier: MIT */
/* A block of 2 KiB is freed by a pointer 1 KiB into it. */
#include "crime.h"

int main(void)
{
	return free_within(2 * KIB, 1 * KIB);
}
