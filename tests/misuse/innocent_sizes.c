/* SPDX-License-Identifier: MIT */
/* Sizes and alignments as they should be, in all forms. */
#include "crime.h"

/* C++'s operators, by the names that they have in C. */
extern void *_Znwm(size_t) __attribute__((weak));
extern void _ZdlPvm(void *, size_t) __attribute__((weak));
extern void *_ZnwmSt11align_val_t(size_t, size_t) __attribute__((weak));
extern void _ZdlPvmSt11align_val_t(void *, size_t, size_t)
	__attribute__((weak));

extern void free_sized(void *, size_t) __attribute__((weak));

int main(void)
{
	size_t n, align;
	void *p;

	if (!_Znwm || !_ZdlPvm || !_ZnwmSt11align_val_t)
		return 94;
	for (n = 0; n < 3 * MIB; n += n / 7 + 1) {
		_ZdlPvm(_Znwm(n), n);
		if (free_sized)
			free_sized(realloc(malloc(n / 2 + 1), n + 1), n + 1);
		if (free_sized)
			free_sized(realloc(malloc(n + 1), n / 2 + 1),
				   n / 2 + 1);
		for (align = 1; align <= 64 * KIB; align *= 2) {
			p = _ZnwmSt11align_val_t(n, align);
			_ZdlPvmSt11align_val_t(p, n, align);
		}
	}
	/* One that grows a little gets more than it asks for. */
	if (free_sized)
		free_sized(realloc(malloc(60000), 63143), 63143);
	/* What a class has room for does no harm. */
	_ZdlPvm(_Znwm(41), 45);
	if (free_sized)
		free_sized(malloc(41), 45);
	_ZdlPvm(NULL, 100);
	return 0;
}
