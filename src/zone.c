/* SPDX-License-Identifier: MIT */
/*
 * zone: small buddy allocators over memory of a kind.
 *
 *   struct mem_zone ─ range[]: sections that it brought online for itself
 *                   ─ area[state][order]: free blocks
 *        RESIDENT: content unknown; in pinned zones, locked
 *        ZERO:     not resident, reads as zero; in pinned zones, not locked
 *
 *   low memory ───────────> DMA32, DMA32 and pinned
 *   physical memory ──────> pinned, nodes (mbind when it comes online)
 *
 * Pages of a zone have descriptors as all others have, and may become slabs;
 * only their frees come back here: by PAGE_ZONED, or by what their slab says.
 * Zones do not give sections back, but the pages in them.
 *
 * In a pinned zone all is locked and unlocked by granules of 64 KiB, the least
 * that RLIMIT_MEMLOCK was by default once: a granule has a bit in its range.
 * What is in use, and what is RESIDENT, lies in locked ones; a ZERO block
 * consists of whole ones that are not.  A child of fork has none locked,
 * whatever the bits say (zone->stale), and locks them all again when it asks
 * the zone for more; until then what it inherited is not.
 *
 * Only equal states merge: what is RESIDENT is counted, and locked.  Of it the
 * larger free blocks are given back once they are much (KEEP), and all of them
 * before a zone grows, so that neighbours merge after all.
 *
 * Invariants: a block on a list has type PG_ZONE, its zone and its order in
 * its first descriptor; blocks are aligned to their size; the counts equal the
 * lists; no block reaches across the end of a range.
 *
 * Locks: ZONES for all of it.  The system is called without it, with blocks
 * that are on nobody's list meanwhile.  Who may not wait for it gets a block
 * only if it is free, and defers its frees: a stack through lru.next.
 *
 * Left to others: what to do if there is none (the ladder, other nodes).
 */
#include "zone.h"

#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "gfp.h"
#include "memblock.h"
#include "params.h"
#include "printk.h"
#include "vmstat.h"

enum { RESIDENT, ZERO, NR_STATES };

#define ZONE_MAX_ORDER 16 /* 256 MiB */
#define NR_ZONE_ORDERS (ZONE_MAX_ORDER + 1)
#define SECTION_ORDER 9 /* ranges consist of blocks of this order */
#define RANGES_MAX 64
#define RANGE_MOST (64 * SZ_1M) /* unless one block is larger */
#define GRANULE_ORDER 4
#define GRANULE_SIZE (PAGE_SIZE << GRANULE_ORDER)
#define GRANULE_PAGES (1UL << GRANULE_ORDER)

struct zone_range {
	char *start;
	size_t len;
	u64 *locked; /* pinned: a bit for each granule */
};

struct mem_zone {
	struct {
		struct list_head free;
		size_t nr;
	} area[NR_STATES][NR_ZONE_ORDERS];
	u32 nonempty[NR_STATES]; /* bit n: area[..][n] has some */
	size_t pages[NR_STATES]; /* on them */
	size_t online, locked;	 /* pages */
	struct zone_range range[RANGES_MAX];
	unsigned int nr_ranges;
	struct zone_range spare; /* online, but the system refused the rest */
	bool stale;		 /* a child's: its locks are to be made again */
	u8 id;			 /* const */
};

static struct {
	struct spinlock lock;
	struct mem_zone *zone[NR_ZONES]; /* set once; zones lock */
	struct page *deferred;		 /* atomic: blocks of page->nr pages */
	u64 nodes;			 /* racy: 0: not known yet */
} zones = { .lock = SPIN_LOCK_INIT(ZONES) };

/* ---- which zone ---- */

static bool is_low(unsigned int id)
{
	return id == ZONE_DMA32 || id == ZONE_DMA32_PINNED;
}

static bool is_pinned(unsigned int id)
{
	return id == ZONE_PINNED || id == ZONE_DMA32_PINNED;
}

