/* SPDX-License-Identifier: MIT */
/* A loop runs out of a small block, for 64 KiB. */
#include "crime.h"

int main(void)
{
	return overflow_alone(64, 64 * KIB);
}
