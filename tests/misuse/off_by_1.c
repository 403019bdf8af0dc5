/* SPDX-License-Identifier: MIT */
/* A small block is freed by a pointer one byte into it. */
#include "crime.h"

int main(void)
{
	return free_within(64, 1);
}
