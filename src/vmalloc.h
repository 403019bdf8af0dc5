/* SPDX-License-Identifier: MIT */
/*
 * vmalloc: large areas in their own range.
 *
 * Sizes are rounded to pages; an area starts at a multiple of 64 KiB.  One
 * that is guarded has at least one page behind it that belongs to nobody,
 * inaccessible where the kernel has MADV_GUARD_INSTALL.
 *
 * Context: takes the VMAP lock, makes system calls without it.  A signal
 * handler that may not wait for it has frees put off and resizes refused.
 */
#ifndef KM_VMALLOC_H
#define KM_VMALLOC_H

#include <kmalloc/vmalloc.h>

#include "kernel.h"

/* @align: a power of two; *zeroed tells whether the area reads as zero. */
void *vmap_alloc(size_t size, size_t align, bool guard, bool *zeroed);
/* The group that the area at @p is charged to; 0: none.  It stays where it is
 * then, and is not resized. */
void vmap_set_memcg(void *p, u16 owner);
u16 vmap_memcg(const void *p);
/* __vmalloc at a multiple of @align, a power of two, from a node. */
void *vmalloc_align(size_t size, size_t align, gfp_t gfp, int node);
/* Zeroes an area that is fresh from vmap_alloc. */
void vmap_clear(void *p, size_t size);
/* False if @p is not the start of an area in use (after a report). */
bool vmap_free(void *p);
/* An area that shows pages of somebody's: to free it, vmap_unmap is called
 * (registered by vmap), which takes the owner, has private memory put back,
 * sets the owner to NULL and frees the area. */
extern bool (*vmap_unmap)(void *p);
void vmap_set_owner(void *p, void *owner);
/* NULL if it was taken already or @p is no such area. */
void *vmap_take_owner(void *p);
/* Of the area around @p; *offset: how far from its start. */
void *vmap_owner_of(const void *p, size_t *offset);
/* Usable bytes of the area at @p; 0 if there is none. */
size_t vmap_size(const void *p);
/* The nanoseconds from which on a 2 MiB page is dear; for tests. */
extern u64 vmalloc_dear_ns __hidden;
/* Resizes in place or by moving page tables; NULL: @p is as it was. */
void *vmap_resize(void *p, size_t size);

#endif
