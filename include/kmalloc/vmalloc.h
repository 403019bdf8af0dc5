/* SPDX-License-Identifier: MIT */
/*
 * vmalloc: large memory in its own range, page aligned.  Where the system
 * can do that cheaply (MADV_GUARD_INSTALL, Linux 6.13), the last page of the
 * 64 KiB unit in which an area ends is inaccessible.
 *
 * Context: may make system calls; any thread.  Failure: NULL.
 */
#ifndef KMALLOC_VMALLOC_H
#define KMALLOC_VMALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include <kmalloc/attr.h>
#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vmalloc() - allocate large memory
 * @size: bytes; rounded up to whole pages
 *
 * Return: memory for vfree; NULL for 0 bytes or on failure.
 */
void *vmalloc(unsigned long size) __km_malloc __km_alloc_size(1);
/** vzalloc() - vmalloc of memory that reads as zero */
void *vzalloc(unsigned long size) __km_malloc __km_alloc_size(1);
/** __vmalloc() - vmalloc with flags: __GFP_ZERO clears; where flags or a node
 * say where it shall be, it is pages of that zone, up to 256 MiB, for which
 * is_vmalloc_addr is false and behind which there is no guard */
void *__vmalloc(unsigned long size, gfp_t gfp) __km_malloc __km_alloc_size(1);
/** vmalloc_node() - vmalloc, preferably from a node */
void *vmalloc_node(unsigned long size, int node) __km_malloc __km_alloc_size(1);
/** vzalloc_node() - vzalloc, preferably from a node */
void *vzalloc_node(unsigned long size, int node) __km_malloc __km_alloc_size(1);
/** vmalloc_user() - memory that could be shown to others: it reads as zero */
void *vmalloc_user(unsigned long size) __km_malloc __km_alloc_size(1);
/**
 * vmalloc_32() - vmalloc below 4 GiB
 *
 * As __vmalloc with GFP_KERNEL | GFP_DMA32.
 *
 * Return: NULL also where the program has left no room there.
 */
void *vmalloc_32(unsigned long size) __km_malloc __km_alloc_size(1);
/** vmalloc_32_user() - vmalloc_32 of memory that reads as zero */
void *vmalloc_32_user(unsigned long size) __km_malloc __km_alloc_size(1);
/**
 * vmalloc_huge() - __vmalloc of 2 MiB pages
 * @size: bytes
 * @gfp:  __GFP_ZERO clears
 *
 * From 2 MiB on the area is aligned to that, and the system is advised to
 * use its large pages, unless the option thp says otherwise.
 *
 * Return: as vmalloc.
 */
void *vmalloc_huge(unsigned long size, gfp_t gfp) __km_malloc
	__km_alloc_size(1);
/** vmalloc_huge_node() - vmalloc_huge, preferably from a node */
void *vmalloc_huge_node(unsigned long size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1);

/** vmalloc_array() - vmalloc of @n times @size bytes; overflow is NULL */
void *vmalloc_array(size_t n, size_t size) __km_malloc __km_alloc_size(1, 2);
/** __vmalloc_array() - __vmalloc of @n times @size bytes */
void *__vmalloc_array(size_t n, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(1, 2);
/** vcalloc() - vmalloc_array of memory that reads as zero */
void *vcalloc(size_t n, size_t size) __km_malloc __km_alloc_size(1, 2);
/** __vcalloc() - __vmalloc_array of memory that reads as zero */
void *__vcalloc(size_t n, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(1, 2);

/**
 * vrealloc() - resize
 * @p:    memory of vmalloc, or NULL
 * @size: bytes; 0 frees @p and returns NULL
 * @gfp:  __GFP_ZERO clears the growth if all earlier calls had it too
 *
 * Grows in place or by moving page tables; the content is copied only if
 * the system refuses that.
 * Return: memory with the old content; NULL, @p untouched, on failure.
 */
void *vrealloc(const void *p, size_t size, gfp_t gfp) __km_must_check
	__km_alloc_size(2);
/**
 * vrealloc_node_align() - vrealloc to an aligned address
 * @p:     see vrealloc
 * @size:  see vrealloc
 * @align: a power of two; what @p is not aligned to makes it move
 * @gfp:   see vrealloc
 * @node:  a hint, which this version does not act on
 *
 * Return: as vrealloc; NULL, @p untouched, also if @align is no power of two
 *         or above 1 TiB.
 */
void *vrealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node) __km_must_check
	__km_alloc_size(2);
#define vrealloc_node(p, size, gfp, node) \
	vrealloc_node_align(p, size, 1, gfp, node)
/** vfree() - free memory of vmalloc; NULL is ignored */
void vfree(const void *p);
/** vfree_atomic() - vfree, which waits for nobody's sleep anyway */
static inline void vfree_atomic(const void *p)
{
	vfree(p);
}

/* ---- pages at consecutive addresses ---- */

struct page;

/** typedef pgprot_t - what may be done with mapped pages */
typedef unsigned long pgprot_t;

#define PAGE_KERNEL_RO 1UL /* read */
#define PAGE_KERNEL 3UL	   /* read and write */

/* Flags of vmap; the first is what vmap does anyway. */
#define VM_MAP 0x4UL
#define VM_MAP_PUT_PAGES 0x200UL /* vfree frees pages and array */

/**
 * vmap() - show pages at consecutive addresses
 * @pages: pages of alloc_pages, be they its block or a part of one; one may
 *         occur several times
 * @count: how many
 * @flags: %VM_MAP; with %VM_MAP_PUT_PAGES vfree of the area frees the pages,
 *         each of which is single (order 0, or after split_page) and occurs
 *         once then, and @pages, by kvfree
 * @prot:  %PAGE_KERNEL or %PAGE_KERNEL_RO
 *
 * The pages stay where they are as well.  From the first time on that it is
 * mapped until it is freed, a page is in memory that is shared with children
 * of fork; nobody may write to it while it is mapped for the first time.
 *
 * Context: makes system calls; not for signal handlers.
 * Return: an area for vunmap; NULL if there is no memory, an entry is no such
 *         page (which also prints a line), @count is 0, or the system's pages
 *         are larger than 4096 bytes.
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot) __km_must_check;
/**
 * vunmap() - undo vmap
 * @p: what vmap returned, or NULL; anything else is reported as misuse
 *
 * The pages keep their content and remain to be freed, after this.
 *
 * Context: makes system calls; not for signal handlers.
 */
void vunmap(const void *p);
/** vm_map_ram() - vmap of VM_MAP and PAGE_KERNEL; @node is a hint */
void *vm_map_ram(struct page **pages, unsigned int count,
		 int node) __km_must_check;
/** vm_unmap_ram() - vunmap; @count: of vm_map_ram */
void vm_unmap_ram(const void *p, unsigned int count);
/** vm_unmap_aliases() - nothing: vunmap leaves none behind */
void vm_unmap_aliases(void);
/**
 * vmalloc_to_page() - the page at an address
 * @p: an address in an area of vmap
 *
 * Context: any, as long as the area exists.
 * Return: the page; NULL for an address elsewhere, such as in memory of
 *         vmalloc, which has no pages that could be named.
 */
struct page *vmalloc_to_page(const void *p);
#define vmalloc_to_pfn(p) page_to_pfn(vmalloc_to_page(p))

/** is_vmalloc_addr() - whether @p lies in the used part of vmalloc's range */
bool is_vmalloc_addr(const void *p);

#ifdef __cplusplus
}
#endif

#endif
