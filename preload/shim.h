/* SPDX-License-Identifier: MIT */
/*
 * shim: what the files of preload/ share.
 *
 * Here libc's rules meet the engine's: errno, zero sizes, alignments.
 */
#ifndef KM_SHIM_H
#define KM_SHIM_H

#include "slab_common.h"

/* The public names, also for use inside: nothing here goes through the
 * PLT. */
#define SHIM_ALIAS(name) __attribute__((__alias__(name))) __export

void *shim_malloc(size_t size);
void *shim_calloc(size_t n, size_t size);
void *shim_realloc(void *p, size_t size);
void *shim_memalign(size_t align, size_t size);
void shim_free(void *p);
/* What glibc's own malloc would read in the environment. */
void shim_read_variables(void);
size_t shim_usable_size(void *p);
void *shim_valloc(size_t size);
void *shim_pvalloc(size_t size);
void *shim_reallocarray(void *p, size_t n, size_t size);
void *shim_aligned_alloc(size_t align, size_t size);
int shim_posix_memalign(void **out, size_t align, size_t size);

/* Like malloc, without errno: NULL is the caller's to handle. */
void *shim_try_malloc(size_t size);

#endif
