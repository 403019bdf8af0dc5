/* SPDX-License-Identifier: MIT */
/*
 * memcontrol: groups of allocations, in a tree, with limits.
 *
 *   charge: this CPU's stock ─else→ counters, up to the root
 *             └ 64 pages at once, while no limit is near
 *
 *   stock[CPU]   [ group | bytes charged, but not in use ]
 *   groups[id]   usage (children's included), limits, events, parent
 *
 * What is charged carries the id of its group: objects of accounted caches in
 * a table of their slab, blocks of pages and areas in their descriptors.
 *
 * A group that is removed stays, dead, while anything is charged to it: its
 * usage is part of its ancestors' anyway, and nothing needs to be looked for.
 * New charges go to its nearest ancestor in use.  Its place is taken by a new
 * group when usage, refs and children are 0.
 *
 * The ladder at a max: stocks are emptied; shrinkers that know groups are
 * asked, priority 12 down to 0; the group's callback; then the request fails,
 * or, as in the kernel, exceeds the limit: with __GFP_NOFAIL, __GFP_HIGH or
 * __GFP_MEMALLOC.  Above high, a charge asks shrinkers and waits a little.
 *
 * Invariants: a group's usage is at least that of its children together; a
 * group that is in a stock has usage.
 *
 * Locks: MEMCG for the tree; it is not taken to charge and uncharge.  A stock
 * has a word that is only ever tried.
 */
#include "memcontrol.h"

#include <errno.h>

#include "arch.h"
#include "memblock.h"
#include "mm_boot.h"
#include "percpu.h"
#include "printk.h"
#include "spinlock.h"

#define NR_GROUPS 4096
#define NR_STOCKS 64
#define STOCK_BYTES (64 * PAGE_SIZE)
#define RETRIES 16
#define FIRST_PRIORITY 12
#define PRESSING 6 /* priorities below */
#define HIGH_WAIT_MS 10

__tls_ie struct mem_cgroup *memcg_active;
unsigned long (*memcg_reclaim)(struct mem_cgroup *over, gfp_t gfp,
			       int priority);

static struct spinlock memcg_lock = SPIN_LOCK_INIT(MEMCG);
static struct mem_cgroup *groups[NR_GROUPS]; /* memcg lock; atomic; 0: none */
static u32 nr_ids = 1;			     /* memcg lock; atomic */

static struct stock {
	u32 busy;		  /* atomic: tried */
	u32 bytes;		  /* busy */
	struct mem_cgroup *memcg; /* busy; racy readers */
} __aligned(64) stocks[NR_STOCKS];

bool memcg_exist(void)
{
	return atomic_read(&nr_ids) > 1;
}

/* ---- counters ---- */

/* A group whose usage becomes 0 may be another one at once; that of its
 * parent is not 0 until it is its turn. */
static void uncharge_up(struct mem_cgroup *m, u64 bytes)
{
	while (m) {
		struct mem_cgroup *parent = m->parent;

		/* pairs with the acquire in __is_reusable */
		__atomic_fetch_sub(&m->usage, bytes, __ATOMIC_RELEASE);
		m = parent;
	}
}

static void note_peak(struct mem_cgroup *m, u64 usage)
{
	if (usage > READ_ONCE(m->peak))
		WRITE_ONCE(m->peak, usage);
}

static void force_charge(struct mem_cgroup *m, u64 bytes)
{
	for (; m; m = m->parent)
		note_peak(m, atomic_fetch_add(&m->usage, bytes) + bytes);
}

/* NULL, or the lowest group that has no room, with nothing charged. */
static struct mem_cgroup *try_charge(struct mem_cgroup *m, u64 bytes)
{
	for (struct mem_cgroup *c = m; c; c = c->parent) {
		u64 usage = atomic_fetch_add(&c->usage, bytes) + bytes;

		if (usage <= atomic_read(&c->limit[KMALLOC_GROUP_MAX])) {
			note_peak(c, usage);
			continue;
		}
		for (; m != c; m = m->parent)
			atomic_sub(&m->usage, bytes);
		atomic_sub(&c->usage, bytes);
		return c;
	}
	return NULL;
}

/* The group, or the nearest one above it that is in use. */
static struct mem_cgroup *in_use(struct mem_cgroup *m)
{
	while (m && atomic_read(&m->state) != MEMCG_LIVE)
		m = m->parent;
	return m;
}

/* ---- stocks ---- */

