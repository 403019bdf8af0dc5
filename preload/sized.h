/* SPDX-License-Identifier: MIT */
/*
 * shim: what a caller who frees says of the block.
 */
#ifndef KM_SIZED_H
#define KM_SIZED_H

#include "shim.h"

/* delete with a size, an alignment (0: none given), or both: frees @p if they
 * are those that new was given, else reports. */
#define SIZE_UNKNOWN SIZE_MAX
void sized_delete_slowpath(void *p, size_t align, size_t size);
/* C23's: a block may have been resized since, and may have room to spare. */
void sized_free(void *p, size_t align, size_t size);

/* Frees an object of the class that @size leads to; false if the slow path
 * must look.  Cost: 6 instructions more than slab_free_fast. */
static __always_inline bool sized_delete_fast(void *p, size_t size)
{
	u16 off;

	if (unlikely(!mem_class_fast(p, &off)))
		return false;
	if (unlikely(size - 1 >= KMALLOC_MAX_CACHE_SIZE) ||
	    unlikely(slab_malloc_index[(size - 1) >> SIZE_SHIFT] != off))
		return false;
	return likely(percpu_push(off, p) == RSEQ_DONE);
}

#endif
