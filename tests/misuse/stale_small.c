/* SPDX-License-Identifier: MIT */
/* Whether malloc gives out what was written to a freed small block. */
#include "crime.h"

int main(void)
{
	return verdict(!finds_stale(256));
}
