/* SPDX-License-Identifier: MIT */
/* A block of 256 KiB is freed twice, at once. */
#include "crime.h"

int main(void)
{
	char *p = victim(256 * KIB);

	confess("BAD", p);
	free(p);
	free(p);
	return 0;
}
