/* SPDX-License-Identifier: MIT */
/*
 * zone: pages for requests that say where they must be.
 *
 *	zone                  its memory
 *	ZONE_DMA32            low memory, below 4 GiB
 *	ZONE_PINNED           locked in memory
 *	ZONE_DMA32_PINNED     both
 *	zone_of_node(n)       of node n, as far as it has some
 *	  and strictly        of node n and no other one
 *
 * What says nothing, and what all memory satisfies, is ZONE_NORMAL:
 * buddy's, which has nothing to do with this.  A zone comes into being
 * when it is first asked for.
 *
 * Context: takes the ZONES lock and, if the request at hand may, makes system
 * calls without it.  Who may not wait gets what is resident, if the lock is
 * free, and has frees put off.
 */
#ifndef KM_ZONE_H
#define KM_ZONE_H

#include <kmalloc/gfp.h>

#include "mm_types.h"

#define NODES_MAX 64

enum zone_id {
	ZONE_NORMAL,
	ZONE_DMA32,
	ZONE_PINNED,
	ZONE_DMA32_PINNED,
	ZONE_FIRST_NODE,
	NR_ZONES = ZONE_FIRST_NODE + 2 * NODES_MAX,
	ZONE_NONE = 255 /* there is no such place */
};

#define ZONE_ANY_NODE (-1) /* NUMA_NO_NODE */

static inline unsigned int zone_of_node(unsigned int node, bool strict)
{
	return ZONE_FIRST_NODE + 2 * node + strict;
}

/* Another place is as good, if this one has nothing. */
static inline bool zone_is_hint(unsigned int id)
{
	return id >= ZONE_FIRST_NODE && id < NR_ZONES &&
	       !((id - ZONE_FIRST_NODE) % 2);
}

/* Nodes, a bit each, as the machine or the option numa has them. */
u64 zone_nodes(void);
/* This CPU's; with nodes that are no real ones, one of them. */
unsigned int zone_this_node(void);

/* For flags that have any of __KM_GFP_PLACE, or a node. */
unsigned int __zone_of(gfp_t gfp, int node);

/* The zone that flags and a node ask for. */
static inline unsigned int zone_of(gfp_t gfp, int node)
{
	return likely(!(gfp & __KM_GFP_PLACE) && node == ZONE_ANY_NODE) ?
		       ZONE_NORMAL :
		       __zone_of(gfp, node);
}

/* A block of exactly @nr pages, at a multiple of the power of two above, up to
 * 4 MiB; NULL if the zone has none.  It is PAGE_ZONED, and PAGE_ZERO if it
 * reads as zero; its type is PG_NONE and is the caller's to set. */
struct page *zone_alloc(unsigned int id, size_t nr);
/* @id: page->zone of a block that is PAGE_ZONED. */
void zone_free(struct page *page, size_t nr, unsigned int id);
/* What is in use in the zone is as it promises: in a child of fork, that it is
 * locked again.  False if it cannot be. */
bool __zone_is_ready(unsigned int id);

static inline bool zone_is_ready(unsigned int id)
{
	return likely(id == ZONE_NORMAL) || __zone_is_ready(id);
}

/* To reclaim may help: there is memory in the zone, in use or not, and none
 * elsewhere that is as good. */
bool zone_is_alive(unsigned int id);

/* Gives back what is free and resident, or, of each zone, what is much; how
 * many pages.  Context: as a request that may sleep. */
size_t zone_purge(bool all);

struct zones_stat {
	size_t online_pages;   /* of all zones */
	size_t resident_pages; /* free, but not given back */
	size_t zero_pages;     /* free and given back, or never used */
	size_t locked_pages;
	u64 locks; /* how often the lock was taken */
};
void zones_stat(struct zones_stat *stat);

void zone_fork_lock(void);
void zone_fork_unlock(void);
void zone_fork_child(void);

/* Debug: walks all free lists; BUG if one breaks an invariant. */
void check_zones(void);

#endif
