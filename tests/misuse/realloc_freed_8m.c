/* SPDX-License-Identifier: MIT */
/* A block of 8 MiB is resized after it was freed. */
#include "crime.h"

int main(void)
{
	char *p = victim(8 * MIB), *q;

	confess("BAD", p);
	free(p);
	q = realloc(p, 16 * MIB);
	return q ? 1 : 0;
}
