/* SPDX-License-Identifier: MIT */
/* What the kernel's mm.h has of the allocators. */
#ifndef KMALLOC_LINUX_MM_H
#define KMALLOC_LINUX_MM_H

#include <kmalloc/page.h>
#include <kmalloc/scope.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <string.h>
#include <unistd.h>

#define PMD_SHIFT 21
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))

#define nth_page(page, n) ((page) + (n))

static inline void clear_page(void *p)
{
	memset(p, 0, PAGE_SIZE);
}

static inline void copy_page(void *to, const void *from)
{
	memcpy(to, from, PAGE_SIZE);
}

static inline bool is_vmalloc_or_module_addr(const void *p)
{
	return is_vmalloc_addr(p);
}

/* Of the machine. */
static inline unsigned long totalram_pages(void)
{
	return (unsigned long)sysconf(_SC_PHYS_PAGES) *
	       ((unsigned long)sysconf(_SC_PAGESIZE) / PAGE_SIZE);
}

#endif
