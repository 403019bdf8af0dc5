/* SPDX-License-Identifier: MIT */
/* The usable size of a freed block is asked for. */
#include "crime.h"

int main(void)
{
	char *p = victim(64);

	confess("BAD", p);
	free(p);
	return malloc_usable_size(p) == 1 ? 3 : 0;
}
