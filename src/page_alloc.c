/* SPDX-License-Identifier: MIT */
/*
 * page_alloc: requests for pages.
 *
 *   alloc_pages, orders 0-3 ──> pcp sheaf ─┐
 *   alloc_pages, larger ones ──────────────┼──> buddy
 *   alloc_pages_exact ─────────────────────┘
 *   either, where flags or node say where ────> zone
 *
 * Between the flags of a request and the free blocks: what it is charged to,
 * how hard it tries (the ladder), whether its pages are to be zero, what the
 * block is to be called (its type), and whether it is freed as what it is.
 *
 * Per-CPU lists (pcp) are sheaves of blocks, one for each small order; their
 * blocks are PG_PCP, and in use as far as buddy can see.  Half a sheaf is
 * filled when one is empty, a full one goes back whole.
 *
 * Invariants: a block in use has its type in its first descriptor: PG_PAGES,
 * or PG_LARGE with exactly nr pages; it is PAGE_ZONED if and only if it goes
 * back to its zone.
 *
 * Locks: none of its own.  A block's descriptor is its owner's; sheaves change
 * hands by percpu_cmpxchg, and who comes too late puts his back.
 *
 * Left to others: free blocks (buddy, zone), the ladder itself (gfp_rules),
 * pages that vmap shows (shmem).
 *
 * Cost: one pop or push of a per-CPU list for small orders, buddy's lock for
 * large ones.
 */
#include "page_alloc.h"

#include "buddy.h"
#include "gfp.h"
#include "memblock.h"
#include "memcontrol.h"
#include "mm_boot.h"
#include "printk.h"
#include "sheaf.h"
#include "shmem.h"
#include "zone.h"

/* ---- pcp: per-CPU lists of small orders ---- */

/* Fewer of larger blocks: at most 64 pages wait in one list. */
static unsigned int pcp_capacity(unsigned int order)
{
	return 64U >> order;
}

static void pcp_flush(uintptr_t top, unsigned int order)
{
	while (!sheaf_is_empty(top))
		page_free_block(sheaf_pop(&top), order);
	sheaf_put(top);
}

/* Half a list, so that the next free finds room. */
static struct page *pcp_refill(unsigned int order)
{
	struct page *page = page_alloc_block(order);
	uintptr_t top, old = percpu_read(PERCPU_TOP, pcp_id(order));

	if (!page || !sheaf_is_empty(old) || old == PERCPU_DRAIN ||
	    !gfp_may(CALL))
		return page;
	top = sheaf_new(pcp_capacity(order));
	for (unsigned int i = 0; top && i < pcp_capacity(order) / 2; i++) {
		struct page *more = page_alloc_block(order);

		if (!more)
			break;
		page_set_type(more, PG_PCP);
		sheaf_push(&top, more);
	}
	if (!top)
		return page;
	if (!percpu_cmpxchg(PERCPU_TOP, pcp_id(order), old, top))
		pcp_flush(top, order);
	else if (percpu_top_is_real(old))
		sheaf_put(old);
	return page;
}

static void pcp_free_slowpath(struct page *page, unsigned int order)
{
	uintptr_t top, old = percpu_read(PERCPU_TOP, pcp_id(order));

	page_free_block(page, order);
	if (!sheaf_is_full(old) || old == PERCPU_DRAIN)
		return;
	top = sheaf_new(pcp_capacity(order));
	if (!top)
		return;
	if (!percpu_cmpxchg(PERCPU_TOP, pcp_id(order), old, top))
		sheaf_put(top);
	else if (percpu_top_is_real(old))
		pcp_flush(old, order);
}

static void drain_one(unsigned int id, uintptr_t top, void *arg)
{
	(void)arg;
	pcp_flush(top, id - pcp_id(0));
}

void page_drain_pcp(void)
{
	percpu_drain(pcp_id(0), PCP_MAX_ORDER + 1, drain_one, NULL);
}

/* ---- requests ---- */

static struct page *prepare_pages(struct page *page, unsigned int order,
				  gfp_t gfp)
{
	if (gfp & __GFP_ZERO && !(page->flags & PAGE_ZERO))
		__builtin_memset(mem_page_address(page), 0, PAGE_SIZE << order);
	page->flags = 0;
	page->order = (u8)order;
	page_set_type(page, PG_PAGES);
	return page;
}

static struct page *try_alloc_pages(unsigned int order)
{
	struct page *page;

	if (order > PCP_MAX_ORDER)
		return page_alloc_block(order);
	page = percpu_pop_slowpath(pcp_id(order));
	if (!page)
		return pcp_refill(order);
	page->flags = 0;
	return page;
}

