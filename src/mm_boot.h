/* SPDX-License-Identifier: MIT */
/*
 * base: the library starts when it is first used.
 *
 * The first operation of any room, in any thread, may be the first of all;
 * its slow path calls mm_boot.  What that runs is registered from above:
 * mm_init.c defines mm_boot_hook, the last room of the list.
 */
#ifndef KM_MM_BOOT_H
#define KM_MM_BOOT_H

#include "atomic.h"

enum mm_state { MM_DOWN, MM_PARTIAL, MM_UP };

extern enum mm_state mm_state __hidden; /* atomic */
extern bool (*const mm_boot_hook)(void);

/* True if the library is up, starting it if need be.  False from a signal
 * handler that interrupted the start, and if there is no address space. */
static inline bool mm_boot(void)
{
	/* pairs with the release in mm_init */
	if (likely(smp_load_acquire(&mm_state) == MM_UP))
		return true;
	return mm_boot_hook();
}

#endif
