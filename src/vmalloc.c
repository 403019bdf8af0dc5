/* SPDX-License-Identifier: MIT */
/*
 * vmalloc: areas, their address space, and the pages under free ones.
 *
 * The range is cut into units of 64 KiB, each with a descriptor outside
 * the range.  Neighbouring units form runs; a run's first unit tells its
 * length and state, its last one where it begins:
 *
 *   | BUSY run       | DIRTY | ZERO run          | BUSY    |  .. frontier
 *     head: nr         ...                  last: head
 *
 *   BUSY   an area somebody uses
 *   DIRTY  free; some of its pages may be resident
 *   ZERO   free; none is
 *   PURGING  neither, in one thread's hands
 *
 * Free runs merge with their free neighbours, whatever their states, and
 * are in bins by length, four to a power of two, one set for each state.
 * All that may be resident of a DIRTY run is in its hull, from the first
 * such unit to the last one; what is cut from outside of it is ZERO.
 * An area is taken where it makes least resident and leaves little over, so
 * that a churn of large blocks hardly faults or enters the kernel.  Past the
 * frontier nothing was ever used.
 *
 * Purging discards the pages of DIRTY runs: of what has been free for the
 * reporting delay, of what exceeds dirty_limit (when an area is taken, too:
 * its pages are about to come), and of all if that is more than
 * page_trim_threshold.
 *
 * Areas of vmalloc_huge are advised to consist of 2 MiB pages, until they
 * are freed; they are not resized but copied.  So are malloc's large ones,
 * until they are freed or resized, as long as such areas turn out to be used
 * from end to end.
 *
 * Of areas that are freed, up to NR_NOTES in a quarter of a second, the first
 * word is noted, if it can be read; who is given that memory again looks
 * whether it is still there.  Free memory itself is not written to.
 *
 * Areas of vmap show pages that are somebody's; who made them (their owner)
 * is called to take the pages out before they are freed.
 *
 * The kernel's areas (vmalloc) have a guard, the last page of their run,
 * which goes when they are freed; malloc's have none.
 *
 * Invariants: runs tile [0, frontier); two free runs are never neighbours;
 * only the head unit of a run has a state; free runs have no guards; a run
 * has a hull if and only if it has dirty units; a note is of a free unit.
 *
 * Locks: VMAP for all of the above; system calls are made without it, on
 * runs that are BUSY or PURGING meanwhile.  A signal handler that may not
 * wait for the lock gets an area only if the lock is free, resizes and
 * purges none, and defers its frees.
 *
 * Cost: one lock and a look at up to 64 runs for an allocation.  No system
 * call when a DIRTY run fits, but for malloc's areas of 4 MiB and more (advice,
 * mincore), for notes, and where too much is dirty.
 */
#include "vmalloc.h"

#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "buddy.h"
#include "cgroup.h"
#include "gfp.h"
#include "memblock.h"
#include "memcontrol.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "params.h"
#include "printk.h"
#include "vmstat.h"
#include "zone.h"

#define UNIT_SHIFT 16
#define UNIT_SIZE (1UL << UNIT_SHIFT)
#define UNIT_PAGES (UNIT_SIZE / PAGE_SIZE)
#define UNITS_2M (SZ_2M >> UNIT_SHIFT)

enum run_state { RUN_NONE, RUN_BUSY, RUN_DIRTY, RUN_ZERO, RUN_PURGING };
enum { BIN_DIRTY, BIN_ZERO, NR_BIN_SETS };
enum area_kind {
	AREA_PLAIN,
	AREA_HUGE,  /* vmalloc_huge's: advised to be 2 MiB pages */
	AREA_PAGES, /* vmap's */
	AREA_FRESH, /* malloc's, a large one, nothing of it resident at first */
	AREA_WHOLE  /* malloc's, a large one, advised to be 2 MiB pages */
};
#define NR_BINS 128
#define NR_NOTES 8
#define BIN_LOOK 8   /* runs looked at in one bin */
#define COST_LOOK 32 /* and in all of them */
#define COST_LEFT 8  /* units that are left over cost as much as one */

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
			u8 kind;    /* head, BUSY: enum area_kind */
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

/* What a free area began with. */
struct note {
	u32 unit; /* its first one, plus 1; 0: this is none */
	u64 first;
};

static struct {
	struct spinlock lock;
	struct vmap_unit *unit; /* const after the first use */
	u32 frontier;
	u32 bins[NR_BIN_SETS][NR_BINS];
	u64 nonempty[NR_BIN_SETS][NR_BINS / 64];
	size_t areas, live_pages, dirty_units;
	size_t peak_pages; /* of live_pages, lately */
	u32 next_purge;
	struct note notes[NR_NOTES];
	u32 nr_notes;
	u32 next_note;	 /* the one that has been there for longest */
	u32 noted_at;	 /* 1/4 s */
	u32 noted_then;	 /* so many since */
	void **deferred; /* atomic */
	bool no_guards;	 /* racy; only ever turned on */
	u32 whole;	 /* racy: large areas used whole, in turn */
	u32 advised;	 /* atomic */
} vm = { .lock = SPIN_LOCK_INIT(VMAP) };

#define DIRTY_MIN (8 * SZ_1M)
#define DIRTY_MAX SZ_1G
#define PEAK_SLACK 10 /* dirty beyond the peak: a part of it */
#define PEAK_FADE 32  /* what the peak loses at each PURGE_EVERY */
#define STAMP_MS 250
#define PURGE_EVERY 2 /* stamps */

static inline char *unit_address(u32 i)
{
	return mem_vmalloc.base + ((size_t)i << UNIT_SHIFT);
}

static inline u32 unit_index(const void *p)
{
	return (u32)(((const char *)p - mem_vmalloc.base) >> UNIT_SHIFT);
}

static inline size_t run_bytes(u32 i)
{
	return (size_t)vm.unit[i].nr << UNIT_SHIFT;
}

static u32 now_stamp(void)
{
	return (u32)(arch_clock_ms() / STAMP_MS);
}

/* Units for @pages, at least one, and, behind them, a guard of the system's
 * page size. */
static u32 units_for(size_t pages, bool guard)
{
	size_t behind = guard ? arch_page_size >> PAGE_SHIFT : 0;

	return (u32)DIV_ROUND_UP(max(pages, (size_t)1) + behind, UNIT_PAGES);
}

/* ---- bins; the lock is held ---- */

static unsigned int bin_of(u32 nr)
{
	unsigned int log = __fls(nr);

	return log * 4 + (log >= 2 ? nr >> (log - 2) & 3 : nr << (2 - log) & 3);
}

static unsigned int bin_set(const struct vmap_unit *u)
{
	return u->state == RUN_DIRTY ? BIN_DIRTY : BIN_ZERO;
}

