/* SPDX-License-Identifier: MIT */
/* Whether a loop that runs out of a small block gets to one of 1 MiB. */
#include "crime.h"

/* Whether all is mapped and writable between two addresses. */
static int reaches(uintptr_t a, uintptr_t b)
{
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char mode[5];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3)
			continue;
		if (a >= from && a < to && mode[1] == 'w')
			a = to;
	}
	return a > b;
}

int main(void)
{
	uintptr_t a = (uintptr_t)malloc(64), b = (uintptr_t)malloc(1 * MIB);

	return verdict(!reaches(a < b ? a : b, a < b ? b : a));
}
