/* SPDX-License-Identifier: MIT */
/*
 * Copies of strings and of memory.
 *
 * Context: as kmalloc; where a kv function is named, as kvmalloc.
 */
#ifndef KMALLOC_STRING_H
#define KMALLOC_STRING_H

#include <stdarg.h>
#include <stdbool.h>

#include <kmalloc/err.h>
#include <kmalloc/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * kstrdup() - copy a string
 * @s:   the string, or NULL
 * @gfp: see <kmalloc/gfp.h>
 *
 * Return: a copy for kfree; NULL if @s is, or if there is no memory.
 */
char *kstrdup(const char *s, gfp_t gfp) __km_malloc;
/** kstrndup() - copy at most @max bytes of a string, and end them by 0 */
char *kstrndup(const char *s, size_t max, gfp_t gfp) __km_malloc;
/**
 * kstrdup_const() - a string that does not change
 * @s:   the string, or NULL
 * @gfp: see <kmalloc/gfp.h>
 *
 * What lies in the program's own read-only memory needs no copy.
 *
 * Return: @s itself or a copy, for kfree_const and nothing else; NULL if @s
 *         is, or if there is no memory.
 */
const char *kstrdup_const(const char *s, gfp_t gfp);
/** kfree_const() - free what kstrdup_const returned, if it is a copy */
void kfree_const(const void *p);
/** is_kernel_rodata() - whether @p is in the program's read-only memory */
bool is_kernel_rodata(const void *p);

/**
 * kmemdup() - copy memory
 * @p:   the memory
 * @len: bytes
 * @gfp: see <kmalloc/gfp.h>
 *
 * Return: a copy for kfree, or NULL.
 */
void *kmemdup(const void *p, size_t len, gfp_t gfp) __km_malloc
	__km_alloc_size(2);
/** kmemdup_array() - copy @n elements of @size bytes; overflow is NULL */
void *kmemdup_array(const void *p, size_t n, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(2, 3);
/** kmemdup_nul() - copy @len bytes of text, or NULL, and end them by 0 */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp) __km_malloc;
/** kvmemdup() - kmemdup by kvmalloc, for kvfree */
void *kvmemdup(const void *p, size_t len, gfp_t gfp) __km_malloc
	__km_alloc_size(2);

/**
 * kasprintf() - print into memory of the right length
 * @gfp: see <kmalloc/gfp.h>
 * @fmt: as for printf(3)
 *
 * Context: as kmalloc, and as printf's family: no signal handlers.
 * Return: the text, for kfree; NULL if there is no memory or if the C
 *         library does not take the format.
 */
char *kasprintf(gfp_t gfp, const char *fmt, ...) __km_malloc __km_format(2, 3);
/** kvasprintf() - kasprintf with a list of arguments */
char *kvasprintf(gfp_t gfp, const char *fmt, va_list args) __km_malloc
	__km_format(2, 0);
/**
 * kvasprintf_const() - kvasprintf, or kstrdup_const where that says the same
 *
 * It does if @fmt is "%s" or has no '%' at all.
 *
 * Return: text for kfree_const, or NULL.
 */
const char *kvasprintf_const(gfp_t gfp, const char *fmt, va_list args)
	__km_format(2, 0);

/**
 * memdup_user() - copy memory
 * @from: the memory; in a process user space is where the rest is, and a
 *        wrong address faults
 * @len:  bytes
 *
 * Return: a copy for kfree, or ERR_PTR(-ENOMEM).
 */
void *memdup_user(const void *from, size_t len) __km_alloc_size(2);
/** memdup_user_nul() - memdup_user of text, which it ends by 0 */
void *memdup_user_nul(const void *from, size_t len);
/** vmemdup_user() - memdup_user by kvmalloc, for kvfree */
void *vmemdup_user(const void *from, size_t len) __km_alloc_size(2);
/** memdup_array_user() - of @n elements; ERR_PTR(-EOVERFLOW) */
void *memdup_array_user(const void *from, size_t n, size_t size) __km_must_check
	__km_alloc_size(2, 3);
/** vmemdup_array_user() - memdup_array_user by kvmalloc, for kvfree */
void *vmemdup_array_user(const void *from, size_t n,
			 size_t size) __km_must_check __km_alloc_size(2, 3);
/**
 * strndup_user() - copy a string
 * @s: the string
 * @n: the most bytes that it may have, its end included
 *
 * Return: a copy for kfree; ERR_PTR(-EINVAL) if there is no end in @n bytes,
 *         or ERR_PTR(-ENOMEM).
 */
char *strndup_user(const char *s, long n);

#ifdef __cplusplus
}
#endif

#endif
