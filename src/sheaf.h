/* SPDX-License-Identifier: MIT */
/*
 * sheaf: arrays of pointers, as they leave and enter the per-CPU areas.
 *
 * A sheaf is named by its top (see percpu.h for the picture).  Its capacity
 * is where its sentinel stands: a sheaf for n objects has NULL n slots
 * below its end.  The block's first slot is left for who has the sheaf, to
 * link it by.  What holds a sheaf here owns it alone.
 */
#ifndef KM_SHEAF_H
#define KM_SHEAF_H

#include "percpu.h"

/* But for the link and the sentinel. */
#define SHEAF_MAX_CAPACITY (SHEAF_SLOTS - 2)

/* An empty sheaf for @capacity objects, 1 to SHEAF_MAX_CAPACITY; 0 if there
 * is no memory.  Context: takes SHEAF_POOL. */
uintptr_t sheaf_new(unsigned int capacity);
/* Takes back an empty sheaf, or one whose objects are no longer wanted.
 * Context: any. */
void sheaf_put(uintptr_t top);

static inline void **sheaf_block(uintptr_t top)
{
	return (void **)((top - sizeof(void *)) & ~(uintptr_t)SHEAF_MASK);
}

/* Its owner's, to hold another sheaf's top. */
static inline uintptr_t *sheaf_link(uintptr_t top)
{
	return (uintptr_t *)sheaf_block(top);
}

static inline bool sheaf_is_empty(uintptr_t top)
{
	return !READ_ONCE(((void **)top)[-1]);
}

static inline bool sheaf_is_full(uintptr_t top)
{
	return !(top & SHEAF_MASK);
}

static inline void *sheaf_pop(uintptr_t *top)
{
	void *obj = ((void **)*top)[-1];

	*top -= sizeof(void *);
	return obj;
}

static inline void sheaf_push(uintptr_t *top, void *obj)
{
	WRITE_ONCE(*(void **)*top, obj);
	*top += sizeof(void *);
}

/* Turns an empty sheaf into one of @capacity objects. */
static inline uintptr_t sheaf_reset(uintptr_t top, unsigned int capacity)
{
	void **block = sheaf_block(top);

	WRITE_ONCE(block[SHEAF_SLOTS - 1 - capacity], NULL);
	return (uintptr_t)&block[SHEAF_SLOTS - capacity];
}

/* How many objects are in it. */
static inline unsigned int sheaf_count(uintptr_t top)
{
	void **end = (void **)top, **pos = end;

	while (pos[-1])
		pos--;
	return (unsigned int)(end - pos);
}

/* Moves objects out of a sheaf, into it: as many as there are, as fit, @nr at
 * most.  Returns how many. */
size_t sheaf_pop_many(uintptr_t *top, void **objs, size_t nr);
size_t sheaf_push_many(uintptr_t *top, void **objs, size_t nr);

/* Moves the last @nr objects to a sheaf that has room for them; the order
 * stays. */
void sheaf_move(uintptr_t *from, uintptr_t *to, unsigned int nr);

/* The end of the sheaf: the top that it has when full. */
static inline uintptr_t sheaf_end(uintptr_t top)
{
	return (uintptr_t)(sheaf_block(top) + SHEAF_SLOTS);
}

/* How many objects more there is room for. */
static inline unsigned int sheaf_room(uintptr_t top)
{
	return (unsigned int)((sheaf_end(top) - top) / sizeof(void *));
}

/* How often the pool's lock was taken. */
u64 sheaf_pool_locks(void);

void sheaf_fork_lock(void);
void sheaf_fork_unlock(void);
void sheaf_fork_child(void);

#endif
