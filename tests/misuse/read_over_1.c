/* SPDX-License-Identifier: MIT */
/* One byte past what is usable of a small block is read. */
#include "crime.h"

int main(void)
{
	char *p = victim(40);
	char c = wrong_read(p + malloc_usable_size(p));

	free(p);
	live_on(40);
	return c == 123 ? 3 : 0;
}
