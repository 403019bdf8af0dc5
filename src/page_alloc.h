/* SPDX-License-Identifier: MIT */
/*
 * page_alloc: requests for pages.
 *
 * The kernel's interface to blocks of pages (alloc_pages, alloc_pages_exact),
 * with per-CPU lists (pcp) for small orders.
 *
 * Context: may take the locks of buddy and zone and make system calls.  From
 * a signal handler that interrupted a critical section: NULL if the lock is
 * taken and no list has a block, and frees are put off.
 */
#ifndef KM_PAGE_ALLOC_H
#define KM_PAGE_ALLOC_H

#include <kmalloc/gfp.h>
#include <kmalloc/page_alloc.h>

#include "mm_types.h"

#define PCP_MAX_ORDER 3
#define PCP_NR_IDS (PCP_MAX_ORDER + 1)
/* The per-CPU ids of the page lists: pcp_id(0) .. pcp_id(PCP_MAX_ORDER). */
#define pcp_id(order) (1 + (order))

/* A block of exact pages, PG_LARGE, of any size, in a zone that is not
 * ZONE_NORMAL; by whatever flags.  Its size, 0 if none begins at @p; false if
 * it is none. */
void *page_alloc_zoned(size_t size, gfp_t gfp, unsigned int zone);
size_t page_zoned_size(const void *p);
bool page_free_zoned(void *p);

/* The group that the first @nr pages of a block are charged to, and back;
 * the owner is left alone where there is none. */
void page_set_owner(struct page *page, u16 owner);
void page_uncharge(struct page *page, size_t nr);

/* Empties the pcp lists of every CPU into the buddy lists. */
void page_drain_pcp(void);

#endif