static bool is_real_node(unsigned int id)
{
	return id >= ZONE_FIRST_NODE && !param(numa);
}

u64 zone_nodes(void)
{
	u64 nodes = READ_ONCE(zones.nodes), fake = param(numa);

	if (likely(nodes))
		return nodes;
	nodes = fake ? ~0ULL >> (NODES_MAX - fake) : arch_node_mask();
	WRITE_ONCE(zones.nodes, nodes);
	return nodes;
}

unsigned int zone_this_node(void)
{
	u64 fake = param(numa), nodes = zone_nodes();
	unsigned int node;

	if (is_power_of_2(nodes))
		return __ffs(nodes);
	if (fake)
		return arch_this_cpu() % (unsigned int)fake;
	node = arch_this_node();
	return node < NODES_MAX && nodes >> node & 1 ? node : __ffs(nodes);
}

static bool has_node(int node)
{
	return node >= 0 && node < NODES_MAX && zone_nodes() >> node & 1;
}

/* Which nodes there are is a system call's to say: who may not make it, before
 * anybody else has, has no strict node, and no hint. */
unsigned int __zone_of(gfp_t gfp, int node)
{
	bool strict = gfp & __GFP_THISNODE;
	bool low = gfp & (__GFP_DMA | __GFP_DMA32);
	bool pinned = gfp & KMALLOC_GFP_PINNED;
	bool known = READ_ONCE(zones.nodes) || param(numa) ||
		     gfpflags_allow_blocking(gfp);

	if (strict && known && node == ZONE_ANY_NODE)
		node = (int)zone_this_node();
	if (strict && (!known || !has_node(node)))
		return ZONE_NONE;
	if (low || pinned) {
		if (strict && !is_power_of_2(zone_nodes()))
			return ZONE_NONE;
		return low && pinned ? ZONE_DMA32_PINNED :
		       low	     ? ZONE_DMA32 :
				       ZONE_PINNED;
	}
	if (!known || !has_node(node) || is_power_of_2(zone_nodes()))
		return ZONE_NORMAL;
	return zone_of_node((unsigned int)node, strict);
}

/* ---- lists; the lock is held ---- */

static inline unsigned int state_of(const struct page *page)
{
	return page->flags & PAGE_ZERO ? ZERO : RESIDENT;
}

static void list_block(struct mem_zone *z, struct page *page,
		       unsigned int order)
{
	unsigned int s = state_of(page);

	page->order = (u8)order;
	page->zone = z->id;
	page_set_type(page, PG_ZONE);
	list_add(&page->lru, &z->area[s][order].free);
	z->area[s][order].nr++;
	z->nonempty[s] |= 1U << order;
	z->pages[s] += 1UL << order;
}

static void unlist_block(struct mem_zone *z, struct page *page)
{
	unsigned int s = state_of(page), order = page->order;

	list_del(&page->lru);
	page_set_type(page, PG_NONE);
	z->pages[s] -= 1UL << order;
	if (!--z->area[s][order].nr)
		z->nonempty[s] &= ~(1U << order);
}

static struct zone_range *range_of(struct mem_zone *z, const void *p)
{
	for (unsigned int i = 0; i < z->nr_ranges; i++) {
		struct zone_range *r = &z->range[i];

		if ((size_t)((const char *)p - r->start) < r->len)
			return r;
	}
	return NULL;
}

/* Sections are whole; larger blocks must not leave their range. */
static struct page *buddy_of(struct mem_zone *z, struct page *page,
			     unsigned int order)
{
	size_t pfn = (size_t)(page - mem_map) ^ (1UL << order);
	struct page *buddy = mem_map + (ptrdiff_t)pfn;

	if (order >= SECTION_ORDER &&
	    range_of(z, mem_page_address(buddy)) !=
		    range_of(z, mem_page_address(page)))
		return NULL;
	return page_type(buddy) == PG_ZONE && buddy->order == order &&
			       buddy->zone == z->id &&
			       state_of(buddy) == state_of(page) ?
		       buddy :
		       NULL;
}

