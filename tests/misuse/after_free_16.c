/* SPDX-License-Identifier: MIT */
/* The first 16 bytes of a small block are written after its free. */
#include "crime.h"

int main(void)
{
	return write_freed(48, 0, 16);
}
