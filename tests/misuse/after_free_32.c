/* SPDX-License-Identifier: MIT */
/* Byte 32 of 48 is written after the free. */
#include "crime.h"

int main(void)
{
	return write_freed(48, 32, 1);
}
