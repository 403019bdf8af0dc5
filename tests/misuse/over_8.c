/* SPDX-License-Identifier: MIT */
/* Eight bytes past what is usable of a small block: written. */
#include "crime.h"

int main(void)
{
	return overflow(40, 8);
}