static void bin_add(u32 i)
{
	struct vmap_unit *u = &vm.unit[i];
	unsigned int set = bin_set(u), bin = bin_of(u->nr);

	u->prev = 0;
	u->next = vm.bins[set][bin];
	if (u->next)
		vm.unit[u->next - 1].prev = i + 1;
	vm.bins[set][bin] = i + 1;
	vm.nonempty[set][bin / 64] |= 1ULL << bin % 64;
	if (set == BIN_DIRTY)
		vm.dirty_units += u->dirty;
}

static void bin_del(u32 i)
{
	struct vmap_unit *u = &vm.unit[i];
	unsigned int set = bin_set(u), bin = bin_of(u->nr);

	if (u->next)
		vm.unit[u->next - 1].prev = u->prev;
	if (u->prev)
		vm.unit[u->prev - 1].next = u->next;
	else
		vm.bins[set][bin] = u->next;
	if (!vm.bins[set][bin])
		vm.nonempty[set][bin / 64] &= ~(1ULL << bin % 64);
	if (set == BIN_DIRTY)
		vm.dirty_units -= u->dirty;
}

/* The shortest of some runs in the bin of @least that has as many units. */
static u32 bin_best(unsigned int set, u32 least)
{
	u32 i = vm.bins[set][bin_of(least)], best = 0;

	for (int n = 0; i && n < BIN_LOOK; n++) {
		u32 nr = vm.unit[i - 1].nr;

		if (nr >= least && (!best || nr < vm.unit[best - 1].nr))
			best = i;
		i = vm.unit[i - 1].next;
	}
	return best;
}

/* The first bin from @bin on that has runs; NR_BINS: none. */
static unsigned int next_bin(unsigned int set, unsigned int bin)
{
	for (unsigned int w = bin / 64; w < NR_BINS / 64; w++) {
		u64 bits = vm.nonempty[set][w];

		if (w == bin / 64)
			bits = bits >> bin % 64 << bin % 64;
		if (bits)
			return w * 64 + __ffs(bits);
	}
	return NR_BINS;
}

/* A run in a bin above that of @least: each of them is long enough. */
static u32 bin_above(unsigned int set, u32 least)
{
	unsigned int bin = next_bin(set, bin_of(least) + 1);

	return bin < NR_BINS ? vm.bins[set][bin] : 0;
}

/* A run of @set with at least @least units; false if none is found. */
static bool bin_find(unsigned int set, u32 least, u32 *found)
{
	u32 i = bin_best(set, least);

	if (!i)
		i = bin_above(set, least);
	*found = i - 1;
	return i;
}

/* ---- runs; the lock is held ---- */

static void set_run(u32 i, u32 nr, enum run_state state)
{
	vm.unit[i].nr = nr;
	vm.unit[i].state = (u8)state;
	vm.unit[i].special = false;
	vm.unit[i + nr - 1].head = i;
}

static bool run_is_free(u32 i)
{
	return vm.unit[i].state == RUN_DIRTY || vm.unit[i].state == RUN_ZERO;
}

/* What of a run may be resident: units from one to before the other. */
struct hull {
	u32 from, to, dirty;
};

static const struct hull no_hull = { 0, 0, 0 };

static struct hull hull_of(u32 i)
{
	const struct vmap_unit *u = &vm.unit[i];

	if (!u->dirty)
		return no_hull;
	return u->nr == 1 ? (struct hull){ i, i + 1, 1 } :
			    (struct hull){ u[1].from, u[1].to, u->dirty };
}

static void set_hull(u32 i, struct hull h)
{
	struct vmap_unit *u = &vm.unit[i];

	u->dirty = h.dirty;
	if (u->nr > 1) {
		u[1].from = h.from;
		u[1].to = h.to;
	}
}

static struct hull all_dirty(u32 i)
{
	u32 nr = vm.unit[i].nr;

	return (struct hull){ i, i + nr, nr };
}

/* The part of a hull from @from to before @to, with its share of what is
 * dirty, at least one unit, so that it does not pass for ZERO. */
static struct hull part_of_hull(struct hull h, u32 from, u32 to)
{
	u32 len = h.to - h.from;

	if (from <= h.from && to >= h.to)
		return h;
	from = max(from, h.from);
	to = min(to, h.to);
	if (from >= to)
		return no_hull;
	return (struct hull){
		from, to, (u32)DIV_ROUND_UP((u64)h.dirty * (to - from), len)
	};
}

static struct hull join_hulls(struct hull a, struct hull b)
{
	if (!a.dirty || !b.dirty)
		return a.dirty ? a : b;
	return (struct hull){ a.from, b.to, a.dirty + b.dirty };
}

/* Joins free run @b, which is behind @a, to it.  The stamp becomes the one
 * in between, nearer to that of the dirtier run. */
static void __join(u32 a, u32 b)
{
	struct vmap_unit *u = &vm.unit[a], *v = &vm.unit[b];
	struct hull h = join_hulls(hull_of(a), hull_of(b));
	s64 later = (s32)(v->stamp - u->stamp);

	if (h.dirty)
		u->stamp += (u32)(later * v->dirty / h.dirty);
	v->state = RUN_NONE;
	set_run(a, u->nr + v->nr, h.dirty ? RUN_DIRTY : RUN_ZERO);
	set_hull(a, h);
}

/* Makes a run that is on no bin free, and one with its free neighbours;
 * its hull is set already, and its stamp, if it has one. */
static void __release(u32 i)
{
	u32 next = i + vm.unit[i].nr, prev = i ? vm.unit[i - 1].head : 0;

	lockdep_assert_held(&vm.lock);
	vm.unit[i].state = vm.unit[i].dirty ? RUN_DIRTY : RUN_ZERO;
	if (next < vm.frontier && run_is_free(next)) {
		bin_del(next);
		__join(i, next);
	}
	if (i && run_is_free(prev)) {
		bin_del(prev);
		__join(prev, i);
		i = prev;
	}
	bin_add(i);
}

/* Cuts a run that is on no bin in two, and its hull. */
static u32 __cut_run(u32 i, u32 nr)
{
	struct vmap_unit *u = &vm.unit[i], *v = u + nr;
	u32 rest = u->nr - nr;
	struct hull h = hull_of(i);

	v->stamp = u->stamp;
	set_run(i + nr, rest, (enum run_state)u->state);
	set_run(i, nr, (enum run_state)u->state);
	set_hull(i + nr, part_of_hull(h, i + nr, i + nr + rest));
	set_hull(i, part_of_hull(h, i, i + nr));
	return i + nr;
}

/* Keeps the first @nr units; the rest becomes free. */
static void __split_run(u32 i, u32 nr)
{
	if (nr != vm.unit[i].nr)
		__release(__cut_run(i, nr));
}