static void __free_block(struct mem_zone *z, struct page *page,
			 unsigned int order)
{
	u8 flags = page->flags;

	lockdep_assert_held(&zones.lock);
	while (order < ZONE_MAX_ORDER) {
		struct page *buddy = buddy_of(z, page, order);

		if (!buddy)
			break;
		unlist_block(z, buddy);
		page = min(page, buddy);
		page->flags = flags;
		order++;
	}
	list_block(z, page, order);
}

/* @nr pages from @page on, as the largest blocks that fill them. */
static void __free_range(struct mem_zone *z, struct page *page, size_t nr,
			 u8 flags)
{
	while (nr) {
		size_t pfn = (size_t)(page - mem_map);
		unsigned int order = min(ZONE_MAX_ORDER, (int)__fls(nr));

		if (pfn)
			order = min(order, __ffs(pfn));
		page->flags = flags;
		page_set_type(page, PG_NONE);
		__free_block(z, page, order);
		page += 1UL << order;
		nr -= 1UL << order;
	}
}

/* Cuts the smallest block that is large enough down to @order. */
static struct page *__take_block(struct mem_zone *z, unsigned int order, int s)
{
	u32 fit = z->nonempty[s] >> order << order;
	struct page *page;
	unsigned int high;

	lockdep_assert_held(&zones.lock);
	if (!fit)
		return NULL;
	high = __ffs(fit);
	page = list_first_entry(&z->area[s][high].free, struct page, lru);
	unlist_block(z, page);
	while (high > order) {
		struct page *upper = page + (1UL << --high);

		upper->flags = page->flags;
		list_block(z, upper, high);
	}
	return page;
}

static void __free_deferred(void)
{
	struct page *page = xchg(&zones.deferred, NULL);

	while (page) {
		struct page *next = (struct page *)page->lru.next;

		__free_range(zones.zone[page->zone], page, page->nr, 0);
		page = next;
	}
}

static void defer_free(struct page *page, size_t nr, unsigned int id)
{
	struct page *first = atomic_read(&zones.deferred);

	page->nr = (u32)nr;
	page->zone = (u8)id;
	do
		page->lru.next = (struct list_head *)first;
	/* pairs with the acquire in __free_deferred */
	while (!try_cmpxchg_release(&zones.deferred, &first, page));
	vmstat_add(VMSTAT_deferred_free, 1);
}

/* ---- locking in memory ---- */

static void __cold warn_lock(size_t bytes, int err)
{
	static bool said; /* atomic */

	if (!xchg(&said, true))
		pr_warn("pinned memory: %zu bytes cannot be locked (error %d): is RLIMIT_MEMLOCK too low? (reported once)",
			bytes, -err);
}

/* Notes that [@p, @p + @len) is locked, or not; the lock is held. */
static void __note_locked(struct mem_zone *z, const char *p, size_t len,
			  bool locked)
{
	struct zone_range *r = range_of(z, p);
	size_t first = (size_t)(p - r->start) / GRANULE_SIZE;

	for (size_t i = first; i < first + len / GRANULE_SIZE; i++) {
		r->locked[i / 64] &= ~(1ULL << i % 64);
		r->locked[i / 64] |= (u64)locked << i % 64;
	}
	z->locked += locked ? len >> PAGE_SHIFT : -(len >> PAGE_SHIFT);
}

static int try_lock(void *p, size_t len)
{
	int err = arch_mlock(p, len);

	if (!err)
		vmstat_add(VMSTAT_pglocked, len >> PAGE_SHIFT);
	else /* what could not be made resident is locked all the same */
		arch_munlock(p, len);
	return err;
}

static size_t purge_zone(struct mem_zone *z, size_t keep);

