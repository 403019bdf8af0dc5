/* SPDX-License-Identifier: MIT */
/*
 * memcontrol: groups, and what is charged to them.
 *
 *	struct mem_cgroup *memcg = memcg_of(gfp);
 *
 *	if (unlikely(memcg))
 *		... memcg_charge(memcg, bytes, &owner), allocate, note owner
 *	...
 *	memcg_uncharge(owner, bytes) when it is freed
 *
 * Nothing else asks for groups: a process that has none pays a look at the
 * flags, in slow paths.
 */
#ifndef KM_MEMCONTROL_H
#define KM_MEMCONTROL_H

#include <kmalloc/memcontrol.h>

#include "atomic.h"
#include "gfp.h"
#include "kernel.h"

#define MEMCG_NAME_LEN 32

enum memcg_state { MEMCG_UNUSED, MEMCG_LIVE, MEMCG_DEAD };

struct mem_cgroup {
	u64 usage; /* atomic: bytes, with children and what is in stocks */
	u64 peak;  /* racy */
	u64 limit[KMALLOC_GROUP_MAX + 1];   /* atomic */
	u64 events[MEMCG_NR_MEMORY_EVENTS]; /* atomic */
	struct mem_cgroup *parent;	    /* const while in use */
	u32 refs;     /* atomic: threads where it is active, and who looks */
	u32 children; /* memcg lock: dead ones as well */
	u16 id;	      /* const */
	u8 state;     /* memcg lock; atomic: enum memcg_state */
	int (*notify)(struct mem_cgroup *, enum memcg_memory_event, void *);
	void *arg;
	char name[MEMCG_NAME_LEN]; /* const while in use */
};

extern __tls_ie struct mem_cgroup *memcg_active __hidden;

/* The group that a request is to be charged to, or NULL. */
static __always_inline struct mem_cgroup *memcg_of(gfp_t gfp)
{
	return likely(!(gfp & __GFP_ACCOUNT)) ? NULL : READ_ONCE(memcg_active);
}

/* Were there ever any? */
bool memcg_exist(void);

/* Charges the request at hand (gfp_enter): reclaims, waits, fails as its
 * flags say.  *owner: for memcg_uncharge; 0 if there is nobody to charge.
 * Context: calls the application back, with no lock held. */
bool memcg_charge(struct mem_cgroup *memcg, size_t bytes, u16 *owner);
/* Context: any; takes no lock. */
void memcg_uncharge(u16 owner, size_t bytes);

/* The group of that id, or the nearest one above that is in use. */
struct mem_cgroup *memcg_from_id(u16 id);

/* All groups in use at and below @root, or of all (NULL), one after another;
 * @prev is let go, and who stops early calls memcg_put.  NULL: the end. */
struct mem_cgroup *memcg_next(struct mem_cgroup *root, struct mem_cgroup *prev);
void memcg_put(struct mem_cgroup *memcg);
/* Is it to be left alone, when others need memory? */
bool memcg_is_protected(struct mem_cgroup *memcg, bool pressing);

/* Asks shrinkers for objects of the groups at and below @over; how many were
 * freed (registered by vmscan). */
extern unsigned long (*memcg_reclaim)(struct mem_cgroup *over, gfp_t gfp,
				      int priority) __hidden;

void memcg_fork_lock(void);
void memcg_fork_unlock(void);
void memcg_fork_child(void);

#endif
