/* SPDX-License-Identifier: MIT */
/*
 * slab_purge: unused pages of slabs that are in use, given back.
 */
#ifndef KM_SLAB_PURGE_H
#define KM_SLAB_PURGE_H

#include "slab.h"

/* Gives those pages of slabs back on which no object is in use, until it is
 * @most; returns how many.  Context: DRAIN is held, lest the child of a fork
 * lacks what is out meanwhile; not a cache's lock. */
size_t slab_cache_purge(struct kmem_cache *s, size_t most);

#endif
