/* SPDX-License-Identifier: MIT */
/* GFP flags and pages. */
#ifndef KMALLOC_LINUX_GFP_H
#define KMALLOC_LINUX_GFP_H

#include <linux/alloc_tag.h>
#include <linux/gfp_types.h>
#include <linux/mm_types.h>
#include <linux/numa.h>
#include <linux/page_frag_cache.h>

#include <kmalloc/page_alloc.h>

/* Their names before Linux 6.14. */
#define alloc_pages_bulk_array(gfp, nr, array) alloc_pages_bulk(gfp, nr, array)
#define alloc_pages_bulk_array_node(gfp, node, nr, array) \
	alloc_pages_bulk_node(gfp, node, nr, array)

#endif