void page_set_owner(struct page *page, u16 owner)
{
	if (!owner)
		return;
	page->memcg = owner;
	page->flags |= PAGE_CHARGED;
}

void page_uncharge(struct page *page, size_t nr)
{
	if (likely(!(page->flags & PAGE_CHARGED)))
		return;
	page->flags &= (u8)~PAGE_CHARGED;
	memcg_uncharge((u16)page->memcg, nr << PAGE_SHIFT);
}

static struct page *do_alloc_pages(unsigned int order)
{
	struct gfp_try t = { 0 };
	struct page *page;

	do
		page = try_alloc_pages(order);
	while (unlikely(!page) && gfp_retry(&t, PAGE_SIZE << order));
	return page;
}

/* The owner is noted when the block is prepared. */
static noinline struct page *alloc_charged(unsigned int order,
					   struct mem_cgroup *memcg, u16 *owner)
{
	struct page *page = NULL;

	if (memcg_charge(memcg, PAGE_SIZE << order, owner))
		page = do_alloc_pages(order);
	if (!page && *owner)
		memcg_uncharge(*owner, PAGE_SIZE << order);
	return page;
}

/* ---- in a zone of its own ---- */

/* @nr pages of type @type, charged; the request at hand is of these flags.
 * What may come from elsewhere as well is not worth a ladder. */
static struct page *zone_pages(gfp_t gfp, unsigned int where, size_t nr,
			       u8 type)
{
	struct mem_cgroup *memcg = memcg_of(gfp);
	struct gfp_try t = { 0 };
	struct page *page;
	u16 owner = 0;
	bool zero;

	if (memcg && !memcg_charge(memcg, nr << PAGE_SHIFT, &owner))
		return NULL;
	do
		page = zone_alloc(where, nr);
	while (!page && zone_is_alive(where) &&
	       gfp_retry(&t, nr << PAGE_SHIFT));
	if (!page) {
		if (owner)
			memcg_uncharge(owner, nr << PAGE_SHIFT);
		return NULL;
	}
	zero = page->flags & PAGE_ZERO;
	if (gfp & __GFP_ZERO && !zero)
		__builtin_memset(mem_page_address(page), 0, nr << PAGE_SHIFT);
	page->flags = PAGE_ZONED;
	page_set_owner(page, owner);
	page_set_type(page, type);
	return page;
}

void *page_alloc_zoned(size_t size, gfp_t gfp, unsigned int where)
{
	size_t nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct page *page = NULL;
	u32 old;

	if (size && size <= PTRDIFF_MAX && mm_boot()) {
		old = gfp_enter(gfp);
		page = zone_pages(gfp, where, nr, PG_LARGE);
		gfp_exit(old);
	}
	if (!page)
		return NULL;
	page->nr = (u32)nr;
	return mem_page_address(page);
}

/* The first descriptor of such a block; NULL: none begins at @p. */
static struct page *zoned_block(const void *p)
{
	struct page *page;

	if (!mem_is_paged(p) || mem_class(p))
		return NULL;
	page = mem_page(p);
	return mem_page_address(page) == p && page_type(page) == PG_LARGE &&
			       page->flags & PAGE_ZONED ?
		       page :
		       NULL;
}

size_t page_zoned_size(const void *p)
{
	const struct page *page = zoned_block(p);

	return page ? (size_t)page->nr << PAGE_SHIFT : 0;
}

bool page_free_zoned(void *p)
{
	struct page *page = zoned_block(p);
	u8 large = PG_LARGE;

	if (!page || !try_cmpxchg(&page->type, &large, PG_NONE))
		return false;
	page_uncharge(page, page->nr);
	zone_free(page, page->nr, page->zone);
	return true;
}

static noinline struct page *alloc_zoned(gfp_t gfp, unsigned int order,
					 unsigned int where)
{
	struct page *page;
	u32 old = gfp_enter(gfp);

	page = zone_pages(gfp, where, 1UL << order, PG_PAGES);
	gfp_exit(old);
	if (page)
		page->order = (u8)order;
	return page;
}

/* ---- the kernel's interface ---- */

static struct page *alloc_normal(gfp_t gfp, unsigned int order)
{
	struct mem_cgroup *memcg;
	struct page *page = NULL;
	u16 owner = 0;
	u32 old;

	if (gfp_is_plain(gfp)) {
		page = do_alloc_pages(order);
	} else {
		memcg = memcg_of(gfp);
		old = gfp_enter(gfp);
		page = memcg ? alloc_charged(order, memcg, &owner) :
			       do_alloc_pages(order);
		gfp_exit(old);
	}
	if (unlikely(!page))
		return gfp_failed(gfp, PAGE_SIZE << order);
	prepare_pages(page, order, gfp);
	page_set_owner(page, owner);
	return page;
}

