/* SPDX-License-Identifier: MIT */
/*
 * What a compiler may know about the functions of the other headers.
 */
#ifndef KMALLOC_ATTR_H
#define KMALLOC_ATTR_H

#include <stddef.h>

#if defined(__GNUC__)
#define __km_alloc_size(...) __attribute__((__alloc_size__(__VA_ARGS__)))
#define __km_malloc __attribute__((__malloc__))
#define __km_must_check __attribute__((__warn_unused_result__))
#define __km_format(f, a) __attribute__((__format__(__printf__, f, a)))
#else
#define __km_alloc_size(...)
#define __km_malloc
#define __km_must_check
#define __km_format(f, a)
#endif

#endif
