/* SPDX-License-Identifier: MIT */
/* 16 bytes before a block of 256 KiB are written. */
#include "crime.h"

int main(void)
{
	return underflow(256 * KIB, 16);
}
