/* SPDX-License-Identifier: MIT */
/*
 * vmap_area: which part of vmalloc space is whose, and the pages under what is
 * nobody's.
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
 * Of areas that are freed, up to NR_NOTES in a quarter of a second, the first
 * word is noted, if it can be read; who is given that memory again looks
 * whether it is still there.  Free memory itself is not written to.
 *
 * Invariants: runs tile [0, frontier); two free runs are never neighbours;
 * only the head unit of a run has a state; free runs have no guards (one that
 * cannot be removed keeps its unit); a run has a hull if and only if it has
 * dirty units; a note is of a free unit.
 *
 * Locks: VMAP for all of the above; system calls are made without it, on
 * runs that are BUSY or PURGING meanwhile.  A signal handler that may not
 * wait for the lock gets an area only if the lock is free, purges none, and
 * is told so when it frees one.
 *
 * Left to others: what an area is to its user, its guard, its 2 MiB pages, and
 * how its pages move (vmalloc).
 *
 * Cost: one lock and a look at up to 64 runs for an allocation.  No system
 * call when a DIRTY run fits, but for notes, and where too much is dirty.
 */
#include "vmap_area.h"

#include <errno.h>

#include "arch.h"
#include "bitops.h"
#include "buddy.h"
#include "cgroup.h"
#include "gfp.h"
#include "mm_boot.h"
#include "params.h"
#include "vmstat.h"

enum { BIN_DIRTY, BIN_ZERO, NR_BIN_SETS };
#define NR_BINS 128
#define NR_NOTES 8
#define BIN_LOOK 8   /* runs looked at in one bin */
#define COST_LOOK 32 /* and in all of them */
#define COST_LEFT 8  /* units that are left over cost as much as one */

/* What a free area began with. */
struct note {
	u32 unit; /* its first one, plus 1; 0: this is none */
	u64 first;
};

struct vmap_space vmap_space = { .lock = SPIN_LOCK_INIT(VMAP) };

/* The rest of what the lock is for. */
static struct {
	size_t areas, live_pages, dirty_units;
	size_t peak_pages; /* of live_pages, lately */
	u32 next_purge;
	u32 bins[NR_BIN_SETS][NR_BINS];
	u64 nonempty[NR_BIN_SETS][NR_BINS / 64];
	struct note notes[NR_NOTES];
	u32 nr_notes;
	u32 next_note;	/* the one that has been there for longest */
	u32 noted_at;	/* 1/4 s */
	u32 noted_then; /* so many since */
} vm;

#define DIRTY_MIN (8 * SZ_1M)
#define DIRTY_MAX SZ_1G
#define PEAK_SLACK 10 /* dirty beyond the peak: a part of it */
#define PEAK_FADE 32  /* what the peak loses at each PURGE_EVERY */
#define STAMP_MS 250
#define PURGE_EVERY 2 /* stamps */

static u32 now_stamp(void)
{
	return (u32)(arch_clock_ms() / STAMP_MS);
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
	struct vmap_unit *u = &vmap_space.unit[i];
	unsigned int set = bin_set(u), bin = bin_of(u->nr);

	u->prev = 0;
	u->next = vm.bins[set][bin];
	if (u->next)
		vmap_space.unit[u->next - 1].prev = i + 1;
	vm.bins[set][bin] = i + 1;
	vm.nonempty[set][bin / 64] |= 1ULL << bin % 64;
	if (set == BIN_DIRTY)
		vm.dirty_units += u->dirty;
}

static void bin_del(u32 i)
{
	struct vmap_unit *u = &vmap_space.unit[i];
	unsigned int set = bin_set(u), bin = bin_of(u->nr);

	if (u->next)
		vmap_space.unit[u->next - 1].prev = u->prev;
	if (u->prev)
		vmap_space.unit[u->prev - 1].next = u->next;
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
		u32 nr = vmap_space.unit[i - 1].nr;

		if (nr >= least && (!best || nr < vmap_space.unit[best - 1].nr))
			best = i;
		i = vmap_space.unit[i - 1].next;
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
	vmap_space.unit[i].nr = nr;
	vmap_space.unit[i].state = (u8)state;
	vmap_space.unit[i].special = false;
	vmap_space.unit[i + nr - 1].head = i;
}

