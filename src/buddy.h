/* SPDX-License-Identifier: MIT */
/*
 * buddy: free blocks of pages.
 *
 * Buddy allocator over physical memory, orders 0 to MAX_PAGE_ORDER.  A block
 * of order n is aligned to its size.  Free blocks are either dirty (resident,
 * content unknown) or zero (not resident, read as zero); dirty ones are
 * preferred.  Requests with flags are page_alloc's.
 *
 * Context: may take the zone lock and make system calls.  From a signal
 * handler that interrupted a critical section: NULL if the lock is taken,
 * and frees are put off.
 */
#ifndef KM_BUDDY_H
#define KM_BUDDY_H

#include "mm_types.h"

/* A block of exactly @nr pages, aligned to the power of two above; no per-CPU
 * list is involved.  Its PAGE_ZERO flag says whether it reads as zero; its
 * type is PG_NONE and is the caller's to set. */
struct page *page_alloc_exact(unsigned int nr);
void page_free_exact(struct page *page, unsigned int nr);

static inline struct page *page_alloc_block(unsigned int order)
{
	return page_alloc_exact(1U << order);
}

static inline void page_free_block(struct page *page, unsigned int order)
{
	page_free_exact(page, 1U << order);
}

/* The same of a block that the caller has made resident as a whole. */
void page_free_resident(struct page *page, unsigned int order);

/* A block of page_alloc_large's, at @p, whose type is taken away already. */
void page_free_large(struct page *page, const void *p);
/* Somebody wrote to free memory at @p: says so, and aborts if it is to. */
void page_report_write(const void *p);
/* Looks whether a block that reads as zero does so, and makes its first page
 * resident: it is about to be used.  Reports if it does not. */
void page_check_zero(struct page *page);

/* A block of exact pages, PG_LARGE, as of alloc_pages_exact; for the request
 * at hand, which is not retried. */
void *page_alloc_large(size_t size, bool zero);

/* Keeps @pages resident for requests that may not sleep; returns how many
 * there are now.  Context: makes system calls. */
size_t page_reserve_set(size_t pages);
size_t page_reserve_min(void);
/* Fills it up again; false if it was full.  Who takes from it cannot. */
bool page_reserve_fill(void);

/* How much may be free and resident, in bytes, whatever its age; 0: all that
 * is young enough; SIZE_MAX: all.  Pages and areas each have this. */
extern size_t page_trim_threshold __hidden; /* racy; mallopt may change it */

static inline bool page_trim_all(size_t free_pages)
{
	size_t most = READ_ONCE(page_trim_threshold);

	return most && free_pages > most >> PAGE_SHIFT;
}

static inline bool page_trim_none(void)
{
	return READ_ONCE(page_trim_threshold) == SIZE_MAX;
}

/* Gives dirty free blocks back to the system: those older than the
 * reporting delay, or all of them.  Returns the number of pages. */
size_t page_report(bool all);
/* Joins pages of the heap into up to @nr of 2 MiB (memblock_collapse).
 * Context: does nothing with a lock held, or for who may not call the system. */
void page_collapse(unsigned int nr);
#define COLLAPSE_AT_ONCE 2 /* twice a second */
/* Takes unused physical memory at the end of what is online offline, when
 * somebody else has no room left; returns bytes. */
size_t page_offline_tail(void);
/* Called, without locks, when no memory can be brought online; true if it
 * made room (registered by vmap_area). */
extern bool (*page_shrinker)(void);
/* Called, without our locks, after old pages were given back (registered by
 * slab_common). */
extern void (*page_reaper)(void);
/* Called, without our locks, when much that is free is resident (registered
 * by kswapd; vmap_area calls it as well). */
extern void (*page_waker)(void);
#define PAGES_TO_WAKE 1024
/* Called, without our locks, when the zone has grown by much: what others hold
 * for nothing is cheaper (registered by slab_common). */
extern void (*page_grower)(void);

struct zone_stat {
	size_t nr_free[NR_PAGE_ORDERS]; /* blocks, both states */
	size_t dirty_pages, zero_pages;
	size_t reserve_pages; /* of the dirty ones */
	u64 locks;	      /* how often the zone's lock was taken */
};
void page_alloc_stat(struct zone_stat *stat);

void page_fork_lock(void);
void page_fork_unlock(void);
void page_fork_child(void);

/* Debug: walks all free lists; BUG if one breaks an invariant. */
void check_zone(void);

#endif
