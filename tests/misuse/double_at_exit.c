/* SPDX-License-Identifier: MIT */
/* A small block is freed twice, and nothing else is. */
#include "crime.h"

int main(void)
{
	char *p = victim(64), *q = victim(64);

	free(p);
	free(q);
	confess("BAD", p);
	free(p);
	return 0;
}
