/* SPDX-License-Identifier: MIT */
/*
 * Pages: blocks of 2^order pages of 4096 bytes, aligned to their size.
 */
#ifndef KMALLOC_PAGE_ALLOC_H
#define KMALLOC_PAGE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include <kmalloc/attr.h>
#include <kmalloc/gfp.h>
#include <kmalloc/page.h>

#ifdef __cplusplus
extern "C" {
#endif

struct page;

/**
 * alloc_pages() - allocate a block of pages
 * @gfp:   __GFP_ZERO clears the block; see <kmalloc/gfp.h>
 * @order: log2 of the number of pages, 0 to 10
 *
 * Context: may make system calls.
 * Return: the block's first page, or NULL if there is no memory or @order
 *         is above 10 (which also prints a line).
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);

#define alloc_page(gfp) alloc_pages(gfp, 0)
/** alloc_pages_node() - alloc_pages, preferably from a node, or, with
 * __GFP_THISNODE, from no other one; see <kmalloc/node.h> */
struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order);
/**
 * alloc_pages_bulk() - many single pages
 * @gfp:   see alloc_pages
 * @nr:    entries of @array
 * @array: where to store them; entries that are not NULL stay
 *
 * Return: how many of the first entries are pages now: fewer than @nr if
 *         there is no memory for more.
 */
unsigned long alloc_pages_bulk(gfp_t gfp, int nr, struct page **array);
/** alloc_pages_bulk_node() - alloc_pages_bulk by alloc_pages_node */
unsigned long alloc_pages_bulk_node(gfp_t gfp, int node, int nr,
				    struct page **array);
/**
 * split_page() - make a block single pages, each to be freed by itself
 * @page:  what alloc_pages returned
 * @order: the same order; another one aborts with a message
 */
void split_page(struct page *page, unsigned int order);

/**
 * __free_pages() - free a block of pages
 * @page:  what alloc_pages returned, or NULL
 * @order: the same order; another one aborts with a message
 */
void __free_pages(struct page *page, unsigned int order);

#define __free_page(page) __free_pages(page, 0)

/**
 * alloc_pages_nolock() - alloc_pages that never waits for a lock
 * @gfp:   0 or __GFP_ACCOUNT; others are reported once and change nothing
 * @node:  a hint
 * @order: see alloc_pages
 *
 * It takes free pages of memory that is online, or fails without a line.
 *
 * Context: any, also a signal handler that interrupted the library.
 * Return: the first page of a block that reads as zero; NULL also while
 *         another thread starts the library.
 */
struct page *alloc_pages_nolock(gfp_t gfp, int node, unsigned int order);
/**
 * free_pages_nolock() - __free_pages that never waits for a lock
 * @page:  what alloc_pages returned, or NULL
 * @order: the same order; another one aborts with a message
 *
 * What needs a lock that is taken is put off until the next call that has it.
 *
 * Context: as alloc_pages_nolock.
 */
void free_pages_nolock(struct page *page, unsigned int order);

/**
 * __get_free_pages() - alloc_pages, by address
 * @gfp:   see alloc_pages
 * @order: see alloc_pages
 *
 * Return: the block's address, or 0.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define __get_dma_pages(gfp, order) __get_free_pages((gfp) | GFP_DMA, order)

/**
 * get_zeroed_page() - one page that reads as zero
 * @gfp: see alloc_pages
 *
 * Return: its address, or 0.
 */
unsigned long get_zeroed_page(gfp_t gfp);

/**
 * free_pages() - __free_pages, by address
 * @addr:  the block's address, or 0; another one aborts with a message
 * @order: the block's order
 */
void free_pages(unsigned long addr, unsigned int order);
#define free_page(addr) free_pages(addr, 0)

/**
 * alloc_pages_exact() - contiguous pages, not rounded up to a power of two
 * @size: bytes, 1 to 4 MiB; rounded up to whole pages
 * @gfp:  see alloc_pages
 *
 * Return: page-aligned memory for free_pages_exact or kfree, or NULL.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp) __km_alloc_size(1);
/** alloc_pages_exact_nid() - alloc_pages_exact from a node, as
 * alloc_pages_node */
void *alloc_pages_exact_nid(int node, size_t size, gfp_t gfp)
	__km_alloc_size(2);

/**
 * free_pages_exact() - free what alloc_pages_exact returned
 * @p:    the memory, or NULL
 * @size: the same size; another number of pages aborts with a message
 */
void free_pages_exact(void *p, size_t size);

/**
 * page_address() - the memory of a page
 * @page: a page
 *
 * Context: any.
 */
void *page_address(const struct page *page);

/**
 * virt_to_page() - the page of an address
 * @addr: an address in memory from alloc_pages or kmalloc
 *
 * Context: any.
 * Return: the page; NULL if the address is not physical memory of ours,
 *         as with vmalloc's.
 */
struct page *virt_to_page(const void *addr);

/**
 * page_to_pfn() - the number of a page, from 0 on
 *
 * Neighbouring pages have neighbouring numbers; those below 4 GiB have very
 * large ones.
 *
 * Context: any.
 */
unsigned long page_to_pfn(const struct page *page);
/**
 * page_to_nid() - the node of a page
 * @page: the first one of a block in use
 *
 * Context: any.
 * Return: the node that the block was asked for from, and had: it is from
 *         there for certain with __GFP_THISNODE.  0 for all other memory.
 */
int page_to_nid(const struct page *page);
/** pfn_to_page() - the page of a number for which pfn_valid is true */
struct page *pfn_to_page(unsigned long pfn);
/** pfn_valid() - whether there is such a page */
bool pfn_valid(unsigned long pfn);
/** virt_addr_valid() - whether virt_to_page knows the address */
bool virt_addr_valid(const void *addr);
#define page_to_virt(page) page_address(page)
#define virt_to_pfn(addr) page_to_pfn(virt_to_page(addr))

#ifdef __cplusplus
}
#endif

#endif
