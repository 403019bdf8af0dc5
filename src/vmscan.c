/* SPDX-License-Identifier: MIT */
/*
 * vmscan: the ladder after a failure: purge, drain, shrink, notify, wait.
 *
 *   attempt fails -> reclaim, one rung -> attempt -> reclaim, next rung ...
 *
 *     1  free areas are purged; all CPUs' sheaves and page lists drained
 *     2  shrinkers, priority 12 down to 0, until one has freed something:
 *        what it freed is at hand in this CPU's sheaves, so the attempt
 *        comes first, and a drain after it only if that was not enough
 *     3  if they freed something: others were quicker to take it, and it is
 *        2 again, up to RETRIES times; while they have something, but cannot
 *        give it now: a moment of waiting and 2 again, up to RETRIES times
 *     4  OOM notifiers; then 2 again, if they freed anything
 *     5  __GFP_NOFAIL: a while of waiting, all of the reserve, 1 again;
 *        others: the end
 *
 * Which of these a request may climb is gfp.def's to say.  One that may not
 * sleep climbs none; if it has failed for a lock that somebody held, it tries
 * again, a few times.
 *
 * A shrinker is asked for (freeable >> priority) * 4 / seeks objects, and
 * for what it was asked for before in amounts below a batch, never for more
 * than twice what it has.
 *
 *   struct entry { the application's struct shrinker | refs, deferred, name }
 *   entries: those registered; oom_chain: notifiers, highest first
 *
 * Invariants: an entry with refs is on the list; one that is dying is called
 * by nobody new.  A thread that reclaims has PF_MEMALLOC, so that what its
 * callbacks allocate does not come back here.
 *
 * Locks: SHRINKER for the list, refs and the chain.  Callbacks run without;
 * who wants to be rid of one waits until it has returned.
 */
#include "vmscan.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>

#include "arch.h"
#include "kernel.h"
#include "list.h"
#include "memblock.h"
#include "memcontrol.h"
#include "page_alloc.h"
#include "params.h"
#include "printk.h"
#include "slab_common.h"
#include "spinlock.h"
#include "vmap_area.h"
#include "vmstat.h"
#include "zone.h"

#define BATCH 128
#define RETRIES 16
#define ROUNDS_MOST 1000
#define NOWAIT_ROUNDS 16
#define WAIT_MS 10
#define SHRINK_WAIT_MS 128 /* whoever holds a shrinker's lock may be off */
#define WAIT_SAID_MS 10000

struct entry {
	struct shrinker shrinker;
	struct list_head list;	/* shrinker lock */
	u32 refs;		/* shrinker lock; futex: who is in callbacks */
	bool listed, dying;	/* shrinker lock */
	unsigned long deferred; /* atomic: asked for, but not yet done */
	char name[32];		/* const */
};

static struct spinlock shrinker_lock = SPIN_LOCK_INIT(SHRINKER);
static LIST_HEAD(entries);		 /* shrinker lock */
static struct notifier_block *oom_chain; /* shrinker lock */
static u32 oom_callers;			 /* shrinker lock; futex */
static u32 nr_entries;			 /* atomic */

static struct entry *entry_of(struct shrinker *s)
{
	return container_of(s, struct entry, shrinker);
}

/* ---- one shrinker ---- */

static unsigned long amount(const struct shrinker *s, unsigned long freeable,
			    int priority)
{
	if (!s->seeks)
		return freeable / 2;
	return (freeable >> priority) * 4 / (unsigned long)s->seeks;
}

static unsigned long scan(struct shrinker *s, struct shrink_control *sc,
			  unsigned long freeable, unsigned long *wanted)
{
	unsigned long batch = s->batch > 0 ? (unsigned long)s->batch : BATCH;
	unsigned long freed = 0;

	while (*wanted && (*wanted >= batch || *wanted >= freeable)) {
		unsigned long n;

		sc->nr_to_scan = sc->nr_scanned = min(batch, *wanted);
		n = s->scan_objects(s, sc);
		if (n == SHRINK_STOP)
			break;
		freed += n;
		/* A shrinker that looks at nothing would be asked for ever. */
		*wanted -= min(*wanted, max(sc->nr_scanned, 1UL));
		vmstat_add(VMSTAT_slabs_scanned, sc->nr_scanned);
	}
	return freed;
}

