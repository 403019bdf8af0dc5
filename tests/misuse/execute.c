/* SPDX-License-Identifier: MIT */
/* Whether the heap may be executed. */
#include "crime.h"

static int is_executable(uintptr_t p)
{
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char mode[5];
	int x = 1;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 &&
		    p >= from && p < to)
			x = mode[2] == 'x';
	}
	return x;
}

int main(void)
{
	static const size_t sizes[] = { 64, 256 * KIB, 8 * MIB };
	int executable = 0;
	unsigned int i;

	for (i = 0; i < 3; i++)
		executable |= is_executable((uintptr_t)malloc(sizes[i]));
	return verdict(!executable);
}
