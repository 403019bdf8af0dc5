/* SPDX-License-Identifier: MIT */
/* Eight bytes before a small block are written. */
#include "crime.h"

int main(void)
{
	return underflow(40, 8);
}
