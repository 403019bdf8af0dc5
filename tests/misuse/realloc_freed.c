/* SPDX-License-Identifier: MIT */
/* A block of 1 MiB is resized after it was freed. */
#include "crime.h"

int main(void)
{
	char *p = victim(1 * MIB), *q;

	confess("BAD", p);
	free(p);
	q = realloc(p, 2 * MIB);
	return q ? 1 : 0;
}
