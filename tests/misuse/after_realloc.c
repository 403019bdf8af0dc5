/* SPDX-License-Identifier: MIT */
/* A block is written to after realloc has moved it. */
#include "crime.h"

int main(void)
{
	char *p = victim(48), *q = realloc(p, 4000);

	if (p == q)
		return 0;
	wrong_write(p, 16);
	free(q);
	live_on(48);
	return 0;
}