/* *left: has it some that it did not free? */
static unsigned long do_shrink(struct entry *e, gfp_t gfp, int priority,
			       bool *left)
{
	struct shrinker *s = &e->shrinker;
	struct shrink_control sc = { .gfp_mask = gfp };
	unsigned long freeable = s->count_objects(s, &sc), freed, wanted;

	if (!freeable || freeable == SHRINK_EMPTY)
		return 0;
	wanted = xchg(&e->deferred, 0) + amount(s, freeable, priority);
	wanted = min(wanted, 2 * freeable);
	freed = scan(s, &sc, freeable, &wanted);
	*left = *left || freed < freeable;
	atomic_add(&e->deferred, wanted);
	return freed;
}

/* ---- one group ---- */

/* Of a group nothing is put off: at the least a batch is asked for. */
static unsigned long shrink_of_group(struct entry *e, struct mem_cgroup *memcg,
				     gfp_t gfp, int priority)
{
	struct shrinker *s = &e->shrinker;
	struct shrink_control sc = { .gfp_mask = gfp, .memcg = memcg };
	unsigned long freeable, wanted;

	freeable = s->count_objects(s, &sc);
	if (!freeable || freeable == SHRINK_EMPTY)
		return 0;
	wanted = max(amount(s, freeable, priority), (unsigned long)BATCH);
	wanted = min(wanted, freeable);
	return scan(s, &sc, freeable, &wanted);
}

/* What groups have, before what nobody is charged for. */
static unsigned long shrink_groups(struct entry *e, struct mem_cgroup *over,
				   gfp_t gfp, int priority)
{
	bool pressing = priority < DEF_PRIORITY / 2;
	struct mem_cgroup *memcg = NULL;
	unsigned long freed = 0;

	if (!(e->shrinker.flags & SHRINKER_MEMCG_AWARE))
		return 0;
	while ((memcg = memcg_next(over, memcg))) {
		/* What is over its own limit has no claim. */
		if (memcg == over || !memcg_is_protected(memcg, pressing))
			freed += shrink_of_group(e, memcg, gfp, priority);
	}
	return freed;
}

/* ---- all shrinkers ---- */

static bool suits(const struct entry *e, gfp_t gfp)
{
	return !e->dying &&
	       (gfp & __GFP_FS || e->shrinker.flags & KMALLOC_SHRINKER_NOFS);
}

/* Lets go of an entry, then holds the next one that suits; NULL: the end. */
static struct entry *next_entry(struct entry *e, gfp_t gfp)
{
	struct entry *next = NULL;
	struct list_head *pos;
	bool wake = false;

	if (!spin_lock(&shrinker_lock))
		return NULL;
	pos = e ? e->list.next : entries.next;
	for (; pos != &entries; pos = pos->next) {
		next = list_entry(pos, struct entry, list);
		if (suits(next, gfp))
			break;
		next = NULL;
	}
	if (next)
		next->refs++;
	if (e)
		wake = !--e->refs && e->dying;
	spin_unlock(&shrinker_lock);
	if (wake)
		arch_futex_wake(&e->refs, INT_MAX);
	return next;
}

/* The callbacks may allocate, by whatever flags, without coming back here. */
static unsigned long shrink_all(gfp_t gfp, int priority, bool *left)
{
	unsigned int scope;
	unsigned long freed = 0;
	struct entry *e = NULL;

	if (!shrinkers_exist())
		return 0;
	scope = memalloc_flags_save(PF_MEMALLOC | PF_MEMALLOC_NOFS);
	while ((e = next_entry(e, gfp))) {
		if (memcg_exist())
			freed += shrink_groups(e, NULL, gfp, priority);
		freed += do_shrink(e, gfp, priority, left);
	}
	memalloc_flags_restore(scope);
	return freed;
}

/* For a group at its limit. */
static unsigned long shrink_for_group(struct mem_cgroup *over, gfp_t gfp,
				      int priority)
{
	unsigned int scope;
	unsigned long freed = 0;
	struct entry *e = NULL;

	if (!shrinkers_exist())
		return 0;
	scope = memalloc_flags_save(PF_MEMALLOC | PF_MEMALLOC_NOFS);
	while ((e = next_entry(e, gfp)))
		freed += shrink_groups(e, over, gfp, priority);
	memalloc_flags_restore(scope);
	return freed;
}

