/* SPDX-License-Identifier: MIT */
/* 4 KiB past what is usable of 8 MiB: written. */
#include "crime.h"

int main(void)
{
	return overflow_alone(8 * MIB, 4 * KIB);
}