static struct stock *begin_stock(unsigned int nr)
{
	struct stock *s = &stocks[nr % NR_STOCKS];

	return xchg(&s->busy, 1) ? NULL : s;
}

static void end_stock(struct stock *s)
{
	/* pairs with the exchange in begin_stock */
	smp_store_release(&s->busy, 0);
}

static bool take_stock(struct mem_cgroup *m, size_t bytes)
{
	struct stock *s = begin_stock(percpu_here());
	bool ok;

	if (!s)
		return false;
	ok = s->memcg == m && s->bytes >= bytes;
	if (ok)
		s->bytes -= (u32)bytes;
	end_stock(s);
	return ok;
}

/* Bytes that are charged to @m become this CPU's stock. */
static void put_stock(struct mem_cgroup *m, size_t bytes)
{
	struct stock *s = begin_stock(percpu_here());
	struct mem_cgroup *old = m;
	size_t rest = bytes;

	if (s) {
		old = s->memcg;
		rest = s->bytes;
		if (old == m) {
			rest += bytes;
			bytes = min(rest, STOCK_BYTES + 0UL);
			rest -= bytes;
		}
		atomic_set(&s->memcg, m);
		s->bytes = (u32)bytes;
		end_stock(s);
	}
	if (rest)
		uncharge_up(old, rest);
}

/* True if there was anything in them. */
static bool drain_stocks(void)
{
	bool any = false;

	for (unsigned int i = 0; i < NR_STOCKS; i++) {
		struct stock *s;
		struct mem_cgroup *m;
		u32 bytes;

		if (!atomic_read(&stocks[i].memcg))
			continue;
		s = begin_stock(i);
		if (!s)
			continue;
		m = s->memcg;
		bytes = s->bytes;
		atomic_set(&s->memcg, NULL);
		s->bytes = 0;
		end_stock(s);
		if (bytes)
			uncharge_up(m, bytes);
		any = any || bytes;
	}
	return any;
}

/* ---- at a limit ---- */

struct relief {
	int priority;
	unsigned int rounds;
	bool drained;
};

static void note_event(struct mem_cgroup *m, enum memcg_memory_event event)
{
	atomic_add(&m->events[event], 1);
}

static bool notify(struct mem_cgroup *m, enum memcg_memory_event event)
{
	unsigned int scope;
	bool freed;

	if (!READ_ONCE(m->notify) || !gfp_may(OOM))
		return false;
	scope = memalloc_flags_save(PF_MEMALLOC | PF_MEMALLOC_NOFS);
	freed = m->notify(m, event, m->arg);
	memalloc_flags_restore(scope);
	return freed;
}

/* What is freed goes into stocks first. */
static unsigned long reclaim(struct mem_cgroup *over, int priority)
{
	unsigned long freed = 0;

	if (READ_ONCE(memcg_reclaim))
		freed = memcg_reclaim(over, gfp_now(), priority);
	if (freed)
		drain_stocks();
	return freed;
}

/* One step; true if it is worth another attempt. */
static bool relieve(struct mem_cgroup *over, struct relief *r)
{
	if (!r->drained) {
		r->drained = true;
		if (drain_stocks())
			return true;
	}
	if (!gfp_may(SLAB) || in_nmi())
		return false;
	while (r->priority >= 0) {
		if (reclaim(over, r->priority--))
			return true;
	}
	note_event(over, MEMCG_OOM);
	if (r->rounds++ == RETRIES || !notify(over, MEMCG_OOM))
		return false;
	r->priority = FIRST_PRIORITY;
	r->drained = false;
	return true;
}

static bool may_exceed(void)
{
	gfp_t gfp = gfp_now();

	return gfp & (__GFP_HIGH | __GFP_MEMALLOC) || gfp_may(FOREVER);
}

static void wait_ms(u64 ms)
{
	static u32 never;

	arch_futex_wait_ms(&never, 0, (unsigned int)ms);
}

/* Who is above high pays for it: the more, the longer. */
static void throttle(struct mem_cgroup *m)
{
	for (; m; m = m->parent) {
		u64 high = atomic_read(&m->limit[KMALLOC_GROUP_HIGH]);
		u64 usage = atomic_read(&m->usage);

		if (likely(usage <= high))
			continue;
		note_event(m, MEMCG_HIGH);
		if (!gfp_may(SLAB) || in_nmi())
			continue;
		drain_stocks();
		reclaim(m, PRESSING);
		notify(m, MEMCG_HIGH);
		usage = atomic_read(&m->usage);
		if (usage > high)
			wait_ms(min((usage - high) * 100 / (high + 1) + 1,
				    (u64)HIGH_WAIT_MS));
	}
}

