/* SPDX-License-Identifier: MIT */
/* Pointers that are freed at the end of their scope. */
#ifndef KMALLOC_LINUX_CLEANUP_H
#define KMALLOC_LINUX_CLEANUP_H

#include <linux/compiler.h>
#include <linux/types.h>

#include <kmalloc/cleanup.h>

/**
 * DEFINE_CLASS() - a kind of variable that is made and ended by functions
 * @name: the kind
 * @type: of its variables
 * @exit: a statement, which finds the variable's value in _T
 * @init: an expression, the value, of the arguments that follow
 */
#define DEFINE_CLASS(name, type, exit, init, ...)                      \
	typedef type class_##name##_t;                                 \
	static __always_inline void class_##name##_destructor(type *p) \
	{                                                              \
		type _T = *p;                                          \
                                                                       \
		exit;                                                  \
	}                                                              \
	static __always_inline type class_##name##_constructor(__VA_ARGS__) \
	{                                                              \
		type km_made = init;                                   \
                                                                       \
		return km_made;                                        \
	}

/** CLASS() - declares a variable: CLASS(name, variable)(arguments); */
#define CLASS(name, variable)                                            \
	class_##name##_t variable                                        \
		__attribute__((__cleanup__(class_##name##_destructor))) = \
			class_##name##_constructor

#endif