static bool __extend_frontier(u32 nr, u32 *found)
{
	u32 start = vm.frontier;

	if (!gfp_may(CALL) || nr > (mem_vmalloc.size >> UNIT_SHIFT) - start ||
	    memblock_online_vmalloc(((size_t)start + nr) << UNIT_SHIFT))
		return false;
	WRITE_ONCE(vm.frontier, start + nr);
	set_run(start, nr, RUN_BUSY);
	set_hull(start, no_hull);
	*found = start;
	return true;
}

/* Makes @nr units of a free run BUSY, behind its first @skip. */
static u32 __take_part(u32 i, u32 skip, u32 nr)
{
	u32 found = i;

	bin_del(i);
	vm.unit[i].state = RUN_BUSY;
	if (skip) {
		found = __cut_run(i, skip);
		__release(i);
	}
	__split_run(found, nr);
	return found;
}

/* A free run of @set, now BUSY; of it @nr units, first of which is a
 * multiple of @align units. */
static bool __take_free(u32 nr, u32 align, unsigned int set, u32 *found)
{
	u32 i, skip;

	if (!bin_find(set, nr + align - 1, &i))
		return false;
	skip = -(u32)((uintptr_t)unit_address(i) >> UNIT_SHIFT) & (align - 1);
	*found = __take_part(i, skip, nr);
	return true;
}

/* ---- the cheapest run; the lock is held ---- */

/* The units that an area would make resident there, and a part of what is
 * left over, lest runs become short. */
struct offer {
	u32 run, skip, cost;
};
#define NO_OFFER (~0U)

static void consider(struct offer *best, u32 i, u32 from, u32 nr)
{
	u32 dirty = part_of_hull(hull_of(i), from, from + nr).dirty;
	u32 clean = nr - min(dirty, nr);
	u32 cost = clean + (vm.unit[i].nr - nr) / COST_LEFT;

	if (cost < best->cost && (!clean || gfp_may(FAULT)))
		*best = (struct offer){ i, from - i, cost };
}

/* Not in the middle, unless that is where its pages are. */
static void consider_run(struct offer *best, u32 i, u32 nr)
{
	u32 len = vm.unit[i].nr, end = i + len;
	struct hull h = hull_of(i);

	consider(best, i, i, nr);
	if (!h.dirty || h.dirty == len || len == nr)
		return;
	consider(best, i, end - nr, nr);
	if (h.from > i && h.from + nr < end)
		consider(best, i, h.from, nr);
	if (h.to < end && h.to > i + nr)
		consider(best, i, h.to - nr, nr);
}

/* Looks at COST_LOOK runs of @set at most, short ones first. */
static void consider_set(struct offer *best, unsigned int set, u32 nr)
{
	unsigned int bin = next_bin(set, bin_of(nr)), looks = 0;

	for (; bin < NR_BINS && best->cost && looks < COST_LOOK;
	     bin = next_bin(set, bin + 1)) {
		u32 i = vm.bins[set][bin];

		for (int n = 0; i && n < BIN_LOOK; n++, looks++) {
			if (vm.unit[i - 1].nr >= nr)
				consider_run(best, i - 1, nr);
			i = vm.unit[i - 1].next;
		}
	}
}

/* @nr ZERO units; at the frontier, which becomes a free run first. */
static bool __take_zero(u32 nr, u32 align, u32 *found)
{
	u32 more;

	if (!gfp_may(FAULT))
		return false;
	if (__take_free(nr, align, BIN_ZERO, found))
		return true;
	if (!__extend_frontier(nr + align - 1, &more))
		return false;
	__release(more);
	return __take_free(nr, align, BIN_ZERO, found) ||
	       __take_free(nr, align, BIN_DIRTY, found);
}

/* @nr units of the run where they cost least. */
static bool __take_cheapest(u32 nr, u32 *found)
{
	struct offer best = { 0, 0, NO_OFFER };

	consider_set(&best, BIN_DIRTY, nr);
	if (gfp_may(FAULT))
		consider_set(&best, BIN_ZERO, nr);
	if (best.cost == NO_OFFER)
		return false;
	*found = __take_part(best.run, best.skip, nr);
	return true;
}

/* @nr units of the last run, which is DIRTY, together with the frontier. */
static bool __take_last(u32 nr, u32 *found)
{
	u32 last = vm.frontier ? vm.unit[vm.frontier - 1].head : 0, more;

	if (!vm.frontier || vm.unit[last].state != RUN_DIRTY ||
	    !__extend_frontier(nr - vm.unit[last].nr, &more))
		return false;
	__release(more);
	return __take_free(nr, 1, BIN_DIRTY, found);
}

static bool __take(u32 nr, u32 align, u32 *found)
{
	if (align > 1 ? __take_free(nr, align, BIN_DIRTY, found) :
			__take_cheapest(nr, found) || __take_last(nr, found))
		return true;
	return __take_zero(nr, align, found);
}

static void __account(u32 i, size_t pages, int areas)
{
	vm.live_pages += pages - (areas < 1 ? vm.unit[i].pages : 0);
	vm.areas += (size_t)areas;
	if (areas >= 0)
		vm.unit[i].pages = (u32)pages;
	vm.peak_pages = max(vm.peak_pages, vm.live_pages);
}

/* ---- notes of free areas ---- */

/* Whether this area is to be noted; makes it so that its first word can be read
 * without a fault.  What the program has made of the page is its own affair: it
 * may be inaccessible.  A word that was never written to is read from the
 * system's page of zeros, which would keep 2 MiB pages away.  Where nothing is
 * reserved, what checks the program's calls may be there, and complain. */
static bool is_worth_noting(u32 i, u32 now)
{
	u8 kind = vm.unit[i].kind;

	if (now == READ_ONCE(vm.noted_at) &&
	    READ_ONCE(vm.noted_then) >= NR_NOTES)
		return false;
	return (kind == AREA_PLAIN || kind == AREA_FRESH) &&
	       !READ_ONCE(gfp_task.now) && spin_may_wait(&vm.lock) &&
	       param(thp) != THP_ALWAYS && READ_ONCE(mem_reserved) &&
	       arch_is_readable((u32 *)unit_address(i));
}

static void __note(u32 i, u32 now)
{
	struct note *n = &vm.notes[vm.next_note++ % NR_NOTES];

	lockdep_assert_held(&vm.lock);
	if (now != vm.noted_at)
		WRITE_ONCE(vm.noted_then, 0);
	WRITE_ONCE(vm.noted_at, now);
	WRITE_ONCE(vm.noted_then, vm.noted_then + 1);
	vm.nr_notes += !n->unit;
	n->unit = i + 1;
	n->first = READ_ONCE(*(u64 *)unit_address(i));
}

