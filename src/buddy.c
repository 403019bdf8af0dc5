/* SPDX-License-Identifier: MIT */
/*
 * buddy: free blocks of pages.
 *
 *   page_alloc_exact -> lists -> fresh range -> memblock
 *
 *   zone.area[state][order].free: list of struct page
 *        state DIRTY: resident at least in part, content unknown; newest
 *                     first; PAGE_RESIDENT if all of it is known to be
 *        state ZERO:  not resident, reads as zero
 *   zone.nonempty[state]: bit n set if area[state][n] is not empty
 *
 * Allocation takes the smallest dirty block that is large enough, else the
 * smallest zero one, and puts the unused upper halves back; else it cuts a
 * block from the fresh range, which grows by bringing sections online.  A
 * freed block merges with its buddy while that is free and of the same
 * order; what is dirty in part is DIRTY as a whole.  (If only like states
 * merged, the unused tails of exact-sized blocks would keep all around them
 * apart: twice the memory, in programs with many sizes of large blocks.)
 * Reporting (giving back) turns dirty blocks into zero ones.
 *
 * Growth, by pages that were not resident, is noted: after a part of what is
 * (GROWTH_PART) idle caches give up what they hold, a section that was there
 * before the heap was large is joined into one page, and dirty blocks are
 * reported where many are too small to have served.
 *
 * A request that may not sleep takes dirty blocks alone.  After them comes
 * the reserve, lists of blocks that were made resident and are nobody else's
 * (min_free_kbytes), as far down as the request's share goes:
 *
 *   reserve.area[order]: min pages  |....5/8 ATOMIC....|...MEMALLOC..|
 *                                   |..4/8 HIGH..|
 *
 * Its blocks do not merge.  The next caller that may sleep fills it up again;
 * pieces that are too small to serve go back to the lists then.
 *
 * Of a large block that is freed, the first word is noted in its descriptor,
 * and looked at when a block that begins there is allocated; so is the first
 * one of what reads as zero.  Free memory itself is never written to, but for
 * the reserve's, to make it resident.
 *
 * Invariants: a block on a list has type PG_BUDDY and its order in its
 * first descriptor, and no other descriptor of it has a type; blocks are
 * aligned to their size; the counts equal the lists.  Of the reserve's,
 * the type is PG_RESERVE.
 *
 * Locks: ZONE for all of the above.  The system is called without it:
 * blocks being given back are on nobody's list meanwhile.  A signal handler
 * that may not wait for the lock gets a block only if the lock is free and
 * there is one, reports none, and defers its frees: zone.deferred is a
 * stack of blocks, through lru.next.
 *
 * Left to others: per-CPU lists, limits, zones with a place of their own, and
 * what to do if there is no block (page_alloc and the ladder).
 *
 * Cost: an allocation takes the lock once and touches one descriptor for
 * each level split.
 */
#include "buddy.h"

#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "cgroup.h"
#include "gfp.h"
#include "memblock.h"
#include "params.h"
#include "printk.h"
#include "vmstat.h"

enum { DIRTY, ZERO, NR_STATES };

static struct {
	struct spinlock lock;
	u32 nonempty[NR_STATES];
	struct {
		struct list_head free;
		size_t nr;
	} area[NR_STATES][NR_PAGE_ORDERS];
	size_t pages[NR_STATES];
	char *fresh; /* online, never used, on no list */
	size_t fresh_len;
	u32 now;	 /* the clock at the last free, in 1/4 s */
	u32 next_report; /* when to look for old blocks again */
	bool ready;
	bool calm;	       /* ready, and the reserve is full */
	size_t resident;       /* pages, in use or not */
	size_t grown;	       /* became so since page_grower was called */
	struct page *deferred; /* atomic: blocks of page->nr pages */
	struct {
		struct list_head area[NR_PAGE_ORDERS];
		size_t pages, min;
		u32 retry; /* when to try again what did not succeed */
		bool filling;
		bool unlocked; /* a child's: it is to be made again */
	} reserve;
} zone = { .lock = SPIN_LOCK_INIT(ZONE) };