unsigned long shrink_slab(gfp_t gfp, int priority)
{
	bool left = false;

	return shrink_all(gfp, priority, &left);
}

bool shrinkers_exist(void)
{
	return atomic_read(&nr_entries);
}

__export struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt,
					 ...)
{
	struct entry *e = kzalloc(sizeof(*e), GFP_KERNEL);
	va_list args;

	if (!e)
		return NULL;
	va_start(args, fmt);
	vscnprintf(e->name, sizeof(e->name), fmt, args);
	va_end(args);
	e->shrinker.flags = flags;
	e->shrinker.seeks = DEFAULT_SEEKS;
	return &e->shrinker;
}

__export void shrinker_register(struct shrinker *s)
{
	struct entry *e = entry_of(s);

	if (!s->count_objects || !s->scan_objects) {
		pr_warn("shrinker_register(%s): expected both callbacks",
			e->name);
		return;
	}
	if (!spin_lock(&shrinker_lock))
		return;
	if (!e->listed) {
		e->listed = true;
		list_add_tail(&e->list, &entries);
		atomic_add(&nr_entries, 1);
	}
	spin_unlock(&shrinker_lock);
}

__export void shrinker_free(struct shrinker *s)
{
	struct entry *e = s ? entry_of(s) : NULL;

	if (!e)
		return;
	spin_lock(&shrinker_lock);
	e->dying = true;
	while (e->refs) {
		u32 refs = e->refs;

		spin_unlock(&shrinker_lock);
		arch_futex_wait_ms(&e->refs, refs, WAIT_MS);
		spin_lock(&shrinker_lock);
	}
	if (e->listed) {
		list_del(&e->list);
		atomic_sub(&nr_entries, 1);
	}
	spin_unlock(&shrinker_lock);
	kfree(e);
}

/* ---- OOM notifiers ---- */

static struct notifier_block **oom_find(const struct notifier_block *nb)
{
	struct notifier_block **pos = &oom_chain;

	while (*pos && *pos != nb)
		pos = &(*pos)->next;
	return pos;
}

__export int register_oom_notifier(struct notifier_block *nb)
{
	struct notifier_block **pos = &oom_chain;
	int err = -EEXIST;

	if (!spin_lock(&shrinker_lock))
		return -EDEADLK;
	if (!*oom_find(nb)) {
		while (*pos && (*pos)->priority >= nb->priority)
			pos = &(*pos)->next;
		nb->next = *pos;
		WRITE_ONCE(*pos, nb);
		err = 0;
	}
	spin_unlock(&shrinker_lock);
	return err;
}

__export int unregister_oom_notifier(struct notifier_block *nb)
{
	struct notifier_block **pos;
	int err = -ENOENT;

	if (!spin_lock(&shrinker_lock))
		return -EDEADLK;
	/* Who walks the chain may be about to go on from here. */
	while (oom_callers) {
		u32 callers = oom_callers;

		spin_unlock(&shrinker_lock);
		arch_futex_wait_ms(&oom_callers, callers, WAIT_MS);
		spin_lock(&shrinker_lock);
	}
	pos = oom_find(nb);
	if (*pos) {
		WRITE_ONCE(*pos, nb->next);
		err = 0;
	}
	spin_unlock(&shrinker_lock);
	return err;
}

static void count_oom_caller(int one)
{
	spin_lock(&shrinker_lock);
	oom_callers += (u32)one;
	spin_unlock(&shrinker_lock);
}

static unsigned long notify_oom(void)
{
	struct notifier_block *nb;
	unsigned long freed = 0;
	unsigned int scope;

	if (!READ_ONCE(oom_chain))
		return 0;
	vmstat_add(VMSTAT_oom_notify, 1);
	count_oom_caller(1);
	scope = memalloc_flags_save(PF_MEMALLOC | PF_MEMALLOC_NOFS);
	for (nb = READ_ONCE(oom_chain); nb; nb = READ_ONCE(nb->next))
		nb->notifier_call(nb, 0, &freed);
	memalloc_flags_restore(scope);
	count_oom_caller(-1);
	return freed;
}

/* ---- the ladder ---- */

static void drain(void)
{
	slab_shrink_all();
	page_drain_pcp();
	zone_purge(true);
}

