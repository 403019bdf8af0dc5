/* SPDX-License-Identifier: MIT */
/*
 * kswapd: memory goes back when the program is idle.
 */
#ifndef KM_KSWAPD_H
#define KM_KSWAPD_H

#include "kernel.h"

/* Boot: from now on the thread may be started. */
void kswapd_up(void);

/* One round of its work, by whoever calls; true if much is left that is free
 * and resident.  *used: since the last round somebody used a cache.
 * Context: takes locks, makes system calls. */
bool kswapd_round(bool *used);

/* Is there such a thread?  (Its id, or a number while it starts.) */
u32 kswapd_thread(void);

void kswapd_fork_child(void);

#endif
