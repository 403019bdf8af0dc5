/* SPDX-License-Identifier: MIT */
/* The first 16 bytes of 256 KiB are written after the free. */
#include "crime.h"

int main(void)
{
	return write_freed(256 * KIB, 0, 16);
}
