/* SPDX-License-Identifier: MIT */
/*
 * slab: caches of equal objects, and their slabs.
 *
 *   kmem_cache ─ per CPU: top, spare (percpu id)      pcs.h, sheaf.h, percpu.h
 *              ─ barn[CPU]: full sheaves              pcs.h, barn.h
 *              ─ partial[CPU][fullness]: slabs        slub.h
 *
 * A slab is an aligned run of pages.  Its struct slab, with one bit for
 * each object (set: free), lies over the page descriptors of the run, far
 * from the objects.  Objects carry nothing of ours.
 */
#ifndef KM_SLAB_H
#define KM_SLAB_H

#define KMALLOC_NO_INLINE /* who defines kmalloc cannot have it inline */
#include <kmalloc/gfp.h>
#include <kmalloc/rcu.h>
#include <kmalloc/slab.h>

#include "barn.h"
#include "buddy.h"
#include "memblock.h"
#include "sheaf.h"
#include "spinlock.h"

#define SLAB_MIN_ORDER (CLASS_MAP_SHIFT - PAGE_SHIFT)
#define SLAB_COMMON_ORDER 4 /* of objects from 1 to 8 KiB */
#define SLAB_MAX_ORDER 7
#define SLAB_RECIPROCAL_SHIFT 40
#define NR_FULLNESS 6
#define NR_TAGS NR_BARNS
#define ZONED_TAG NR_TAGS /* of slabs that are from a node's zone */
#define NR_LISTS ((NR_TAGS + 1) * NR_FULLNESS)
#define CACHE_NAME_LEN 40

/* Caches beyond the last per-CPU id share this one: no sheaves. */
#define CACHE_ID_NONE (NR_PERCPU_IDS - 1)

struct slab {
	struct list_head list; /* cache lock */
	u8 type;	       /* PG_SLAB; const, stands where page.type does */
	u8 order;	       /* const */
	u8 tag;		       /* cache lock: the CPU that uses it; ZONED_TAG */
	u8 list_nr;	       /* cache lock: index of the list it is on */
	u32 free;	       /* cache lock: bits set */
	struct kmem_cache *cache; /* const */
	char *base;		  /* const: the first object */
	u32 objects;		  /* const */
	u32 hint;		  /* cache lock: no bit is set in words below */
	u32 purged;    /* cache lock: free, when its pages were looked at */
	u8 zone;       /* const: enum zone_id, where its pages are from */
	bool resident; /* cache lock: all of its pages are */
	u16 limit;     /* cache lock: free, from which on it changes lists */
	u16 *owners;   /* atomic: groups charged for its objects, or NULL */
	u64 bitmap[];  /* cache lock */
};

BUILD_BUG_ON(offsetof(struct slab, type) != offsetof(struct page, type));
BUILD_BUG_ON(sizeof(struct slab) != 64);

/* Who looks for idle caches: kswapd once a second, the zone as it grows. */
enum slab_idle { IDLE_IN_TIME, IDLE_IN_GROWTH, NR_IDLE };

/* What is read on every way stands in a line that is hardly written. */
struct kmem_cache {
	u32 size;	      /* const: distance of two objects */
	u32 object_size;      /* const: what was asked for */
	u64 reciprocal;	      /* const: index = offset * reciprocal >> 40 */
	u32 objects;	      /* const: of an uncoloured slab */
	u16 off;	      /* const: PERCPU_OFF of the id */
	u8 id;		      /* const: per-CPU id */
	u8 order;	      /* const */
	u8 fullness_shift;    /* const */
	u8 barn_least;	      /* const: of sheaves in a barn */
	u8 barn_most;	      /* const */
	u8 barn_max;	      /* atomic: now, from the one to the other */
	u32 capacity;	      /* const: of a sheaf; 0: there are none */
	u32 align;	      /* const */
	u32 colour_step;      /* const: 0, or a multiple of align */
	u32 colour_max;	      /* const: bytes */
	slab_flags_t flags;   /* const */
	u8 zone;	      /* const: of its slabs, but for nodes' */
	bool no_access;	      /* const: nobody may touch an object */
	bool shared;	      /* const: others may share it */
	bool fences;	      /* const: malloc's, which may be kfence's */
	void (*ctor)(void *); /* const */

