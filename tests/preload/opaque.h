/* SPDX-License-Identifier: MIT */
/*
 * opaque.h - the malloc family without the compiler's opinion
 *
 * Compilers drop pairs of malloc and free, assume what the standard promises,
 * and warn of the very misuse that a test is about. Calls through a volatile
 * pointer they must take as they are. Include it after every other header.
 */
#ifndef TESTS_PRELOAD_OPAQUE_H
#define TESTS_PRELOAD_OPAQUE_H

#include <malloc.h>
#include <stdlib.h>

#define OPAQUE(type, name, args) \
	static type(*volatile opaque_##name) args __attribute__((unused)) = name

OPAQUE(void *, malloc, (size_t));
OPAQUE(void *, calloc, (size_t, size_t));
OPAQUE(void *, realloc, (void *, size_t));
OPAQUE(void *, reallocarray, (void *, size_t, size_t));
OPAQUE(void, free, (void *));
OPAQUE(void *, memalign, (size_t, size_t));
OPAQUE(void *, aligned_alloc, (size_t, size_t));
OPAQUE(int, posix_memalign, (void **, size_t, size_t));
OPAQUE(void *, valloc, (size_t));
OPAQUE(void *, pvalloc, (size_t));
OPAQUE(size_t, malloc_usable_size, (void *));

#define malloc(n) opaque_malloc(n)
#define calloc(n, size) opaque_calloc(n, size)
#define realloc(p, n) opaque_realloc(p, n)
#define reallocarray(p, n, size) opaque_reallocarray(p, n, size)
#define free(p) opaque_free(p)
#define memalign(align, n) opaque_memalign(align, n)
#define aligned_alloc(align, n) opaque_aligned_alloc(align, n)
#define posix_memalign(out, align, n) opaque_posix_memalign(out, align, n)
#define valloc(n) opaque_valloc(n)
#define pvalloc(n) opaque_pvalloc(n)
#define malloc_usable_size(p) opaque_malloc_usable_size(p)

#endif
