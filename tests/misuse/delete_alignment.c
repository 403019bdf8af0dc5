/* SPDX-License-Identifier: MIT */
/* An object is deleted with more alignment than it was made with. */
#include "crime.h"

/* C++'s operators, by the names that they have in C. */
extern void *_Znwm(size_t) __attribute__((weak));
extern void _ZdlPvm(void *, size_t) __attribute__((weak));
extern void *_ZnwmSt11align_val_t(size_t, size_t) __attribute__((weak));
extern void _ZdlPvmSt11align_val_t(void *, size_t, size_t)
	__attribute__((weak));

int main(void)
{
	char *p;

	if (!_ZnwmSt11align_val_t || !_ZdlPvmSt11align_val_t)
		return 94;
	p = _ZnwmSt11align_val_t(200, 32);
	confess("BAD", p);
	_ZdlPvmSt11align_val_t(p, 200, 256);
	live_on(200);
	return 0;
}
