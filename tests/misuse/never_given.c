/* SPDX-License-Identifier: MIT */
/* An object of a slab in use, but not yet given to anybody, is freed. */
#include "crime.h"

/* The first place beyond the topmost object that the herd has. */
static char *ungiven(size_t n)
{
	char *top = herd[0];
	unsigned int i;

	for (i = 1; i < HERD; i++)
		if ((char *)herd[i] > top)
			top = herd[i];
	return top + n;
}

int main(void)
{
	char *p;

	herd_raise(96);
	p = ungiven(96);
	confess("BAD", p);
	free(p);
	herd_free_all(0);
	return 0;
}
