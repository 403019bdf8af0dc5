/* SPDX-License-Identifier: MIT */
/*
 * vmalloc: large areas, in a range of their own.
 *
 *   | area of the kernel's                | malloc's area           |
 *     pages asked for ... | room | guard    pages ... | room |
 *
 * An area is a run of vmap_area's that is BUSY.  The descriptor of its first
 * unit says what it is to its user:
 *
 *   PLAIN  ordinary memory
 *   HUGE   vmalloc_huge's, advised to consist of 2 MiB pages until it is
 *          freed; it is not resized but copied
 *   FRESH  a large one of malloc's, nothing of which was resident: what is,
 *          when the next one is wanted or when it is freed, tells what is good
 *          for others
 *   WHOLE  one of these, as long as such areas turn out to be used from end
 *          to end: advised as well, until it is freed or resized
 *   PAGES  vmap's, which shows pages that are somebody's; who made it (its
 *          owner) is called to take them out before it is freed
 *
 * The kernel's areas (vmalloc) have a guard, the last page of their run,
 * which goes when they are freed; malloc's have none.
 *
 * An area grows into what is free behind it, or its pages move (mremap); what
 * is small is copied.
 *
 * Invariants: the run of an area in use is BUSY, and starts where the area
 * does; nobody else changes its descriptor.  One that is charged to a group
 * stays where it is.
 *
 * Locks: VMAP, inside vmap_area, and for owners.  A signal handler that may
 * not wait for it gets an area only if the lock is free, resizes none, and
 * defers its frees: a stack through the areas' first words.
 *
 * Left to others: where areas lie, and the pages under free ones (vmap_area).
 *
 * Cost: vmap_area's, and a system call for a guard, or those for the advice to
 * malloc's areas of 4 MiB and more (madvise, mincore).
 */
#include "vmalloc.h"

#include <errno.h>
#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "gfp.h"
#include "memcontrol.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "params.h"
#include "printk.h"
#include "vmap_area.h"
#include "vmstat.h"
#include "zone.h"

enum area_kind {
	AREA_PLAIN,
	AREA_HUGE,  /* vmalloc_huge's: advised to be 2 MiB pages */
	AREA_PAGES, /* vmap's */
	AREA_FRESH, /* malloc's, a large one, nothing of it resident at first */
	AREA_WHOLE  /* malloc's, a large one, advised to be 2 MiB pages */
};

static struct {
	void **deferred; /* atomic */
	bool no_guards;	 /* racy; only ever turned on */
	u32 whole;	 /* racy: large areas seen to be used whole, in turn */
	u32 advised;	 /* atomic */
	u64 newest;	 /* racy: the newest FRESH area: pages, and index + 1 */
	u32 pause;	 /* racy: how long 2 MiB pages are dear, in ms; or 0 */
	u64 dear_until;	 /* racy: of arch_clock_ms */
} vm;

u64 vmalloc_dear_ns = 2000000;

/* Units for @pages, at least one, and, behind them, a guard of the system's
 * page size. */
static u32 units_for(size_t pages, bool guard)
{
	size_t behind = guard ? arch_page_size >> PAGE_SHIFT : 0;

	return (u32)DIV_ROUND_UP(max(pages, (size_t)1) + behind,
				 VMAP_UNIT_PAGES);
}

/* ---- guards ---- */

static void guard_run(u32 i)
{
	char *page = vmap_unit_address(i) + vmap_run_bytes(i) - arch_page_size;

	if (vmap_space.unit[i].guarded || READ_ONCE(vm.no_guards) ||
	    !gfp_may(CALL))
		return;
	if (arch_madvise(page, arch_page_size, MADV_GUARD_INSTALL))
		WRITE_ONCE(vm.no_guards, true);
	else
		vmap_space.unit[i].guarded = true;
}

