/* SPDX-License-Identifier: MIT */
/*
 * shim: glibc's private names for the same functions.
 *
 * Programs that call them get our memory too.  They are in the preloaded
 * object only: a static link has glibc's own definitions.
 */
#include "shim.h"

__export void *__libc_malloc(size_t size)
{
	return shim_malloc(size);
}

__export void *__libc_calloc(size_t n, size_t size)
{
	return shim_calloc(n, size);
}

__export void *__libc_realloc(void *p, size_t size)
{
	return shim_realloc(p, size);
}

__export void __libc_free(void *p)
{
	shim_free(p);
}

__export void *__libc_memalign(size_t align, size_t size)
{
	return shim_memalign(align, size);
}

__export void *__libc_valloc(size_t size)
{
	return shim_valloc(size);
}

__export void *__libc_pvalloc(size_t size)
{
	return shim_pvalloc(size);
}