__export struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order)
{
	unsigned int where;
	struct page *page;

	if (order > MAX_PAGE_ORDER) {
		pr_warn("alloc_pages: order %u: expected at most %u", order,
			MAX_PAGE_ORDER);
		return NULL;
	}
	if (!mm_boot())
		return NULL;
	where = zone_of(gfp, node);
	if (likely(where == ZONE_NORMAL))
		return alloc_normal(gfp, order);
	page = alloc_zoned(gfp, order, where);
	if (page)
		return page;
	return zone_is_hint(where) ? alloc_normal(gfp, order) :
				     gfp_failed(gfp, PAGE_SIZE << order);
}

__export struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return alloc_pages_node(ZONE_ANY_NODE, gfp, order);
}

__export unsigned long alloc_pages_bulk_node(gfp_t gfp, int node, int nr,
					     struct page **array)
{
	int i = 0;

	for (; i < nr; i++) {
		if (!array[i])
			array[i] = alloc_pages_node(node, gfp, 0);
		if (!array[i])
			break;
	}
	return (unsigned long)i;
}

__export unsigned long alloc_pages_bulk(gfp_t gfp, int nr, struct page **array)
{
	return alloc_pages_bulk_node(gfp, ZONE_ANY_NODE, nr, array);
}

__export void split_page(struct page *page, unsigned int order)
{
	u8 type = page_type(page), kept;
	u8 zoned, where;
	u16 owner;

	if ((type != PG_PAGES && type != PG_SHARED) || page->order != order)
		panic("split_page of %p, order %u: not a block of that order",
		      mem_page_address(page), order);
	owner = page->flags & PAGE_CHARGED ? (u16)page->memcg : 0;
	kept = type == PG_SHARED ? PAGE_SHARED : 0;
	zoned = page->flags & PAGE_ZONED;
	where = page->zone;
	for (size_t i = 0; i < 1UL << order; i++, page++) {
		page->flags = (page->flags & kept) | zoned;
		page->order = 0;
		page->zone = where;
		page_set_type(page, page->flags & PAGE_SHARED ? PG_SHARED :
								PG_PAGES);
		page_set_owner(page, owner);
	}
}

static void do_free_pages(struct page *page, unsigned int order)
{
	if (unlikely(page->flags & PAGE_ZONED)) {
		page_set_type(page, PG_NONE);
		zone_free(page, 1UL << order, page->zone);
		return;
	}
	if (order > PCP_MAX_ORDER) {
		page_free_block(page, order);
		return;
	}
	page_set_type(page, PG_PCP);
	if (percpu_push_slowpath(pcp_id(order), page) != RSEQ_DONE)
		pcp_free_slowpath(page, order);
}

/* A block that vmap has shown; with it go those that were put off. */
static void __cold free_shared(struct page *page)
{
	page = shmem_take_back(page);
	while (page) {
		struct page *next = (struct page *)page->lru.next;

		page_uncharge(page, 1UL << page->order);
		page->flags = 0;
		do_free_pages(page, page->order);
		page = next;
	}
}

__export void __free_pages(struct page *page, unsigned int order)
{
	bool shared;
	u32 old;

	if (!page)
		return;
	shared = page_type(page) == PG_SHARED;
	if ((!shared && page_type(page) != PG_PAGES) || page->order != order)
		panic("__free_pages of %p, order %u: not a block of that order",
		      mem_page_address(page), order);
	old = gfp_enter_free();
	if (unlikely(shared)) {
		free_shared(page);
	} else {
		page_uncharge(page, 1UL << order);
		do_free_pages(page, order);
	}
	gfp_exit_free(old);
}

static void __cold warn_nolock_flags(gfp_t gfp)
{
	static bool reported; /* atomic */

	if (!xchg(&reported, true))
		pr_warn("alloc_pages_nolock: flags 0x%x: expected __GFP_ACCOUNT (reported once)",
			gfp);
}

__export struct page *alloc_pages_nolock(gfp_t gfp, int node,
					 unsigned int order)
{
	struct page *page;

	(void)node;
	if (unlikely(gfp & ~__GFP_ACCOUNT))
		warn_nolock_flags(gfp);
	if (smp_load_acquire(&mm_state) == MM_PARTIAL || !mm_boot())
		return NULL;
	nmi_enter();
	page = alloc_pages((gfp & __GFP_ACCOUNT) | __GFP_ZERO | __GFP_NOWARN |
				   __GFP_NOMEMALLOC | GFP_NOLOCK,
			   order);
	nmi_exit();
	return page;
}

