/* SPDX-License-Identifier: MIT */
/* A small block is freed twice, with 1000 frees in between. */
#include "crime.h"

int main(void)
{
	return free_twice(64, 1000);
}