/* ---- charging ---- */

static bool charge_slowly(struct mem_cgroup *m, size_t bytes)
{
	struct relief r = { .priority = FIRST_PRIORITY };
	struct mem_cgroup *over;

	while ((over = try_charge(m, bytes))) {
		note_event(over, MEMCG_MAX);
		if (relieve(over, &r))
			continue;
		if (!may_exceed())
			return false;
		force_charge(m, bytes);
		break;
	}
	return true;
}

bool memcg_charge(struct mem_cgroup *m, size_t bytes, u16 *owner)
{
	*owner = 0;
	m = in_use(m);
	if (!m)
		return true;
	if (bytes > STOCK_BYTES || !take_stock(m, bytes)) {
		if (bytes < STOCK_BYTES && !try_charge(m, STOCK_BYTES))
			put_stock(m, STOCK_BYTES - bytes);
		else if (!charge_slowly(m, bytes))
			return false;
		throttle(m);
	}
	*owner = m->id;
	return true;
}

void memcg_uncharge(u16 owner, size_t bytes)
{
	/* pairs with the release in __add_group */
	struct mem_cgroup *m = smp_load_acquire(&groups[owner]);

	if (bytes < STOCK_BYTES && atomic_read(&m->state) == MEMCG_LIVE)
		put_stock(m, bytes);
	else
		uncharge_up(m, bytes);
}

/* ---- the tree ---- */

static bool __is_reusable(struct mem_cgroup *m)
{
	/* pairs with the release in uncharge_up */
	return m->state == MEMCG_DEAD && !m->children &&
	       !smp_load_acquire(&m->usage) && !smp_load_acquire(&m->refs);
}

/* Dead groups that nothing is charged to any more; children come after their
 * parents, so that this goes backwards. */
static void __reuse_groups(void)
{
	for (u32 i = nr_ids; --i > 0;) {
		struct mem_cgroup *m = groups[i];

		if (!__is_reusable(m))
			continue;
		if (m->parent)
			m->parent->children--;
		atomic_set(&m->state, MEMCG_UNUSED);
	}
}

static struct mem_cgroup *__find_unused(void)
{
	for (u32 i = 1; i < nr_ids; i++) {
		if (groups[i]->state == MEMCG_UNUSED)
			return groups[i];
	}
	return NULL;
}

static struct mem_cgroup *__add_group(void)
{
	struct mem_cgroup *m;

	if (nr_ids == NR_GROUPS)
		return NULL;
	m = memblock_alloc(sizeof(*m), 64);
	if (!m)
		return NULL;
	m->id = (u16)nr_ids;
	/* pairs with the acquire in memcg_uncharge */
	smp_store_release(&groups[nr_ids], m);
	atomic_set(&nr_ids, nr_ids + 1);
	return m;
}

static void __start_group(struct mem_cgroup *m, struct mem_cgroup *parent,
			  const char *name)
{
	u16 id = m->id;

	*m = (struct mem_cgroup){ .id = id, .parent = parent };
	m->limit[KMALLOC_GROUP_HIGH] = m->limit[KMALLOC_GROUP_MAX] = ~0ULL;
	scnprintf(m->name, sizeof(m->name), "%s", name ? name : "");
	if (parent)
		parent->children++;
	atomic_set(&m->state, MEMCG_LIVE);
}

__export struct mem_cgroup *kmalloc_group_create(struct mem_cgroup *parent,
						 const char *name)
{
	struct mem_cgroup *m = NULL;

	if (!mm_boot())
		return NULL;
	drain_stocks();
	if (!spin_lock(&memcg_lock))
		return NULL;
	__reuse_groups();
	if (!parent || parent->state == MEMCG_LIVE) {
		m = __find_unused();
		if (!m)
			m = __add_group();
		if (m)
			__start_group(m, parent, name);
	}
	spin_unlock(&memcg_lock);
	return m;
}

static bool __has_live_children(const struct mem_cgroup *m)
{
	for (u32 i = 1; m->children && i < nr_ids; i++) {
		if (groups[i]->state == MEMCG_LIVE && groups[i]->parent == m)
			return true;
	}
	return false;
}