__export void free_pages_nolock(struct page *page, unsigned int order)
{
	nmi_enter();
	__free_pages(page, order);
	nmi_exit();
}

__export unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)mem_page_address(page) : 0;
}

__export unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}

__export void free_pages(unsigned long addr, unsigned int order)
{
	struct page *page = virt_to_page((void *)addr);

	if (addr && !page)
		panic("free_pages of %p, order %u: not an allocated block",
		      (void *)addr, order);
	__free_pages(page, order);
}

__export void *page_address(const struct page *page)
{
	return mem_page_address(page);
}

__export struct page *virt_to_page(const void *addr)
{
	return mem_is_paged(addr) ? mem_page(addr) : NULL;
}

/* Of a slab's, which is no page to be asked about, the head knows. */
__export int page_to_nid(const struct page *page)
{
	unsigned int where = ZONE_NORMAL;
	const void *p = mem_page_address(page);

	if (mem_class(p))
		return 0;
	if (page->flags & PAGE_ZONED)
		where = page->zone;
	return where < ZONE_FIRST_NODE ? 0 : (int)(where - ZONE_FIRST_NODE) / 2;
}

__export unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - mem_map);
}

__export struct page *pfn_to_page(unsigned long pfn)
{
	return mem_map + pfn;
}

__export bool pfn_valid(unsigned long pfn)
{
	/* Of low memory, which is further down, they are negative. */
	return (unsigned long)((long)(pfn << PAGE_SHIFT) >> PAGE_SHIFT) ==
		       pfn &&
	       mem_is_paged((void *)(mem_phys_base + (pfn << PAGE_SHIFT)));
}

__export bool virt_addr_valid(const void *addr)
{
	return mem_is_paged(addr);
}

static void *do_alloc_exact(size_t size, bool zero)
{
	struct gfp_try t = { 0 };
	void *p;

	do
		p = page_alloc_large(size, zero);
	while (unlikely(!p) && gfp_retry(&t, size));
	return p;
}

static noinline void *alloc_exact_charged(size_t size, bool zero,
					  struct mem_cgroup *memcg)
{
	size_t bytes = PAGE_ALIGN(size);
	void *p = NULL;
	u16 owner;

	if (memcg_charge(memcg, bytes, &owner))
		p = do_alloc_exact(size, zero);
	if (p)
		page_set_owner(mem_page(p), owner);
	else if (owner)
		memcg_uncharge(owner, bytes);
	return p;
}

static void *exact_normal(size_t size, gfp_t gfp)
{
	struct mem_cgroup *memcg;
	bool zero = gfp & __GFP_ZERO;
	void *p;
	u32 old;

	if (gfp_is_plain(gfp)) {
		p = do_alloc_exact(size, zero);
	} else {
		memcg = memcg_of(gfp);
		old = gfp_enter(gfp);
		p = memcg ? alloc_exact_charged(size, zero, memcg) :
			    do_alloc_exact(size, zero);
		gfp_exit(old);
	}
	return likely(p) ? p : gfp_failed(gfp, size);
}

__export void *alloc_pages_exact_nid(int node, size_t size, gfp_t gfp)
{
	unsigned int where;
	void *p;

	if (!size || size > PAGE_SIZE << MAX_PAGE_ORDER || !mm_boot())
		return NULL;
	where = zone_of(gfp, node);
	if (likely(where == ZONE_NORMAL))
		return exact_normal(size, gfp);
	p = page_alloc_zoned(size, gfp, where);
	if (p)
		return p;
	return zone_is_hint(where) ? exact_normal(size, gfp) :
				     gfp_failed(gfp, size);
}

__export void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	return alloc_pages_exact_nid(ZONE_ANY_NODE, size, gfp);
}

__export void free_pages_exact(void *p, size_t size)
{
	struct page *page = p ? virt_to_page(p) : NULL;
	u32 old;

	if (!p)
		return;
	if (!page || page_type(page) != PG_LARGE ||
	    page->nr != PAGE_ALIGN(size) >> PAGE_SHIFT)
		panic("free_pages_exact of %p, %zu bytes: not a block of that size",
		      p, size);
	old = gfp_enter_free();
	page_uncharge(page, page->nr);
	if (unlikely(page->flags & PAGE_ZONED)) {
		page_set_type(page, PG_NONE);
		zone_free(page, page->nr, page->zone);
	} else {
		page_free_exact(page, page->nr);
	}
	gfp_exit_free(old);
}
