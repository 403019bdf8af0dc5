/* SPDX-License-Identifier: MIT */
/*
 * Every lock of the engine, held as by another thread or by this one: for
 * km_enter and km_leave.
 */
#ifndef KM_KMLOCKS_H
#define KM_KMLOCKS_H

#include "buddy.h"
#include "slab_common.h"
#include "vmap_area.h"

static inline void lock_all(void)
{
	slab_fork_lock();
	vmap_fork_lock();
	page_fork_lock();
}

static inline void unlock_all(void)
{
	page_fork_unlock();
	vmap_fork_unlock();
	slab_fork_unlock();
}

#endif
