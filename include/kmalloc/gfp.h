/* SPDX-License-Identifier: MIT */
/*
 * GFP flags: what the caller's context allows; gfp(7) has the whole table.
 *
 * "Sleep" in a process means: a system call, waiting on a lock, a callback
 * of the application, a first-touch fault.  The flags have the kernel's
 * values, of x86-64.
 *
 * They govern the slow paths.  An object that waits in this CPU's sheaf is
 * taken from there whatever the flags are, as that needs none of the above.
 */
#ifndef KMALLOC_GFP_H
#define KMALLOC_GFP_H

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int gfp_t;

/* ---- where the memory is ---- */

/**
 * DOC: where the memory is
 *
 * %__GFP_DMA32:        all of it at addresses below 4 GiB, or none
 * %__GFP_DMA:          the lowest memory that there is, which is the same
 * %KMALLOC_GFP_PINNED: locked, as by mlock: it stays resident until it is
 *                      freed
 * %__GFP_THISNODE:     from the node that the call names, or this CPU's, and
 *                      from no other one
 * %__GFP_HIGHMEM:      a place that a process does not have; no effect
 *
 * malloc() and its kin, whose flags are those of the thread, and objects of
 * caches, which come from where the cache has them, take no notice.
 */
#define __GFP_DMA 0x1u
#define __GFP_HIGHMEM 0x2u
#define __GFP_DMA32 0x4u
#define KMALLOC_GFP_PINNED 0x200u
/* What kind of block the pages go to: accepted, without effect. */
#define __GFP_MOVABLE 0x8u
#define __GFP_RECLAIMABLE 0x10u
/* Dirty soon; in the cpuset: accepted, without effect. */
#define __GFP_WRITE 0x1000u
#define __GFP_HARDWALL 0x100000u
#define __GFP_THISNODE 0x200000u
/* Charged to the thread's active group (memcontrol.h). */
#define __GFP_ACCOUNT 0x400000u

/* ---- what the request may do ---- */

/**
 * DOC: what a request may do
 *
 * %__GFP_HIGH:           use a share of the reserve (min_free_kbytes): half
 *                        of it, five eighths for who may not sleep
 * %__GFP_IO:             start what touches storage; nothing does yet
 * %__GFP_FS:             call shrinkers and OOM notifiers, which are the
 *                        application's and may take its locks
 * %__GFP_DIRECT_RECLAIM: sleep: make system calls, wait for locks, touch
 *                        memory for the first time, reclaim
 * %__GFP_KSWAPD_RECLAIM: tell the background that memory is short; spin a
 *                        little for a lock
 * %__GFP_RECLAIM:        both
 *
 * Without either of the last two a lock is tried once.
 */
#define __GFP_HIGH 0x20u
#define __GFP_IO 0x40u
#define __GFP_FS 0x80u
#define __GFP_DIRECT_RECLAIM 0x400u
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

/* ---- how hard it tries ---- */

/**
 * DOC: how hard a request tries
 *
 * %__GFP_NOWARN:        no line about a failure
 * %__GFP_NORETRY:       free pages are purged and caches drained once; no
 *                       shrinkers
 * %__GFP_RETRY_MAYFAIL: everything but OOM notifiers, as long as there is
 *                       hope, then NULL
 * %__GFP_NOFAIL:        never NULL, but for a size that no request can have:
 *                       it waits, and says so after ten seconds.  For who
 *                       may sleep; else it is ignored
 * %__GFP_MEMALLOC:      all of the reserve, and no reclaim: for who is about
 *                       to free memory
 * %__GFP_NOMEMALLOC:    nothing of the reserve, whatever else says so
 */
#define __GFP_NOWARN 0x2000u
#define __GFP_RETRY_MAYFAIL 0x4000u
#define __GFP_NOFAIL 0x8000u
#define __GFP_NORETRY 0x10000u
#define __GFP_MEMALLOC 0x20000u
#define __GFP_NOMEMALLOC 0x80000u

/* ---- what becomes of the memory ---- */

#define __GFP_ZERO 0x100u   /* the memory reads as zero */
#define __GFP_COMP 0x40000u /* a block knows its size anyway */
#define __GFP_ZEROTAGS 0x800000u
/* Not part of the kernel's configuration whose values these are. */
#define __GFP_SKIP_ZERO 0u
#define __GFP_SKIP_KASAN 0u
#define __GFP_NOLOCKDEP 0u
#define __GFP_NO_OBJ_EXT 0x1000000u

/* All flags are below this bit; who keeps a gfp_t may use those above. */
#define __GFP_BITS_SHIFT 25
#define __GFP_BITS_MASK ((1u << __GFP_BITS_SHIFT) - 1)

/* ---- composites ---- */

/**
 * DOC: composites
 *
 * %GFP_ATOMIC:   never sleeps; may use five eighths of the reserve
 * %GFP_KERNEL:   may do everything; what malloc() and vmalloc() use
 * %GFP_NOWAIT:   never sleeps and leaves the reserve alone: it takes what is
 *                at hand, or fails without a line
 * %GFP_NOIO:     sleeps, calls nobody back and touches no storage
 * %GFP_NOFS:     sleeps, but calls nobody back: for who holds locks that a
 *                shrinker takes
 * %GFP_USER:     as GFP_KERNEL
 * %GFP_DMA, %GFP_DMA32: places alone, with no right to sleep: for GFP_KERNEL |
 *                GFP_DMA32
 */
#define GFP_ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO (__GFP_RECLAIM)
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA __GFP_DMA
#define GFP_DMA32 __GFP_DMA32
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE | __GFP_SKIP_KASAN)
#define GFP_TRANSHUGE_LIGHT                                      \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | \
	  __GFP_NOWARN) &                                        \
	 ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)
#define GFP_ZONEMASK (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE)
#define GFP_MOVABLE_MASK (__GFP_RECLAIMABLE | __GFP_MOVABLE)

/* Flags that no object which waits in a CPU's sheaf is looked at for. */
#define __KM_GFP_PLACE \
	(__GFP_DMA | __GFP_DMA32 | __GFP_THISNODE | KMALLOC_GFP_PINNED)

/* ---- questions ---- */

/**
 * gfpflags_allow_blocking() - may a request sleep?
 * @flags: GFP flags
 *
 * Context: any.
 * Return: nonzero if it may make system calls and wait.
 */
static inline int gfpflags_allow_blocking(const gfp_t flags)
{
	return !!(flags & __GFP_DIRECT_RECLAIM);
}

/**
 * gfpflags_allow_spinning() - may a request spin for a lock?
 * @flags: GFP flags
 *
 * Context: any.
 * Return: nonzero if it may; else it tries every lock once.
 */
static inline int gfpflags_allow_spinning(const gfp_t flags)
{
	return !!(flags & __GFP_RECLAIM);
}

/**
 * gfp_has_io_fs() - may a request do both, IO and FS?
 * @gfp: GFP flags
 *
 * Context: any.
 * Return: nonzero if so.
 */
static inline int gfp_has_io_fs(gfp_t gfp)
{
	return (gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS);
}

#ifdef __cplusplus
}
#endif

#endif
