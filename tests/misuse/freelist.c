/* SPDX-License-Identifier: MIT */
/* Whether a pointer written to a freed block is one that malloc gives out. */
#include "crime.h"

static char target[64] __attribute__((aligned(64)));

int main(void)
{
	char *p[8];
	int i, steered = 0;

	for (i = 0; i < 8; i++)
		p[i] = malloc(48);
	for (i = 0; i < 8; i++)
		free(p[i]);
	for (i = 0; i < 8; i++)
		memcpy(p[i], &(void *){ target }, sizeof(void *));
	for (i = 0; i < 64; i++)
		steered |= (char *)malloc(48) == target;
	return verdict(!steered);
}
