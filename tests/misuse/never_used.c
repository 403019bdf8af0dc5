/* SPDX-License-Identifier: MIT */
/* An address of the heap where nothing was ever allocated is freed. */
#include "crime.h"

int main(void)
{
	char *p = victim(64);

	/* Far above what is in use, well within what is reserved. */
	p = (char *)(((uintptr_t)p | (64 * KIB - 1)) + 1) + 16 * MIB;
	confess("BAD", p);
	free(p);
	return 0;
}
