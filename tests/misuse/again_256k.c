/* SPDX-License-Identifier: MIT */
/* Whether a freed block of 256 KiB is the next that is given out. */
#include "crime.h"

int main(void)
{
	char *p;
	int again;

	victim(256 * KIB);
	p = malloc(256 * KIB);
	free(p);
	again = malloc(256 * KIB) == (void *)p;
	return verdict(!again);
}
