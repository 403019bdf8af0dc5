/* SPDX-License-Identifier: MIT */
/* Arithmetic on sizes that says when it overflows, or saturates. */
#ifndef KMALLOC_LINUX_OVERFLOW_H
#define KMALLOC_LINUX_OVERFLOW_H

#include <kmalloc/overflow.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define __km_define_flex(type, name, member, count, p)                  \
	union {                                                        \
		unsigned char km_bytes[sizeof(type) +                  \
				       sizeof(((type *)0)->member[0]) * \
					       (count)];               \
		type km_obj;                                           \
	} name##_u = { .km_bytes = { 0 } };                            \
	type *name = (p)

/**
 * DEFINE_RAW_FLEX() - a structure with its flexible array, on the stack
 * @type:   the structure's type
 * @name:   of the variable, a pointer to the structure, which is zero
 * @member: the array
 * @count:  its elements, a constant
 */
#define DEFINE_RAW_FLEX(type, name, member, count) \
	__km_define_flex(type, name, member, count, &name##_u.km_obj)

/** DEFINE_FLEX() - the same, with @counter, a member, set to @count */
#define DEFINE_FLEX(type, name, member, counter, count)               \
	__km_define_flex(type, name, member, count,                   \
			 (name##_u.km_obj.counter = (count), &name##_u.km_obj))

#endif
