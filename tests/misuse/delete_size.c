/* SPDX-License-Identifier: MIT */
/* A small object is deleted as a smaller one. */
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

	if (!_Znwm || !_ZdlPvm)
		return 94;
	herd_raise(48);
	p = _Znwm(100);
	confess("BAD", p);
	_ZdlPvm(p, 48);
	herd_free_all(0);
	live_on(48);
	return 0;
}
