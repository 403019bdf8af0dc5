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
 *   DIRTY  free; its pages are resident and its guard is in place: it is
 *          reused whole, without a system call, for areas of about its size
 *   ZERO   free; not resident; merges with ZERO neighbours
 *   PURGING  between DIRTY and ZERO, in one thread's hands
 *
 * Free runs are in bins by length, four to a power of two, one set for
 * each state.  Past the frontier nothing was ever used.
 *
 * A guard is the last page of a run.  Purging a DIRTY run discards its
 * pages and its guard and makes it ZERO, after the reporting delay or when
 * the dirty pages exceed a quarter of the live ones.
 *
 * Invariants: runs tile [0, frontier); two ZERO runs are never neighbours;
 * only the head unit of a run has a state.
 *
 * Locks: VMAP for all of the above; system calls are made without it, on
 * runs that are BUSY or PURGING meanwhile.  A signal handler that finds the lock held
 * by its own thread gets no area and defers its frees.
 *
 * Cost: one lock for an allocation; no system call when a DIRTY run fits.
 */
#include "vmalloc.h"

#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "memblock.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "params.h"
#include "printk.h"
#include "vmstat.h"

#define UNIT_SHIFT 16
#define UNIT_SIZE (1UL << UNIT_SHIFT)
#define UNIT_PAGES (UNIT_SIZE / PAGE_SIZE)

enum run_state { RUN_NONE, RUN_BUSY, RUN_DIRTY, RUN_ZERO, RUN_PURGING };
enum { BIN_DIRTY, BIN_ZERO, NR_BIN_SETS };
#define NR_BINS 128
#define BIN_LOOK 8 /* runs looked at in one bin */

struct vmap_unit {
	u32 nr;	    /* head: units of the run */
	u32 head;   /* last: the run's first unit */
	u8 state;   /* head: enum run_state */
	u8 guarded; /* head: the last page is inaccessible */
	u16 pad;
	u32 next, prev; /* head, free: neighbours in the bin, plus 1 */
	u32 stamp;	/* head, DIRTY: when it was freed, 1/4 s */
	u32 pages;	/* head, BUSY: pages asked for */
	u32 pad2;
};

BUILD_BUG_ON(sizeof(struct vmap_unit) != 32);

static struct {
	struct spinlock lock;
	struct vmap_unit *unit; /* const after the first use */
	u32 frontier;
	u32 bins[NR_BIN_SETS][NR_BINS];
	u64 nonempty[NR_BIN_SETS][NR_BINS / 64];
	size_t areas, live_pages, dirty_units;
	u32 next_purge;
	void **deferred; /* atomic */
	bool no_guards;	 /* racy; only ever turned on */
} vm = { .lock = SPIN_LOCK_INIT(VMAP) };

#define DIRTY_MIN (8 * SZ_1M)
#define DIRTY_MAX (256 * SZ_1M)
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

/* Units for @pages and a page of the system's behind them. */
static u32 units_for(size_t pages)
{
	return (u32)DIV_ROUND_UP(pages + (arch_page_size >> PAGE_SHIFT),
				 UNIT_PAGES);
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
		vm.dirty_units += u->nr;
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
		vm.dirty_units -= u->nr;
}

/* A run of @set with @least to @most units; false if none is found. */
static bool bin_find(unsigned int set, u32 least, u32 most, u32 *found)
{
	for (unsigned int bin = bin_of(least); bin <= bin_of(most); bin++) {
		u32 i = vm.bins[set][bin];

		for (int n = 0; i && n < BIN_LOOK; n++) {
			u32 nr = vm.unit[i - 1].nr;

			if (nr >= least && nr <= most) {
				*found = i - 1;
				return true;
			}
			i = vm.unit[i - 1].next;
		}
	}
	return false;
}

/* Any ZERO run of a bin above @least's: each of them is long enough. */
static bool bin_find_above(u32 least, u32 *found)
{
	unsigned int bin = bin_of(least) + 1;

	for (unsigned int w = bin / 64; w < NR_BINS / 64; w++) {
		u64 bits = vm.nonempty[BIN_ZERO][w];

		if (w == bin / 64)
			bits = bits >> bin % 64 << bin % 64;
		if (bits) {
			*found = vm.bins[BIN_ZERO][w * 64 + __ffs(bits)] - 1;
			return true;
		}
	}
	return false;
}

