/* SPDX-License-Identifier: MIT */
/*
 * memblock: struct page, the descriptor of 4 KiB of our physical memory.
 *
 * Only the first descriptor of a block says what the block is: the type of
 * every other one is PG_NONE, and nothing else of it is looked at unless the
 * block is PG_SHARED.  A slab's descriptors are the exception: all
 * of them together hold its struct slab (slab.h), so look at the class map
 * before you look at a page.
 */
#ifndef KM_MM_TYPES_H
#define KM_MM_TYPES_H

#include "bug.h"
#include "list.h"

enum page_type {
	PG_NONE,    /* inside a block, or never online */
	PG_BUDDY,   /* free; order says how large */
	PG_PCP,	    /* free, in a per-CPU list */
	PG_PAGES,   /* alloc_pages; order */
	PG_LARGE,   /* a large kmalloc; nr pages */
	PG_SLAB,    /* a struct slab begins here */
	PG_FRAG,    /* page_frag's; order, refs */
	PG_RESERVE, /* free, in the reserve; order */
	PG_SHARED,  /* as PG_PAGES; some of it is in shared memory */
	PG_ZONE,    /* free, in a zone of its own; order */
	PG_KFENCE,  /* kfence's pool */
};

/* The block reads as zero and is not resident. */
#define PAGE_ZERO 1
/* Free: the block begins with the word that is in its first descriptor. */
#define PAGE_KNOWN 2
/* In use, and charged to a group. */
#define PAGE_CHARGED 4
/* Of any page of a PG_SHARED block: it is in shared memory. */
#define PAGE_SHARED 8
/* In use, and of a zone of its own; not of slabs, which know it themselves. */
#define PAGE_ZONED 16
/* Free: all of the block is resident, for it was made so. */
#define PAGE_RESIDENT 32

#define MAX_PAGE_ORDER 10
#define NR_PAGE_ORDERS (MAX_PAGE_ORDER + 1)

struct page {
	struct list_head lru; /* zone lock */
	u8 type;	      /* enum page_type; owner of the block */
	u8 order;
	u8 flags;
	u8 zone; /* PAGE_ZONED, PG_ZONE: enum zone_id */
	union {
		u32 stamp; /* free: when, in units of 1/4 s; zone lock */
		u32 memcg; /* PAGE_CHARGED: the group's id */
	};
	union {
		struct {
			u32 nr; /* pages, of a large block */
			union {
				u32 requested; /* reserved for reports */
				/* PG_FRAG: fragments; any page of a PG_SHARED
				 * block: areas; atomic */
				u32 refs;
			};
		};
		u64 first; /* free, PAGE_KNOWN: its first word; zone lock */
	};
};

BUILD_BUG_ON(sizeof(struct page) != 32);

/* The buddy allocator looks at the type of a neighbour's block, whose owner
 * may be changing it; PG_BUDDY comes and goes under the zone lock alone. */
static inline u8 page_type(const struct page *page)
{
	return READ_ONCE(page->type);
}

static inline void page_set_type(struct page *page, u8 type)
{
	WRITE_ONCE(page->type, type);
}

#endif
