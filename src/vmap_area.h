/* SPDX-License-Identifier: MIT */
/*
 * vmap_area: which part of vmalloc space is whose.
 *
 * The space is cut into units of 64 KiB, which form runs.  One that is BUSY is
 * an area's; it is known by its first unit, the head, whose descriptor is at
 * its user's disposal (vmalloc).  All others are free, and this room's.
 *
 * Context: takes the VMAP lock, makes system calls without it.  Where a
 * signal handler may not wait for it: see each function.
 */
#ifndef KM_VMAP_AREA_H
#define KM_VMAP_AREA_H

#include "kernel.h"
#include "memblock.h"

#define VMAP_UNIT_SHIFT 16
#define VMAP_UNIT_SIZE (1UL << VMAP_UNIT_SHIFT)
#define VMAP_UNIT_PAGES (VMAP_UNIT_SIZE / PAGE_SIZE)
#define VMAP_UNITS_2M (SZ_2M >> VMAP_UNIT_SHIFT)

enum run_state { RUN_NONE, RUN_BUSY, RUN_DIRTY, RUN_ZERO, RUN_PURGING };

struct vmap_unit {
	union {
		struct {
			u32 next, prev; /* head, free: in the bin, plus 1 */
		};
		struct {
			u32 from, to; /* second, free: the run's hull */
		};
		void *owner; /* head, AREA_PAGES: whose; NULL: no more */
	};
	u32 nr;	    /* head: units of the run */
	u32 head;   /* last, AREA_PAGES all: the run's first unit */
	u8 state;   /* head: enum run_state */
	u8 charged; /* head, BUSY: to a group; memcg */
	union {
		struct {
			u8 guarded; /* head: the last page is inaccessible */
			u8 kind;    /* head, BUSY: vmalloc's enum area_kind */
		};
		u16 special; /* one of these */
	};
	union {
		u32 stamp; /* head, DIRTY: when it was freed, 1/4 s; the mean */
		u32 memcg; /* head, charged: the group's id */
	};
	u32 pages; /* head, BUSY: pages asked for; stays when freed */
	u32 dirty; /* head: units that are resident, about */
};

BUILD_BUG_ON(sizeof(struct vmap_unit) != 32);

extern struct vmap_space {
	struct spinlock lock;
	struct vmap_unit *unit; /* const after the first use */
	u32 frontier;		/* units from here on are in no run; lock */
} vmap_space __hidden;

static inline char *vmap_unit_address(u32 i)
{
	return mem_vmalloc.base + ((size_t)i << VMAP_UNIT_SHIFT);
}

static inline u32 vmap_unit_index(const void *p)
{
	return (u32)(((const char *)p - mem_vmalloc.base) >> VMAP_UNIT_SHIFT);
}

static inline size_t vmap_run_bytes(u32 i)
{
	return (size_t)vmap_space.unit[i].nr << VMAP_UNIT_SHIFT;
}

bool vmap_area_init(void);

/* Before anything else; false if the library cannot start. */
static inline bool vmap_area_ready(void)
{
	/* pairs with the release in vmap_area_init */
	return likely(smp_load_acquire(&vmap_space.unit)) || vmap_area_init();
}

/* A run of @nr units, the first of them a multiple of @align, for @pages; its
 * descriptor tells how much of it is dirty.  False if there is none, or the
 * lock cannot be waited for. */
bool vmap_area_take(u32 nr, u32 align, size_t pages, u32 *i);
/* Frees a run.  What is special about one is undone before, and the run closed
 * before that: PURGING.  @from: which it is, that or BUSY; @note: its first
 * word may be noted.  0; -EAGAIN if this thread may not wait for the lock;
 * -ENOENT if the run is something else: it is freed twice. */
int vmap_area_close(u32 i);
int vmap_area_free(u32 i, enum run_state from, bool note);

/* The others are for who may wait for the lock.  The run is used for so many
 * pages from now on. */
void vmap_area_set_pages(u32 i, size_t pages);
/* Only its first @nr units stay; true if it is time to purge. */
bool vmap_area_cut(u32 i, u32 nr);
/* It grows to @nr units where it is, for @pages; false if others are in the
 * way.  Its guard goes before that ends: if it did not (@ok: false), the run
 * stays as it was. */
bool vmap_area_grow(u32 i, u32 nr);
void vmap_area_end_growth(u32 i, u32 nr, size_t pages, bool ok);
/* A run to move to, which counts for nothing until it replaces the old one
 * (@gone: nothing that is resident was left behind there) or is put back. */
bool vmap_area_take_zero(u32 nr, u32 *to);
void vmap_area_replace(u32 i, u32 to, size_t pages, bool gone);
void vmap_area_put_back(u32 to);

/* Gives free areas' pages back to the system: those older than the
 * reporting delay, or all.  Returns the number of pages. */
size_t vmap_purge(bool all);

struct vmap_stat {
	size_t areas, live_pages, dirty_pages, span_pages;
	u64 locks; /* how often the lock was taken */
};
void vmap_stat(struct vmap_stat *stat);

void vmap_fork_lock(void);
void vmap_fork_unlock(void);
void vmap_fork_child(void);

/* Debug: walks all runs; BUG if one breaks an invariant. */
void check_vmap(void);

#endif
