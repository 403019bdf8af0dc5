/* SPDX-License-Identifier: MIT */
/* The kernel's types, over those that it shows to programs. */
#ifndef KMALLOC_LINUX_TYPES_H
#define KMALLOC_LINUX_TYPES_H

#include_next <linux/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/compiler.h>

#include <kmalloc/gfp.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

typedef uint64_t phys_addr_t;
typedef uint64_t dma_addr_t;
typedef unsigned long pgoff_t;

struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};

/* Where there is liburcu, it is liburcu's. */
#if __has_include(<urcu.h>)
#include <urcu.h>
#else
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
#endif

#endif
