/* SPDX-License-Identifier: MIT */
/*
 * Allocation by type.  Needs GNU C; works in C++ as well.
 *
 *	struct node *n = kmalloc_obj(*n);
 *	struct node *table = kzalloc_objs(struct node, 100, GFP_NOWAIT);
 *	struct msg *m = kmalloc_flex(*m, data, length);
 *
 * The result is a pointer to the type; the flags, the last argument, may be
 * left out: GFP_KERNEL.  A size that overflows is refused, with NULL.  A
 * member that counts the elements of a flexible array is the caller's to set.
 */
#ifndef KMALLOC_OBJ_H
#define KMALLOC_OBJ_H

#include <kmalloc/overflow.h>
#include <kmalloc/slab.h>

/* The last argument stands for a "..." that ISO C wants not to be empty. */
#define __km_obj(alloc, what, gfp, ...) \
	((__typeof__(what) *)alloc(sizeof(what), gfp))
#define __km_objs(alloc, what, n, gfp, ...) \
	((__typeof__(what) *)alloc(size_mul(n, sizeof(what)), gfp))

#define __km_flex(alloc, what, member, n, gfp, ...) \
	((__typeof__(what) *)alloc(                 \
		struct_size((__typeof__(what) *)NULL, member, n), gfp))

/**
 * kmalloc_obj() - kmalloc of one object
 * @what: its type, or an expression of that type, which is not evaluated
 * @gfp:  may be left out
 *
 * Return: as kmalloc, as a pointer to that type.
 */
#define kmalloc_obj(...) __km_obj(kmalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kmalloc_objs() - of an array: what, number, [gfp] */
#define kmalloc_objs(...) __km_objs(kmalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kmalloc_flex() - with a flexible array: what, member, number, [gfp] */
#define kmalloc_flex(...) __km_flex(kmalloc, __VA_ARGS__, GFP_KERNEL, 0)

/** kzalloc_obj() - an object that reads as zero */
#define kzalloc_obj(...) __km_obj(kzalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kzalloc_objs() - an array that reads as zero */
#define kzalloc_objs(...) __km_objs(kzalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kzalloc_flex() - a structure with its array that reads as zero */
#define kzalloc_flex(...) __km_flex(kzalloc, __VA_ARGS__, GFP_KERNEL, 0)

/** kvmalloc_obj() - kmalloc_obj by kvmalloc, for kvfree */
#define kvmalloc_obj(...) __km_obj(kvmalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kvmalloc_objs() - kmalloc_objs by kvmalloc */
#define kvmalloc_objs(...) __km_objs(kvmalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kvmalloc_flex() - kmalloc_flex by kvmalloc */
#define kvmalloc_flex(...) __km_flex(kvmalloc, __VA_ARGS__, GFP_KERNEL, 0)

/** kvzalloc_obj() - kzalloc_obj by kvzalloc, for kvfree */
#define kvzalloc_obj(...) __km_obj(kvzalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kvzalloc_objs() - kzalloc_objs by kvzalloc */
#define kvzalloc_objs(...) __km_objs(kvzalloc, __VA_ARGS__, GFP_KERNEL, 0)
/** kvzalloc_flex() - kzalloc_flex by kvzalloc */
#define kvzalloc_flex(...) __km_flex(kvzalloc, __VA_ARGS__, GFP_KERNEL, 0)

#endif
