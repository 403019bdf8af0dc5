/* SPDX-License-Identifier: MIT */
/*
 * Memory for those who may not wait for anybody.
 */
#ifndef KMALLOC_NOLOCK_H
#define KMALLOC_NOLOCK_H

#include <kmalloc/node.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * kmalloc_nolock() - kmalloc that never waits for a lock
 * @size: bytes, up to KMALLOC_MAX_CACHE_SIZE
 * @gfp:  0, or of __GFP_ZERO and __GFP_ACCOUNT; others are reported once
 *        and change nothing
 * @node: a hint
 *
 * Every lock is tried, not waited for.  What cannot be had comes from where
 * no lock is needed, 64 KiB of address space at a time.
 *
 * Context: any, also a signal handler that interrupted the library.  May
 *          make system calls.
 * Return: as kmalloc; NULL also while another thread starts the library and,
 *         of what is charged to a group, if that is not at hand.
 */
void *kmalloc_nolock(size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1);
/**
 * kfree_nolock() - kfree that never waits for a lock
 * @p: memory of kmalloc_nolock, or NULL
 *
 * What needs a lock that is taken is put off until the next call that has it.
 *
 * Context: as kmalloc_nolock.
 */
void kfree_nolock(const void *p);

#ifdef __cplusplus
}
#endif

#endif