/* What is free and locked counts as well. */
static bool lock_pages(struct mem_zone *z, void *p, size_t len)
{
	int err = try_lock(p, len);

	if (err && purge_zone(z, 0))
		err = try_lock(p, len);
	if (err)
		warn_lock(len, err);
	return !err;
}

/* The granules from @i on, up to @end, of which each is locked. */
static size_t locked_run(const struct zone_range *r, size_t i, size_t end)
{
	size_t n = 0;

	while (i + n < end && r->locked[(i + n) / 64] >> (i + n) % 64 & 1)
		n++;
	return n;
}

static bool relock_range(struct mem_zone *z, const struct zone_range *r)
{
	size_t end = r->len / GRANULE_SIZE;

	for (size_t i = 0, n; i < end; i += n + 1) {
		n = locked_run(r, i, end);
		if (n && !lock_pages(z, r->start + i * GRANULE_SIZE,
				     n * GRANULE_SIZE))
			return false;
	}
	return true;
}

/* In a child of fork.  A granule that is unlocked meanwhile by another thread
 * may end up locked: it is one until it is used again, or purged. */
static bool relock_zone(struct mem_zone *z)
{
	for (unsigned int i = 0; i < READ_ONCE(z->nr_ranges); i++) {
		if (!relock_range(z, &z->range[i]))
			return false;
	}
	WRITE_ONCE(z->stale, false);
	return true;
}

/* ---- growing ---- */

/* Sections in which a block of @len begins at a multiple of it. */
static char *bring_online(const struct mem_zone *z, size_t len, size_t *got)
{
	bool low = is_low(z->id);
	size_t least =
		len > SECTION_SIZE && !low ? 2 * len : max(len, SECTION_SIZE);
	size_t more = 1UL << __fls(clamp(READ_ONCE(z->online) / 2 << PAGE_SHIFT,
					 SECTION_SIZE, RANGE_MOST));
	char *start;

	more = max(more, least);
	start = low ? memblock_online_low(more, got) :
		      memblock_online_phys(more, got);
	if (start || more == least)
		return start;
	return low ? memblock_online_low(least, got) :
		     memblock_online_phys(least, got);
}

static void __cold warn_node(unsigned int node, int err)
{
	static bool said; /* atomic */

	if (!xchg(&said, true))
		pr_warn("memory of node %u: mbind fails (error %d) (reported once)",
			node, -err);
}

/* What makes the memory what the zone promises; false: it is not. */
static bool prepare_range(const struct mem_zone *z, struct zone_range *r)
{
	size_t words = DIV_ROUND_UP(r->len / GRANULE_SIZE, 64UL);
	unsigned int node = (z->id - ZONE_FIRST_NODE) / 2U;
	int err = 0;

	if (is_pinned(z->id)) {
		r->locked = memblock_alloc(words * sizeof(u64), sizeof(u64));
		return r->locked;
	}
	if (is_real_node(z->id))
		err = arch_bind_node(r->start, r->len, node,
				     !zone_is_hint(z->id));
	if (err)
		warn_node(node, err);
	return !err || zone_is_hint(z->id);
}

static void __add_range(struct mem_zone *z, const struct zone_range *r)
{
	unsigned int nr = z->nr_ranges;
	struct zone_range *last = nr ? &z->range[nr - 1] : NULL;

	if (last && !r->locked && last->start + last->len == r->start) {
		last->len += r->len;
	} else {
		z->range[nr] = *r;
		WRITE_ONCE(z->nr_ranges, nr + 1);
	}
	WRITE_ONCE(z->online, z->online + (r->len >> PAGE_SHIFT));
	__free_range(z, mem_page(r->start), r->len >> PAGE_SHIFT, PAGE_ZERO);
}

/* Drops the lock to make the calls.  Memory that the system would not make
 * what it has to be is tried again, before there is more of it. */