static bool run_is_free(u32 i)
{
	return vmap_space.unit[i].state == RUN_DIRTY ||
	       vmap_space.unit[i].state == RUN_ZERO;
}

/* What of a run may be resident: units from one to before the other. */
struct hull {
	u32 from, to, dirty;
};

static const struct hull no_hull = { 0, 0, 0 };

static struct hull hull_of(u32 i)
{
	const struct vmap_unit *u = &vmap_space.unit[i];

	if (!u->dirty)
		return no_hull;
	return u->nr == 1 ? (struct hull){ i, i + 1, 1 } :
			    (struct hull){ u[1].from, u[1].to, u->dirty };
}

static void set_hull(u32 i, struct hull h)
{
	struct vmap_unit *u = &vmap_space.unit[i];

	u->dirty = h.dirty;
	if (u->nr > 1) {
		u[1].from = h.from;
		u[1].to = h.to;
	}
}

static struct hull all_dirty(u32 i)
{
	u32 nr = vmap_space.unit[i].nr;

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
	struct vmap_unit *u = &vmap_space.unit[a], *v = &vmap_space.unit[b];
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
	u32 next = i + vmap_space.unit[i].nr,
	    prev = i ? vmap_space.unit[i - 1].head : 0;

	lockdep_assert_held(&vmap_space.lock);
	vmap_space.unit[i].state =
		vmap_space.unit[i].dirty ? RUN_DIRTY : RUN_ZERO;
	if (next < vmap_space.frontier && run_is_free(next)) {
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
	struct vmap_unit *u = &vmap_space.unit[i], *v = u + nr;
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
	if (nr != vmap_space.unit[i].nr)
		__release(__cut_run(i, nr));
}

static bool __extend_frontier(u32 nr, u32 *found)
{
	u32 start = vmap_space.frontier;

	if (!gfp_may(CALL) ||
	    nr > (mem_vmalloc.size >> VMAP_UNIT_SHIFT) - start ||
	    memblock_online_vmalloc(((size_t)start + nr) << VMAP_UNIT_SHIFT))
		return false;
	WRITE_ONCE(vmap_space.frontier, start + nr);
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
	vmap_space.unit[i].state = RUN_BUSY;
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
	skip = -(u32)((uintptr_t)vmap_unit_address(i) >> VMAP_UNIT_SHIFT) &
	       (align - 1);
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

static void consider(struct offer *best, u32 i, struct hull h, u32 from, u32 nr)
{
	u32 dirty = part_of_hull(h, from, from + nr).dirty;
	u32 clean = nr - min(dirty, nr);
	u32 cost = clean + (vmap_space.unit[i].nr - nr) / COST_LEFT;

	if (cost < best->cost && (!clean || gfp_may(FAULT)))
		*best = (struct offer){ i, from - i, cost };
}

/* Not in the middle, unless that is where its pages are. */
static void consider_run(struct offer *best, u32 i, u32 nr)
{
	u32 len = vmap_space.unit[i].nr, end = i + len;
	struct hull h = hull_of(i);

	consider(best, i, h, i, nr);
	if (!h.dirty || h.dirty == len || len == nr)
		return;
	consider(best, i, h, end - nr, nr);
	if (h.from > i && h.from + nr < end)
		consider(best, i, h, h.from, nr);
	if (h.to < end && h.to > i + nr)
		consider(best, i, h, h.to - nr, nr);
}

/* Looks at COST_LOOK runs of @set at most, short ones first. */
static void consider_set(struct offer *best, unsigned int set, u32 nr)
{
	unsigned int bin = next_bin(set, bin_of(nr)), looks = 0;

	for (; bin < NR_BINS && best->cost && looks < COST_LOOK;
	     bin = next_bin(set, bin + 1)) {
		u32 i = vm.bins[set][bin];

		for (int n = 0; i && n < BIN_LOOK; n++, looks++) {
			if (vmap_space.unit[i - 1].nr >= nr)
				consider_run(best, i - 1, nr);
			i = vmap_space.unit[i - 1].next;
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
	u32 last = vmap_space.frontier ?
			   vmap_space.unit[vmap_space.frontier - 1].head :
			   0,
	    more;

	if (!vmap_space.frontier || vmap_space.unit[last].state != RUN_DIRTY ||
	    !__extend_frontier(nr - vmap_space.unit[last].nr, &more))
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
	vm.live_pages += pages - (areas < 1 ? vmap_space.unit[i].pages : 0);
	vm.areas += (size_t)areas;
	if (areas >= 0)
		vmap_space.unit[i].pages = (u32)pages;
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
	if (now == READ_ONCE(vm.noted_at) &&
	    READ_ONCE(vm.noted_then) >= NR_NOTES)
		return false;
	return !READ_ONCE(gfp_task.now) && spin_may_wait(&vmap_space.lock) &&
	       param(thp) != THP_ALWAYS && READ_ONCE(mem_reserved) &&
	       arch_is_readable((u32 *)vmap_unit_address(i));
}

static void __note(u32 i, u32 now)
{
	struct note *n = &vm.notes[vm.next_note++ % NR_NOTES];

	lockdep_assert_held(&vmap_space.lock);
	if (now != vm.noted_at)
		WRITE_ONCE(vm.noted_then, 0);
	WRITE_ONCE(vm.noted_at, now);
	WRITE_ONCE(vm.noted_then, vm.noted_then + 1);
	vm.nr_notes += !n->unit;
	n->unit = i + 1;
	n->first = READ_ONCE(*(u64 *)vmap_unit_address(i));
}

/* Those of @nr units, which are in use from now on; how many there were. */
static unsigned int __take_notes(u32 i, u32 nr, struct note *taken)
{
	unsigned int n = 0;

	lockdep_assert_held(&vmap_space.lock);
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
		char *p = vmap_unit_address(notes[k].unit - 1);
		u64 first = READ_ONCE(*(u64 *)p);

		if (unlikely(first != notes[k].first && first))
			page_report_write(p);
	}
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
	return vm.dirty_units << VMAP_UNIT_SHIFT > dirty_limit();
}

/* Dirty units that may stay; who purges for the limit makes some room. */
static size_t dirty_kept(void)
{
	size_t limit = dirty_limit() >> VMAP_UNIT_SHIFT;

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
	if (len >= VMAP_UNITS_2M)
		end += -(u32)((uintptr_t)vmap_unit_address(end) >>
			      VMAP_UNIT_SHIFT) &
		       (VMAP_UNITS_2M - 1);
	return min(end, h.to) - i;
}

/* Takes a run off its bin, to purge about @excess dirty units of it. */
static void __take_to_purge(u32 i, size_t excess)
{
	struct vmap_unit *u = &vmap_space.unit[i];

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
			struct vmap_unit *u = &vmap_space.unit[i - 1];
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

		ranges[i].addr = vmap_unit_address(h.from);
		ranges[i].len = (size_t)(h.to - h.from) << VMAP_UNIT_SHIFT;
	}
	return !arch_discard_ranges(ranges, nr);
}

static size_t __return_purged(const u32 *runs, unsigned int nr, bool gone)
{
	size_t pages = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (gone) {
			pages += vmap_space.unit[runs[i]].dirty *
				 VMAP_UNIT_PAGES;
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

	if (!spin_may_wait(&vmap_space.lock) || (!all && page_trim_none()))
		return 0;
	do {
		spin_lock(&vmap_space.lock);
		if (all || page_trim_all(vm.dirty_units * VMAP_UNIT_PAGES))
			kept = 0;
		else
			kept = min(kept, dirty_kept());
		/* What is resident in small part saves its next user little. */
		nr = __collect_dirty(runs, 0, kept, true);
		nr = __collect_dirty(runs, nr, kept, false);
		spin_unlock(&vmap_space.lock);
		if (!nr)
			break;
		gone = discard_runs(runs, nr);
		spin_lock(&vmap_space.lock);
		pages = __return_purged(runs, nr, gone);
		spin_unlock(&vmap_space.lock);
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

/* ---- the frontier ---- */

/* Gives up what is unused before the frontier, and what is online beyond
 * it; true if anything was. */
static bool retract(void)
{
	size_t from;
	bool ok = false;
	u32 last;

	if (!spin_may_wait(&vmap_space.lock))
		return false;
	vmap_purge(true);
	spin_lock(&vmap_space.lock);
	from = READ_ONCE(mem_vmalloc.online);
	last = vmap_space.frontier ?
		       vmap_space.unit[vmap_space.frontier - 1].head :
		       0;
	if (vmap_space.frontier && vmap_space.unit[last].state == RUN_ZERO) {
		bin_del(last);
		__drop_notes(last, vmap_space.frontier - last);
		vmap_space.unit[last].state = RUN_NONE;
		WRITE_ONCE(vmap_space.frontier, last);
	}
	if (from > (size_t)vmap_space.frontier << VMAP_UNIT_SHIFT)
		ok = !memblock_offline_vmalloc(
			from, (size_t)vmap_space.frontier << VMAP_UNIT_SHIFT);
	spin_unlock(&vmap_space.lock);
	return ok;
}

/* Who comes second stores nothing: others read it by then. */
bool vmap_area_init(void)
{
	struct vmap_unit *none = NULL;

	if (!mm_boot())
		return false;
	WRITE_ONCE(page_shrinker, retract);
	/* pairs with the acquire below, and in vmap_area_ready */
	try_cmpxchg_release(&vmap_space.unit, &none, memblock_vmap_units());
	/* pairs with the release above, of who was first */
	return smp_load_acquire(&vmap_space.unit);
}

/* ---- areas ---- */

/* A run for an area; resident ones first.  If there is no room, buddy
 * may have some to give. */
bool vmap_area_take(u32 nr, u32 align, size_t pages, u32 *i)
{
	struct note notes[NR_NOTES];
	unsigned int noted = 0;
	bool ok = false, much = false;

	for (int tries = 0; !ok && tries < 2; tries++) {
		if (tries && (!gfp_may(CALL) || !page_offline_tail()))
			break;
		if (!spin_lock(&vmap_space.lock))
			return false;
		ok = __take(nr, align, i);
		if (ok) {
			noted = __take_notes(*i, nr, notes);
			__account(*i, pages, 1);
			much = dirty_is_much();
		}
		spin_unlock(&vmap_space.lock);
	}
	if (unlikely(noted))
		check_notes(notes, noted);
	/* What will become resident has its room. */
	if (much && gfp_may(CALL))
		vmap_purge(false);
	return ok;
}

/* Where the guard cannot be removed its unit is lost. */
static void __free_run(u32 i, u32 now)
{
	u32 nr = vmap_space.unit[i].nr;

	if (vmap_space.unit[i].guarded) {
		if (nr == 1)
			return;
		set_run(i, nr - 1, RUN_PURGING);
		set_run(i + nr - 1, 1, RUN_PURGING);
	}
	vmap_space.unit[i].stamp = now;
	set_hull(i, all_dirty(i));
	__release(i);
}

int vmap_area_close(u32 i)
{
	int err = -ENOENT;

	if (!spin_may_wait(&vmap_space.lock) || !spin_lock(&vmap_space.lock))
		return -EAGAIN;
	if (vmap_space.unit[i].state == RUN_BUSY) {
		__account(i, 0, -1);
		vmap_space.unit[i].state = RUN_PURGING;
		err = 0;
	}
	spin_unlock(&vmap_space.lock);
	return err;
}

int vmap_area_free(u32 i, enum run_state from, bool note)
{
	u32 now = now_stamp();
	bool due, much, noted = note && is_worth_noting(i, now);

	if (!spin_lock(&vmap_space.lock))
		return -EAGAIN;
	if (vmap_space.unit[i].state != from) {
		spin_unlock(&vmap_space.lock);
		return -ENOENT;
	}
	if (from == RUN_BUSY)
		__account(i, 0, -1);
	if (noted)
		__note(i, now);
	__free_run(i, now);
	due = __purge_due(now);
	much = vm.dirty_units > PAGES_TO_WAKE / VMAP_UNIT_PAGES;
	spin_unlock(&vmap_space.lock);
	vmstat_add(VMSTAT_vmap_free, 1);
	if (much && READ_ONCE(page_waker) && gfp_may(WAKE))
		page_waker();
	if (due)
		vmap_purge(cgroup_was_pressed());
	return 0;
}

void vmap_area_set_pages(u32 i, size_t pages)
{
	spin_lock(&vmap_space.lock);
	__account(i, pages, 0);
	spin_unlock(&vmap_space.lock);
}

/* ---- resizing ---- */

bool vmap_area_cut(u32 i, u32 nr)
{
	bool due;

	spin_lock(&vmap_space.lock);
	vmap_space.unit[i].stamp = now_stamp();
	set_hull(i, all_dirty(i));
	__split_run(i, nr);
	due = __purge_due(vmap_space.unit[i].stamp);
	spin_unlock(&vmap_space.lock);
	return due;
}

/* Takes @more units of the free run behind, or of the frontier. */
static bool __take_behind(u32 next, u32 more)
{
	if (next == vmap_space.frontier)
		return __extend_frontier(more, &next);
	if (!run_is_free(next) || vmap_space.unit[next].nr < more)
		return false;
	bin_del(next);
	vmap_space.unit[next].state = RUN_BUSY;
	__split_run(next, more);
	__drop_notes(next, more);
	return true;
}

/* What is behind the run is PURGING until it is a part of it. */
bool vmap_area_grow(u32 i, u32 nr)
{
	u32 next = i + vmap_space.unit[i].nr;
	bool ok;

	spin_lock(&vmap_space.lock);
	ok = __take_behind(next, nr - vmap_space.unit[i].nr);
	if (ok)
		vmap_space.unit[next].state = RUN_PURGING;
	spin_unlock(&vmap_space.lock);
	return ok;
}

void vmap_area_end_growth(u32 i, u32 nr, size_t pages, bool ok)
{
	u32 next = i + vmap_space.unit[i].nr;

	spin_lock(&vmap_space.lock);
	if (ok) {
		vmap_space.unit[next].state = RUN_NONE;
		set_run(i, nr, RUN_BUSY);
		__account(i, pages, 0);
	} else {
		vmap_space.unit[next].stamp = now_stamp();
		set_hull(next, all_dirty(next));
		__release(next);
	}
	spin_unlock(&vmap_space.lock);
}

bool vmap_area_take_zero(u32 nr, u32 *to)
{
	bool ok;

	spin_lock(&vmap_space.lock);
	ok = __take_zero(nr, 1, to);
	if (ok)
		__drop_notes(*to, nr);
	spin_unlock(&vmap_space.lock);
	return ok;
}

void vmap_area_put_back(u32 to)
{
	spin_lock(&vmap_space.lock);
	__release(to);
	spin_unlock(&vmap_space.lock);
}

void vmap_area_replace(u32 i, u32 to, size_t pages, bool gone)
{
	spin_lock(&vmap_space.lock);
	__account(to, pages, 1);
	__account(i, 0, -1);
	if (gone) {
		set_hull(i, no_hull);
		__release(i);
	} else {
		__free_run(i, now_stamp());
	}
	spin_unlock(&vmap_space.lock);
}

/* ---- reports, fork, checks ---- */

void vmap_stat(struct vmap_stat *stat)
{
	bool locked = spin_lock(&vmap_space.lock);

	stat->locks = READ_ONCE(vmap_space.lock.taken);
	stat->areas = vm.areas;
	stat->live_pages = vm.live_pages;
	stat->dirty_pages = vm.dirty_units * VMAP_UNIT_PAGES;
	stat->span_pages = (size_t)vmap_space.frontier * VMAP_UNIT_PAGES;
	if (locked)
		spin_unlock(&vmap_space.lock);
}

void vmap_fork_lock(void)
{
	spin_fork_lock(&vmap_space.lock);
}

void vmap_fork_unlock(void)
{
	spin_fork_unlock(&vmap_space.lock);
}

void vmap_fork_child(void)
{
	spin_lock_reinit(&vmap_space.lock);
}

void check_vmap(void)
{
	size_t dirty = 0;
	u32 nr;

	spin_lock(&vmap_space.lock);
	for (u32 i = 0; i < vmap_space.frontier; i += nr) {
		struct vmap_unit *u = &vmap_space.unit[i];

		nr = u->nr;
		BUG_ON(!nr || u->state == RUN_NONE || u->state > RUN_PURGING);
		BUG_ON(i + nr > vmap_space.frontier ||
		       vmap_space.unit[i + nr - 1].head != i);
		for (u32 k = 1; k < nr; k++)
			BUG_ON(u[k].state != RUN_NONE);
		BUG_ON(run_is_free(i) && i + nr < vmap_space.frontier &&
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
	spin_unlock(&vmap_space.lock);
}
