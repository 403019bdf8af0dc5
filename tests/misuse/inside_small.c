/* SPDX-License-Identifier: MIT */
/* A small block is freed by a pointer 16 bytes into it. */
#include "crime.h"

int main(void)
{
	return free_within(64, 16);
}
