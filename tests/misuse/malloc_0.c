/* SPDX-License-Identifier: MIT */
/* A byte is written to a block of no bytes. */
#include "crime.h"

int main(void)
{
	char *p = malloc(0);

	if (!p)
		return verdict(1);
	wrong_write(p, 1);
	free(p);
	live_on(16);
	return 0;
}
