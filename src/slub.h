/* SPDX-License-Identifier: MIT */
/*
 * slub: slabs on their lists, and their objects, one batch at a time.
 */
#ifndef KM_SLUB_H
#define KM_SLUB_H

#include "slab.h"

/* A CPU's number among its slabs: what it used last is likely to be in its
 * cache, and nobody else's lines are among it. */
static inline unsigned int slab_cpu_tag(void)
{
	return percpu_here() % NR_TAGS;
}

/* Without the per-CPU area: up to @nr objects, how many; one; false.  None, or
 * false, if this thread, below a signal handler, holds the cache's lock: then
 * what is freed is deferred. */
unsigned int slab_alloc_bulk_direct(struct kmem_cache *s, void **objs,
				    unsigned int nr);
void *slab_alloc_direct(struct kmem_cache *s);
bool slab_free_direct(struct kmem_cache *s, void **objs, unsigned int nr);

/* An object of a slab that is from @zone, a node's; for a cache of
 * ZONE_NORMAL.  NULL: there is none, or no memory, in that zone. */
void *slab_alloc_zoned(struct kmem_cache *s, unsigned int zone);

/* For who looks at slabs themselves.  With the cache's lock: on its list, and
 * off it; @nr of its objects are free again, or, if that makes it an empty slab
 * too many, it is on @empty, for slab_free_slabs without the lock. */
void __slab_list(struct kmem_cache *s, struct slab *slab);
void __slab_unlist(struct kmem_cache *s, struct slab *slab);
void __slab_gained(struct kmem_cache *s, struct slab *slab, u32 nr,
		   struct list_head *empty);
void slab_free_slabs(struct kmem_cache *s, struct list_head *empty);

/* To whom the owners of a slab go that is given back. */
extern void (*slab_free_owners)(u16 *owners) __hidden; /* set once */

/* The source of grace periods for SLAB_TYPESAFE_BY_RCU; without one (NULL)
 * such a cache keeps its slabs.  Nobody calls into it with a lock held but
 * DRAIN, around its call function alone. */
extern const struct kmalloc_rcu_ops *slab_rcu __hidden; /* atomic; set once */

/* Gives empty slabs back; returns the slabs that remain. */
unsigned int slab_drop_empty(struct kmem_cache *s);
/* All objects are free, though slabs may have to stay for readers. */
bool slab_cache_is_unused(struct kmem_cache *s);

/* Debug: walks all slabs of @s; BUG if one breaks an invariant. */
void check_slabs(struct kmem_cache *s);

#endif