#define STAMP_MS 250
#define REPORT_EVERY 2 /* stamps */
#define HUGE_ORDER 9   /* of a 2 MiB page */

/* ---- lists; the zone lock is held ---- */

static void zone_init(void)
{
	for (int s = 0; s < NR_STATES; s++) {
		for (int o = 0; o < NR_PAGE_ORDERS; o++)
			INIT_LIST_HEAD(&zone.area[s][o].free);
	}
	for (int o = 0; o < NR_PAGE_ORDERS; o++)
		INIT_LIST_HEAD(&zone.reserve.area[o]);
	zone.ready = true;
	zone.calm = true;
}

/* What is true of each part of a block if it is of all. */
#define PAGE_PARTS (PAGE_ZERO | PAGE_RESIDENT)

static inline unsigned int page_state(const struct page *page)
{
	return page->flags & PAGE_ZERO ? ZERO : DIRTY;
}

static void list_block(struct page *page, unsigned int order)
{
	unsigned int s = page_state(page);

	page_set_type(page, PG_BUDDY);
	page->order = (u8)order;
	list_add(&page->lru, &zone.area[s][order].free);
	zone.area[s][order].nr++;
	zone.nonempty[s] |= 1U << order;
	zone.pages[s] += 1UL << order;
}

static void unlist_block(struct page *page)
{
	unsigned int s = page_state(page), order = page->order;

	list_del(&page->lru);
	page_set_type(page, PG_NONE);
	zone.pages[s] -= 1UL << order;
	if (!--zone.area[s][order].nr)
		zone.nonempty[s] &= ~(1U << order);
}

static struct page *buddy_of(struct page *page, unsigned int order)
{
	size_t pfn = (size_t)(page - mem_map) ^ (1UL << order);

	return mem_map + pfn;
}

static bool can_merge(const struct page *buddy, unsigned int order)
{
	return mem_is_phys(mem_page_address(buddy)) &&
	       page_type(buddy) == PG_BUDDY && buddy->order == order;
}

static void __free_block(struct page *page, unsigned int order)
{
	u32 stamp = zone.now;
	u8 flags = page->flags;

	lockdep_assert_held(&zone.lock);
	while (order < MAX_PAGE_ORDER) {
		struct page *buddy = buddy_of(page, order);

		if (!can_merge(buddy, order))
			break;
		unlist_block(buddy);
		stamp = max(stamp, buddy->stamp);
		flags &= buddy->flags;
		if (buddy < page)
			page = buddy;
		order++;
	}
	page->stamp = stamp;
	page->flags = (flags & PAGE_PARTS) | (page->flags & PAGE_KNOWN);
	list_block(page, order);
}

/* Cuts a block that is on no list down to @order. */
static void expand(struct page *page, unsigned int high, unsigned int order)
{
	while (high > order) {
		struct page *upper = page + (1UL << --high);

		upper->flags = page->flags & PAGE_PARTS;
		upper->stamp = page->stamp;
		list_block(upper, high);
	}
}

static __always_inline struct page *__take_block(unsigned int order, int s)
{
	u32 fit = zone.nonempty[s] >> order << order;
	struct page *page;
	unsigned int high;

	lockdep_assert_held(&zone.lock);
	if (!fit)
		return NULL;
	high = __ffs(fit);
	page = list_first_entry(&zone.area[s][high].free, struct page, lru);
	unlist_block(page);
	expand(page, high, order);
	return page;
}

/* Frees @nr pages from @page on as the largest blocks that fill them. */
static void __free_range(struct page *page, size_t nr, u8 flags)
{
	while (nr) {
		size_t pfn = (size_t)(page - mem_map);
		unsigned int order = min(MAX_PAGE_ORDER, (int)__fls(nr));

		if (pfn)
			order = min(order, __ffs(pfn));
		page->flags = flags;
		page_set_type(page, PG_NONE);
		__free_block(page, order);
		flags &= PAGE_PARTS;
		page += 1UL << order;
		nr -= 1UL << order;
	}
}

