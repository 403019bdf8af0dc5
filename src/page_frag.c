/* SPDX-License-Identifier: MIT */
/*
 * page_frag: buffers cut off a block of pages.
 *
 *   block  | fragment | fragment |  | fragment |        free        |
 *                                 ^alignment    ^offset             ^size
 *
 * A block has order 3, or 0 if there is none of that.  Its first descriptor,
 * of type PG_FRAG, counts the references: one for each fragment, and those
 * that the cache holds ahead ("bias"), so that cutting needs no atomic
 * operation.  When the block is used up the cache gives its own back: if
 * none remain it starts over with the same block, else whoever frees the
 * last fragment frees the block.
 *
 * Invariants: refs of a block = its fragments in use + bias of the cache
 * that cuts it; a block is aligned to its size, so that each address in it
 * leads to the first descriptor.
 *
 * Locks: none; the cache belongs to one thread.
 *
 * Cost: a fragment, a comparison and a few additions; a free, an atomic.
 */
#include "kmalloc.h"
#include "memblock.h"
#include "page_alloc.h"
#include "printk.h"

#include "bitops.h"

/* More than fragments fit into a block, of a byte each. */
#define REFS (2 * PAGE_FRAG_CACHE_MAX_SIZE)

BUILD_BUG_ON(PAGE_FRAG_CACHE_MAX_ORDER > PCP_MAX_ORDER);
BUILD_BUG_ON(PAGE_SIZE << PAGE_FRAG_CACHE_MAX_ORDER !=
	     PAGE_FRAG_CACHE_MAX_SIZE);

static bool is_block(const struct page *page, unsigned int order)
{
	return page_type(page) == PG_FRAG && page->order == order;
}

/* The first descriptor of the block around @p, or NULL. */
static struct page *block_of(const void *p)
{
	struct page *page;

	if (!mem_is_paged(p) || mem_class(p))
		return NULL;
	page = mem_page(p);
	if (is_block(page, 0))
		return page;
	page -= (page - mem_map) & ((1 << PAGE_FRAG_CACHE_MAX_ORDER) - 1);
	return is_block(page, PAGE_FRAG_CACHE_MAX_ORDER) ? page : NULL;
}

static void free_block(struct page *page)
{
	page_set_type(page, PG_PAGES);
	__free_pages(page, page->order);
}

/* True if these were the last. */
static bool put_refs(struct page *page, u32 nr)
{
	return !atomic_sub_return(&page->refs, nr);
}

/* The cache takes all references of a block that nobody else refers to. */
static void own(struct page_frag_cache *nc, struct page *page)
{
	atomic_set(&page->refs, REFS);
	nc->block = mem_page_address(page);
	nc->size = (unsigned int)PAGE_SIZE << page->order;
	nc->offset = 0;
	nc->bias = REFS;
}

/* A large block is tried only; a small one is wanted. */
static bool refill(struct page_frag_cache *nc, unsigned int size, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp | __GFP_NOWARN | __GFP_NORETRY,
					PAGE_FRAG_CACHE_MAX_ORDER);

	if (!page && size <= PAGE_SIZE)
		page = alloc_pages(gfp, 0);
	if (!page)
		return false;
	page_set_type(page, PG_FRAG);
	own(nc, page);
	return true;
}

/* Leaves the block, unless it is unused and large enough. */
static bool next_block(struct page_frag_cache *nc, unsigned int size, gfp_t gfp)
{
	struct page *page = nc->block ? mem_page(nc->block) : NULL;

	nc->block = NULL;
	if (page && put_refs(page, nc->bias)) {
		if (size <= nc->size) {
			own(nc, page);
			return true;
		}
		free_block(page);
	}
	return size <= PAGE_FRAG_CACHE_MAX_SIZE && refill(nc, size, gfp);
}

__export void *page_frag_alloc_align(struct page_frag_cache *nc,
				     unsigned int size, gfp_t gfp,
				     unsigned int align)
{
	unsigned int at = ALIGN(nc->offset, align);

	if (unlikely(!is_power_of_2(align) || align > PAGE_SIZE))
		return NULL;
	size += !size;
	if (!nc->block || size > nc->size || at > nc->size - size) {
		if (!next_block(nc, size, gfp))
			return NULL;
		at = 0;
	}
	nc->bias--;
	nc->offset = at + size;
	return nc->block + at;
}

__export void *page_frag_alloc(struct page_frag_cache *nc, unsigned int size,
			       gfp_t gfp)
{
	return page_frag_alloc_align(nc, size, gfp, 1);
}

__export void page_frag_free(void *p)
{
	struct page *page = block_of(p);

	if (unlikely(!page || !atomic_read(&page->refs)))
		panic("page_frag_free of %p: not a fragment", p);
	if (put_refs(page, 1))
		free_block(page);
}

__export void page_frag_cache_drain(struct page_frag_cache *nc)
{
	struct page *page = nc->block ? mem_page(nc->block) : NULL;

	nc->block = NULL;
	if (page && put_refs(page, nc->bias))
		free_block(page);
}
