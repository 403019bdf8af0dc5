/* SPDX-License-Identifier: MIT */
/* The C library's strings, and copies of them. */
#ifndef KMALLOC_LINUX_STRING_H
#define KMALLOC_LINUX_STRING_H

#include_next <linux/string.h>

#include <string.h>

#include <linux/types.h>

#include <kmalloc/string.h>

/* A memset that no compiler leaves out. */
static inline void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

#endif