/* ---- runs; the lock is held ---- */

static void set_run(u32 i, u32 nr, enum run_state state)
{
	vm.unit[i].nr = nr;
	vm.unit[i].state = (u8)state;
	vm.unit[i].guarded = false;
	vm.unit[i + nr - 1].head = i;
}

/* Makes a run that is on no bin ZERO, and one with its ZERO neighbours. */
static void __release_zero(u32 i, u32 nr)
{
	u32 next = i + nr;

	lockdep_assert_held(&vm.lock);
	vm.unit[i].state = RUN_NONE;
	if (next < vm.frontier && vm.unit[next].state == RUN_ZERO) {
		bin_del(next);
		vm.unit[next].state = RUN_NONE;
		nr += vm.unit[next].nr;
	}
	if (i) {
		u32 prev = vm.unit[i - 1].head;

		if (vm.unit[prev].state == RUN_ZERO) {
			bin_del(prev);
			nr += vm.unit[prev].nr;
			i = prev;
		}
	}
	set_run(i, nr, RUN_ZERO);
	bin_add(i);
}

/* Keeps the first @nr units of a run that is on no bin; the rest is ZERO. */
static void __split_run(u32 i, u32 nr)
{
	u32 rest = vm.unit[i].nr - nr;

	if (!rest)
		return;
	set_run(i, nr, (enum run_state)vm.unit[i].state);
	__release_zero(i + nr, rest);
}

static bool __extend_frontier(u32 nr, u32 *found)
{
	u32 start = vm.frontier;

	if (nr > (mem_vmalloc.size >> UNIT_SHIFT) - start ||
	    memblock_online_vmalloc(((size_t)start + nr) << UNIT_SHIFT))
		return false;
	WRITE_ONCE(vm.frontier, start + nr);
	set_run(start, nr, RUN_BUSY);
	*found = start;
	return true;
}

/* @nr ZERO units, first of which is a multiple of @align units. */
static bool __take_zero(u32 nr, u32 align, u32 *found)
{
	u32 want = nr + align - 1, skip;

	if (bin_find(BIN_ZERO, want, want + want / 4, found) ||
	    bin_find_above(want, found)) {
		bin_del(*found);
		vm.unit[*found].state = RUN_BUSY;
	} else if (!__extend_frontier(want, found)) {
		return false;
	}
	skip = -(u32)((uintptr_t)unit_address(*found) >> UNIT_SHIFT) &
	       (align - 1);
	if (skip) {
		u32 all = vm.unit[*found].nr;

		set_run(*found + skip, all - skip, RUN_BUSY);
		__release_zero(*found, skip);
		*found += skip;
	}
	__split_run(*found, nr);
	return true;
}

/* A resident run of about the right length. */
static bool __take_dirty(u32 nr, u32 align, u32 *found)
{
	if (align > 1 || !bin_find(BIN_DIRTY, nr, nr + nr / 8, found))
		return false;
	bin_del(*found);
	vm.unit[*found].state = RUN_BUSY;
	return true;
}

static void __account(u32 i, size_t pages, int areas)
{
	vm.live_pages += pages - (areas < 1 ? vm.unit[i].pages : 0);
	vm.areas += (size_t)areas;
	vm.unit[i].pages = (u32)pages;
}

/* ---- guards ---- */

