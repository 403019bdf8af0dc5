/* SPDX-License-Identifier: MIT */
/*
 * Pages: blocks of 2^order pages of 4096 bytes, aligned to their size.
 */
#ifndef KMALLOC_PAGE_ALLOC_H
#define KMALLOC_PAGE_ALLOC_H

#include <stddef.h>

#include <kmalloc/gfp.h>

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

/**
 * __free_pages() - free a block of pages
 * @page:  what alloc_pages returned, or NULL
 * @order: the same order; another one aborts with a message
 */
void __free_pages(struct page *page, unsigned int order);

/**
 * __get_free_pages() - alloc_pages, by address
 * @gfp:   see alloc_pages
 * @order: see alloc_pages
 *
 * Return: the block's address, or 0.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);

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

/**
 * alloc_pages_exact() - contiguous pages, not rounded up to a power of two
 * @size: bytes, 1 to 4 MiB; rounded up to whole pages
 * @gfp:  see alloc_pages
 *
 * Return: page-aligned memory for free_pages_exact or kfree, or NULL.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);

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

#ifdef __cplusplus
}
#endif

#endif
