/* SPDX-License-Identifier: MIT */
/*
 * slab_bulk: many objects of one cache at once.
 */
#ifndef KM_SLAB_BULK_H
#define KM_SLAB_BULK_H

#include "slab.h"

/* Up to @nr objects; returns how many. */
size_t slab_alloc_bulk(struct kmem_cache *s, void **objs, size_t nr);
/* @objs: addresses in slabs of @s. */
void slab_free_bulk(struct kmem_cache *s, void **objs, size_t nr);

#endif
