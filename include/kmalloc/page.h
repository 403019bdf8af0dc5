/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic with pages, which have 4096 bytes whatever the system's page
 * size is.
 */
#ifndef KMALLOC_PAGE_H
#define KMALLOC_PAGE_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#endif
#ifndef PAGE_MASK
#define PAGE_MASK (~(PAGE_SIZE - 1))
#endif

/* @x, rounded up or down to whole pages. */
#define PAGE_ALIGN(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_ALIGN_DOWN(x) ((x)&PAGE_MASK)
#define PAGE_ALIGNED(p) (!((unsigned long)(p) & (PAGE_SIZE - 1)))
/* How far into its page a pointer points. */
#define offset_in_page(p) ((unsigned long)(p) & (PAGE_SIZE - 1))

/** get_order() - the order of the smallest block of @size bytes, not 0 */
static inline int get_order(unsigned long size)
{
	int order = 0;

	for (unsigned long rest = (size - 1) >> PAGE_SHIFT; rest; rest >>= 1)
		order++;
	return order;
}

#ifdef __cplusplus
}
#endif

#endif