static void guard_run(u32 i)
{
	char *page = unit_address(i) + run_bytes(i) - arch_page_size;

	if (vm.unit[i].guarded || READ_ONCE(vm.no_guards))
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

/* ---- purging ---- */

#define PURGE_BATCH 32

static size_t dirty_limit(void)
{
	return clamp(vm.live_pages * PAGE_SIZE / 4, DIRTY_MIN, DIRTY_MAX);
}

static bool run_is_old(const struct vmap_unit *u, u32 now)
{
	return now - u->stamp >= (u32)(param(page_reporting_delay) / STAMP_MS);
}

/* Takes runs to purge off their bins; long ones first. */
static unsigned int __collect_dirty(u32 *runs, bool all)
{
	u32 now = now_stamp();
	unsigned int nr = 0;

	for (int bin = NR_BINS - 1; bin >= 0; bin--) {
		u32 i = vm.bins[BIN_DIRTY][bin];

		while (i && nr < PURGE_BATCH) {
			struct vmap_unit *u = &vm.unit[i - 1];
			u32 next = u->next;
			bool over =
				vm.dirty_units << UNIT_SHIFT > dirty_limit();

			if (all || over || run_is_old(u, now)) {
				bin_del(i - 1);
				u->state = RUN_PURGING;
				runs[nr++] = i - 1;
			}
			i = next;
		}
	}
	return nr;
}

/* Discards their pages and guards; says which are clean now. */
static void discard_runs(const u32 *runs, unsigned int nr, bool *clean)
{
	struct arch_range ranges[PURGE_BATCH];
	bool gone;

	for (unsigned int i = 0; i < nr; i++) {
		ranges[i].addr = unit_address(runs[i]);
		ranges[i].len = run_bytes(runs[i]);
	}
	gone = !arch_discard_ranges(ranges, nr);
	for (unsigned int i = 0; i < nr; i++)
		clean[i] = gone && unguard_run(runs[i]);
}

static size_t __return_purged(const u32 *runs, unsigned int nr,
			      const bool *clean)
{
	size_t pages = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (clean[i]) {
			pages += vm.unit[runs[i]].nr * UNIT_PAGES;
			__release_zero(runs[i], vm.unit[runs[i]].nr);
		} else {
			vm.unit[runs[i]].state = RUN_DIRTY;
			bin_add(runs[i]);
		}
	}
	return pages;
}

size_t vmap_purge(bool all)
{
	u32 runs[PURGE_BATCH];
	bool clean[PURGE_BATCH];
	size_t total = 0, pages;
	unsigned int nr;

	do {
		if (!spin_lock(&vm.lock))
			return total;
		nr = __collect_dirty(runs, all);
		spin_unlock(&vm.lock);
		if (!nr)
			break;
		discard_runs(runs, nr, clean);
		spin_lock(&vm.lock);
		pages = __return_purged(runs, nr, clean);
		spin_unlock(&vm.lock);
		total += pages;
	} while (pages && nr == PURGE_BATCH);
	vmstat_add(VMSTAT_pgreported, total);
	return total;
}

static bool __purge_due(u32 now)
{
	if (vm.dirty_units << UNIT_SHIFT > dirty_limit())
		return true;
	if (!vm.dirty_units || (s32)(now - vm.next_purge) < 0)
		return false;
	vm.next_purge = now + PURGE_EVERY;
	return true;
}

/* ---- areas ---- */

/* Gives up what is unused before the frontier, and what is online beyond
 * it; true if anything was. */
static bool retract(void)
{
	size_t from;
	bool ok = false;
	u32 last;

	vmap_purge(true);
	if (!spin_lock(&vm.lock))
		return false;
	from = READ_ONCE(mem_vmalloc.online);
	last = vm.frontier ? vm.unit[vm.frontier - 1].head : 0;
	if (vm.frontier && vm.unit[last].state == RUN_ZERO) {
		bin_del(last);
		vm.unit[last].state = RUN_NONE;
		WRITE_ONCE(vm.frontier, last);
	}
	if (from > (size_t)vm.frontier << UNIT_SHIFT)
		ok = !memblock_offline_vmalloc(from, (size_t)vm.frontier
							     << UNIT_SHIFT);
	spin_unlock(&vm.lock);
	return ok;
}

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

/* A run for an area; resident ones first.  If there is no room, page_alloc
 * may have some to give. */
static bool take_run(u32 nr, u32 align, size_t pages, u32 *i, bool *dirty)
{
	bool ok = false;

	for (int tries = 0; !ok && tries < 2; tries++) {
		if (tries && !page_offline_tail())
			break;
		if (!spin_lock(&vm.lock))
			return false;
		*dirty = __take_dirty(nr, align, i);
		ok = *dirty || __take_zero(nr, align, i);
		if (ok)
			__account(*i, pages, 1);
		spin_unlock(&vm.lock);
	}
	return ok;
}