static void __add_range(char *start, size_t len, u8 flags)
{
	__free_range(mem_page(start), len >> PAGE_SHIFT, flags);
}

/* Cuts a block from the start of the range that nobody has used yet, whose
 * descriptors are therefore not touched ahead of need. */
static struct page *__take_fresh(unsigned int order)
{
	size_t len = PAGE_SIZE << order;
	size_t gap = -(uintptr_t)zone.fresh & (len - 1);
	struct page *page;

	if (zone.fresh_len < gap + len)
		return NULL;
	__add_range(zone.fresh, gap, PAGE_ZERO);
	page = mem_page(zone.fresh + gap);
	page->flags = PAGE_ZERO;
	zone.fresh += gap + len;
	zone.fresh_len -= gap + len;
	return page;
}

/* A block that is not resident. */
static struct page *__take_zero(unsigned int order)
{
	struct page *page;

	if (!gfp_may(FAULT))
		return NULL;
	page = __take_block(order, ZERO);
	if (!page)
		page = __take_fresh(order);
	if (page) {
		zone.resident += 1UL << order;
		zone.grown += 1UL << order;
	}
	return page;
}

#define GROWTH_LEAST (SZ_1M >> PAGE_SHIFT)
#define GROWTH_PART 128
#define UNFIT_PART 16

static bool __grown_much(void)
{
	if (likely(zone.grown < GROWTH_LEAST) ||
	    zone.grown < zone.resident / GROWTH_PART)
		return false;
	zone.grown = 0;
	return true;
}

/* Drops the lock to make the call; others may use what it brings. */
static bool grow_zone(unsigned int order)
{
	size_t got = 0;
	char *start;

	spin_unlock(&zone.lock);
	start = memblock_online_phys(PAGE_SIZE << order, &got);
	spin_lock(&zone.lock);
	if (!start)
		return false;
	if (start != zone.fresh + zone.fresh_len) {
		__add_range(zone.fresh, zone.fresh_len, PAGE_ZERO);
		zone.fresh = start;
		zone.fresh_len = 0;
	}
	zone.fresh_len += got;
	return true;
}

/* The end of the zone, cut back over free blocks; what is cut is on no
 * list afterwards. */
static char *__cut_tail(char *end)
{
	char *base = (char *)mem_phys_base;

	if (zone.fresh_len && zone.fresh + zone.fresh_len == end) {
		char *cut =
			base + ALIGN((size_t)(zone.fresh - base), SECTION_SIZE);

		if (cut < end) {
			zone.fresh_len -= (size_t)(end - cut);
			end = cut;
		}
		if (zone.fresh_len)
			return end;
		zone.fresh = NULL;
	}
	for (int o = MAX_PAGE_ORDER; o >= MAX_PAGE_ORDER - 1; o--) {
		size_t len = PAGE_SIZE << o;
		struct page *page;

		while ((size_t)(end - base) >= len &&
		       IS_ALIGNED((size_t)(end - base), len)) {
			page = mem_page(end - len);
			if (page_type(page) != PG_BUDDY || page->order != o)
				break;
			unlist_block(page);
			end -= len;
		}
	}
	return end;
}

size_t page_offline_tail(void)
{
	char *end, *cut;

	if (!spin_lock(&zone.lock))
		return 0;
	end = (char *)mem_phys_base + READ_ONCE(mem_phys.online);
	cut = zone.ready ? __cut_tail(end) : end;
	if (cut != end &&
	    memblock_offline_phys((size_t)(end - (char *)mem_phys_base),
				  (size_t)(cut - (char *)mem_phys_base))) {
		__add_range(cut, (size_t)(end - cut), 0);
		cut = end;
	}
	spin_unlock(&zone.lock);
	return (size_t)(end - cut);
}

