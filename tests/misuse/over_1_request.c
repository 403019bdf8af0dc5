/* SPDX-License-Identifier: MIT */
/* One byte past what was asked for is written, within what is usable. */
#include "crime.h"

int main(void)
{
	char *p = victim(41);

	wrong_write(p + 41, 1);
	free(p);
	live_on(41);
	return 0;
}
