/* SPDX-License-Identifier: MIT */
/* One byte past what is usable of 256 KiB is read. */
#include "crime.h"

int main(void)
{
	char *p = victim(256 * KIB);
	char c = wrong_read(p + malloc_usable_size(p));

	free(p);
	return c == 123 ? 3 : 0;
}