/* ---- growth, and frees that were put off ---- */

bool (*page_shrinker)(void); /* set once */
size_t page_trim_threshold;
void (*page_reaper)(void); /* set once */
void (*page_waker)(void);  /* set once */
void (*page_grower)(void); /* set once */

/* More memory, if need be by taking it from the other range. */
static bool grow_or_shrink(unsigned int order, bool *shrunk)
{
	if (!spin_may_drop(&zone.lock) || !gfp_may(CALL))
		return false;
	if (grow_zone(order))
		return true;
	if (*shrunk || !READ_ONCE(page_shrinker))
		return false;
	*shrunk = true;
	spin_unlock(&zone.lock);
	if (page_shrinker()) {
		spin_lock(&zone.lock);
		return true;
	}
	spin_lock(&zone.lock);
	return false;
}

static void __free_deferred(void)
{
	struct page *page = xchg(&zone.deferred, NULL);

	while (page) {
		struct page *next = (struct page *)page->lru.next;

		__free_range(page, page->nr, 0);
		page = next;
	}
}

static void defer_free(struct page *page, unsigned int nr)
{
	struct page *first = atomic_read(&zone.deferred);

	page->nr = nr;
	do
		page->lru.next = (struct list_head *)first;
	/* pairs with the acquire in __free_deferred */
	while (!try_cmpxchg_release(&zone.deferred, &first, page));
	vmstat_add(VMSTAT_deferred_free, 1);
}

static u32 read_clock(void)
{
	return (u32)(arch_clock_ms() / STAMP_MS);
}

/* ---- the reserve; the zone lock is held ---- */

#define RESERVE_MAX_ORDER HUGE_ORDER
#define RESERVE_MIN_ORDER 4 /* of pieces that are worth keeping */
#define DESCRIPTORS_A_PAGE (PAGE_SIZE / sizeof(struct page))

static void __reserve_add(struct page *page, unsigned int order)
{
	page->flags = 0;
	page->order = (u8)order;
	page_set_type(page, PG_RESERVE);
	list_add(&page->lru, &zone.reserve.area[order]);
	zone.reserve.pages += 1UL << order;
}

static void __reserve_del(struct page *page)
{
	list_del(&page->lru);
	page_set_type(page, PG_NONE);
	zone.reserve.pages -= 1UL << page->order;
}

/* What the request's share leaves of it; the smallest block that fits. */
static struct page *__cold __take_reserve(unsigned int order)
{
	size_t share = zone.reserve.min * gfp_reserve_share() / 8;
	size_t floor = zone.reserve.min - share;

	if (!share || zone.reserve.pages < floor + (1UL << order))
		return NULL;
	for (unsigned int o = order; o < NR_PAGE_ORDERS; o++) {
		struct page *page;

		if (list_empty(&zone.reserve.area[o]))
			continue;
		page = list_first_entry(&zone.reserve.area[o], struct page,
					lru);
		__reserve_del(page);
		while (o-- > order)
			__reserve_add(page + (1UL << o), o);
		zone.calm = false;
		vmstat_add(VMSTAT_reserve_alloc, 1);
		return page;
	}
	return NULL;
}

/* Blocks below an order go back to where they merge. */
static void __reserve_drop(int below)
{
	for (int o = 0; o < below; o++) {
		struct list_head *list = &zone.reserve.area[o];

		while (!list_empty(list)) {
			struct page *page =
				list_first_entry(list, struct page, lru);

			__reserve_del(page);
			__free_block(page, (unsigned int)o);
		}
	}
}

static bool lock_reserve(void *mem, size_t len)
{
	static bool said; /* atomic */
	int err;

	if (param(mlock) != MLOCK_RESERVE)
		return false;
	err = arch_mlock(mem, len);
	if (!err)
		return true;
	/* What could not be made resident is locked all the same. */
	arch_munlock(mem, len);
	if (!xchg(&said, true))
		pr_warn("mlock=reserve: %zu bytes cannot be locked (error %d): is RLIMIT_MEMLOCK too low? (reported once)",
			len, -err);
	return false;
}

