/* SPDX-License-Identifier: MIT */
/* Whether malloc gives out what was written to freed 64 KiB. */
#include "crime.h"

int main(void)
{
	return verdict(!finds_stale(64 * KIB));
}