/* False if the guard could not be removed. */
static bool unguard_run(u32 i)
{
	char *page = vmap_unit_address(i) + vmap_run_bytes(i) - arch_page_size;

	for (int tries = 0; vmap_space.unit[i].guarded && tries < 4; tries++) {
		if (!arch_madvise(page, arch_page_size, MADV_GUARD_REMOVE))
			vmap_space.unit[i].guarded = false;
	}
	return !vmap_space.unit[i].guarded;
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
	char *start = vmap_unit_address(i);

	if (advise_huge(start, start + ALIGN_DOWN(size, SZ_2M)))
		vmap_space.unit[i].kind = AREA_HUGE;
}

/* As all of the range is. */
static void unadvise_huge(u32 i)
{
	u8 kind = vmap_space.unit[i].kind;

	if (kind != AREA_HUGE && kind != AREA_WHOLE)
		return;
	arch_madvise(vmap_unit_address(i), vmap_run_bytes(i), MADV_NOHUGEPAGE);
	vmap_space.unit[i].kind = AREA_PLAIN;
}

static bool is_whole(u32 i, size_t pages)
{
	size_t bytes = pages << PAGE_SHIFT;

	for (unsigned int k = 1; k <= WHOLE_LOOKS; k++) {
		size_t at =
			ALIGN_DOWN(bytes / WHOLE_LOOKS * k - 1, arch_page_size);

		if (!arch_is_resident(vmap_unit_address(i) + at,
				      arch_page_size))
			return false;
	}
	return true;
}

static void count_whole(void)
{
	u32 whole = READ_ONCE(vm.whole);

	WRITE_ONCE(vm.whole, min(whole + 1, WHOLE_SURE + 0U));
}

/* From the area before: a program that fills what it allocates, and keeps it,
 * frees none for long.  That it is not full says nothing yet.  It may be another
 * thread's, and free by now: only what is resident there is looked at. */
static void learn_from_newest(void)
{
	u64 newest = READ_ONCE(vm.newest);

	if (!newest || READ_ONCE(vm.whole) >= WHOLE_SURE ||
	    !is_whole((u32)newest - 1, newest >> 32))
		return;
	WRITE_ONCE(vm.newest, 0);
	count_whole();
}

/* It is not advised, to see what becomes of it. */
static void watch(u32 i, size_t size)
{
	if (vmap_space.unit[i].dirty)
		return;
	vmap_space.unit[i].kind = AREA_FRESH;
	WRITE_ONCE(vm.newest, (u64)(size >> PAGE_SHIFT) << 32 | (i + 1));
}

static void unwatch(u32 i)
{
	vmap_space.unit[i].kind = AREA_PLAIN;
	if ((u32)READ_ONCE(vm.newest) == i + 1)
		WRITE_ONCE(vm.newest, 0);
}

/* From an area that is freed: what is resident of it, its user has used. */
static void learn(u32 i)
{
	if (vmap_space.unit[i].kind != AREA_FRESH)
		return;
	unwatch(i);
	if (is_whole(i, vmap_space.unit[i].pages))
		count_whole();
	else
		WRITE_ONCE(vm.whole, 0);
}

/* Where the system has to make room for a 2 MiB page, or a hypervisor to find
 * one, it takes many times as long as the small ones in its place.  After one
 * that did there is none for a while; the next one tells for how long. */
#define DEAR_PAUSE_MS 1000U
#define DEAR_PAUSE_MOST_MS 64000U

static bool huge_is_dear(void)
{
	return READ_ONCE(vm.pause) &&
	       arch_clock_ms() < READ_ONCE(vm.dear_until);
}

static bool note_huge(u64 ns)
{
	u32 pause = 0;

	if (ns > vmalloc_dear_ns)
		pause = clamp(2 * READ_ONCE(vm.pause), DEAR_PAUSE_MS,
			      DEAR_PAUSE_MOST_MS);
	WRITE_ONCE(vm.dear_until, arch_clock_ms() + pause);
	WRITE_ONCE(vm.pause, pause);
	return !pause;
}

