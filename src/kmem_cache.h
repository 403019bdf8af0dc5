/* SPDX-License-Identifier: MIT */
/*
 * kmem_cache: caches by name, as programs make them.
 */
#ifndef KM_KMEM_CACHE_H
#define KM_KMEM_CACHE_H

#include "slab_common.h"

/* Makes the cache, or finds one that it can share; NULL if there is no memory.
 * @plan: all but the id; no argument is looked at. */
struct kmem_cache *kmem_cache_make(struct cache_plan *plan);

#endif
