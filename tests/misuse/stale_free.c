/* SPDX-License-Identifier: MIT */
/* Whether a freed small block still has what was written to it. */
#include "crime.h"

int main(void)
{
	char *p = victim(256);

	memset(p, 0x5c, 256);
	free(p);
	return verdict(wrong_read(p + 128) != 0x5c);
}
