/* SPDX-License-Identifier: MIT */
/* One byte past what is usable of 256 KiB: written. */
#include "crime.h"

int main(void)
{
	return overflow_alone(256 * KIB, 1);
}
