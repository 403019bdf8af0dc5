/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on sizes that cannot wrap: a result that does not fit is
 * SIZE_MAX, which every allocation refuses.  Needs GNU C.
 */
#ifndef KMALLOC_OVERFLOW_H
#define KMALLOC_OVERFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmalloc/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SIZE_MAX /* an old C++ library asks for a macro first */
#define SIZE_MAX ((size_t)-1)
#endif

static inline __km_must_check bool __km_overflows(bool it_does)
{
	return it_does;
}

/* True, which is to be looked at, if the result does not fit *d, which then
 * has its low bits. */
#define check_add_overflow(a, b, d) \
	__km_overflows(__builtin_add_overflow(a, b, d))
#define check_sub_overflow(a, b, d) \
	__km_overflows(__builtin_sub_overflow(a, b, d))
#define check_mul_overflow(a, b, d) \
	__km_overflows(__builtin_mul_overflow(a, b, d))

/** size_mul() - @a times @b, or SIZE_MAX */
static inline size_t size_mul(size_t a, size_t b)
{
	size_t r;

	return check_mul_overflow(a, b, &r) ? SIZE_MAX : r;
}

/** size_add() - @a plus @b, or SIZE_MAX */
static inline size_t size_add(size_t a, size_t b)
{
	size_t r;

	return check_add_overflow(a, b, &r) ? SIZE_MAX : r;
}

/**
 * size_sub() - @a minus @b, or SIZE_MAX
 *
 * Return: SIZE_MAX also if @a or @b is SIZE_MAX: an overflow stays one.
 */
static inline size_t size_sub(size_t a, size_t b)
{
	return a == SIZE_MAX || b > a ? SIZE_MAX : a - b;
}

/** array_size() - bytes of @n elements of @size bytes, or SIZE_MAX */
static inline size_t array_size(size_t n, size_t size)
{
	return size_mul(n, size);
}

/** array3_size() - bytes of @a times @b elements of @size bytes */
static inline size_t array3_size(size_t a, size_t b, size_t size)
{
	return size_mul(size_mul(a, b), size);
}

/**
 * flex_array_size() - bytes of a flexible array
 * @p:      a pointer to the structure, which is not followed
 * @member: the array
 * @count:  its elements
 */
#define flex_array_size(p, member, count) size_mul(count, sizeof(*(p)->member))

/**
 * struct_size() - bytes of a structure with its flexible array
 * @p:      a pointer to the structure, which is not followed
 * @member: the array
 * @count:  its elements
 */
#define struct_size(p, member, count) \
	size_add(sizeof(*(p)), flex_array_size(p, member, count))

/** struct_size_t() - struct_size by the structure's type */
#define struct_size_t(type, member, count) \
	struct_size((type *)NULL, member, count)

#ifdef __cplusplus
}
#endif

#endif
