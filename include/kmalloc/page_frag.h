/* SPDX-License-Identifier: MIT */
/*
 * Fragments of pages: buffers cut off a block one after the other.
 *
 * For buffers of various sizes that live about as long: the block is freed,
 * or used again, when all of its fragments are.
 */
#ifndef KMALLOC_PAGE_FRAG_H
#define KMALLOC_PAGE_FRAG_H

#include <stddef.h>

#include <kmalloc/attr.h>
#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PAGE_FRAG_CACHE_MAX_SIZE 32768U
#define PAGE_FRAG_CACHE_MAX_ORDER 3

/* One thread's at a time; zeroed memory is an empty one.  All of it is the
 * library's own. */
struct page_frag_cache {
	char *block;	     /* what is being cut, or NULL */
	unsigned int offset; /* of its first free byte */
	unsigned int size;
	unsigned int bias; /* references of the cache itself */
};

/** page_frag_cache_init() - make @nc an empty cache */
static inline void page_frag_cache_init(struct page_frag_cache *nc)
{
	nc->block = NULL;
}

/**
 * page_frag_alloc() - cut a fragment
 * @nc:   the cache
 * @size: bytes, up to PAGE_FRAG_CACHE_MAX_SIZE
 * @gfp:  see <kmalloc/gfp.h>; __GFP_ZERO does not clear fragments
 *
 * Context: as alloc_pages.  The caller sees to it that nobody else uses @nc,
 *          not even a signal handler.
 * Return: memory for page_frag_free, which may begin at any address; NULL if
 *         there is none.  More than a page may fail earlier.
 */
void *page_frag_alloc(struct page_frag_cache *nc, unsigned int size,
		      gfp_t gfp) __km_malloc __km_alloc_size(2);
/** page_frag_alloc_align() - at a multiple of @align, a power of two up to
 * the page size; NULL for other alignments */
void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int size,
			    gfp_t gfp, unsigned int align) __km_malloc
	__km_alloc_size(2);
/**
 * page_frag_free() - free a fragment
 * @p: an address in it; what is in no fragment aborts with a message
 *
 * Context: any thread, whatever the cache does.
 */
void page_frag_free(void *p);
/** page_frag_cache_drain() - the end of a cache; its fragments live on */
void page_frag_cache_drain(struct page_frag_cache *nc);

#ifdef __cplusplus
}
#endif

#endif
