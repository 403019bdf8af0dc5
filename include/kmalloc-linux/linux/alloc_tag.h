/* SPDX-License-Identifier: MIT */
/*
 * Tags of call sites: there are none.  The kernel's allocators under the names
 * that helpers use to have their callers tagged are the allocators themselves.
 */
#ifndef KMALLOC_LINUX_ALLOC_TAG_H
#define KMALLOC_LINUX_ALLOC_TAG_H

#define alloc_hooks(call) (call)
#define alloc_hooks_tag(tag, call) (call)
#define alloc_tag_record(p) ((void)0)

#define __alloc_pages_noprof __alloc_pages
#define __get_free_pages_noprof __get_free_pages
#define __kmalloc_node_noprof kmalloc_node
#define __kmalloc_noprof __kmalloc
#define __vcalloc_noprof __vcalloc
#define __vmalloc_array_noprof __vmalloc_array
#define __vmalloc_node_noprof __vmalloc_node
#define __vmalloc_noprof __vmalloc
#define alloc_pages_bulk_noprof alloc_pages_bulk
#define alloc_pages_exact_noprof alloc_pages_exact
#define alloc_pages_node_noprof alloc_pages_node
#define alloc_pages_noprof alloc_pages
#define get_zeroed_page_noprof get_zeroed_page
#define kcalloc_noprof kcalloc
#define kmalloc_array_noprof kmalloc_array
#define kmalloc_node_noprof kmalloc_node
#define kmalloc_noprof kmalloc
#define kmem_cache_alloc_bulk_noprof kmem_cache_alloc_bulk
#define kmem_cache_alloc_lru_noprof kmem_cache_alloc_lru
#define kmem_cache_alloc_node_noprof kmem_cache_alloc_node
#define kmem_cache_alloc_noprof kmem_cache_alloc
#define kmemdup_noprof kmemdup
#define krealloc_array_noprof krealloc_array
#define krealloc_noprof krealloc
#define kvcalloc_noprof kvcalloc
#define kvmalloc_array_noprof kvmalloc_array
#define kvmalloc_node_noprof kvmalloc_node
#define kvmalloc_noprof kvmalloc
#define kvrealloc_noprof kvrealloc
#define kvzalloc_noprof kvzalloc
#define kzalloc_noprof kzalloc
#define mempool_create_node_noprof mempool_create_node
#define mempool_init_noprof mempool_init
#define vcalloc_noprof vcalloc
#define vmalloc_array_noprof vmalloc_array
#define vmalloc_huge_noprof vmalloc_huge
#define vmalloc_noprof vmalloc
#define vmalloc_node_noprof vmalloc_node
#define vrealloc_noprof vrealloc
#define vzalloc_node_noprof vzalloc_node
#define vzalloc_noprof vzalloc

#endif