/* Makes the last of an area that is certain to be used resident; false if it
 * was dear. */
static bool try_huge(char *end)
{
	u64 began = arch_clock_ns();

	return arch_madvise(end - SZ_2M, SZ_2M, MADV_POPULATE_WRITE) ||
	       note_huge(arch_clock_ns() - began);
}

/* A new large area of malloc's. */
static void advise_whole(u32 i, size_t size)
{
	char *start = vmap_unit_address(i), *end = start + size;

	if (!gfp_may(CALL) || param(thp) != THP_MADVISE)
		return;
	learn_from_newest();
	if (READ_ONCE(vm.whole) < WHOLE_SURE ||
	    atomic_fetch_add(&vm.advised, 1) % WHOLE_PROBE == 0) {
		watch(i, size);
		return;
	}
	start = (char *)ALIGN((uintptr_t)start, SZ_2M);
	end = (char *)ALIGN_DOWN((uintptr_t)end, SZ_2M);
	if (vmap_space.unit[i].dirty + VMAP_UNITS_2M <= vmap_space.unit[i].nr &&
	    !huge_is_dear() && advise_huge(start, end)) {
		vmap_space.unit[i].kind = AREA_WHOLE;
		if (!try_huge(end))
			arch_madvise(start, (size_t)(end - start) - SZ_2M,
				     MADV_NOHUGEPAGE);
	}
}

/* An area that changes: nothing is learnt from it, and it is one mapping. */
static void forget(u32 i)
{
	if (vmap_space.unit[i].kind == AREA_WHOLE)
		unadvise_huge(i);
	unwatch(i);
}

/* ---- areas ---- */

static void __cold free_deferred(void);

void *vmap_alloc(size_t size, size_t align, bool guard, bool *zeroed)
{
	size_t pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	u32 i, units = (u32)(max(align, VMAP_UNIT_SIZE) >> VMAP_UNIT_SHIFT);
	bool dirty;

	if (size > PTRDIFF_MAX || pages >> 30 || align > SZ_1T ||
	    !vmap_area_ready())
		return NULL;
	if (unlikely(atomic_read(&vm.deferred)) &&
	    spin_may_wait(&vmap_space.lock))
		free_deferred();
	if (!vmap_area_take(units_for(pages, guard), units, pages, &i))
		return NULL;
	dirty = vmap_space.unit[i].dirty;
	if (guard)
		guard_run(i);
	else if (size >= WHOLE_MIN)
		advise_whole(i, size);
	*zeroed = !dirty;
	vmstat_add(dirty ? VMSTAT_vmap_reuse : VMSTAT_vmap_alloc, 1);
	return vmap_unit_address(i);
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
	if (!mem_is_vmalloc(p) || !vmap_space.unit)
		return false;
	*i = vmap_unit_index(p);
	return vmap_unit_address(*i) == p &&
	       *i < READ_ONCE(vmap_space.frontier) &&
	       vmap_space.unit[*i].state == RUN_BUSY;
}

