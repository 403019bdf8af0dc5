/* SPDX-License-Identifier: MIT */
/*
 * util: what kernel code expects around kmalloc: resizing, arrays, and the
 * kv family, which chooses between kmalloc and vmalloc by size.
 */
#ifndef KM_UTIL_H
#define KM_UTIL_H

#include "slab_common.h"

/* Moves a block's first bytes to a new one of malloc's; NULL: @p is as it
 * was.  @old: usable bytes of @p. */
void *util_realloc_copy(void *p, size_t old, size_t size);

#endif
