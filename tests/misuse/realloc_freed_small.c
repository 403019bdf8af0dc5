/* SPDX-License-Identifier: MIT */
/* A small block is resized after it was freed. */
#include "crime.h"

int main(void)
{
	char *p = victim(64), *q;

	confess("BAD", p);
	free(p);
	q = realloc(p, 200);
	live_on(200);
	return q == p ? 1 : 0;
}
