/* SPDX-License-Identifier: MIT */
/* A block of 8 MiB is freed by a pointer to its second page. */
#include "crime.h"

int main(void)
{
	return free_within_big(8 * MIB, 4 * KIB);
}