static bool __grow(struct mem_zone *z, unsigned int order)
{
	struct zone_range r = z->spare;
	bool ok;

	if (!spin_may_drop(&zones.lock) || !gfp_may(CALL) ||
	    z->nr_ranges == RANGES_MAX)
		return false;
	z->spare = (struct zone_range){ NULL, 0, NULL };
	spin_unlock(&zones.lock);
	if (!r.start)
		r.start = bring_online(z, PAGE_SIZE << order, &r.len);
	ok = r.start && prepare_range(z, &r);
	spin_lock(&zones.lock);
	if (ok && z->nr_ranges < RANGES_MAX)
		__add_range(z, &r);
	else if (r.start)
		z->spare = r;
	return ok;
}

/* ---- blocks ---- */

static struct mem_zone *make_zone(unsigned int id)
{
	struct mem_zone *z = memblock_alloc(sizeof(*z), 64), *none = NULL;

	if (!z)
		return NULL;
	for (int s = 0; s < NR_STATES; s++) {
		for (int o = 0; o < NR_ZONE_ORDERS; o++)
			INIT_LIST_HEAD(&z->area[s][o].free);
	}
	z->id = (u8)id;
	/* pairs with the acquire in zone_at; who is second loses its own */
	return try_cmpxchg_release(&zones.zone[id], &none, z) ? z : none;
}

static struct mem_zone *zone_at(unsigned int id)
{
	return smp_load_acquire(&zones.zone[id]);
}

/* In smaller pieces there may be enough, which merge when they are not
 * resident.  The lock is dropped. */
static bool __give_back(struct mem_zone *z, unsigned int order)
{
	size_t pages;

	if (z->pages[RESIDENT] < 1UL << order || !gfp_may(CALL) ||
	    !spin_may_drop(&zones.lock))
		return false;
	spin_unlock(&zones.lock);
	pages = purge_zone(z, 0);
	spin_lock(&zones.lock);
	return pages;
}

/* A block that is not resident; in a pinned zone, of whole granules. */
static struct page *__take_zero(struct mem_zone *z, unsigned int order)
{
	struct page *page;

	if (!gfp_may(FAULT) ||
	    (is_pinned(z->id) &&
	     (!gfp_may(CALL) || !spin_may_drop(&zones.lock))))
		return NULL;
	page = __take_block(z, order, ZERO);
	if (!page && __give_back(z, order))
		page = __take_block(z, order, ZERO);
	while (!page && __grow(z, order))
		page = __take_block(z, order, ZERO);
	return page;
}

/* Locks the granules that the first @nr pages lie in; without the lock. */
static struct page *lock_block(struct mem_zone *z, struct page *page,
			       unsigned int order, size_t nr)
{
	size_t pages = 1UL << order, locked = ALIGN(nr, GRANULE_PAGES);
	char *mem = mem_page_address(page);
	bool ok = lock_pages(z, mem, locked << PAGE_SHIFT);

	spin_lock(&zones.lock);
	if (ok) {
		__note_locked(z, mem, locked << PAGE_SHIFT, true);
		__free_range(z, page + nr, locked - nr, 0);
		__free_range(z, page + locked, pages - locked, PAGE_ZERO);
	} else {
		__free_range(z, page, pages, PAGE_ZERO);
	}
	spin_unlock(&zones.lock);
	return ok ? page : NULL;
}

static struct page *alloc_block(struct mem_zone *z, size_t nr)
{
	unsigned int order = order_base_2(nr);
	bool pinned = is_pinned(z->id);
	struct page *page;

	if (!spin_lock(&zones.lock))
		return NULL;
	if (unlikely(atomic_read(&zones.deferred)))
		__free_deferred();
	page = __take_block(z, order, RESIDENT);
	if (!page) {
		order = pinned ? max(order, GRANULE_ORDER + 0U) : order;
		page = __take_zero(z, order);
	}
	if (!page || !pinned || !(page->flags & PAGE_ZERO)) {
		if (page)
			__free_range(z, page + nr, (1UL << order) - nr,
				     page->flags);
		spin_unlock(&zones.lock);
		return page;
	}
	spin_unlock(&zones.lock);
	return lock_block(z, page, order, nr);
}

