/* SPDX-License-Identifier: MIT */
/* The address of a local variable is freed. */
#include "crime.h"

int main(void)
{
	char place[128] __attribute__((aligned(16)));

	memset(place, 0, sizeof(place));
	return free_stranger(place + 32);
}
