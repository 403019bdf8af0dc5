/* SPDX-License-Identifier: MIT */
/*
 * string: printing into memory of the right length.
 *
 * The text is printed twice, for its length and for itself, by the C
 * library, because these are the program's own formats.  Its vsnprintf may
 * call malloc for some of them (floating point, wide characters, numbered
 * arguments); that is well here, above the engine, where no lock is held.
 *
 * Locks: none of its own.
 */
#include "kmalloc.h"
#include "util.h"

#include <stdio.h>

__export char *kvasprintf(gfp_t gfp, const char *fmt, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	text = len < 0 ? NULL : kmalloc_track_caller((size_t)len + 1, gfp);
	/* What an argument points to may have changed; its length may too. */
	if (text)
		vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

__export char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = kvasprintf(gfp, fmt, args);
	va_end(args);
	return text;
}

__export const char *kvasprintf_const(gfp_t gfp, const char *fmt, va_list args)
{
	if (!__builtin_strchr(fmt, '%'))
		return kstrdup_const(fmt, gfp);
	if (!__builtin_strcmp(fmt, "%s"))
		return kstrdup_const(va_arg(args, const char *), gfp);
	return kvasprintf(gfp, fmt, args);
}
