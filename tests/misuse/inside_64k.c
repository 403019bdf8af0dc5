/* SPDX-License-Identifier: MIT */
/* A block of 64 KiB is freed by a pointer to its second page. */
#include "crime.h"

int main(void)
{
	return free_within_big(64 * KIB, 4 * KIB);
}
