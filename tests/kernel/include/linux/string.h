/* SPDX-License-Identifier: MIT */
/* Strings of the C library, of the kernel's tools and of ours. */
#ifndef KM_TEST_LINUX_STRING_H
#define KM_TEST_LINUX_STRING_H

/* The tools' has two arguments. */
#define argv_split km_tools_argv_split
#include_next <linux/string.h>
#undef argv_split

#include <kmalloc/string.h>

char **argv_split(gfp_t gfp, const char *str, int *argcp);

#undef strscpy
ssize_t km_strscpy(char *to, const char *from, size_t size);
#define strscpy(to, from, size) km_strscpy(to, from, size)
#define memzero_explicit(p, n) explicit_bzero(p, n)
#define memset_p(p, v, n)                                 \
	do {                                              \
		for (size_t km_i = 0; km_i < (n); km_i++) \
			((void **)(p))[km_i] = (v);       \
	} while (0)

#endif
