/* SPDX-License-Identifier: MIT */
/* What new[] made is given to free. */
#include "crime.h"

extern void *_Znam(size_t) __attribute__((weak));

int main(void)
{
	char *p;

	if (!_Znam)
		return 94;
	p = _Znam(100);
	confess("BAD", p);
	free(p);
	live_on(100);
	return 0;
}
