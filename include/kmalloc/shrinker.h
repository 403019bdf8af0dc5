/* SPDX-License-Identifier: MIT */
/*
 * Shrinkers: memory that the application can do without, and gives up when
 * an allocation would fail.
 *
 *	static unsigned long count(struct shrinker *s, struct shrink_control *sc);
 *	static unsigned long scan(struct shrinker *s, struct shrink_control *sc);
 *
 *	s = shrinker_alloc(0, "pages of %s", name);
 *	s->count_objects = count;
 *	s->scan_objects = scan;
 *	shrinker_register(s);
 */
#ifndef KMALLOC_SHRINKER_H
#define KMALLOC_SHRINKER_H

#include <kmalloc/attr.h>
#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shrink_control - what a shrinker is asked for
 * @gfp_mask:   flags of the request that wants memory
 * @nid:        0
 * @nr_to_scan: objects to look at, at most
 * @nr_scanned: how many were; set beforehand, the shrinker may change it
 * @memcg:      the group whose objects are meant, for SHRINKER_MEMCG_AWARE;
 *              else, and for what no group is charged for, NULL
 */
struct shrink_control {
	gfp_t gfp_mask;
	int nid;
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
	struct mem_cgroup *memcg;
};

#define SHRINK_STOP (~0UL)	/* of scan: no more can be done now */
#define SHRINK_EMPTY (~0UL - 1) /* of count: there are no objects */
#define DEFAULT_SEEKS 2

/* Accepted, without effect. */
#define SHRINKER_NUMA_AWARE 0x1u
#define SHRINKER_NONSLAB 0x4u
/* Called for each group (memcontrol.h) by itself. */
#define SHRINKER_MEMCG_AWARE 0x2u
/* Called as well for requests without __GFP_FS: it takes no lock that one who
 * allocates with GFP_NOFS or GFP_NOIO may hold. */
#define KMALLOC_SHRINKER_NOFS 0x100u

/**
 * struct shrinker - who can give up memory
 * @count_objects: how many objects could be freed; 0 if that is not known
 *                 now, SHRINK_EMPTY if there are none
 * @scan_objects:  frees up to @nr_to_scan; how many it freed, or SHRINK_STOP
 * @batch:         objects for one call of scan; 0: 128
 * @seeks:         how dear an object is to make again; 0: nothing
 * @flags:         as given to shrinker_alloc()
 * @private_data:  the application's
 *
 * The callbacks run in threads that allocate, several at a time maybe, with
 * the application's locks that these hold.  They may free and allocate;
 * what they allocate comes from the reserve, and reclaims nothing.
 */
struct shrinker {
	unsigned long (*count_objects)(struct shrinker *s,
				       struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *s,
				      struct shrink_control *sc);
	long batch;
	int seeks;
	unsigned int flags;
	void *private_data;
};

/**
 * shrinker_alloc() - a shrinker that nobody calls yet
 * @flags: of SHRINKER_NUMA_AWARE, SHRINKER_MEMCG_AWARE, SHRINKER_NONSLAB and
 *         KMALLOC_SHRINKER_NOFS
 * @fmt:   its name, as for printf(), of up to 31 bytes
 *
 * Context: may sleep.
 * Return: the shrinker, whose callbacks are to be set, or NULL.
 */
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));
/**
 * shrinker_register() - the shrinker may be called from now on
 * @s: the shrinker
 *
 * Context: may sleep.
 */
void shrinker_register(struct shrinker *s);
/**
 * shrinker_free() - ends a shrinker, registered or not
 * @s: the shrinker, or NULL
 *
 * Context: may sleep; waits until nobody is in its callbacks, therefore not
 *          to be called by them.
 */
void shrinker_free(struct shrinker *s);

/* ---- the last resort ---- */

/**
 * struct notifier_block - a callback in a chain
 * @notifier_call: the callback; for OOM notifiers @data points to an unsigned
 *                 long, to which it adds the pages that it freed
 * @next:          the chain's
 * @priority:      higher ones are called first
 */
struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long action,
			     void *data);
	struct notifier_block *next;
	int priority;
};

#define NOTIFY_DONE 0
#define NOTIFY_OK 1

/**
 * register_oom_notifier() - calls back when shrinkers did not suffice
 * @nb: the caller's, until unregister_oom_notifier()
 *
 * Context: may sleep.
 * Return: 0, or -EEXIST.
 */
int register_oom_notifier(struct notifier_block *nb);
/**
 * unregister_oom_notifier() - the way back
 * @nb: what was registered
 *
 * Context: may sleep; waits until no notifier runs, therefore not to be
 *          called by one.
 * Return: 0, or -ENOENT.
 */
int unregister_oom_notifier(struct notifier_block *nb);

#ifdef __cplusplus
}
#endif

#endif