/* Those of @nr units, which are in use from now on; how many there were. */
static unsigned int __take_notes(u32 i, u32 nr, struct note *taken)
{
	unsigned int n = 0;

	lockdep_assert_held(&vm.lock);
	for (int k = 0; k < NR_NOTES && vm.nr_notes; k++) {
		if (vm.notes[k].unit - 1 - i >= nr)
			continue;
		taken[n++] = vm.notes[k];
		vm.notes[k].unit = 0;
		vm.nr_notes--;
	}
	return n;
}

static void __drop_notes(u32 i, u32 nr)
{
	struct note dropped[NR_NOTES];

	__take_notes(i, nr, dropped);
}

/* Zero: what was purged is gone.  Who may not sleep may not fault. */
static void check_notes(const struct note *notes, unsigned int nr)
{
	if (!gfp_may(FAULT))
		return;
	for (unsigned int k = 0; k < nr; k++) {
		char *p = unit_address(notes[k].unit - 1);
		u64 first = READ_ONCE(*(u64 *)p);

		if (unlikely(first != notes[k].first && first))
			page_report_write(p);
	}
}

/* ---- guards ---- */

static void guard_run(u32 i)
{
	char *page = unit_address(i) + run_bytes(i) - arch_page_size;

	if (vm.unit[i].guarded || READ_ONCE(vm.no_guards) || !gfp_may(CALL))
		return;
	if (arch_madvise(page, arch_page_size, MADV_GUARD_INSTALL))
		WRITE_ONCE(vm.no_guards, true);
	else
		vm.unit[i].guarded = true;
}

/* False if the guard could not be removed. */
static bool unguard_run(u32 i)
{
	char *page = unit_address(i) + run_bytes(i) - arch_page_size;

	for (int tries = 0; vm.unit[i].guarded && tries < 4; tries++) {
		if (!arch_madvise(page, arch_page_size, MADV_GUARD_REMOVE))
			vm.unit[i].guarded = false;
	}
	return !vm.unit[i].guarded;
}

/* ---- 2 MiB pages ---- */

#define WHOLE_MIN SZ_4M
#define WHOLE_SURE 4   /* in turn that were used from end to end */
#define WHOLE_PROBE 16 /* one that is not advised, to see whether that is so */
#define WHOLE_LOOKS 8  /* pages looked at */

static bool advise_huge(char *from, char *to)
{
	return param(thp) == THP_MADVISE && from < to &&
	       !arch_madvise(from, (size_t)(to - from), MADV_HUGEPAGE);
}

static void make_huge(u32 i, size_t size)
{
	char *start = unit_address(i);

	if (advise_huge(start, start + ALIGN_DOWN(size, SZ_2M)))
		vm.unit[i].kind = AREA_HUGE;
}

/* As all of the range is. */
static void unadvise_huge(u32 i)
{
	u8 kind = vm.unit[i].kind;

	if (kind != AREA_HUGE && kind != AREA_WHOLE)
		return;
	arch_madvise(unit_address(i), run_bytes(i), MADV_NOHUGEPAGE);
	vm.unit[i].kind = AREA_PLAIN;
}

/* A new large area of malloc's. */
static void advise_whole(u32 i, size_t size)
{
	char *start = unit_address(i), *end = start + size;

	if (!gfp_may(CALL) || param(thp) != THP_MADVISE)
		return;
	if (READ_ONCE(vm.whole) < WHOLE_SURE ||
	    atomic_fetch_add(&vm.advised, 1) % WHOLE_PROBE == 0) {
		if (!vm.unit[i].dirty)
			vm.unit[i].kind = AREA_FRESH;
		return;
	}
	start = (char *)ALIGN((uintptr_t)start, SZ_2M);
	end = (char *)ALIGN_DOWN((uintptr_t)end, SZ_2M);
	if (vm.unit[i].dirty + UNITS_2M <= vm.unit[i].nr &&
	    advise_huge(start, end))
		vm.unit[i].kind = AREA_WHOLE;
}

static bool is_whole(u32 i)
{
	size_t bytes = (size_t)vm.unit[i].pages << PAGE_SHIFT;

	for (unsigned int k = 1; k <= WHOLE_LOOKS; k++) {
		size_t at =
			ALIGN_DOWN(bytes / WHOLE_LOOKS * k - 1, arch_page_size);

		if (!arch_is_resident(unit_address(i) + at))
			return false;
	}
	return true;
}

/* From an area that is freed: what is resident of it, its user has used. */
static void learn(u32 i)
{
	u32 whole = READ_ONCE(vm.whole);

	if (vm.unit[i].kind != AREA_FRESH)
		return;
	vm.unit[i].kind = AREA_PLAIN;
	WRITE_ONCE(vm.whole, is_whole(i) ? min(whole + 1, WHOLE_SURE + 0U) : 0);
}

/* An area that changes: nothing is learnt from it, and it is one mapping. */
static void forget(u32 i)
{
	if (vm.unit[i].kind == AREA_WHOLE)
		unadvise_huge(i);
	vm.unit[i].kind = AREA_PLAIN;
}

/* ---- purging ---- */

#define PURGE_BATCH 32

/* Used and dirty memory together may be a little more than the most that was
 * used lately: so reuse hardly raises the peak. */
static size_t dirty_limit(void)
{
	size_t limit =
		vm.peak_pages + vm.peak_pages / PEAK_SLACK - vm.live_pages;

	return clamp(limit * PAGE_SIZE, DIRTY_MIN, DIRTY_MAX);
}

static bool dirty_is_much(void)
{
	return vm.dirty_units << UNIT_SHIFT > dirty_limit();
}

/* Dirty units that may stay; who purges for the limit makes some room. */
static size_t dirty_kept(void)
{
	size_t limit = dirty_limit() >> UNIT_SHIFT;

	return dirty_is_much() ? limit - limit / 8 : SIZE_MAX;
}

static bool run_is_old(const struct vmap_unit *u, u32 now)
{
	return now - u->stamp >= (u32)(param(page_reporting_delay) / STAMP_MS);
}

/* So many of its first units as have about @excess dirty ones. */
static u32 units_of(u32 i, u32 excess)
{
	struct hull h = hull_of(i);
	u64 len = (u64)(h.to - h.from) * excess / h.dirty;
	u32 end = h.from + (u32)max(len, 1UL);

	/* Of a 2 MiB page, less than all would not come back. */
	if (len >= UNITS_2M)
		end += -(u32)((uintptr_t)unit_address(end) >> UNIT_SHIFT) &
		       (UNITS_2M - 1);
	return min(end, h.to) - i;
}

/* Takes a run off its bin, to purge about @excess dirty units of it. */
static void __take_to_purge(u32 i, size_t excess)
{
	struct vmap_unit *u = &vm.unit[i];

	bin_del(i);
	u->state = RUN_PURGING;
	if (excess < u->dirty)
		__split_run(i, units_of(i, (u32)excess));
}

