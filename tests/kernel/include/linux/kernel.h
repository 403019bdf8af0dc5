/* SPDX-License-Identifier: MIT */
/* The everyday macros of the kernel's tools, and what they leave out. */
#ifndef KM_TEST_LINUX_KERNEL_H
#define KM_TEST_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kconfig.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/overflow.h>
#include <linux/stringify.h>

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif
#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME "kernel"
#endif
#define KERN_INFO ""
#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_DEBUG ""
#define KERN_CONT ""
#define printk(...) printf(__VA_ARGS__)
#define pr_err(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...) printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) \
	do {               \
	} while (0)
#define pr_devel(fmt, ...) \
	do {               \
	} while (0)
#define pr_alert pr_err
#define pr_warn_once pr_warn
#define pr_err_once pr_err
#define might_sleep() \
	do {          \
	} while (0)
#define dump_stack() \
	do {         \
	} while (0)

#define U8_MAX ((u8)~0U)
#define U16_MAX ((u16)~0U)
#define U32_MAX ((u32)~0U)
#define U64_MAX ((u64)~0ULL)
#define S32_MAX INT_MAX
#ifndef round_up
#define round_up(x, y) ((((x)-1) | ((__typeof__(x))((y)-1))) + 1)
#endif
#ifndef clamp_t
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#define _THIS_IP_ 0UL
#ifndef swap
#define swap(a, b)                           \
	do {                                 \
		__typeof__(a) km_swap = (a); \
		(a) = (b);                   \
		(b) = km_swap;               \
	} while (0)
#endif
#ifndef fls
#define fls(x) ((x) ? 32 - __builtin_clz((unsigned int)(x)) : 0)
#endif
#ifndef do_div
#define do_div(n, base)                            \
	({                                         \
		u32 km_rest = (u32)((n) % (base)); \
		(n) /= (base);                     \
		km_rest;                           \
	})
#endif
#ifndef div_u64
#define div_u64(n, base) ((u64)(n) / (base))
#endif
unsigned long simple_strtoul(const char *s, char **end, unsigned int base);
long simple_strtol(const char *s, char **end, unsigned int base);

#endif
