/* SPDX-License-Identifier: MIT */
/* A block of 8 MiB is freed twice, at once. */
#include "crime.h"

int main(void)
{
	char *p = victim(8 * MIB);

	confess("BAD", p);
	free(p);
	free(p);
	return 0;
}