/* The old ones, and of others what is more than @kept; long ones first. */
static unsigned int __collect_dirty(u32 *runs, unsigned int nr, size_t kept,
				    bool sparse)
{
	u32 now = now_stamp();

	for (int bin = NR_BINS - 1; bin >= 0; bin--) {
		u32 i = vm.bins[BIN_DIRTY][bin];

		while (i && nr < PURGE_BATCH) {
			struct vmap_unit *u = &vm.unit[i - 1];
			size_t excess = max(vm.dirty_units, kept) - kept;
			u32 next = u->next;

			if (run_is_old(u, now))
				excess = u->dirty;
			else if (sparse && u->dirty >= u->nr / 2)
				excess = 0;
			if (excess) {
				__take_to_purge(i - 1, excess);
				runs[nr++] = i - 1;
			}
			i = next;
		}
	}
	return nr;
}

static bool discard_runs(const u32 *runs, unsigned int nr)
{
	struct arch_range ranges[PURGE_BATCH];

	for (unsigned int i = 0; i < nr; i++) {
		struct hull h = hull_of(runs[i]);

		ranges[i].addr = unit_address(h.from);
		ranges[i].len = (size_t)(h.to - h.from) << UNIT_SHIFT;
	}
	return !arch_discard_ranges(ranges, nr);
}

static size_t __return_purged(const u32 *runs, unsigned int nr, bool gone)
{
	size_t pages = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (gone) {
			pages += vm.unit[runs[i]].dirty * UNIT_PAGES;
			set_hull(runs[i], no_hull);
		}
		__release(runs[i]);
	}
	return pages;
}

size_t vmap_purge(bool all)
{
	u32 runs[PURGE_BATCH];
	size_t total = 0, kept = SIZE_MAX, pages;
	unsigned int nr;
	bool gone;

	if (!spin_may_wait(&vm.lock) || (!all && page_trim_none()))
		return 0;
	do {
		spin_lock(&vm.lock);
		if (all || page_trim_all(vm.dirty_units * UNIT_PAGES))
			kept = 0;
		else
			kept = min(kept, dirty_kept());
		/* What is resident in small part saves its next user little. */
		nr = __collect_dirty(runs, 0, kept, true);
		nr = __collect_dirty(runs, nr, kept, false);
		spin_unlock(&vm.lock);
		if (!nr)
			break;
		gone = discard_runs(runs, nr);
		spin_lock(&vm.lock);
		pages = __return_purged(runs, nr, gone);
		spin_unlock(&vm.lock);
		total += pages;
	} while (pages && nr == PURGE_BATCH);
	vmstat_add(VMSTAT_pgreported, total);
	return total;
}

static bool __purge_due(u32 now)
{
	if ((s32)(now - vm.next_purge) < 0)
		return dirty_is_much();
	vm.next_purge = now + PURGE_EVERY;
	vm.peak_pages =
		max(vm.live_pages, vm.peak_pages - vm.peak_pages / PEAK_FADE);
	return vm.dirty_units;
}

/* ---- areas ---- */

/* Gives up what is unused before the frontier, and what is online beyond
 * it; true if anything was. */
static bool retract(void)
{
	size_t from;
	bool ok = false;
	u32 last;

	if (!spin_may_wait(&vm.lock))
		return false;
	vmap_purge(true);
	spin_lock(&vm.lock);
	from = READ_ONCE(mem_vmalloc.online);
	last = vm.frontier ? vm.unit[vm.frontier - 1].head : 0;
	if (vm.frontier && vm.unit[last].state == RUN_ZERO) {
		bin_del(last);
		__drop_notes(last, vm.frontier - last);
		vm.unit[last].state = RUN_NONE;
		WRITE_ONCE(vm.frontier, last);
	}
	if (from > (size_t)vm.frontier << UNIT_SHIFT)
		ok = !memblock_offline_vmalloc(from, (size_t)vm.frontier
							     << UNIT_SHIFT);
	spin_unlock(&vm.lock);
	return ok;
}

static void __cold free_deferred(void);

static bool start_vmap(void)
{
	if (likely(READ_ONCE(vm.unit)))
		return true;
	if (!mm_boot())
		return false;
	WRITE_ONCE(page_shrinker, retract);
	WRITE_ONCE(vm.unit, memblock_vmap_units());
	return true;
}

/* A run for an area; resident ones first.  If there is no room, buddy
 * may have some to give. */
static bool take_run(u32 nr, u32 align, size_t pages, u32 *i, bool *dirty)
{
	struct note notes[NR_NOTES];
	unsigned int noted = 0;
	bool ok = false, much = false;

	if (unlikely(atomic_read(&vm.deferred)) && spin_may_wait(&vm.lock))
		free_deferred();
	for (int tries = 0; !ok && tries < 2; tries++) {
		if (tries && (!gfp_may(CALL) || !page_offline_tail()))
			break;
		if (!spin_lock(&vm.lock))
			return false;
		ok = __take(nr, align, i);
		if (ok) {
			*dirty = vm.unit[*i].dirty;
			noted = __take_notes(*i, nr, notes);
			__account(*i, pages, 1);
			much = dirty_is_much();
		}
		spin_unlock(&vm.lock);
	}
	if (unlikely(noted))
		check_notes(notes, noted);
	/* What will become resident has its room. */
	if (much && gfp_may(CALL))
		vmap_purge(false);
	return ok;
}

void *vmap_alloc(size_t size, size_t align, bool guard, bool *zeroed)
{
	size_t pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	u32 nr, i, units = (u32)(max(align, UNIT_SIZE) >> UNIT_SHIFT);
	bool dirty = false;

	if (size > PTRDIFF_MAX || pages >> 30 || align > SZ_1T || !start_vmap())
		return NULL;
	nr = units_for(pages, guard);
	if (!take_run(nr, units, pages, &i, &dirty))
		return NULL;
	if (guard)
		guard_run(i);
	else if (size >= WHOLE_MIN)
		advise_whole(i, size);
	*zeroed = !dirty;
	vmstat_add(dirty ? VMSTAT_vmap_reuse : VMSTAT_vmap_alloc, 1);
	return unit_address(i);
}

#define CLEAR_STEP (256 * SZ_1K)

/* What is DIRTY may be resident in small part: then to write to all of it
 * makes much memory of little.  The first steps' page faults tell; what is
 * left is given back instead. */
void vmap_clear(void *p, size_t size)
{
	char *at = p, *end = at + ALIGN(size, arch_page_size);

	if (!gfp_may(CALL)) {
		__builtin_memset(p, 0, size);
		return;
	}
	while (at < end) {
		size_t len = min((size_t)(end - at), CLEAR_STEP);
		u64 faults = arch_thread_faults();

		__builtin_memset(at, 0, len);
		faults = arch_thread_faults() - faults;
		at += len;
		if (faults > len / arch_page_size / 4 && at < end &&
		    !arch_madvise(at, (size_t)(end - at), MADV_DONTNEED))
			return;
	}
}

