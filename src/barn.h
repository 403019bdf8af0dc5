/* SPDX-License-Identifier: MIT */
/*
 * barn: where sheaves wait that no CPU uses.
 *
 *   struct barn   full  -> sheaf -> sheaf -> 0     the last one first
 *                 empty -> sheaf -> 0
 *
 * A cache has NR_BARNS of them, and CPUs share them by their numbers: what a
 * CPU put there comes back to it, and few CPUs want the same lock.  "Full" is
 * a sheaf with any objects at all.  Empty ones are kept for who comes to
 * exchange, so that a sheaf need not go by the pool, which is everybody's.
 *
 * Invariant: a barn's full ones hold an object at least; there are no more
 * than the most that anybody ever allowed, full and empty together.
 * Locks: BARN, one a barn, taken once a sheaf; in a signal handler above its
 * own thread's, a barn has nothing and takes nothing.
 */
#ifndef KM_BARN_H
#define KM_BARN_H

#include "sheaf.h"
#include "spinlock.h"

#define NR_BARNS 8
/* Of sheaves in one. */
#define BARN_MAX 64

struct barn {
	struct spinlock lock;
	uintptr_t full;	 /* the lock: a top, linked by sheaf_link */
	uintptr_t empty; /* the lock: likewise */
	u32 nr_full;	 /* the lock; racy readers */
	u32 nr_empty;	 /* the lock; racy readers */
	u64 unused[3];	 /* a line of its own, where the first begins one */
};

BUILD_BUG_ON(sizeof(struct barn) != 64);

static inline void barn_init(struct barn *barn)
{
	barn->lock = (struct spinlock)SPIN_LOCK_INIT(BARN);
}

/* This CPU's own among a cache's. */
static inline struct barn *barn_here(struct barn barns[NR_BARNS])
{
	return &barns[percpu_here() % NR_BARNS];
}

/* The latest full sheaf; 0 if there is none.  If @empty points to an empty one
 * that is left in its place, and *@empty becomes 0. */
uintptr_t barn_get(struct barn *barn, u32 most, uintptr_t *empty);
/* Leaves @full; false if there are @most already.  If @empty is given, an empty
 * one comes in its place, or 0 if there is none. */
bool barn_put(struct barn *barn, u32 most, uintptr_t full, uintptr_t *empty);

/* Moves objects out of full sheaves and into empty ones where they are, whole
 * sheaves of @capacity; returns how many. */
size_t barn_take_objects(struct barn *barn, u32 capacity, void **objs,
			 size_t nr);
size_t barn_give_objects(struct barn *barn, u32 capacity, void **objs,
			 size_t nr);

/* An empty one; 0 if there is none. */
uintptr_t barn_get_empty(struct barn *barn);
/* Gives empty ones back to the pool. */
void barn_drop_empty(struct barn *barn);

/* How many objects wait there. */
size_t barn_objects(struct barn *barn);
/* Debug: BUG if an invariant is broken. */
void check_barn(struct barn *barn, u32 most);

#endif
