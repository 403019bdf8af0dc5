/* SPDX-License-Identifier: MIT */
/*
 * moved: blocks that realloc has moved from, held back for a while.
 *
 * Context: any.
 */
#ifndef KM_MOVED_H
#define KM_MOVED_H

#include "slab_common.h"

/* Once all places are taken about one block in 32 is a sample: these bits of
 * its hash are zero.  Racy. */
extern u32 moved_mask __hidden;

bool moved_try_hold(void *p, size_t size);

/* Frees @p, of @size usable bytes, whose contents are elsewhere now; or keeps
 * it, and frees it later, after a look.  Cost: 4 instructions more than kfree.
 */
static inline void moved_free(void *p, size_t size)
{
	u32 hash = (u32)(uintptr_t)p * 0x9e3779b1U;

	if (likely(hash & READ_ONCE(moved_mask)) || !moved_try_hold(p, size))
		kfree(p);
}

/* Looks at all that are held, and frees them. */
void moved_free_all(void);
/* In a forked child: what another thread was holding or letting go is lost. */
void moved_fork_child(void);

#endif
