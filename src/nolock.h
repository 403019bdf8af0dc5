/* SPDX-License-Identifier: MIT */
/*
 * nolock: memory for those who may not wait.
 *
 * A signal handler that runs above one of its own thread's critical
 * sections (in_nmi) cannot have what that section guards, and cannot wait
 * for what another thread guards.  What it gets comes from here: a range of
 * its own, no lock, one system call for a block that is new or given back.
 *
 * Context: any; async-signal-safe.
 */
#ifndef KM_NOLOCK_H
#define KM_NOLOCK_H

#include "memblock.h"

/* At least @size bytes, aligned to @align, a power of two; NULL if that is
 * beyond 256 MiB or if there is no memory.  Not zeroed. */
void *nolock_alloc(size_t size, size_t align);
/* @p: mem_is_nolock.  What is wrong with it is reported. */
void nolock_free(void *p);
/* Usable bytes at @p; 0 if it is no block. */
size_t nolock_size(const void *p);

#endif
