/* SPDX-License-Identifier: MIT */
/* A block of 256 KiB is read after its free. */
#include "crime.h"

int main(void)
{
	char *p = victim(256 * KIB);

	free(p);
	return wrong_read(p + 100) == 123 ? 3 : 0;
}
