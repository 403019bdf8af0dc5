/* SPDX-License-Identifier: MIT */
/* The address of a member of a null structure is freed. */
#include "crime.h"

int main(void)
{
	return free_stranger((void *)(uintptr_t)0x140);
}