/* All pages of a block of ours, and their descriptors. */
static void make_resident(struct page *page, unsigned int order)
{
	char *mem = mem_page_address(page);
	size_t pages = 1UL << order;

	if (!lock_reserve(mem, PAGE_SIZE << order) &&
	    arch_madvise(mem, PAGE_SIZE << order, MADV_POPULATE_WRITE)) {
		for (size_t i = 0; i < pages; i++)
			WRITE_ONCE(mem[i << PAGE_SHIFT], 0);
	}
	for (size_t i = 0; i < pages; i += DESCRIPTORS_A_PAGE)
		WRITE_ONCE(page[i].flags, 0);
}

/* A block for the reserve, on no list; the lock is dropped on the way. */
static struct page *__find_for_reserve(unsigned int *order)
{
	size_t missing = zone.reserve.min - zone.reserve.pages;
	struct page *page;

	for (*order = min(RESERVE_MAX_ORDER, (int)__fls(missing));; --*order) {
		do {
			page = __take_block(*order, DIRTY);
			if (!page)
				page = __take_zero(*order);
		} while (!page && grow_zone(*order));
		if (page || !*order)
			return page;
	}
}

/* Drops the lock on the way: the caller may sleep. */
static void __fill_reserve(void)
{
	if (zone.reserve.filling)
		return;
	zone.reserve.filling = true;
	if (zone.reserve.unlocked)
		__reserve_drop(NR_PAGE_ORDERS);
	zone.reserve.unlocked = false;
	if (zone.reserve.pages < zone.reserve.min)
		__reserve_drop(RESERVE_MIN_ORDER);
	while (zone.reserve.pages < zone.reserve.min) {
		unsigned int order;
		struct page *page = __find_for_reserve(&order);

		if (!page)
			break;
		spin_unlock(&zone.lock);
		make_resident(page, order);
		spin_lock(&zone.lock);
		__reserve_add(page, order);
	}
	zone.reserve.filling = false;
	zone.calm = zone.reserve.pages >= zone.reserve.min;
	if (!zone.calm)
		zone.reserve.retry = read_clock() + 1;
}

/* What an allocation sees to first, now and then. */
static void __cold __attend(void)
{
	if (!zone.ready)
		zone_init();
	if (zone.calm || !gfp_may(CALL) || !spin_may_drop(&zone.lock) ||
	    (s32)(read_clock() - zone.reserve.retry) < 0)
		return;
	__fill_reserve();
}

size_t page_reserve_set(size_t pages)
{
	size_t got;

	if (!spin_may_wait(&zone.lock))
		return 0;
	spin_lock(&zone.lock);
	if (!zone.ready)
		zone_init();
	WRITE_ONCE(zone.reserve.min, pages);
	if (zone.reserve.pages > pages)
		__reserve_drop(NR_PAGE_ORDERS);
	__fill_reserve();
	got = zone.reserve.pages;
	spin_unlock(&zone.lock);
	return got;
}

size_t page_reserve_min(void)
{
	return READ_ONCE(zone.reserve.min);
}

bool page_reserve_fill(void)
{
	if (READ_ONCE(zone.calm) || !spin_may_wait(&zone.lock))
		return false;
	spin_lock(&zone.lock);
	__attend();
	spin_unlock(&zone.lock);
	return true;
}

/* Who must not have faults would have one by what is moved; and the system
 * needs 2 MiB more for a moment. */
void page_collapse(unsigned int nr)
{
	if (!lockdep_held && gfp_may(CALL) && !page_reserve_min() &&
	    !cgroup_was_pressed())
		memblock_collapse(nr);
}

/* There was no block that is resident and large enough.  @unfit: many that are
 * too small. */
static void __cold after_growth(bool unfit)
{
	if (lockdep_held || !gfp_may(CALL))
		return;
	if (READ_ONCE(page_grower))
		page_grower();
	page_collapse(1);
	if (unfit)
		page_report(true);
}

