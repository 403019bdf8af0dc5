/* SPDX-License-Identifier: MIT */
/* Eight bytes are written past a small block into one that is free. */
#include "crime.h"

int main(void)
{
	char *p[64];
	int i;

	for (i = 0; i < 64; i++)
		p[i] = malloc(40);
	for (i = 1; i < 64; i += 2)
		free(p[i]);
	wrong_write(p[32] + malloc_usable_size(p[32]), 8);
	for (i = 0; i < 64; i += 2)
		free(p[i]);
	live_on(40);
	return 0;
}
