/* SPDX-License-Identifier: MIT */
/* One byte before a small block is written. */
#include "crime.h"

int main(void)
{
	return underflow(40, 1);
}
