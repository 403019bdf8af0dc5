/* SPDX-License-Identifier: MIT */
/* A small block is freed by a pointer 8 bytes into it. */
#include "crime.h"

int main(void)
{
	return free_within(64, 8);
}