bool __zone_is_ready(unsigned int id)
{
	struct mem_zone *z = zone_at(id);

	return !z || likely(!READ_ONCE(z->stale)) ||
	       (gfp_may(CALL) && !in_nmi() && relock_zone(z));
}

struct page *zone_alloc(unsigned int id, size_t nr)
{
	struct mem_zone *z;
	struct page *page;

	if (id >= NR_ZONES || nr > 1UL << ZONE_MAX_ORDER)
		return NULL;
	z = zone_at(id);
	if (!z)
		z = make_zone(id);
	if (!z || !zone_is_ready(id))
		return NULL;
	page = alloc_block(z, nr);
	if (!page)
		return NULL;
	page->flags = (page->flags & PAGE_ZERO) | PAGE_ZONED;
	page->zone = (u8)id;
	vmstat_add(VMSTAT_zone_alloc, 1);
	return page;
}

/* Free and resident pages that a zone may have. */
#define KEEP_LEAST (SZ_1M >> PAGE_SHIFT)

static size_t keep_of(const struct mem_zone *z)
{
	size_t used = z->online - z->pages[RESIDENT] - z->pages[ZERO];

	return max(KEEP_LEAST, used / 8);
}

void zone_free(struct page *page, size_t nr, unsigned int id)
{
	struct mem_zone *z = zone_at(id);
	size_t keep;
	bool much;

	vmstat_add(VMSTAT_zone_free, 1);
	if (!spin_lock(&zones.lock)) {
		defer_free(page, nr, id);
		return;
	}
	__free_range(z, page, nr, 0);
	if (unlikely(atomic_read(&zones.deferred)))
		__free_deferred();
	keep = keep_of(z);
	much = z->pages[RESIDENT] > keep;
	spin_unlock(&zones.lock);
	if (much && gfp_may(CALL) && spin_may_wait(&zones.lock))
		purge_zone(z, keep / 2);
}

bool zone_is_alive(unsigned int id)
{
	struct mem_zone *z = id < NR_ZONES ? zone_at(id) : NULL;

	if (likely(id == ZONE_NORMAL))
		return true;
	return z && !zone_is_hint(id) && READ_ONCE(z->online);
}

/* ---- giving back ---- */

/* The largest resident block, if it can be given back at all. */
static struct page *__take_largest(struct mem_zone *z)
{
	unsigned int least = is_pinned(z->id) ?
				     GRANULE_ORDER :
				     order_base_2(arch_page_size >> PAGE_SHIFT);
	u32 fit = z->nonempty[RESIDENT] >> least << least;
	struct page *page;

	if (!fit)
		return NULL;
	page = list_first_entry(&z->area[RESIDENT][__fls(fit)].free,
				struct page, lru);
	unlist_block(z, page);
	return page;
}

/* Of a block that is on no list. */
static bool discard(const struct mem_zone *z, struct page *page)
{
	void *mem = mem_page_address(page);
	size_t len = PAGE_SIZE << page->order;

	if (is_pinned(z->id) && arch_munlock(mem, len))
		return false;
	if (mem_is_phys(mem))
		memblock_split_huge(mem, len);
	if (!arch_madvise(mem, len, MADV_DONTNEED))
		return true;
	if (is_pinned(z->id))
		arch_mlock(mem, len);
	return false;
}

