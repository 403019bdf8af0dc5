/* SPDX-License-Identifier: MIT */
/* A small block is freed twice, and one other between. */
#include "crime.h"

int main(void)
{
	return free_twice(64, 1);
}
