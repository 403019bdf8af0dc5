/* SPDX-License-Identifier: MIT */
/*
 * base: arithmetic and address helpers under the kernel's names.
 */
#ifndef KM_KERNEL_H
#define KM_KERNEL_H

#include "compiler.h"

#include <kmalloc/err.h>
#include <kmalloc/overflow.h>
#include <kmalloc/page.h> /* the system's may be larger: arch_page_size */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))

#define ALIGN(x, a) (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

#define min(a, b)                          \
	({                                 \
		__typeof__(a) __min_a = (a); \
		__typeof__(b) __min_b = (b); \
		__min_a < __min_b ? __min_a : __min_b; \
	})
#define max(a, b)                          \
	({                                 \
		__typeof__(a) __max_a = (a); \
		__typeof__(b) __max_b = (b); \
		__max_a > __max_b ? __max_a : __max_b; \
	})
#define clamp(v, lo, hi) min(max(v, lo), hi)

#define SZ_1K 1024UL
#define SZ_64K (64 * SZ_1K)
#define SZ_1M (1024 * SZ_1K)
#define SZ_2M (2 * SZ_1M)
#define SZ_4M (4 * SZ_1M)
#define SZ_1G (1024 * SZ_1M)
#define SZ_1T (1024 * SZ_1G)

#endif
