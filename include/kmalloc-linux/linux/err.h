/* SPDX-License-Identifier: MIT */
/* Errors in pointers. */
#ifndef KMALLOC_LINUX_ERR_H
#define KMALLOC_LINUX_ERR_H

#include <kmalloc/err.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#define IS_ERR_VALUE(x) \
	unlikely((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_CAST(const void *p)
{
	return (void *)p;
}

#endif