static bool is_area(const void *p, u32 *i)
{
	if (!mem_is_vmalloc(p) || !vm.unit)
		return false;
	*i = unit_index(p);
	return unit_address(*i) == p && *i < READ_ONCE(vm.frontier) &&
	       vm.unit[*i].state == RUN_BUSY;
}

static void __cold report_bad_area(const void *p)
{
	bool inside = vm.unit && mem_is_vmalloc(p);
	u32 i = inside ? unit_index(p) : 0;
	u32 head = i;

	while (head && head < vm.frontier && !vm.unit[head].state)
		head--;
	if (!inside || i >= vm.frontier)
		pr_err("free of %p: not an allocated block", p);
	else if (vm.unit[head].state == RUN_BUSY && unit_address(head) == p)
		pr_err("double free of %p (%u pages)", p, vm.unit[i].pages);
	else if (vm.unit[head].state == RUN_BUSY)
		pr_err("free of %p: interior pointer of a %lu-byte block at %p",
		       p, (unsigned long)vm.unit[head].pages << PAGE_SHIFT,
		       unit_address(head));
	else if (unit_address(i) == p && vm.unit[i].pages)
		pr_err("double free of %p (%u pages)", p, vm.unit[i].pages);
	else
		pr_err("free of %p: not an allocated block", p);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

/* Where the guard cannot be removed its unit is lost. */
static void __free_run(u32 i, u32 now)
{
	u32 nr = vm.unit[i].nr;

	if (vm.unit[i].guarded) {
		if (nr == 1)
			return;
		set_run(i, nr - 1, RUN_PURGING);
		set_run(i + nr - 1, 1, RUN_PURGING);
	}
	vm.unit[i].stamp = now;
	set_hull(i, all_dirty(i));
	__release(i);
}

static void defer_free(void **p)
{
	void **head = atomic_read(&vm.deferred);

	do
		*p = head;
	while (!try_cmpxchg_release(&vm.deferred, &head, p));
	vmstat_add(VMSTAT_deferred_free, 1);
}

/* False if this thread may not wait for the lock, which is not free or
 * would be needed twice. */
static bool free_area(u32 i)
{
	u32 now = now_stamp();
	bool due, much, noted = is_worth_noting(i, now);

	if ((vm.unit[i].special && !spin_may_wait(&vm.lock)) ||
	    !spin_lock(&vm.lock))
		return false;
	if (vm.unit[i].state != RUN_BUSY) { /* freed twice at once */
		spin_unlock(&vm.lock);
		report_bad_area(unit_address(i));
		return true;
	}
	__account(i, 0, -1);
	if (vm.unit[i].special) {
		vm.unit[i].state = RUN_PURGING;
		spin_unlock(&vm.lock);
		unguard_run(i);
		learn(i);
		unadvise_huge(i);
		spin_lock(&vm.lock);
	}
	if (noted)
		__note(i, now);
	__free_run(i, now);
	due = __purge_due(now);
	much = vm.dirty_units > PAGES_TO_WAKE / UNIT_PAGES;
	spin_unlock(&vm.lock);
	vmstat_add(VMSTAT_vmap_free, 1);
	if (much && READ_ONCE(page_waker) && gfp_may(WAKE))
		page_waker();
	if (due)
		vmap_purge(cgroup_was_pressed());
	return true;
}

static void __cold free_deferred(void)
{
	void **p = xchg(&vm.deferred, NULL);

	while (p) {
		void **next = *p;

		free_area(unit_index(p));
		p = next;
	}
}

void vmap_set_memcg(void *p, u16 owner)
{
	u32 i = unit_index(p);

	if (!owner)
		return;
	vm.unit[i].memcg = owner;
	WRITE_ONCE(vm.unit[i].charged, true);
}

u16 vmap_memcg(const void *p)
{
	u32 i;

	return is_area(p, &i) && vm.unit[i].charged ? (u16)vm.unit[i].memcg : 0;
}

static void uncharge(u32 i)
{
	if (likely(!vm.unit[i].charged) || !xchg(&vm.unit[i].charged, false))
		return;
	memcg_uncharge((u16)vm.unit[i].memcg,
		       (size_t)vm.unit[i].pages << PAGE_SHIFT);
}

bool (*vmap_unmap)(void *p); /* set once */

static bool __cold free_mapped(void *p)
{
	bool ok = vmap_unmap(p);

	if (!ok)
		report_bad_area(p);
	return ok;
}

bool vmap_free(void *p)
{
	u32 i;

	if (!is_area(p, &i)) {
		report_bad_area(p);
		return false;
	}
	if (unlikely(vm.unit[i].kind == AREA_PAGES))
		return free_mapped(p);
	uncharge(i);
	if (!free_area(i))
		defer_free(p);
	else if (unlikely(atomic_read(&vm.deferred)) && spin_may_wait(&vm.lock))
		free_deferred();
	return true;
}

size_t vmap_size(const void *p)
{
	u32 i;

	return is_area(p, &i) ? (size_t)vm.unit[i].pages << PAGE_SHIFT : 0;
}

/* ---- areas of others' pages ---- */

void vmap_set_owner(void *p, void *owner)
{
	u32 i = unit_index(p);

	spin_lock(&vm.lock);
	for (u32 k = 1; k < vm.unit[i].nr; k++)
		vm.unit[i + k].head = i;
	vm.unit[i].owner = owner;
	vm.unit[i].kind = owner ? AREA_PAGES : AREA_PLAIN;
	spin_unlock(&vm.lock);
}

void *vmap_take_owner(void *p)
{
	void *owner = NULL;
	u32 i;

	if (!spin_lock(&vm.lock))
		return NULL;
	if (is_area(p, &i) && vm.unit[i].kind == AREA_PAGES) {
		owner = vm.unit[i].owner;
		vm.unit[i].owner = NULL;
	}
	spin_unlock(&vm.lock);
	return owner;
}

/* What an inner unit says of its head may be from long ago: the head must
 * agree. */
void *vmap_owner_of(const void *p, size_t *offset)
{
	const struct vmap_unit *u;
	u32 i;

	if (!mem_is_vmalloc(p) || !vm.unit)
		return NULL;
	i = unit_index(p);
	if (i >= READ_ONCE(vm.frontier))
		return NULL;
	if (vm.unit[i].state == RUN_NONE)
		i = vm.unit[i].head;
	u = &vm.unit[i];
	if (u->state != RUN_BUSY || u->kind != AREA_PAGES ||
	    unit_index(p) - i >= u->nr)
		return NULL;
	*offset = (size_t)((const char *)p - unit_address(i));
	return u->owner;
}

/* ---- resizing ---- */

/* Pages that fit before the guard. */
static size_t room_of(u32 i)
{
	return (size_t)vm.unit[i].nr * UNIT_PAGES -
	       (vm.unit[i].guarded ? arch_page_size >> PAGE_SHIFT : 0);
}

/* Takes @more units of the free run behind, or of the frontier. */
static bool __take_behind(u32 next, u32 more)
{
	if (next == vm.frontier)
		return __extend_frontier(more, &next);
	if (!run_is_free(next) || vm.unit[next].nr < more)
		return false;
	bin_del(next);
	vm.unit[next].state = RUN_BUSY;
	__split_run(next, more);
	__drop_notes(next, more);
	return true;
}

/* True if the run is @nr units long afterwards; its old guard is gone then. */
static bool grow_in_place(u32 i, u32 nr)
{
	u32 next = i + vm.unit[i].nr;
	bool ok;

	spin_lock(&vm.lock);
	ok = __take_behind(next, nr - vm.unit[i].nr);
	if (ok)
		vm.unit[next].state = RUN_PURGING;
	spin_unlock(&vm.lock);
	if (!ok)
		return false;
	ok = unguard_run(i);
	spin_lock(&vm.lock);
	if (ok) {
		vm.unit[next].state = RUN_NONE;
		set_run(i, nr, RUN_BUSY);
	} else {
		vm.unit[next].stamp = now_stamp();
		set_hull(next, all_dirty(next));
		__release(next);
	}
	spin_unlock(&vm.lock);
	return ok;
}

/* The rest of a run that shrank a lot becomes free. */
static void cut_tail(u32 i, u32 nr, bool guard)
{
	bool due;

	if (!unguard_run(i))
		return;
	spin_lock(&vm.lock);
	vm.unit[i].stamp = now_stamp();
	set_hull(i, all_dirty(i));
	__split_run(i, nr);
	due = __purge_due(vm.unit[i].stamp);
	spin_unlock(&vm.lock);
	if (guard)
		guard_run(i);
	if (due)
		vmap_purge(false);
}

/* Moves the pages of run @i to a new one of @nr units. */
static void *move_run(u32 i, u32 nr, size_t pages, bool guard)
{
	size_t len =
		ALIGN((size_t)vm.unit[i].pages << PAGE_SHIFT, arch_page_size);
	bool ok, gone;
	u32 to;

	spin_lock(&vm.lock);
	ok = __take_zero(nr, 1, &to);
	if (ok)
		__drop_notes(to, nr);
	spin_unlock(&vm.lock);
	if (!ok)
		return NULL;
	if (arch_move_pages(unit_address(i), len, unit_address(to))) {
		spin_lock(&vm.lock);
		__release(to);
		spin_unlock(&vm.lock);
		return NULL;
	}
	if (guard)
		guard_run(to);
	/* What a smaller area left behind in the old run goes as well. */
	gone = unguard_run(i) &&
	       !arch_madvise(unit_address(i), run_bytes(i), MADV_DONTNEED);
	spin_lock(&vm.lock);
	__account(to, pages, 1);
	__account(i, 0, -1);
	if (gone) {
		set_hull(i, no_hull);
		__release(i);
	} else {
		__free_run(i, now_stamp());
	}
	spin_unlock(&vm.lock);
	vmstat_add(VMSTAT_vmap_move, 1);
	return unit_address(to);
}

static void set_pages(u32 i, size_t pages)
{
	spin_lock(&vm.lock);
	__account(i, pages, 0);
	spin_unlock(&vm.lock);
}

#define MOVE_MIN_PAGES 64

void *vmap_resize(void *p, size_t size)
{
	size_t pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	bool guard;
	u32 i, nr;

	if (size > PTRDIFF_MAX || pages >> 30 || !is_area(p, &i) ||
	    vm.unit[i].charged || !spin_may_wait(&vm.lock))
		return NULL;
	guard = vm.unit[i].guarded;
	nr = units_for(pages, guard);
	if (vm.unit[i].kind == AREA_PAGES)
		return NULL;
	if (vm.unit[i].kind == AREA_HUGE &&
	    (pages > room_of(i) || nr < vm.unit[i].nr / 2))
		return NULL;
	if (vm.unit[i].kind != AREA_HUGE)
		forget(i);
	if (pages <= room_of(i)) {
		if (nr < vm.unit[i].nr / 2)
			cut_tail(i, nr, guard);
		set_pages(i, pages);
		return p;
	}
	/* Address space ahead of need costs nothing and saves the next call. */
	if (grow_in_place(i, nr + nr / 8) || grow_in_place(i, nr)) {
		if (guard)
			guard_run(i);
		set_pages(i, pages);
		return p;
	}
	/* Less than that is copied in the time of the system calls. */
	if (pages < MOVE_MIN_PAGES)
		return NULL;
	return move_run(i, nr + nr / 4, pages, guard);
}

/* ---- the kernel's interface ---- */

static void *do_alloc_area(size_t size, size_t align, bool zero)
{
	struct gfp_try t = { 0 };
	bool zeroed = false;
	void *p;

	if (size > PTRDIFF_MAX || align > SZ_1T)
		return NULL;
	do
		p = vmap_alloc(size, align, true, &zeroed);
	while (unlikely(!p) && gfp_retry(&t, size));
	if (p && zero && !zeroed)
		vmap_clear(p, PAGE_ALIGN(size));
	return p;
}

static noinline void *alloc_charged(size_t size, size_t align, bool zero,
				    struct mem_cgroup *memcg)
{
	size_t bytes = PAGE_ALIGN(size);
	void *p = NULL;
	u16 owner = 0;

	if (size <= PTRDIFF_MAX && memcg_charge(memcg, bytes, &owner))
		p = do_alloc_area(size, align, zero);
	if (p)
		vmap_set_memcg(p, owner);
	else if (owner)
		memcg_uncharge(owner, bytes);
	return p;
}

static void *normal_area(size_t size, size_t align, gfp_t gfp, bool huge)
{
	struct mem_cgroup *memcg;
	bool zero = gfp & __GFP_ZERO;
	void *p;
	u32 old;

	if (gfp_is_plain(gfp)) {
		p = do_alloc_area(size, align, zero);
	} else {
		memcg = memcg_of(gfp);
		old = gfp_enter(gfp);
		p = memcg ? alloc_charged(size, align, zero, memcg) :
			    do_alloc_area(size, align, zero);
		huge = huge && gfp_may(CALL);
		gfp_exit(old);
	}
	if (unlikely(!p))
		return gfp_failed(gfp, size);
	if (huge)
		make_huge(unit_index(p), size);
	return p;
}

/* A block of pages, which need not be here; without a guard. */
static void *zoned_area(size_t size, size_t align, gfp_t gfp, unsigned int zone)
{
	if (align > PAGE_SIZE << MAX_PAGE_ORDER)
		return NULL;
	return page_alloc_zoned(max(size, align / 2 + 1), gfp, zone);
}

static void *alloc_area(size_t size, size_t align, gfp_t gfp, bool huge,
			int node)
{
	unsigned int zone;
	void *p;

	if (!size || !mm_boot())
		return NULL;
	zone = zone_of(gfp, node);
	if (likely(zone == ZONE_NORMAL))
		return normal_area(size, align, gfp, huge);
	p = zoned_area(size, align, gfp, zone);
	if (p)
		return p;
	return zone_is_hint(zone) ? normal_area(size, align, gfp, huge) :
				    gfp_failed(gfp, size);
}

void *vmalloc_align(size_t size, size_t align, gfp_t gfp, int node)
{
	return alloc_area(size, align, gfp, false, node);
}

__export void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return vmalloc_align(size, 1, gfp, ZONE_ANY_NODE);
}

