/* SPDX-License-Identifier: MIT */
/* Hints for a search of leaks, which nobody makes. */
#ifndef KMALLOC_LINUX_KMEMLEAK_H
#define KMALLOC_LINUX_KMEMLEAK_H

#include <linux/types.h>

static inline void kmemleak_alloc(const void *p, size_t size, int min_count,
				  gfp_t gfp)
{
	(void)p;
	(void)size;
	(void)min_count;
	(void)gfp;
}

static inline void kmemleak_free(const void *p)
{
	(void)p;
}

static inline void kmemleak_not_leak(const void *p)
{
	(void)p;
}

static inline void kmemleak_ignore(const void *p)
{
	(void)p;
}

static inline void kmemleak_no_scan(const void *p)
{
	(void)p;
}

#endif
