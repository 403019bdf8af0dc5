/* SPDX-License-Identifier: MIT */
/*
 * dma_pool: blocks of one size that do not cross a boundary, each with a
 * handle for somebody else: a device, the kernel, another process.
 */
#ifndef KMALLOC_DMAPOOL_H
#define KMALLOC_DMAPOOL_H

#include <stddef.h>
#include <stdint.h>

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dma_pool;
struct device; /* nobody's; NULL will do */

/* The address of a block; in a pool over a buffer, where the buffer's other
 * user has it. */
typedef uint64_t dma_addr_t;

/**
 * dma_pool_create() - make a pool
 * @name:     for messages; copied
 * @dev:      not used
 * @size:     bytes of a block, up to 2 GiB; less than 4 counts as 4
 * @align:    a power of two, or 0 for none
 * @boundary: a power of two, @size at least, a multiple of which no block
 *            crosses; or 0 for none
 *
 * The pool's memory is areas of its own, as vmalloc's.
 *
 * Return: a pool for dma_pool_destroy; NULL if there is no memory or if an
 *         argument is wrong.
 */
struct dma_pool *dma_pool_create(const char *name, struct device *dev,
				 size_t size, size_t align, size_t boundary);
/** dma_pool_create_node() - dma_pool_create; @node is a hint */
struct dma_pool *dma_pool_create_node(const char *name, struct device *dev,
				      size_t size, size_t align,
				      size_t boundary, int node);
/**
 * kmalloc_dma_pool_over() - make a pool over a buffer of the caller's
 * @name:     see dma_pool_create
 * @buffer:   memory that was registered with somebody
 * @length:   its bytes
 * @handle:   where that one has it: an address of his own, or 0, so that
 *            handles are offsets
 * @size:     see dma_pool_create
 * @align:    see dma_pool_create; of handles, as the boundary is
 * @boundary: see dma_pool_create
 *
 * Return: as dma_pool_create; NULL also if not one block fits.
 */
struct dma_pool *kmalloc_dma_pool_over(const char *name, void *buffer,
				       size_t length, dma_addr_t handle,
				       size_t size, size_t align,
				       size_t boundary);
/**
 * dma_pool_destroy() - the end of a pool
 * @pool: the pool, or NULL; if blocks are in use, this is reported, and their
 *        areas stay
 */
void dma_pool_destroy(struct dma_pool *pool);
/**
 * dma_pool_alloc() - a block
 * @pool:   the pool
 * @gfp:    see <kmalloc/gfp.h>
 * @handle: where to store its handle
 *
 * Context: as vmalloc; takes no lock and makes no call while the pool has a
 *          free block.
 * Return: the block, which may be a part of the caller's buffer; or NULL.
 */
void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle);
/** dma_pool_zalloc() - a block that reads as zero */
void *dma_pool_zalloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle);
/**
 * dma_pool_free() - free a block
 * @pool:   its pool
 * @p:      the block
 * @handle: its handle; what does not fit together is reported, and the
 *          process aborts, or the block leaks with KMALLOC=on_error=warn
 *
 * Context: any; takes no lock.
 */
void dma_pool_free(struct dma_pool *pool, void *p, dma_addr_t handle);

#ifdef __cplusplus
}
#endif

#endif
