/* SPDX-License-Identifier: MIT */
/* The kernel's everyday macros. */
#ifndef KMALLOC_LINUX_KERNEL_H
#define KMALLOC_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#include <limits.h>

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member)                               \
	({                                                            \
		const __typeof__(((type *)0)->member) *__km_p = (ptr); \
		(type *)((char *)__km_p - offsetof(type, member));    \
	})

#define min(a, b)                                     \
	({                                            \
		__typeof__(a) __km_min_a = (a);       \
		__typeof__(b) __km_min_b = (b);       \
		__km_min_a < __km_min_b ? __km_min_a : __km_min_b; \
	})
#define max(a, b)                                     \
	({                                            \
		__typeof__(a) __km_max_a = (a);       \
		__typeof__(b) __km_max_b = (b);       \
		__km_max_a > __km_max_b ? __km_max_a : __km_max_b; \
	})
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp(v, lo, hi) min((__typeof__(v))max(v, lo), hi)
#define clamp_t(type, v, lo, hi) clamp((type)(v), (type)(lo), (type)(hi))
#define swap(a, b)                                \
	do {                                      \
		__typeof__(a) __km_swap = (a);    \
		(a) = (b);                        \
		(b) = __km_swap;                  \
	} while (0)

#define ALIGN(x, a) (((x) + ((__typeof__(x))(a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define PTR_ALIGN(p, a) ((__typeof__(p))ALIGN((unsigned long)(p), (a)))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define round_up(x, a) ALIGN(x, a)
#define round_down(x, a) ALIGN_DOWN(x, a)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define roundup(x, y) (DIV_ROUND_UP(x, y) * (y))

#define might_sleep() do { } while (0)

#endif
