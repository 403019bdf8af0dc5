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
void *vmalloc(unsigned long size);
/** vzalloc() - vmalloc of memory that reads as zero */
void *vzalloc(unsigned long size);
/** __vmalloc() - vmalloc with flags: __GFP_ZERO clears */
void *__vmalloc(unsigned long size, gfp_t gfp);
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
void *vrealloc(const void *p, size_t size, gfp_t gfp);
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
/** is_vmalloc_addr() - whether @p lies in the used part of vmalloc's range */
bool is_vmalloc_addr(const void *p);

#ifdef __cplusplus
}
#endif

#endif
