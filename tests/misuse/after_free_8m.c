/* SPDX-License-Identifier: MIT */
/* The first 16 bytes of 8 MiB are written after the free. */
#include "crime.h"

int main(void)
{
	return write_freed(8 * MIB, 0, 16);
}
