/* SPDX-License-Identifier: MIT */
/*
 * A negative errno carried in a pointer: the last 4095 addresses are nobody's
 * memory.
 */
#ifndef KMALLOC_ERR_H
#define KMALLOC_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAX_ERRNO 4095

/** ERR_PTR() - the pointer that carries @error, a negative errno */
static inline void *ERR_PTR(long error)
{
	return (void *)(intptr_t)error;
}

/** PTR_ERR() - the errno that @p carries, if IS_ERR */
static inline long PTR_ERR(const void *p)
{
	return (long)(intptr_t)p;
}

/** IS_ERR() - whether @p carries an errno */
static inline bool IS_ERR(const void *p)
{
	return (uintptr_t)p >= (uintptr_t)-MAX_ERRNO;
}

/** IS_ERR_OR_NULL() - whether @p is no memory at all */
static inline bool IS_ERR_OR_NULL(const void *p)
{
	return !p || IS_ERR(p);
}

/** PTR_ERR_OR_ZERO() - the errno that @p carries, or 0 */
static inline int PTR_ERR_OR_ZERO(const void *p)
{
	return IS_ERR(p) ? (int)PTR_ERR(p) : 0;
}

#ifdef __cplusplus
}
#endif

#endif
