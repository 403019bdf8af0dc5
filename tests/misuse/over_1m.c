/* SPDX-License-Identifier: MIT */
/* A loop runs out of a small block, for 1 MiB. */
#include "crime.h"

int main(void)
{
	return overflow_alone(64, 1 * MIB);
}
