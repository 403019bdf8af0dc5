/* SPDX-License-Identifier: MIT */
/* A mapping that is nobody's block is freed. */
#include "crime.h"

int main(void)
{
	char *p = mmap(NULL, 1 * MIB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 93;
	return free_stranger(p + 64 * KIB);
}
