/* SPDX-License-Identifier: MIT */
/* The address of a global variable is freed. */
#include "crime.h"

static char place[128] __attribute__((aligned(16)));

int main(void)
{
	return free_stranger(place + 32);
}
