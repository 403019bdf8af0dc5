/* SPDX-License-Identifier: MIT */
/* A block is freed by free_sized with another size than it has. */
#include "crime.h"

extern void free_sized(void *, size_t) __attribute__((weak));

int main(void)
{
	char *p = victim(200);

	if (!free_sized)
		return 94;
	confess("BAD", p);
	free_sized(p, 20);
	return 0;
}
