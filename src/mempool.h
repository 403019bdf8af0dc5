/* SPDX-License-Identifier: MIT */
/*
 * mempool: what fork has to know; the rest is public.
 */
#ifndef KM_MEMPOOL_H
#define KM_MEMPOOL_H

void mempool_fork_lock(void);
void mempool_fork_unlock(void);
void mempool_fork_child(void);

#endif