__export void *vmalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL);
}

__export void *vzalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL | __GFP_ZERO);
}

__export void *vmalloc_node(unsigned long size, int node)
{
	return vmalloc_align(size, 1, GFP_KERNEL, node);
}

__export void *vzalloc_node(unsigned long size, int node)
{
	return vmalloc_align(size, 1, GFP_KERNEL | __GFP_ZERO, node);
}

__export void *vmalloc_user(unsigned long size)
{
	return vzalloc(size);
}

__export void *vmalloc_32(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL | GFP_DMA32);
}

__export void *vmalloc_32_user(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL | GFP_DMA32 | __GFP_ZERO);
}

__export void *vmalloc_huge_node(unsigned long size, gfp_t gfp, int node)
{
	bool huge = size >= SZ_2M;

	return alloc_area(size, huge ? SZ_2M : 1, gfp, huge, node);
}

__export void *vmalloc_huge(unsigned long size, gfp_t gfp)
{
	return vmalloc_huge_node(size, gfp, ZONE_ANY_NODE);
}

__export void *__vmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return __vmalloc(array_size(n, size), gfp);
}

__export void *vmalloc_array(size_t n, size_t size)
{
	return __vmalloc_array(n, size, GFP_KERNEL);
}

__export void *__vcalloc(size_t n, size_t size, gfp_t gfp)
{
	return __vmalloc_array(n, size, gfp | __GFP_ZERO);
}

