/* SPDX-License-Identifier: MIT */
/* The descriptor of a page. */
#ifndef KMALLOC_LINUX_MM_TYPES_H
#define KMALLOC_LINUX_MM_TYPES_H

/*
 * Nothing of it is to be seen; but it has its size, so that page + 1 is the
 * next page of a block.
 */
struct page {
	unsigned long long km_own[4];
};

#endif
