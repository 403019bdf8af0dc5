/* SPDX-License-Identifier: MIT */
/* The first 16 bytes of 2 KiB are written after the free. */
#include "crime.h"

int main(void)
{
	return write_freed(2 * KIB, 0, 16);
}
