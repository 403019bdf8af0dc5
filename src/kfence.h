/* SPDX-License-Identifier: MIT */
/*
 * kfence: a few blocks with fences around them.
 *
 * The kernel's has guard pages as fences; these are bytes that are looked at.
 * It takes sizes and knows no cache.
 *
 * Context: any; who runs above one of our critical sections gets no block.
 */
#ifndef KM_KFENCE_H
#define KM_KFENCE_H

#include "mm_types.h"

/* NULL until there are blocks. */
extern char *kfence_pool __hidden; /* atomic */

#define KFENCE_POOL_ORDER 5
#define KFENCE_POOL_SIZE (PAGE_SIZE << KFENCE_POOL_ORDER)

/* How many blocks of @size bytes are had from here first. */
u8 kfence_first(size_t size);
/* Whether it is time for another one, of any size.  Cost: reads the clock. */
bool kfence_is_due(void);

/* A block of @size bytes, aligned to 16, that would have @usable ones elsewhere
 * (of which kfence_first knows some); NULL: there is none here. */
void *kfence_alloc(size_t size, size_t usable);

/* @p: in our physical memory. */
static inline bool is_kfence_address(const void *p)
{
	char *pool = READ_ONCE(kfence_pool);

	return unlikely((uintptr_t)p - (uintptr_t)pool < KFENCE_POOL_SIZE) &&
	       pool;
}

/* Of these @p is such an address, right or wrong. */
void kfence_free(void *p);
/* As was asked for; 0 if it is no block, or not in use. */
size_t kfence_ksize(const void *p);
/* As it would have elsewhere. */
size_t kfence_usable(const void *p);
/* True, after a report, if @p is a block that was freed. */
bool kfence_is_freed(const char *who, const void *p);

/* Looks at all blocks; @end: the process ends, it is not aborted. */
void kfence_check_all(bool end);
/* In a forked child: what other threads had in their hands is lost. */
void kfence_fork_child(void);

#endif