void *vmap_alloc(size_t size, size_t align, bool *zeroed)
{
	size_t pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	u32 nr, i, units = (u32)(max(align, UNIT_SIZE) >> UNIT_SHIFT);
	bool dirty;

	if (size > PTRDIFF_MAX || pages >> 30 || align > SZ_1T || !start_vmap())
		return NULL;
	nr = units_for(pages);
	if (!take_run(nr, units, pages, &i, &dirty))
		return NULL;
	guard_run(i);
	*zeroed = !dirty;
	vmstat_add(dirty ? VMSTAT_vmap_reuse : VMSTAT_vmap_alloc, 1);
	return unit_address(i);
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
	else if (vm.unit[head].state == RUN_BUSY)
		pr_err("free of %p: interior pointer of a %lu-byte block at %p",
		       p, (unsigned long)vm.unit[head].pages << PAGE_SHIFT,
		       unit_address(head));
	else if (unit_address(head) == p)
		pr_err("double free of %p (%u pages)", p, vm.unit[head].pages);
	else
		pr_err("free of %p: not an allocated block", p);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

static void __free_area(u32 i)
{
	u32 pages = vm.unit[i].pages;

	__account(i, 0, -1);
	vm.unit[i].pages = pages; /* for the report of a double free */
	vm.unit[i].state = RUN_DIRTY;
	vm.unit[i].stamp = now_stamp();
	bin_add(i);
}

static void __take_deferred(void)
{
	void **p = xchg(&vm.deferred, NULL);

	while (p) {
		void **next = *p;

		__free_area(unit_index(p));
		p = next;
	}
}

static void defer_free(void **p)
{
	void **head = atomic_read(&vm.deferred);

	do
		*p = head;
	while (!try_cmpxchg_release(&vm.deferred, &head, p));
	vmstat_add(VMSTAT_nolock_free, 1);
}

bool vmap_free(void *p)
{
	bool due;
	u32 i;

	if (!is_area(p, &i)) {
		report_bad_area(p);
		return false;
	}
	if (!spin_lock(&vm.lock)) {
		defer_free(p);
		return true;
	}
	if (vm.unit[i].state != RUN_BUSY) { /* freed twice at once */
		spin_unlock(&vm.lock);
		report_bad_area(p);
		return false;
	}
	__free_area(i);
	if (unlikely(atomic_read(&vm.deferred)))
		__take_deferred();
	due = __purge_due(vm.unit[i].stamp);
	spin_unlock(&vm.lock);
	vmstat_add(VMSTAT_vmap_free, 1);
	if (due)
		vmap_purge(false);
	return true;
}

size_t vmap_size(const void *p)
{
	u32 i;

	return is_area(p, &i) ? (size_t)vm.unit[i].pages << PAGE_SHIFT : 0;
}

/* ---- resizing ---- */

/* Pages that fit before the run's last one. */
static size_t room_of(u32 i)
{
	return (size_t)vm.unit[i].nr * UNIT_PAGES -
	       (arch_page_size >> PAGE_SHIFT);
}

/* Takes units of the ZERO run behind, or of the frontier.  True if the run
 * is @nr units long afterwards; the old guard is gone then. */
static bool grow_in_place(u32 i, u32 nr)
{
	u32 have = vm.unit[i].nr, next = i + have, more = nr - have;
	bool ok = false;

	if (!spin_lock(&vm.lock))
		return false;
	if (next == vm.frontier) {
		ok = __extend_frontier(more, &next);
	} else if (vm.unit[next].state == RUN_ZERO &&
		   vm.unit[next].nr >= more) {
		bin_del(next);
		vm.unit[next].state = RUN_BUSY;
		__split_run(next, more);
		ok = true;
	}
	spin_unlock(&vm.lock);
	if (!ok)
		return false;
	ok = unguard_run(i);
	spin_lock(&vm.lock);
	if (ok) {
		bool guarded = vm.unit[i].guarded;

		vm.unit[next].state = RUN_NONE;
		set_run(i, nr, RUN_BUSY);
		vm.unit[i].guarded = guarded;
	} else {
		__release_zero(next, more);
	}
	spin_unlock(&vm.lock);
	return ok;
}

/* The rest of a run that shrank a lot becomes a free run of its own. */
static void cut_tail(u32 i, u32 nr)
{
	u32 have = vm.unit[i].nr;
	bool guarded = vm.unit[i].guarded, due;

	if (!spin_lock(&vm.lock))
		return;
	set_run(i, nr, RUN_BUSY);
	set_run(i + nr, have - nr, RUN_DIRTY);
	vm.unit[i + nr].guarded = guarded;
	vm.unit[i + nr].stamp = now_stamp();
	bin_add(i + nr);
	due = __purge_due(vm.unit[i + nr].stamp);
	spin_unlock(&vm.lock);
	guard_run(i);
	if (due)
		vmap_purge(false);
}

/* Moves the pages of run @i to a new one of @nr units. */
static void *move_run(u32 i, u32 nr, size_t pages)
{
	size_t len =
		ALIGN((size_t)vm.unit[i].pages << PAGE_SHIFT, arch_page_size);
	bool ok, clean;
	u32 to;

	if (!spin_lock(&vm.lock))
		return NULL;
	ok = __take_zero(nr, 1, &to);
	spin_unlock(&vm.lock);
	if (!ok)
		return NULL;
	if (arch_move_pages(unit_address(i), len, unit_address(to))) {
		spin_lock(&vm.lock);
		__release_zero(to, nr);
		spin_unlock(&vm.lock);
		return NULL;
	}
	guard_run(to);
	/* What a smaller area left behind in the old run goes as well. */
	clean = unguard_run(i) &&
		!arch_madvise(unit_address(i), run_bytes(i), MADV_DONTNEED);
	spin_lock(&vm.lock);
	__account(to, pages, 1);
	if (clean) {
		__account(i, 0, -1);
		__release_zero(i, vm.unit[i].nr);
	} else {
		__free_area(i);
	}
	spin_unlock(&vm.lock);
	vmstat_add(VMSTAT_vmap_move, 1);
	return unit_address(to);
}

static void set_pages(u32 i, size_t pages)
{
	if (!spin_lock(&vm.lock))
		return;
	__account(i, pages, 0);
	spin_unlock(&vm.lock);
}

void *vmap_resize(void *p, size_t size)
{
	size_t pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	u32 i, nr;

	if (size > PTRDIFF_MAX || pages >> 30 || !is_area(p, &i))
		return NULL;
	nr = units_for(pages);
	if (pages <= room_of(i)) {
		if (nr < vm.unit[i].nr / 2)
			cut_tail(i, nr);
		set_pages(i, pages);
		return p;
	}
	/* Address space ahead of need costs nothing and saves the next call. */
	if (grow_in_place(i, nr + nr / 8) || grow_in_place(i, nr)) {
		guard_run(i);
		set_pages(i, pages);
		return p;
	}
	return move_run(i, nr + nr / 4, pages);
}

/* ---- the kernel's interface ---- */

__export void *__vmalloc(unsigned long size, gfp_t gfp)
{
	bool zeroed = false;
	void *p;

	if (!size)
		return NULL;
	p = vmap_alloc(size, 1, &zeroed);
	if (p && gfp & __GFP_ZERO && !zeroed)
		__builtin_memset(p, 0, PAGE_ALIGN(size));
	return p;
}

__export void *vmalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL);
}