/* ---- writes to free memory ---- */

#define KNOWN_MOST (512 * SZ_1K / PAGE_SIZE)
#define CHECK_ZERO_MIN (128 * SZ_1K / PAGE_SIZE)

void __cold page_report_write(const void *p)
{
	pr_err("write to free memory at %p: by a pointer that was freed, or past the end of a block",
	       p);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

static u64 first_word(const struct page *page)
{
	return READ_ONCE(*(u64 *)mem_page_address(page));
}

/* Zero: what the program had advised the system to take is gone. */
static void __cold check_known(const struct page *page)
{
	if (first_word(page))
		page_report_write(mem_page_address(page));
}

void page_check_zero(struct page *page)
{
	u64 *first = mem_page_address(page);

	if (unlikely(__atomic_fetch_or(first, 0, __ATOMIC_RELAXED)))
		page_report_write(first);
}

/* A word that was never written to is read from the system's page of zeros,
 * which makes nothing resident; but where 2 MiB pages are wanted it keeps them
 * away.  One page fault more is little where there are many. */
static bool is_zero(const struct page *page, unsigned int nr)
{
	const void *p = mem_page_address(page);

	if (!(page->flags & PAGE_ZERO))
		return false;
	if (nr < CHECK_ZERO_MIN || param(thp) == THP_ALWAYS ||
	    memblock_is_huge(p) || likely(!first_word(page)))
		return true;
	page_report_write(p);
	return false;
}

/* Who may not sleep may not fault. */
static bool is_worth_knowing(const struct page *page, unsigned int nr)
{
	if (nr > KNOWN_MOST || unlikely(READ_ONCE(gfp_task.now)))
		return false;
	return likely(!(page->flags & PAGE_ZERO)) ||
	       (param(thp) != THP_ALWAYS &&
		!memblock_is_huge(mem_page_address(page)));
}

/* ---- blocks ---- */

/* The rest of the block that begins with the pages is freed at once. */
struct page *page_alloc_exact(unsigned int nr)
{
	unsigned int order = order_base_2(nr);
	bool shrunk = false, grown, unfit;
	struct page *page;

	if (!spin_lock(&zone.lock))
		return NULL;
	if (unlikely(!zone.calm))
		__attend();
	if (unlikely(atomic_read(&zone.deferred)))
		__free_deferred();
	do {
		page = __take_block(order, DIRTY);
		if (!page)
			page = __take_zero(order);
	} while (!page && grow_or_shrink(order, &shrunk));
	if (unlikely(!page))
		page = __take_reserve(order);
	if (page)
		__free_range(page + nr, (1UL << order) - nr,
			     page->flags & PAGE_PARTS);
	grown = __grown_much();
	unfit = grown && zone.pages[DIRTY] > zone.resident / UNFIT_PART;
	spin_unlock(&zone.lock);
	if (unlikely(grown))
		after_growth(unfit);
	if (!page)
		return NULL;
	vmstat_add(VMSTAT_pgalloc, 1);
	if (page->flags & PAGE_KNOWN) {
		page->flags &= PAGE_PARTS;
		if (unlikely(first_word(page) != page->first))
			check_known(page);
	}
	return page;
}

void *page_alloc_large(size_t size, bool zero)
{
	unsigned int nr = (unsigned int)(PAGE_ALIGN(size) >> PAGE_SHIFT);
	struct page *page;
	void *p;

	if (!size || size > PAGE_SIZE << MAX_PAGE_ORDER)
		return NULL;
	page = page_alloc_exact(nr);
	if (!page)
		return NULL;
	p = mem_page_address(page);
	if (!is_zero(page, nr) && zero)
		__builtin_memset(p, 0, PAGE_ALIGN(size));
	page_set_type(page, PG_LARGE);
	page->nr = nr;
	return p;
}

/* True now and then, while there is something that may be old enough. */
static bool __report_due(void)
{
	if (!zone.pages[DIRTY] || (s32)(zone.now - zone.next_report) < 0)
		return false;
	zone.next_report = zone.now + REPORT_EVERY;
	return true;
}

static __always_inline void do_free(struct page *page, unsigned int nr,
				    u8 flags)
{
	u32 now = read_clock();
	bool due, much;

	if (!spin_lock(&zone.lock)) {
		defer_free(page, nr);
		return;
	}
	zone.now = now;
	__free_range(page, nr, flags);
	if (unlikely(atomic_read(&zone.deferred)))
		__free_deferred();
	due = __report_due();
	much = zone.pages[DIRTY] > PAGES_TO_WAKE;
	spin_unlock(&zone.lock);
	vmstat_add(VMSTAT_pgfree, 1);
	if (much && READ_ONCE(page_waker) && gfp_may(WAKE))
		page_waker();
	if (!due)
		return;
	page_report(cgroup_was_pressed());
	page_collapse(COLLAPSE_AT_ONCE);
	if (READ_ONCE(page_reaper))
		page_reaper();
}

void page_free_exact(struct page *page, unsigned int nr)
{
	do_free(page, nr, 0);
}

void page_free_resident(struct page *page, unsigned int order)
{
	do_free(page, 1U << order, PAGE_RESIDENT);
}

void page_free_large(struct page *page, const void *p)
{
	unsigned int nr = page->nr;
	u8 flags = 0;

	if (is_worth_knowing(page, nr)) {
		page->first = READ_ONCE(*(const u64 *)p);
		flags = PAGE_KNOWN;
	}
	do_free(page, nr, flags);
}

/* ---- reporting: dirty blocks go back to the system ---- */

#define REPORT_BATCH 32

struct report {
	struct arch_range ranges[REPORT_BATCH];
	unsigned int nr;
};

/* What would break a 2 MiB page has to wait longer. */
#define REPORT_SPLIT_DELAY 5
#define REPORT_LOOK 64 /* blocks of one order that are looked at */

static bool splits_huge(const struct page *page)
{
	return page->order < HUGE_ORDER &&
	       memblock_is_huge(mem_page_address(page));
}

/* Takes old dirty blocks of one order off their list; the oldest are last. */
static void __collect_order(struct report *r, int order, bool all)
{
	u32 delay = (u32)(param(page_reporting_delay) / STAMP_MS);
	struct list_head *list = &zone.area[DIRTY][order].free;
	struct list_head *pos = list->prev, *next;

	for (int n = 0; pos != list && r->nr < REPORT_BATCH; pos = next) {
		struct page *page = list_entry(pos, struct page, lru);
		u32 age = zone.now - page->stamp;

		next = pos->prev;
		if (!all && (age < delay || n == REPORT_LOOK))
			return;
		if (!all && age < delay * REPORT_SPLIT_DELAY &&
		    splits_huge(page)) {
			n++;
			continue;
		}
		unlist_block(page);
		r->ranges[r->nr].addr = mem_page_address(page);
		r->ranges[r->nr++].len = PAGE_SIZE << order;
	}
}

/* Large ones first.  Smaller ones than the system's page cannot be given
 * back. */
static void __collect_old(struct report *r, bool all)
{
	int least = (int)order_base_2(arch_page_size >> PAGE_SHIFT);

	for (int o = MAX_PAGE_ORDER; o >= least; o--)
		__collect_order(r, o, all);
}

static bool discard(struct report *r)
{
	for (unsigned int i = 0; i < r->nr; i++)
		memblock_split_huge(r->ranges[i].addr, r->ranges[i].len);
	return !memblock_discard(r->ranges, r->nr);
}

static size_t __return_collected(struct report *r, bool gone)
{
	size_t pages = 0;

	for (unsigned int i = 0; i < r->nr; i++) {
		struct page *page = mem_page(r->ranges[i].addr);

		page->flags = gone ? PAGE_ZERO : 0;
		pages += r->ranges[i].len >> PAGE_SHIFT;
		__free_block(page, __ffs(r->ranges[i].len >> PAGE_SHIFT));
	}
	if (!gone)
		return 0;
	zone.resident -= pages;
	return pages;
}

size_t page_report(bool all)
{
	size_t total = 0, pages;
	struct report r;
	bool gone;

	if (!spin_may_wait(&zone.lock) || (!all && page_trim_none()))
		return 0;
	do {
		r.nr = 0;
		spin_lock(&zone.lock);
		all = all || page_trim_all(zone.pages[DIRTY]);
		zone.now = read_clock();
		if (likely(zone.ready))
			__collect_old(&r, all);
		spin_unlock(&zone.lock);
		if (!r.nr)
			break;
		gone = discard(&r);
		spin_lock(&zone.lock);
		pages = __return_collected(&r, gone);
		spin_unlock(&zone.lock);
		total += pages;
	} while (pages && r.nr == REPORT_BATCH);
	vmstat_add(VMSTAT_pgreported, total);
	return total;
}

/* ---- reports, fork, checks ---- */

/* A handler above the lock sees what it has interrupted. */
void page_alloc_stat(struct zone_stat *stat)
{
	bool locked = spin_lock(&zone.lock);

	for (int o = 0; o < NR_PAGE_ORDERS; o++)
		stat->nr_free[o] =
			zone.area[DIRTY][o].nr + zone.area[ZERO][o].nr;
	stat->locks = READ_ONCE(zone.lock.taken);
	stat->dirty_pages = zone.pages[DIRTY] + zone.reserve.pages;
	stat->reserve_pages = zone.reserve.pages;
	stat->zero_pages = zone.pages[ZERO] + (zone.fresh_len >> PAGE_SHIFT);
	if (locked)
		spin_unlock(&zone.lock);
}

void page_fork_lock(void)
{
	spin_fork_lock(&zone.lock);
}

void page_fork_unlock(void)
{
	spin_fork_unlock(&zone.lock);
}

/* What another thread was about to add to the reserve is lost, and so are the
 * locks on what is in it. */
void page_fork_child(void)
{
	zone.reserve.filling = false;
	zone.reserve.unlocked =
		zone.reserve.pages && param(mlock) == MLOCK_RESERVE;
	if (zone.reserve.unlocked)
		zone.calm = false;
	spin_lock_reinit(&zone.lock);
}

static size_t check_area(int s, int o)
{
	struct page *page;
	size_t nr = 0;

	list_for_each_entry(page, &zone.area[s][o].free, lru) {
		size_t pfn = (size_t)(page - mem_map);

		BUG_ON(page_type(page) != PG_BUDDY || page->order != o);
		BUG_ON(page_state(page) != (unsigned int)s);
		BUG_ON(!IS_ALIGNED(pfn, 1UL << o));
		nr++;
	}
	BUG_ON(nr != zone.area[s][o].nr);
	BUG_ON(!nr != !(zone.nonempty[s] & 1U << o));
	return nr << o;
}

static void check_reserve(void)
{
	struct page *page;
	size_t pages = 0;

	for (int o = 0; o < NR_PAGE_ORDERS; o++) {
		list_for_each_entry(page, &zone.reserve.area[o], lru) {
			BUG_ON(page_type(page) != PG_RESERVE);
			BUG_ON(page->order != o);
			pages += 1UL << o;
		}
	}
	BUG_ON(pages != zone.reserve.pages);
}

void check_zone(void)
{
	spin_lock(&zone.lock);
	for (int s = 0; s < NR_STATES && zone.ready; s++) {
		size_t pages = 0;

		for (int o = 0; o < NR_PAGE_ORDERS; o++)
			pages += check_area(s, o);
		BUG_ON(pages != zone.pages[s]);
	}
	if (zone.ready)
		check_reserve();
	spin_unlock(&zone.lock);
}
