/* SPDX-License-Identifier: MIT */
/* A block of 2 KiB is freed twice, at once. */
#include "crime.h"

int main(void)
{
	return free_twice(2 * KIB, 0);
}
