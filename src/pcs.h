/* SPDX-License-Identifier: MIT */
/*
 * pcs: the sheaves of the CPUs, and their way between CPUs, barns and slabs.
 */
#ifndef KM_PCS_H
#define KM_PCS_H

#include "slab.h"

/* After slab_cache_init: how large sheaves and barns are, if there are any. */
void pcs_init(struct kmem_cache *s, const struct cache_plan *plan);

/* What the fast paths leave to; NULL: no memory, or no lock in a handler.
 * (Where a group is active, none of a cache with SLAB_ACCOUNT that has no
 * sheaves: slab_alloc_charged.) */
void *pcs_alloc_slowpath(struct kmem_cache *s);
/* The same for @size bytes; it may be a block of kfence's. */
void *pcs_malloc_slowpath(struct kmem_cache *s, size_t size);
void pcs_free_slowpath(struct kmem_cache *s, void *obj);

/* A sheaf with objects that nobody needs right now, one with room; 0 if
 * there is none. */
uintptr_t pcs_get_waiting_sheaf(struct kmem_cache *s);
uintptr_t pcs_get_roomy_sheaf(struct kmem_cache *s);
/* Finds a place for a sheaf of @s that is in nobody's way. */
void pcs_stash_sheaf(struct kmem_cache *s, uintptr_t top);
/* Moves objects out of and into sheaves that stay in the barn, whole sheaves
 * of them, under one lock; returns how many. */
size_t pcs_take_from_barn(struct kmem_cache *s, void **objs, size_t nr);
size_t pcs_give_to_barn(struct kmem_cache *s, void **objs, size_t nr);
bool pcs_barn_has_room(struct kmem_cache *s);
/* So many sheaves' objects went to the slabs, came from there: a sheaf that
 * overflowed and is refilled later need not have, had there been more room in
 * the barns, and from then on there is. */
void pcs_note_overflow(struct kmem_cache *s, size_t sheaves);
void pcs_note_refill(struct kmem_cache *s, size_t sheaves);

/* Empties sheaves and barns into slabs, gives empty slabs back.  Returns
 * the slabs that remain. */
unsigned int slab_cache_shrink(struct kmem_cache *s);
/* The two halves: CPUs' sheaves of some ids, or of those whose bits are set,
 * into slabs (the caller has percpu_drain_lock); the rest. */
void __pcs_drain(unsigned int first, unsigned int nr);
void __pcs_drain_ids(const u64 ids[NR_PERCPU_IDS / 64]);
unsigned int slab_cache_shrink_drained(struct kmem_cache *s);

/* Called now and then: a cache that was idle since the last time loses this
 * CPU's sheaves, its barns and its empty slabs. */
void slab_cache_reap(struct kmem_cache *s);
/* With the drain's lock:
 * Another such look: the number of looks that have found @s idle, 0 if it was
 * used since the last one. */
unsigned int slab_cache_idle(struct kmem_cache *s, enum slab_idle by);
/* What was done to @s since that look is not use. */
void slab_cache_seen(struct kmem_cache *s, enum slab_idle by);

struct slab_stat {
	size_t objects, active, slabs, sheaf_objects;
	u64 locks; /* how often the cache's and its barns' were taken */
};
void slab_cache_stat(struct kmem_cache *s, struct slab_stat *stat);

/* Debug: walks all of @s; BUG if a slab or a barn breaks an invariant. */
void check_cache(struct kmem_cache *s);

#endif
