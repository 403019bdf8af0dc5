/* SPDX-License-Identifier: MIT */
/*
 * shmem: pages whose memory can be seen at several addresses.
 *
 * Context: makes system calls; takes the SHMEM lock.
 */
#ifndef KM_SHMEM_H
#define KM_SHMEM_H

#include "mm_types.h"

/* A page of alloc_pages, shared already or not?  @single: a block by itself? */
bool shmem_may_map(struct page *page, bool single);
/* Shows the pages at @at, which was private memory, as well; the first time
 * puts them into shared memory, with their content.  0 or -errno: then no
 * page counts it, and what is at @at is to be renewed. */
int shmem_map(struct page **pages, size_t nr, void *at);
/* What shmem_map counted is no more. */
void shmem_put(struct page **pages, size_t nr);
/* Makes a PG_SHARED block private again, to be freed, with others for which
 * that failed before: the list of those done, through lru.next.  BUG if an area
 * shows a page of it. */
struct page *shmem_take_back(struct page *page);

void shmem_fork_lock(void);
void shmem_fork_unlock(void);
void shmem_fork_child(void);

#endif
