/* SPDX-License-Identifier: MIT */
/* Whether a freed small block is the next that is given out. */
#include "crime.h"

int main(void)
{
	char *p;
	int again;

	victim(64);
	p = malloc(64);
	free(p);
	again = malloc(64) == (void *)p;
	return verdict(!again);
}
