/* SPDX-License-Identifier: MIT */
/*
 * string: copies of strings and of memory.
 *
 *   kstrdup, kmemdup ...        kmalloc, copy
 *   kvmemdup, vmemdup_user ...  kvmalloc, copy
 *   kstrdup_const               the string itself, if it is read-only
 *
 * A process is its own user space: the _user forms are plain copies that say
 * what went wrong by ERR_PTR.
 *
 * Locks: none of its own.
 */
#include <errno.h>

#include "kmalloc.h"
#include "rodata.h"
#include "util.h"

typedef void *maker(size_t size, gfp_t gfp);

static void *copy_of(const void *p, size_t len, gfp_t gfp, maker *make)
{
	void *to = make(len, gfp);

	if (to && len)
		__builtin_memcpy(to, p, len);
	return to;
}

__export void *kmemdup(const void *p, size_t len, gfp_t gfp)
{
	return copy_of(p, len, gfp, kmalloc);
}

__export void *kmemdup_array(const void *p, size_t n, size_t size, gfp_t gfp)
{
	return kmemdup(p, array_size(n, size), gfp);
}

__export void *kvmemdup(const void *p, size_t len, gfp_t gfp)
{
	return copy_of(p, len, gfp, kvmalloc);
}

__export char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *to = s ? kmalloc(size_add(len, 1), gfp) : NULL;

	if (!to)
		return NULL;
	__builtin_memcpy(to, s, len);
	to[len] = '\0';
	return to;
}

__export char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, __builtin_strlen(s) + 1, gfp) : NULL;
}

static size_t length_upto(const char *s, size_t max)
{
	size_t len = 0;

	while (len < max && s[len])
		len++;
	return len;
}

__export char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? kmemdup_nul(s, length_upto(s, max), gfp) : NULL;
}

/* ---- constants ---- */

__export bool is_kernel_rodata(const void *p)
{
	return rodata_has(p);
}

__export const char *kstrdup_const(const char *s, gfp_t gfp)
{
	return rodata_has(s) ? s : kstrdup(s, gfp);
}

__export void kfree_const(const void *p)
{
	if (!rodata_has(p))
		kfree(p);
}

/* ---- from user space ---- */

static void *copy_of_user(const void *from, size_t len, maker *make)
{
	void *to = copy_of(from, len, GFP_USER, make);

	return to ? to : ERR_PTR(-ENOMEM);
}

__export void *memdup_user(const void *from, size_t len)
{
	return copy_of_user(from, len, kmalloc);
}

__export void *vmemdup_user(const void *from, size_t len)
{
	return copy_of_user(from, len, kvmalloc);
}

__export void *memdup_array_user(const void *from, size_t n, size_t size)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return ERR_PTR(-EOVERFLOW);
	return memdup_user(from, bytes);
}

__export void *vmemdup_array_user(const void *from, size_t n, size_t size)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return ERR_PTR(-EOVERFLOW);
	return vmemdup_user(from, bytes);
}

__export void *memdup_user_nul(const void *from, size_t len)
{
	char *to = kmalloc(size_add(len, 1), GFP_USER);

	if (!to)
		return ERR_PTR(-ENOMEM);
	__builtin_memcpy(to, from, len);
	to[len] = '\0';
	return to;
}

__export char *strndup_user(const char *s, long n)
{
	size_t len = n > 0 ? length_upto(s, (size_t)n) : 0;

	if (n <= 0 || len == (size_t)n)
		return ERR_PTR(-EINVAL);
	return memdup_user_nul(s, len);
}
