/* SPDX-License-Identifier: MIT */
/* One byte past what is usable of a small block: written. */
#include "crime.h"

int main(void)
{
	return overflow(40, 1);
}
