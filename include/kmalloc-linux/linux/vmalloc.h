/* SPDX-License-Identifier: MIT */
/* Large areas. */
#ifndef KMALLOC_LINUX_VMALLOC_H
#define KMALLOC_LINUX_VMALLOC_H

#include <linux/gfp.h>
#include <linux/overflow.h>

#include <kmalloc/vmalloc.h>

static inline void *__vmalloc_node(unsigned long size, unsigned long align,
				   gfp_t gfp, int node, const void *caller)
{
	(void)caller;
	return vrealloc_node_align(NULL, size, align, gfp, node);
}

#endif
