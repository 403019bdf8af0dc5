/* SPDX-License-Identifier: MIT */
/* A small block is resized by a pointer into it. */
#include "crime.h"

int main(void)
{
	char *p;

	herd_raise(64);
	p = victim(64);
	confess("BAD", p + 16);
	confess("BLOCK", p);
	herd[0] = realloc(p + 16, 200);
	herd_free_all(1);
	return 0;
}