static size_t purge_zone(struct mem_zone *z, size_t keep)
{
	size_t total = 0;
	bool gone = true;

	while (gone) {
		struct page *page = NULL;
		unsigned int order;

		spin_lock(&zones.lock);
		if (z->pages[RESIDENT] > keep)
			page = __take_largest(z);
		spin_unlock(&zones.lock);
		if (!page)
			break;
		order = page->order;
		gone = discard(z, page);
		spin_lock(&zones.lock);
		if (gone && is_pinned(z->id))
			__note_locked(z, mem_page_address(page),
				      PAGE_SIZE << order, false);
		__free_range(z, page, 1UL << order, gone ? PAGE_ZERO : 0);
		spin_unlock(&zones.lock);
		total += gone ? 1UL << order : 0;
	}
	vmstat_add(VMSTAT_pgreported, total);
	return total;
}

size_t zone_purge(bool all)
{
	size_t total = 0;

	if (!spin_may_wait(&zones.lock) || !gfp_may(CALL))
		return 0;
	for (unsigned int id = 0; id < NR_ZONES; id++) {
		struct mem_zone *z = zone_at(id);

		if (z)
			total += purge_zone(z, all ? 0 : keep_of(z) / 2);
	}
	return total;
}

/* ---- reports, fork, checks ---- */

/* A handler above the lock sees what it has interrupted. */
void zones_stat(struct zones_stat *stat)
{
	bool locked = spin_lock(&zones.lock);

	*stat = (struct zones_stat){ .locks = READ_ONCE(zones.lock.taken) };
	for (unsigned int id = 0; id < NR_ZONES; id++) {
		const struct mem_zone *z = zone_at(id);
		size_t spare;

		if (!z)
			continue;
		spare = z->spare.len >> PAGE_SHIFT;
		stat->online_pages += z->online + spare;
		stat->resident_pages += z->pages[RESIDENT];
		stat->zero_pages += z->pages[ZERO] + spare;
		stat->locked_pages += z->locked;
	}
	if (locked)
		spin_unlock(&zones.lock);
}

void zone_fork_lock(void)
{
	spin_fork_lock(&zones.lock);
}

void zone_fork_unlock(void)
{
	spin_fork_unlock(&zones.lock);
}

void zone_fork_child(void)
{
	for (unsigned int id = 0; id < NR_ZONES; id++) {
		struct mem_zone *z = zones.zone[id];

		if (z)
			z->stale = z->locked;
	}
	spin_lock_reinit(&zones.lock);
}

static size_t check_area(struct mem_zone *z, unsigned int s, unsigned int o)
{
	struct page *page;
	size_t nr = 0;

	list_for_each_entry(page, &z->area[s][o].free, lru) {
		char *mem = mem_page_address(page);
		struct zone_range *r = range_of(z, mem);

		BUG_ON(page_type(page) != PG_ZONE || page->order != o);
		BUG_ON(page->zone != z->id || state_of(page) != s);
		BUG_ON(!IS_ALIGNED((size_t)(page - mem_map), 1UL << o));
		BUG_ON(!r || range_of(z, mem + (PAGE_SIZE << o) - 1) != r);
		nr++;
	}
	BUG_ON(nr != z->area[s][o].nr);
	BUG_ON(!nr != !(z->nonempty[s] & 1U << o));
	return nr << o;
}

static size_t count_locked(struct mem_zone *z)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < z->nr_ranges; i++) {
		const struct zone_range *r = &z->range[i];

		for (size_t w = 0; r->locked && w * 64 < r->len / GRANULE_SIZE;
		     w++)
			nr += hweight64(r->locked[w]);
	}
	return nr * GRANULE_PAGES;
}

void check_zones(void)
{
	spin_lock(&zones.lock);
	for (unsigned int id = 0; id < NR_ZONES; id++) {
		struct mem_zone *z = zones.zone[id];

		for (unsigned int s = 0; z && s < NR_STATES; s++) {
			size_t pages = 0;

			for (unsigned int o = 0; o < NR_ZONE_ORDERS; o++)
				pages += check_area(z, s, o);
			BUG_ON(pages != z->pages[s]);
		}
		BUG_ON(z && count_locked(z) != z->locked);
	}
	spin_unlock(&zones.lock);
}