__export void *vzalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL | __GFP_ZERO);
}

__export void vfree(const void *p)
{
	if (p)
		vmap_free((void *)p);
}

__export void *vrealloc(const void *p, size_t size, gfp_t gfp)
{
	size_t old;
	void *to;

	if (!p)
		return __vmalloc(size, gfp);
	old = vmap_size(p);
	if (!size || !old) {
		vfree(p);
		return NULL;
	}
	/* What shrinks now may grow again: all beyond the size stays zero. */
	if (gfp & __GFP_ZERO && size < old)
		__builtin_memset((char *)p + size, 0, old - size);
	to = vmap_resize((void *)p, size);
	if (!to) {
		to = __vmalloc(size, gfp);
		if (!to)
			return NULL;
		__builtin_memcpy(to, p, min(old, size));
		vfree(p);
	} else if (gfp & __GFP_ZERO && size > old) {
		__builtin_memset((char *)to + old, 0, PAGE_ALIGN(size) - old);
	}
	return to;
}

__export bool is_vmalloc_addr(const void *p)
{
	return mem_is_vmalloc(p);
}

/* ---- reports, fork, checks ---- */

void vmap_stat(struct vmap_stat *stat)
{
	stat->areas = vm.areas;
	stat->live_pages = vm.live_pages;
	stat->dirty_pages = vm.dirty_units * UNIT_PAGES;
	stat->span_pages = (size_t)vm.frontier * UNIT_PAGES;
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
		BUG_ON(u->state == RUN_ZERO && i + nr < vm.frontier &&
		       u[nr].state == RUN_ZERO);
		dirty += u->state == RUN_DIRTY ? nr : 0;
	}
	BUG_ON(dirty != vm.dirty_units);
	spin_unlock(&vm.lock);
}
