/* SPDX-License-Identifier: MIT */
/* The address of a local variable is resized. */
#include "crime.h"

int main(void)
{
	char place[128] __attribute__((aligned(16)));

	memset(place, 0, sizeof(place));
	confess("BAD", place + 32);
	herd[0] = realloc(place + 32, 200);
	return 0;
}
