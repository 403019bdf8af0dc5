/* SPDX-License-Identifier: MIT */
/* A block of 1 MiB is resized by a pointer to its second page. */
#include "crime.h"

int main(void)
{
	char *p = victim(1 * MIB), *q;

	confess("BAD", p + 4 * KIB);
	confess("BLOCK", p);
	q = realloc(p + 4 * KIB, 2 * MIB);
	return q ? 1 : 0;
}
