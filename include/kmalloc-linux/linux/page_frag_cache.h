/* SPDX-License-Identifier: MIT */
/* Fragments of pages. */
#ifndef KMALLOC_LINUX_PAGE_FRAG_CACHE_H
#define KMALLOC_LINUX_PAGE_FRAG_CACHE_H

#include <linux/types.h>

#include <kmalloc/page_frag.h>

/* Memory of the reserve is like any other. */
static inline bool page_frag_cache_is_pfmemalloc(struct page_frag_cache *nc)
{
	(void)nc;
	return false;
}

#endif
