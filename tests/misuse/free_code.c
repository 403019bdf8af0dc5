/* SPDX-License-Identifier: MIT */
/* The address of a function is freed. */
#include "crime.h"

int main(void)
{
	return free_stranger((void *)((uintptr_t)main & ~(uintptr_t)15));
}