__export void *vcalloc(size_t n, size_t size)
{
	return __vcalloc(n, size, GFP_KERNEL);
}

__export void vfree(const void *p)
{
	u32 old;

	if (!p)
		return;
	old = gfp_enter_free();
	if (likely(mem_is_vmalloc(p)) || !page_free_zoned((void *)p))
		vmap_free((void *)p);
	gfp_exit_free(old);
}

/* An area that moves is aligned to units. */
static void *resize_aligned(void *p, size_t size, size_t old, size_t align,
			    gfp_t gfp)
{
	if (!IS_ALIGNED((uintptr_t)p, (uintptr_t)align) ||
	    (align > UNIT_SIZE && size > old))
		return NULL;
	if (!mem_is_vmalloc(p))
		return size <= old ? p : NULL;
	return gfpflags_allow_blocking(gfp) ? vmap_resize(p, size) : NULL;
}

static size_t area_size(const void *p)
{
	return mem_is_vmalloc(p) ? vmap_size(p) : page_zoned_size(p);
}

__export void *vrealloc_node_align(const void *p, size_t size,
				   unsigned long align, gfp_t gfp, int node)
{
	size_t old;
	void *to;

	align += !align;
	if (!is_power_of_2(align))
		return NULL;
	if (!p)
		return vmalloc_align(size, align, gfp, node);
	old = area_size(p);
	if (!size || !old) {
		vfree(p);
		return NULL;
	}
	/* What shrinks now may grow again: all beyond the size stays zero. */
	if (gfp & __GFP_ZERO && size < old)
		__builtin_memset((char *)p + size, 0, old - size);
	to = resize_aligned((void *)p, size, old, align, gfp);
	if (!to) {
		to = vmalloc_align(size, align, gfp, node);
		if (!to)
			return NULL;
		__builtin_memcpy(to, p, min(old, size));
		vfree(p);
	} else if (gfp & __GFP_ZERO && size > old) {
		__builtin_memset((char *)to + old, 0, PAGE_ALIGN(size) - old);
	}
	return to;
}

__export void *vrealloc(const void *p, size_t size, gfp_t gfp)
{
	return vrealloc_node_align(p, size, 1, gfp, ZONE_ANY_NODE);
}

__export bool is_vmalloc_addr(const void *p)
{
	return mem_is_vmalloc(p);
}

/* ---- reports, fork, checks ---- */

void vmap_stat(struct vmap_stat *stat)
{
	bool locked = spin_lock(&vm.lock);

	stat->locks = READ_ONCE(vm.lock.taken);
	stat->areas = vm.areas;
	stat->live_pages = vm.live_pages;
	stat->dirty_pages = vm.dirty_units * UNIT_PAGES;
	stat->span_pages = (size_t)vm.frontier * UNIT_PAGES;
	if (locked)
		spin_unlock(&vm.lock);
}

void vmap_fork_lock(void)
{
	spin_fork_lock(&vm.lock);
}

void vmap_fork_unlock(void)
{
	spin_fork_unlock(&vm.lock);
}

void vmap_fork_child(void)
{
	spin_lock_reinit(&vm.lock);
}

void check_vmap(void)
{
	size_t dirty = 0;
	u32 nr;

	spin_lock(&vm.lock);
	for (u32 i = 0; i < vm.frontier; i += nr) {
		struct vmap_unit *u = &vm.unit[i];

		nr = u->nr;
		BUG_ON(!nr || u->state == RUN_NONE || u->state > RUN_PURGING);
		BUG_ON(i + nr > vm.frontier || vm.unit[i + nr - 1].head != i);
		for (u32 k = 1; k < nr; k++)
			BUG_ON(u[k].state != RUN_NONE);
		BUG_ON(run_is_free(i) && i + nr < vm.frontier &&
		       run_is_free(i + nr));
		BUG_ON(run_is_free(i) &&
		       (u->state == RUN_DIRTY) != (u->dirty != 0));
		BUG_ON(u->state == RUN_DIRTY &&
		       (hull_of(i).from < i || hull_of(i).to > i + nr ||
			u->dirty > hull_of(i).to - hull_of(i).from));
		dirty += u->state == RUN_DIRTY ? u->dirty : 0;
		for (int k = 0; k < NR_NOTES && u->state == RUN_BUSY; k++)
			BUG_ON(vm.notes[k].unit - 1 - i < nr);
	}
	BUG_ON(dirty != vm.dirty_units);
	spin_unlock(&vm.lock);
}
