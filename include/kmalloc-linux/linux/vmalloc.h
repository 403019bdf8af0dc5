/* SPDX-License-Identifier: MIT */
/* Large areas. */
#ifndef KMALLOC_LINUX_VMALLOC_H
#define KMALLOC_LINUX_VMALLOC_H

#include <linux/gfp.h>
#include <linux/overflow.h>

#include <kmalloc/page_alloc.h>
#include <kmalloc/vmalloc.h>

/* What a mapping is to be besides is up to the system. */
#define PAGE_KERNEL_EXEC PAGE_KERNEL
#define PAGE_KERNEL_NOCACHE PAGE_KERNEL
#define __pgprot(x) ((pgprot_t)(x))
#define pgprot_val(prot) (prot)
#define pgprot_noncached(prot) (prot)
#define pgprot_writecombine(prot) (prot)

static inline void *__vmalloc_node(unsigned long size, unsigned long align,
				   gfp_t gfp, int node, const void *caller)
{
	(void)caller;
	return vrealloc_node_align(NULL, size, align, gfp, node);
}

#endif