	struct barn barn[NR_BARNS];

	struct spinlock lock;
	u32 colour_next; /* atomic */
	u8 overflows;	 /* atomic: sheaves flushed, but not refilled */
	u8 refills;	 /* racy: of sheaves from slabs */
	u8 kfence_due;	 /* racy: so many of malloc's next are kfence's */
	/* Cache lock: for each tag and ZONED_TAG, fullest first. */
	struct list_head partial[NR_LISTS];
	u32 nr_partial[NR_TAGS + 1]; /* cache lock; racy readers: likewise */
	unsigned int nr_slabs;	     /* cache lock */
	size_t nr_objects;	     /* cache lock: in all slabs */
	unsigned int nr_empty; /* cache lock; racy readers: on last lists */
	size_t nr_free;	       /* cache lock: free objects in slabs */
	void **deferred;       /* atomic: freed in signal handlers */
	unsigned int nr_dying; /* atomic: slabs that wait for readers */
	void *random;	       /* reserved for hardening */

	u64 reaped; /* racy: lock.taken at the last look for idle caches */
	struct {
		u64 seen;  /* drain lock: the same, at the last such look */
		u32 looks; /* drain lock: since somebody used it */
	} idle[NR_IDLE];

	struct list_head list; /* slab mutex */
	int refs;	       /* slab mutex: names that share it */
	char name[CACHE_NAME_LEN];
};

BUILD_BUG_ON(offsetof(struct kmem_cache, barn) != 64);

/* What a cache is to be. */
struct cache_plan {
	const char *name;
	unsigned int size, align;
	slab_flags_t flags;
	void (*ctor)(void *);
	u8 id;
	bool colour;	/* shift slabs by cache lines, alignment 16 suffices */
	bool shared;	/* a later cache of the kind may be this one */
	bool fences;	/* some of its objects may be had from kfence */
	bool no_access; /* who touches an object is ended by the system */
	u8 zone;	/* but ZONE_NORMAL, without a per-CPU id only */
	unsigned int capacity; /* of a sheaf; 0: as it is best */
};
/* Fills in a zeroed cache, all but what pcs_init does. */
void slab_cache_init(struct kmem_cache *s, const struct cache_plan *plan);

static inline struct slab *slab_at(const struct kmem_cache *s, const void *p)
{
	uintptr_t size = PAGE_SIZE << s->order;

	return (struct slab *)mem_page((void *)((uintptr_t)p & ~(size - 1)));
}

/* The number of the object that the byte at @off of a slab is in. */
static inline size_t slab_index(const struct kmem_cache *s, size_t off)
{
	return (size_t)((u64)off * s->reciprocal >> SLAB_RECIPROCAL_SHIFT);
}

/* The cache of the slab that covers @p, whose per-CPU id is @id. */
struct kmem_cache *slab_cache_of(const void *p, unsigned int id);
/* Slab mutex; read atomically. */
extern struct kmem_cache *slab_caches[NR_PERCPU_IDS] __hidden;

/* True if @p is the start of an object of @s; *start is set to the start
 * of the object around @p, or NULL. */
bool slab_is_object(struct kmem_cache *s, const void *p, void **start);
/* Report a misuse; abort or, by option, return. */
void __cold slab_report_double_free(struct kmem_cache *s, const void *p);
void __cold slab_report_bad_free(struct kmem_cache *s, const void *p);
/* @who was asked to do something with @p, which is free. */
void __cold slab_report_freed(struct kmem_cache *s, const char *who,
			      const void *p);
void __cold slab_report_error(void);

/* The ids of the groups that the objects of @p's slab are charged to; NULL:
 * none ever was.  What is set goes with the slab (slab_free_owners). */
u16 *slab_owners(struct kmem_cache *s, const void *p);
/* False if somebody else has set one. */
bool slab_set_owners(struct kmem_cache *s, const void *p, u16 *owners);
/* @p's place among them. */
size_t slab_object_index(struct kmem_cache *s, const void *p);
/* The id at that place, if any, and from now on none. */
u16 slab_take_owner(struct kmem_cache *s, const void *p);

/* Whether @p, an object of @s, lies free in its slab. */
bool slab_object_is_free(struct kmem_cache *s, const void *p);

#endif
