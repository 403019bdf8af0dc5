/* SPDX-License-Identifier: MIT */
/*
 * Groups: limits for parts of a process.
 *
 *	struct mem_cgroup *plugin = kmalloc_group_create(NULL, "plug-in");
 *
 *	kmalloc_group_set(plugin, KMALLOC_GROUP_MAX, 64 << 20);
 *	old = set_active_memcg(plugin);
 *	p = kmalloc(size, GFP_KERNEL_ACCOUNT);	(charged to plugin)
 *	set_active_memcg(old);
 *	kfree(p);				(from anywhere: uncharged)
 *
 * Charged is what has __GFP_ACCOUNT, while a group is active in the thread:
 * the kmalloc family, kvmalloc and vmalloc, alloc_pages and its kin, objects
 * of caches with SLAB_ACCOUNT that were made after the first group, and the
 * slow paths of malloc in threads with kmalloc_thread_gfp_set(
 * GFP_KERNEL_ACCOUNT).
 */
#ifndef KMALLOC_MEMCONTROL_H
#define KMALLOC_MEMCONTROL_H

#include <kmalloc/attr.h>
#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mem_cgroup;

/**
 * enum memcg_memory_event - what befell a group
 * @MEMCG_LOW:  it was reclaimed from although it used less than its low
 * @MEMCG_HIGH: it used more than its high, and was slowed down
 * @MEMCG_MAX:  a charge would have made it use more than its max
 * @MEMCG_OOM:  reclaim did not help then
 */
enum memcg_memory_event {
	MEMCG_LOW,
	MEMCG_HIGH,
	MEMCG_MAX,
	MEMCG_OOM,
	MEMCG_NR_MEMORY_EVENTS
};

/**
 * enum kmalloc_group_value - numbers of a group, in bytes
 * @KMALLOC_GROUP_MIN:     what is not reclaimed from it for others; 0
 * @KMALLOC_GROUP_LOW:     the same, unless nothing else helps; 0
 * @KMALLOC_GROUP_HIGH:    what it is slowed down above; ~0UL
 * @KMALLOC_GROUP_MAX:     what it cannot exceed; ~0UL
 * @KMALLOC_GROUP_CURRENT: charged to it and to its children now
 * @KMALLOC_GROUP_PEAK:    the most that ever was
 */
enum kmalloc_group_value {
	KMALLOC_GROUP_MIN,
	KMALLOC_GROUP_LOW,
	KMALLOC_GROUP_HIGH,
	KMALLOC_GROUP_MAX,
	KMALLOC_GROUP_CURRENT,
	KMALLOC_GROUP_PEAK
};

/**
 * kmalloc_group_create() - a new group
 * @parent: the group that it is a part of, or NULL
 * @name:   for reports, up to 31 bytes of it
 *
 * Context: may sleep.
 * Return: the group, or NULL: no memory, 4095 groups, or a removed parent.
 */
struct mem_cgroup *kmalloc_group_create(struct mem_cgroup *parent,
					const char *name);
/**
 * kmalloc_group_remove() - ends a group
 * @memcg: the group, or NULL
 *
 * What is charged to it is its parent's from now on, and so is what threads
 * charge in which it is still active.
 *
 * Context: may sleep.
 * Return: 0, or -EBUSY: it has children that were not removed.
 */
int kmalloc_group_remove(struct mem_cgroup *memcg);

/**
 * set_active_memcg() - the group that this thread charges
 * @memcg: the group, or NULL: none
 *
 * Context: any.  A thread sets NULL before it ends.
 * Return: the one before, to be set again.
 */
struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg);

/**
 * kmalloc_group_set() - sets min, low, high or max
 * @memcg: the group
 * @value: which of them
 * @bytes: how much; ~0UL is no limit
 *
 * A limit below what is charged already lets nothing more in.
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int kmalloc_group_set(struct mem_cgroup *memcg, enum kmalloc_group_value value,
		      unsigned long bytes);
/**
 * kmalloc_group_get() - one of the numbers
 * @memcg: the group
 * @value: which
 *
 * Context: any.
 * Return: bytes.
 */
unsigned long kmalloc_group_get(struct mem_cgroup *memcg,
				enum kmalloc_group_value value);
/**
 * kmalloc_group_events() - how often something befell a group
 * @memcg: the group
 * @event: what
 *
 * Context: any.
 * Return: the number.
 */
unsigned long kmalloc_group_events(struct mem_cgroup *memcg,
				   enum memcg_memory_event event);
/**
 * kmalloc_group_notify() - who is told of MEMCG_HIGH and MEMCG_OOM
 * @memcg: the group
 * @fn:    called in the thread whose request it is, if its flags allow what
 *         OOM notifiers need; for MEMCG_OOM, not 0 means: memory was freed,
 *         try again.  NULL: nobody
 * @arg:   for it
 *
 * Context: any; to be set before the group is used.
 */
void kmalloc_group_notify(struct mem_cgroup *memcg,
			  int (*fn)(struct mem_cgroup *memcg,
				    enum memcg_memory_event event, void *arg),
			  void *arg);

/** parent_mem_cgroup() - the group that @memcg is a part of, or NULL */
struct mem_cgroup *parent_mem_cgroup(struct mem_cgroup *memcg);
/** kmalloc_group_name() - as given to kmalloc_group_create() */
const char *kmalloc_group_name(const struct mem_cgroup *memcg);
/**
 * mem_cgroup_from_obj() - the group that a block is charged to
 * @p: the start of a block of any kind
 *
 * Context: any.
 * Return: the group, or NULL.
 */
struct mem_cgroup *mem_cgroup_from_obj(void *p);

#ifdef __cplusplus
}
#endif

#endif
