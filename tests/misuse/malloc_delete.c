/* SPDX-License-Identifier: MIT */
/* What malloc made is given to delete. */
#include "crime.h"

extern void _ZdlPvm(void *, size_t) __attribute__((weak));

int main(void)
{
	char *p = malloc(100);

	if (!_ZdlPvm)
		return 94;
	confess("BAD", p);
	_ZdlPvm(p, 100);
	live_on(100);
	return 0;
}
