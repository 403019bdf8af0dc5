/* SPDX-License-Identifier: MIT */
/* A small block is freed twice, at once. */
#include "crime.h"

int main(void)
{
	return free_twice(64, 0);
}
