/* SPDX-License-Identifier: MIT */
/* A block is freed by free_aligned_sized with an alignment that it has not. */
#include "crime.h"

extern void free_aligned_sized(void *, size_t, size_t) __attribute__((weak));

int main(void)
{
	char *p = victim(200);

	if (!free_aligned_sized)
		return 94;
	confess("BAD", p + 0);
	free_aligned_sized(p, 1 * MIB, 200);
	return 0;
}