/* More than all of the memory there may ever be. */
static bool is_hopeless(size_t size)
{
	u64 limit = param(mem);

	return size > max(mem_phys.size, mem_vmalloc.size) ||
	       (limit && size > limit);
}

static void wait_ms(unsigned int ms)
{
	static u32 never;

	arch_futex_wait_ms(&never, 0, ms);
}

/* True if the last one freed something, which others were quicker to take. */
static bool next_pass(struct gfp_try *t)
{
	if (!t->freed || !gfp_may(RETRY) || t->passes == RETRIES)
		return false;
	t->passes++;
	t->freed = false;
	t->priority = DEF_PRIORITY;
	return true;
}

/* True if something was freed, or may be after a moment. */
static bool shrink(struct gfp_try *t, gfp_t gfp)
{
	bool left = false;

	do {
		while (shrinkers_exist() && t->priority >= 0) {
			if (!shrink_all(gfp, t->priority--, &left))
				continue;
			t->freed = true;
			t->fruitless = 0;
			return true;
		}
	} while (next_pass(t));
	if (!left || !gfp_may(RETRY) || t->fruitless == RETRIES)
		return false;
	wait_ms(min(1U << t->fruitless++, 0U + SHRINK_WAIT_MS));
	t->priority = DEF_PRIORITY;
	return true;
}

/* For what others free; later and later, and once in ten seconds with a
 * line. */
static void wait_a_while(struct gfp_try *t, size_t size)
{
	u32 ms = clamp(t->waited / 4, WAIT_MS + 0U, 100U);

	wait_ms(ms);
	if ((t->waited + ms) / WAIT_SAID_MS != t->waited / WAIT_SAID_MS)
		pr_warn("allocation of %zu bytes, mode 0x%x, must not fail and waits for %u seconds now",
			size, gfp_now(), (t->waited + ms) / 1000);
	t->waited += ms;
	gfp_task.now |= GFP_LAST;
}

static bool start_again(struct gfp_try *t)
{
	t->priority = DEF_PRIORITY;
	t->drained = false;
	t->freed = false;
	t->passes = 0;
	t->fruitless = 0;
	return true;
}

/* One rung; true if it is worth an attempt. */
static bool climb(struct gfp_try *t, size_t size)
{
	gfp_t gfp = gfp_now();

	if (!t->rounds++) {
		vmstat_add(VMSTAT_direct_reclaim, 1);
		vmap_purge(true);
		t->priority = DEF_PRIORITY;
	}
	if (!t->drained) {
		t->drained = true;
		drain();
		return true;
	}
	if (!gfp_may(SLAB) || t->rounds > ROUNDS_MOST)
		return false;
	if (shrink(t, gfp)) {
		t->drained = false;
		return true;
	}
	if (gfp_may(OOM) && notify_oom())
		return start_again(t);
	return false;
}

/* A request that may not wait, but spin, has met a lock that somebody held who
 * does not run: perhaps he does by now, or others have something. */
static bool missed_lock(struct gfp_try *t)
{
	if (READ_ONCE(lockdep_held) != LOCKDEP_NOWAIT ||
	    !READ_ONCE(spin_missed))
		return false;
	if (t->rounds++ == NOWAIT_ROUNDS) {
		spin_give_up();
		return false;
	}
	WRITE_ONCE(spin_missed, 0);
	return true;
}

static bool reclaim(struct gfp_try *t, size_t size)
{
	if (missed_lock(t))
		return true;
	if (!gfp_may(PURGE) || in_nmi() || is_hopeless(size))
		return false;
	if (climb(t, size))
		return true;
	if (!gfp_may(FOREVER))
		return false;
	wait_a_while(t, size);
	t->rounds = 0;
	return start_again(t);
}

void vmscan_up(void)
{
	WRITE_ONCE(gfp_reclaim, reclaim);
	WRITE_ONCE(memcg_reclaim, shrink_for_group);
}

/* ---- fork ---- */

void vmscan_fork_lock(void)
{
	spin_fork_lock(&shrinker_lock);
}

void vmscan_fork_unlock(void)
{
	spin_fork_unlock(&shrinker_lock);
}

/* Whoever was in a callback is not in this process. */
void vmscan_fork_child(void)
{
	struct entry *e;

	list_for_each_entry(e, &entries, list)
		e->refs = 0;
	oom_callers = 0;
	spin_lock_reinit(&shrinker_lock);
}
