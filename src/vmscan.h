/* SPDX-License-Identifier: MIT */
/*
 * vmscan: what is done for a request that found no memory.
 */
#ifndef KM_VMSCAN_H
#define KM_VMSCAN_H

#include <kmalloc/shrinker.h>

#include "gfp.h"

#define DEF_PRIORITY 12

/* Asks every shrinker that the flags allow for its part: all objects shifted
 * right by @priority, times 4 / seeks.  Returns the objects freed.
 * Context: calls the application, with no lock held; allocations of its
 * callbacks do not reclaim. */
unsigned long shrink_slab(gfp_t gfp, int priority);
/* Anybody to ask? */
bool shrinkers_exist(void);

/* Boot: failed requests come here from now on. */
void vmscan_up(void);

void vmscan_fork_lock(void);
void vmscan_fork_unlock(void);
void vmscan_fork_child(void);

#endif