static void __cold report_bad_area(const void *p)
{
	bool inside = vmap_space.unit && mem_is_vmalloc(p);
	u32 i = inside ? vmap_unit_index(p) : 0;
	u32 head = i;

	while (head && head < vmap_space.frontier &&
	       !vmap_space.unit[head].state)
		head--;
	if (!inside || i >= vmap_space.frontier)
		pr_err("free of %p: not an allocated block", p);
	else if (vmap_space.unit[head].state == RUN_BUSY &&
		 vmap_unit_address(head) == p)
		pr_err("double free of %p (%u pages)", p,
		       vmap_space.unit[i].pages);
	else if (vmap_space.unit[head].state == RUN_BUSY)
		pr_err("free of %p: interior pointer of a %lu-byte block at %p",
		       p,
		       (unsigned long)vmap_space.unit[head].pages << PAGE_SHIFT,
		       vmap_unit_address(head));
	else if (vmap_unit_address(i) == p && vmap_space.unit[i].pages)
		pr_err("double free of %p (%u pages)", p,
		       vmap_space.unit[i].pages);
	else
		pr_err("free of %p: not an allocated block", p);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

static void defer_free(void **p)
{
	void **head = atomic_read(&vm.deferred);

	do
		*p = head;
	while (!try_cmpxchg_release(&vm.deferred, &head, p));
	vmstat_add(VMSTAT_deferred_free, 1);
}

/* What is special about an area is undone without the lock. */
static noinline int free_special(u32 i)
{
	u8 kind = vmap_space.unit[i].kind;
	int err = vmap_area_close(i);

	if (err)
		return err;
	unguard_run(i);
	learn(i);
	unadvise_huge(i);
	return vmap_area_free(i, RUN_PURGING,
			      kind == AREA_PLAIN || kind == AREA_FRESH);
}

/* False if this thread may not wait for the lock, which is not free or
 * would be needed twice. */
static bool free_area(u32 i)
{
	int err = vmap_space.unit[i].special ?
			  free_special(i) :
			  vmap_area_free(i, RUN_BUSY, true);

	if (unlikely(err == -ENOENT)) /* freed twice at once */
		report_bad_area(vmap_unit_address(i));
	return err != -EAGAIN;
}

static void __cold free_deferred(void)
{
	void **p = xchg(&vm.deferred, NULL);

	while (p) {
		void **next = *p;

		free_area(vmap_unit_index(p));
		p = next;
	}
}

void vmap_set_memcg(void *p, u16 owner)
{
	u32 i = vmap_unit_index(p);

	if (!owner)
		return;
	vmap_space.unit[i].memcg = owner;
	WRITE_ONCE(vmap_space.unit[i].charged, true);
}

u16 vmap_memcg(const void *p)
{
	u32 i;

	return is_area(p, &i) && vmap_space.unit[i].charged ?
		       (u16)vmap_space.unit[i].memcg :
		       0;
}

static void uncharge(u32 i)
{
	if (likely(!vmap_space.unit[i].charged) ||
	    !xchg(&vmap_space.unit[i].charged, false))
		return;
	memcg_uncharge((u16)vmap_space.unit[i].memcg,
		       (size_t)vmap_space.unit[i].pages << PAGE_SHIFT);
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
	if (unlikely(vmap_space.unit[i].kind == AREA_PAGES))
		return free_mapped(p);
	uncharge(i);
	if (!free_area(i))
		defer_free(p);
	else if (unlikely(atomic_read(&vm.deferred)) &&
		 spin_may_wait(&vmap_space.lock))
		free_deferred();
	return true;
}

size_t vmap_size(const void *p)
{
	u32 i;

	return is_area(p, &i) ? (size_t)vmap_space.unit[i].pages << PAGE_SHIFT :
				0;
}

/* ---- areas of others' pages ---- */

void vmap_set_owner(void *p, void *owner)
{
	u32 i = vmap_unit_index(p);

	spin_lock(&vmap_space.lock);
	for (u32 k = 1; k < vmap_space.unit[i].nr; k++)
		vmap_space.unit[i + k].head = i;
	vmap_space.unit[i].owner = owner;
	vmap_space.unit[i].kind = owner ? AREA_PAGES : AREA_PLAIN;
	spin_unlock(&vmap_space.lock);
}

void *vmap_take_owner(void *p)
{
	void *owner = NULL;
	u32 i;

	if (!spin_lock(&vmap_space.lock))
		return NULL;
	if (is_area(p, &i) && vmap_space.unit[i].kind == AREA_PAGES) {
		owner = vmap_space.unit[i].owner;
		vmap_space.unit[i].owner = NULL;
	}
	spin_unlock(&vmap_space.lock);
	return owner;
}

/* What an inner unit says of its head may be from long ago: the head must
 * agree. */
void *vmap_owner_of(const void *p, size_t *offset)
{
	const struct vmap_unit *u;
	u32 i;

	if (!mem_is_vmalloc(p) || !vmap_space.unit)
		return NULL;
	i = vmap_unit_index(p);
	if (i >= READ_ONCE(vmap_space.frontier))
		return NULL;
	if (vmap_space.unit[i].state == RUN_NONE)
		i = vmap_space.unit[i].head;
	u = &vmap_space.unit[i];
	if (u->state != RUN_BUSY || u->kind != AREA_PAGES ||
	    vmap_unit_index(p) - i >= u->nr)
		return NULL;
	*offset = (size_t)((const char *)p - vmap_unit_address(i));
	return u->owner;
}

/* ---- resizing ---- */

/* Pages that fit before the guard. */
static size_t room_of(u32 i)
{
	return (size_t)vmap_space.unit[i].nr * VMAP_UNIT_PAGES -
	       (vmap_space.unit[i].guarded ? arch_page_size >> PAGE_SHIFT : 0);
}

/* True if the run is @nr units long afterwards; its old guard is gone then. */
static bool grow_in_place(u32 i, u32 nr, size_t pages)
{
	bool ok;

	if (!vmap_area_grow(i, nr))
		return false;
	ok = unguard_run(i);
	vmap_area_end_growth(i, nr, pages, ok);
	return ok;
}

/* The rest of a run that shrank a lot becomes free. */
static void cut_tail(u32 i, u32 nr, bool guard)
{
	bool due;

	if (!unguard_run(i))
		return;
	due = vmap_area_cut(i, nr);
	if (guard)
		guard_run(i);
	if (due)
		vmap_purge(false);
}

/* Moves the pages of run @i to a new one of @nr units. */
static void *move_run(u32 i, u32 nr, size_t pages, bool guard)
{
	size_t len = ALIGN((size_t)vmap_space.unit[i].pages << PAGE_SHIFT,
			   arch_page_size);
	char *from = vmap_unit_address(i);
	bool gone;
	u32 to;

	if (!vmap_area_take_zero(nr, &to))
		return NULL;
	if (arch_move_pages(from, len, vmap_unit_address(to))) {
		vmap_area_put_back(to);
		return NULL;
	}
	if (guard)
		guard_run(to);
	/* What a smaller area left behind in the old run goes as well. */
	gone = unguard_run(i) &&
	       !arch_madvise(from, vmap_run_bytes(i), MADV_DONTNEED);
	vmap_area_replace(i, to, pages, gone);
	vmstat_add(VMSTAT_vmap_move, 1);
	return vmap_unit_address(to);
}

#define MOVE_MIN_PAGES 64

void *vmap_resize(void *p, size_t size)
{
	size_t pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	bool guard;
	u32 i, nr;

	if (size > PTRDIFF_MAX || pages >> 30 || !is_area(p, &i) ||
	    vmap_space.unit[i].charged || !spin_may_wait(&vmap_space.lock))
		return NULL;
	guard = vmap_space.unit[i].guarded;
	nr = units_for(pages, guard);
	if (vmap_space.unit[i].kind == AREA_PAGES)
		return NULL;
	if (vmap_space.unit[i].kind == AREA_HUGE &&
	    (pages > room_of(i) || nr < vmap_space.unit[i].nr / 2))
		return NULL;
	if (vmap_space.unit[i].kind != AREA_HUGE)
		forget(i);
	if (pages <= room_of(i)) {
		if (nr < vmap_space.unit[i].nr / 2)
			cut_tail(i, nr, guard);
		vmap_area_set_pages(i, pages);
		return p;
	}
	/* Address space ahead of need costs nothing and saves the next call. */
	if (grow_in_place(i, nr + nr / 8, pages) ||
	    grow_in_place(i, nr, pages)) {
		if (guard)
			guard_run(i);
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
		make_huge(vmap_unit_index(p), size);
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
	    (align > VMAP_UNIT_SIZE && size > old))
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
