/* SPDX-License-Identifier: MIT */
/* Assertions: BUG aborts, WARN says where it was. */
#ifndef KMALLOC_LINUX_BUG_H
#define KMALLOC_LINUX_BUG_H

#include <stdbool.h>
#include <stdlib.h>

#include <linux/compiler.h>
#include <linux/printk.h>

#define BUG()                                                          \
	do {                                                           \
		printk("BUG at %s:%d\n", __FILE__, __LINE__);          \
		abort();                                               \
	} while (0)
#define BUG_ON(cond)                \
	do {                        \
		if (unlikely(cond)) \
			BUG();      \
	} while (0)
#define WARN(cond, ...)                                                \
	({                                                             \
		int __km_warn = !!(cond);                              \
		if (unlikely(__km_warn)) {                             \
			printk("WARNING at %s:%d: ", __FILE__, __LINE__); \
			printk(__VA_ARGS__);                           \
		}                                                      \
		unlikely(__km_warn);                                   \
	})
#define WARN_ON(cond) WARN(cond, "%s\n", #cond)
#define WARN_ONCE(cond, ...)                                           \
	({                                                             \
		static bool __km_warned;                               \
		int __km_once = !!(cond);                              \
		if (unlikely(__km_once) && !__km_warned) {             \
			__km_warned = true;                            \
			(void)WARN(1, __VA_ARGS__);                    \
		}                                                      \
		unlikely(__km_once);                                   \
	})
#define WARN_ON_ONCE(cond) WARN_ONCE(cond, "%s\n", #cond)
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "BUILD_BUG_ON: " #cond)

#endif