__export int kmalloc_group_remove(struct mem_cgroup *m)
{
	int err = -EBUSY;

	if (!m)
		return 0;
	if (!spin_lock(&memcg_lock))
		return -EDEADLK;
	if (!__has_live_children(m)) {
		atomic_set(&m->state, MEMCG_DEAD);
		err = 0;
	}
	spin_unlock(&memcg_lock);
	drain_stocks();
	return err;
}

static bool __is_below(const struct mem_cgroup *m,
		       const struct mem_cgroup *root)
{
	while (m && m != root)
		m = m->parent;
	return m == root;
}

struct mem_cgroup *memcg_next(struct mem_cgroup *root, struct mem_cgroup *prev)
{
	struct mem_cgroup *next = NULL;

	if (!memcg_exist() || !spin_lock(&memcg_lock))
		goto out;
	for (u32 i = prev ? prev->id + 1U : 1; i < nr_ids && !next; i++) {
		if (groups[i]->state == MEMCG_LIVE &&
		    __is_below(groups[i], root))
			next = groups[i];
	}
	if (next)
		atomic_add(&next->refs, 1);
	spin_unlock(&memcg_lock);
out:
	if (prev)
		memcg_put(prev);
	return next;
}

void memcg_put(struct mem_cgroup *m)
{
	/* pairs with the acquire in __is_reusable */
	__atomic_fetch_sub(&m->refs, 1, __ATOMIC_RELEASE);
}

struct mem_cgroup *memcg_from_id(u16 id)
{
	return id ? in_use(smp_load_acquire(&groups[id])) : NULL;
}

bool memcg_is_protected(struct mem_cgroup *m, bool pressing)
{
	u64 usage = atomic_read(&m->usage);

	if (usage <= atomic_read(&m->limit[KMALLOC_GROUP_MIN]))
		return true;
	if (usage > atomic_read(&m->limit[KMALLOC_GROUP_LOW]))
		return false;
	if (pressing)
		note_event(m, MEMCG_LOW);
	return !pressing;
}

/* ---- the interface ---- */

__export struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg)
{
	struct mem_cgroup *old = READ_ONCE(memcg_active);

	if (memcg)
		atomic_add(&memcg->refs, 1);
	WRITE_ONCE(memcg_active, memcg);
	if (old)
		memcg_put(old);
	return old;
}

__export int kmalloc_group_set(struct mem_cgroup *m,
			       enum kmalloc_group_value value,
			       unsigned long bytes)
{
	if ((unsigned int)value > KMALLOC_GROUP_MAX)
		return -EINVAL;
	atomic_set(&m->limit[value], bytes);
	/* Charges from a stock do not look at limits. */
	drain_stocks();
	return 0;
}

__export unsigned long kmalloc_group_get(struct mem_cgroup *m,
					 enum kmalloc_group_value value)
{
	if (value == KMALLOC_GROUP_PEAK)
		return READ_ONCE(m->peak);
	if ((unsigned int)value <= KMALLOC_GROUP_MAX)
		return atomic_read(&m->limit[value]);
	drain_stocks();
	return atomic_read(&m->usage);
}

__export unsigned long kmalloc_group_events(struct mem_cgroup *m,
					    enum memcg_memory_event event)
{
	return (unsigned int)event < MEMCG_NR_MEMORY_EVENTS ?
		       atomic_read(&m->events[event]) :
		       0;
}

__export void kmalloc_group_notify(struct mem_cgroup *m,
				   int (*fn)(struct mem_cgroup *,
					     enum memcg_memory_event, void *),
				   void *arg)
{
	m->arg = arg;
	WRITE_ONCE(m->notify, fn);
}

__export struct mem_cgroup *parent_mem_cgroup(struct mem_cgroup *m)
{
	return in_use(m->parent);
}

__export const char *kmalloc_group_name(const struct mem_cgroup *m)
{
	return m->name;
}

/* ---- fork ---- */

void memcg_fork_lock(void)
{
	spin_fork_lock(&memcg_lock);
}

void memcg_fork_unlock(void)
{
	spin_fork_unlock(&memcg_lock);
}

/* What another thread was about to put into a stock stays charged. */
void memcg_fork_child(void)
{
	for (unsigned int i = 0; i < NR_STOCKS; i++) {
		if (!stocks[i].busy)
			continue;
		stocks[i] = (struct stock){ 0 };
	}
	spin_lock_reinit(&memcg_lock);
}
