/* SPDX-License-Identifier: MIT */
/*
 * slab_common: policy over slub, buddy and vmalloc.
 *
 *   bytes                what                             descriptor
 *   1 .. 32768           object of a kmalloc cache        class map
 *   0, of malloc         an object that nobody may touch  class map
 *   .. vmap threshold    exact pages, naturally aligned   page, PG_LARGE
 *   above                vmalloc area                     vmap unit
 *   any, in a handler above one of our critical sections  nolock unit
 *   a few, before the library is up                       bootmem header
 *
 *   any, in a place of its own        object or exact pages   as above, zone.h
 *
 *   a few of malloc, up to 2 KiB      block with fences       kfence.h
 *
 * (kmalloc itself stays in pages up to KMALLOC_MAX_SIZE, as the kernel's.)
 *
 * Who cannot have memory at first tries again as long as the request's flags
 * allow it, and reclaims meanwhile (gfp_retry).
 *
 * Caches are made when first used.  Ids: 0 none; then the page lists; then
 * kmalloc-16 ... kmalloc-32768; malloc-256 ... malloc-32768; malloc-0, whose
 * objects have no usable byte; then those of kmem_cache.c while ids last.
 *
 * Invariants: slab_caches[id] never goes back to NULL while an object of
 * it may be alive; slab_object_size[id] is set before the first object.  No
 * cache leaves the list or its id while anybody holds DRAIN, or the mutex.
 *
 * Locks: SLAB_MUTEX for ids and the list of caches; DRAIN around a walk that
 * empties them.
 */
#include "slab_common.h"

#include "arch.h"
#include "bitops.h"
#include "gfp.h"
#include "kfence.h"
#include "mm_boot.h"
#include "nolock.h"
#include "params.h"
#include "pcs.h"
#include "printk.h"
#include "slab_purge.h"
#include "slub.h"
#include "vmalloc.h"
#include "vmstat.h"
#include "zone.h"

size_t slab_fast_limit __hot_data;

/* Index i is for sizes above 16 * i up to 16 * (i + 1). */
#define SIZES(size, before) [(before) / 16 ...(size) / 16 - 1]

const u16 slab_kmalloc_index[SIZE_INDEXES] = {
#define SHARED(size, before) \
	SIZES(size, before) = PERCPU_OFF(SLAB_ID_KMALLOC_##size),
#define SPLIT SHARED
#include "kmalloc_sizes.def"
#undef SPLIT
};

const u16 slab_malloc_index[SIZE_INDEXES] = {
#define SPLIT(size, before) \
	SIZES(size, before) = PERCPU_OFF(SLAB_ID_MALLOC_##size),
#include "kmalloc_sizes.def"
#undef SHARED
#undef SPLIT
};

size_t slab_object_size[NR_PERCPU_IDS] = {
#define SHARED(size, before) [SLAB_ID_KMALLOC_##size] = (size),
#define SPLIT(size, before) \
	[SLAB_ID_KMALLOC_##size] = (size), [SLAB_ID_MALLOC_##size] = (size),
#include "kmalloc_sizes.def"
#undef SHARED
#undef SPLIT
};

BUILD_BUG_ON(SLAB_ID_FIRST_NAMED >= CACHE_ID_NONE);
BUILD_BUG_ON(SLAB_ID_FIRST_KMALLOC < PERCPU_FIRST_SPARE);

size_t slab_vmap_threshold = VMAP_THRESHOLD_DEFAULT;
bool (*slab_foreign_free)(void *p);

static struct spinlock slab_mutex = SPIN_LOCK_INIT(SLAB_MUTEX);
static LIST_HEAD(cache_list);  /* slab mutex */
static LIST_HEAD(unused_list); /* slab mutex: destroyed caches' memory */
static unsigned int next_id = SLAB_ID_FIRST_NAMED; /* slab mutex */
static u8 free_ids[NR_PERCPU_IDS];		   /* slab mutex */
static unsigned int nr_free_ids;		   /* slab mutex */
static u32 shrinking_grown;			   /* atomic */

/* ---- idle caches ---- */

static void free_owners(u16 *owners)
{
	kfree(owners);
}

/* Those that never go away. */
static void reap(void)
{
	if (in_nmi())
		return;
	for (unsigned int id = SLAB_ID_FIRST_KMALLOC; id < SLAB_ID_FIRST_NAMED;
	     id++) {
		struct kmem_cache *s = smp_load_acquire(&slab_caches[id]);

		if (s)
			slab_cache_reap(s);
	}
}

/* ---- making caches ---- */

static struct kmem_cache *__cache_memory(void)
{
	struct kmem_cache *s;

	if (list_empty(&unused_list))
		return memblock_alloc(sizeof(*s), 64);
	s = list_first_entry(&unused_list, struct kmem_cache, list);
	list_del(&s->list);
	__builtin_memset(s, 0, sizeof(*s));
	return s;
}

/* Those of kmalloc's ids are right from the start, and being read. */
static void set_object_size(unsigned int id, u32 size)
{
	if (slab_object_size[id] != size)
		WRITE_ONCE(slab_object_size[id], size);
}

struct kmem_cache *__slab_make_cache(const struct cache_plan *plan)
{
	struct kmem_cache *s;

	lockdep_assert_held(&slab_mutex);
	s = __cache_memory();

	if (!s)
		return NULL;
	slab_cache_init(s, plan);
	pcs_init(s, plan);
	list_add_tail(&s->list, &cache_list);
	set_object_size(plan->id, plan->id == CACHE_ID_NONE || plan->no_access ?
					  0 :
					  plan->size);
	/* pairs with the acquire in cache_of_id */
	if (plan->id != CACHE_ID_NONE)
		smp_store_release(&slab_caches[plan->id], s);
	return s;
}

/* ---- for caches that come and go ---- */

bool slab_caches_lock(void)
{
	return spin_lock(&slab_mutex);
}

void slab_caches_unlock(void)
{
	spin_unlock(&slab_mutex);
}

struct kmem_cache *__slab_find_cache(bool (*is)(struct kmem_cache *,
						const void *),
				     const void *arg)
{
	struct kmem_cache *s;

	lockdep_assert_held(&slab_mutex);
	list_for_each_entry(s, &cache_list, list) {
		if (is(s, arg))
			return s;
	}
	return NULL;
}

u8 __slab_take_id(void)
{
	lockdep_assert_held(&slab_mutex);
	if (nr_free_ids)
		return free_ids[--nr_free_ids];
	return next_id < CACHE_ID_NONE ? (u8)next_id++ : CACHE_ID_NONE;
}

void __slab_give_id(u8 id)
{
	lockdep_assert_held(&slab_mutex);
	if (id != CACHE_ID_NONE)
		free_ids[nr_free_ids++] = id;
}

void __slab_remove_cache(struct kmem_cache *s)
{
	lockdep_assert_held(&slab_mutex);
	list_del(&s->list);
	if (s->id != CACHE_ID_NONE)
		atomic_set(&slab_caches[s->id], NULL);
}

void __slab_recycle_cache(struct kmem_cache *s)
{
	lockdep_assert_held(&slab_mutex);
	__slab_give_id(s->id);
	list_add(&s->list, &unused_list);
}

void __slab_grow_object_size(struct kmem_cache *s, u32 size)
{
	lockdep_assert_held(&slab_mutex);
	if (size <= s->object_size)
		return;
	WRITE_ONCE(s->object_size, size);
	if (s->id != CACHE_ID_NONE)
		set_object_size(s->id, size);
}

/* ---- the caches of kmalloc and malloc ---- */

static noinline struct kmem_cache *make_cache_of_id(unsigned int id)
{
	struct kmem_cache *s;
	u32 size = (u32)slab_object_size[id];
	char name[CACHE_NAME_LEN];
	struct cache_plan plan = {
		.name = name,
		.size = max(size, 16U),
		.id = (u8)id,
		.colour = id >= SLAB_ID_FIRST_MALLOC,
		.no_access = id == SLAB_ID_MALLOC_0,
		.fences = size && id == slab_index_id(slab_malloc_index, size),
	};

	plan.align = plan.colour ? 16 : 1U << __ffs(size);
	scnprintf(name, sizeof(name), plan.colour ? "malloc-%u" : "kmalloc-%u",
		  size);
	if (!spin_lock(&slab_mutex))
		return NULL;
	s = slab_caches[id];
	if (!s)
		s = __slab_make_cache(&plan);
	spin_unlock(&slab_mutex);
	return s;
}

/* The cache of @id, made now if need be. */
static struct kmem_cache *cache_of_id(unsigned int id)
{
	struct kmem_cache *s = smp_load_acquire(&slab_caches[id]);

	return likely(s) ? s : make_cache_of_id(id);
}

/* ---- allocating ---- */

static bool mixed; /* racy; only ever turned on */

bool slab_is_mixed(void)
{
	return READ_ONCE(mixed);
}

/* Memory is out, or we run above this cache's critical section: objects
 * that wait in the sheaves of larger classes serve as well, if they are as
 * aligned as this class's, that is, of a multiple of its size. */
static void *alloc_of_larger(unsigned int id)
{
	unsigned int end = id < SLAB_ID_FIRST_MALLOC ? SLAB_ID_FIRST_MALLOC :
						       SLAB_ID_MALLOC_0;

	for (unsigned int i = id + 1; i < end; i++) {
		void *obj;

		if (slab_object_size[i] % slab_object_size[id])
			continue;
		obj = percpu_pop_slowpath(i);
		if (obj)
			return obj;
	}
	return NULL;
}

static void *alloc_vmap(size_t size, size_t align, bool zero)
{
	bool zeroed = false;
	void *p = vmap_alloc(size, align, false, &zeroed);

	if (p && zero && !zeroed)
		vmap_clear(p, size);
	return p;
}

/* Pages or an area by size, the other one if there is none of it.  Pages
 * are aligned to the power of two above their size. */
static __always_inline void *try_alloc_large(size_t size, size_t align,
					     bool zero)
{
	size_t fit = max(size, align / 2 + 1);
	bool pages = max(size, align) <= slab_vmap_threshold;
	void *p = pages ? page_alloc_large(fit, zero) :
			  alloc_vmap(size, align, zero);

	if (likely(p))
		return p;
	return pages ? alloc_vmap(size, align, zero) :
		       page_alloc_large(fit, zero);
}

static noinline void *alloc_large_again(size_t size, size_t align, bool zero)
{
	return try_alloc_large(size, align, zero);
}

/* For who must not wait, but may make a system call. */
static void *nolock_large(size_t size, size_t align, bool zero)
{
	void *p = gfp_may(UNIT) ? nolock_alloc(size, align) : NULL;

	if (p && zero)
		__builtin_memset(p, 0, size);
	return p;
}

static noinline void *alloc_large_hard(size_t size, size_t align, bool zero)
{
	struct gfp_try t = { 0 };
	void *p = NULL;

	while (!p && gfp_retry(&t, size))
		p = alloc_large_again(size, align, zero);
	return p || !in_nmi() ? p : nolock_large(size, align, zero);
}

static noinline void *alloc_large(size_t size, size_t align, bool zero)
{
	void *p = try_alloc_large(size, align, zero);

	return likely(p) ? p : alloc_large_hard(size, align, zero);
}

/* The locks of pages and of areas are others than the cache's. */
static noinline void *alloc_small_hard(const u16 *index, size_t bytes)
{
	unsigned int id = slab_index_id(index, bytes);
	size_t size = slab_object_size[id];
	struct gfp_try t = { 0 };
	struct kmem_cache *s;
	void *obj = alloc_of_larger(id);

	WRITE_ONCE(mixed, true);
	if (!obj)
		obj = alloc_large_again(size, 1, false);
	while (!obj && gfp_retry(&t, size)) {
		s = cache_of_id(id);
		obj = s ? pcs_alloc_slowpath(s) : NULL;
		if (!obj)
			obj = alloc_large_again(size, 1, false);
	}
	return obj || !in_nmi() ? obj : nolock_large(size, 1, false);
}

static __always_inline void *alloc_small(const u16 *index, size_t size,
					 bool fences)
{
	struct kmem_cache *s = cache_of_id(slab_index_id(index, size));
	void *obj = NULL;

	if (likely(s))
		obj = fences ? pcs_malloc_slowpath(s, size) :
			       pcs_alloc_slowpath(s);
	return likely(obj) ? obj : alloc_small_hard(index, size);
}

/* NULL where an object of 16 bytes has to do: for a program that is known to
 * misuse memory, and shall go on, and for who may make no system call. */
static void *malloc_nothing(void)
{
	struct kmem_cache *s;

	if (param(on_error) != ON_ERROR_ABORT || !gfp_may(CALL))
		return NULL;
	s = cache_of_id(SLAB_ID_MALLOC_0);
	return s ? pcs_alloc_slowpath(s) : NULL;
}

static __always_inline void *do_malloc(size_t size, bool zero, bool fences)
{
	void *p;

	if (size > KMALLOC_MAX_CACHE_SIZE)
		return alloc_large(size, 1, zero);
	p = alloc_small(slab_malloc_index, size, fences);
	if (p && zero)
		__builtin_memset(p, 0, size);
	return p;
}

/* ---- caches without sheaves ---- */

/*
 * What is charged has caches of its own, without sheaves, so that every free
 * of an object of theirs comes to pcs_free_slowpath, which asks whose it is.
 * So has what is scarce, below 4 GiB or locked: what is freed goes to its slab,
 * and may go on to who wants another size.
 */
#define CHARGED_MAX 8192

/* Those of ZONE_NORMAL are for what is charged.  Atomic. */
static struct kmem_cache *direct_caches[ZONE_FIRST_NODE][SLAB_ID_FIRST_MALLOC];

static noinline struct kmem_cache *make_direct_cache(unsigned int zone,
						     unsigned int id)
{
	static const struct {
		const char *before, *behind;
	} names[ZONE_FIRST_NODE] = {
		[ZONE_NORMAL] = { "", "cg-" },
		[ZONE_DMA32] = { "dma32-", "" },
		[ZONE_PINNED] = { "pinned-", "" },
		[ZONE_DMA32_PINNED] = { "dma32-pinned-", "" },
	};
	u32 size = (u32)slab_object_size[id];
	char name[CACHE_NAME_LEN];
	struct cache_plan plan = {
		.name = name,
		.size = size,
		.align = 1U << __ffs(size),
		.flags = SLAB_ACCOUNT,
		.id = CACHE_ID_NONE,
		.zone = (u8)zone,
	};
	struct kmem_cache *s;

	scnprintf(name, sizeof(name), "%skmalloc-%s%u", names[zone].before,
		  names[zone].behind, size);
	if (!spin_lock(&slab_mutex))
		return NULL;
	s = direct_caches[zone][id];
	if (!s)
		s = __slab_make_cache(&plan);
	/* pairs with the acquire in direct_cache */
	if (s)
		smp_store_release(&direct_caches[zone][id], s);
	spin_unlock(&slab_mutex);
	return s;
}

static struct kmem_cache *direct_cache(unsigned int zone, unsigned int id)
{
	/* pairs with the release in make_direct_cache */
	struct kmem_cache *s = smp_load_acquire(&direct_caches[zone][id]);

	return likely(s) ? s : make_direct_cache(zone, id);
}

/* ---- charged to groups ---- */

static bool note_owner(struct kmem_cache *s, void *obj, u16 owner)
{
	u16 *owners = slab_owners(s, obj);

	if (unlikely(!owners)) {
		owners = do_malloc(s->objects * sizeof(*owners), true, false);
		if (!owners)
			return false;
		if (!slab_set_owners(s, obj, owners)) {
			kfree(owners);
			owners = slab_owners(s, obj);
		}
	}
	atomic_set(&owners[slab_object_index(s, obj)], owner);
	return true;
}

static void *alloc_in_zone(struct kmem_cache *s, unsigned int zone)
{
	if (zone != s->zone)
		return slab_alloc_zoned(s, zone);
	return zone_is_ready(zone) ? slab_alloc_direct(s) : NULL;
}

void *slab_alloc_charged(struct kmem_cache *s, struct mem_cgroup *memcg,
			 unsigned int zone)
{
	struct gfp_try t = { 0 };
	void *obj;
	u16 owner;

	if (!memcg_charge(memcg, s->size, &owner))
		return NULL;
	do
		obj = alloc_in_zone(s, zone);
	while (unlikely(!obj) && zone_is_alive(zone) && gfp_retry(&t, s->size));
	if (likely(obj) && (!owner || note_owner(s, obj, owner)))
		return obj;
	if (obj)
		pcs_free_slowpath(s, obj);
	if (owner)
		memcg_uncharge(owner, s->size);
	return NULL;
}

/* Pages or an area; which one it becomes may decide how large it is. */
static void *large_charged(size_t size, size_t align, bool zero,
			   struct mem_cgroup *memcg)
{
	size_t bytes, real = 0;
	void *p = NULL;
	u16 owner;

	if (max(size, align) > PTRDIFF_MAX)
		return NULL;
	bytes = PAGE_ALIGN(max(size, align / 2 + 1));
	if (!memcg_charge(memcg, bytes, &owner))
		return NULL;
	p = alloc_large(size, align, zero);
	if (p && mem_is_phys(p)) {
		page_set_owner(mem_page(p), owner);
		real = bytes;
	} else if (p && mem_is_vmalloc(p)) {
		vmap_set_memcg(p, owner);
		real = vmap_size(p);
	}
	if (owner && real < bytes)
		memcg_uncharge(owner, bytes - real);
	return p;
}

/* @rounded: the size, or a multiple of the alignment that is no less. */
static noinline void *alloc_charged(size_t size, size_t align, size_t rounded,
				    bool zero, struct mem_cgroup *memcg)
{
	struct kmem_cache *s;
	void *p;

	if (align > PAGE_SIZE || rounded > CHARGED_MAX)
		return large_charged(size, align, zero, memcg);
	s = direct_cache(ZONE_NORMAL,
			 slab_index_id(slab_kmalloc_index, max(rounded, 1UL)));
	p = s ? slab_alloc_charged(s, memcg, ZONE_NORMAL) : NULL;
	if (p && zero)
		__builtin_memset(p, 0, s->size);
	return p;
}

/* ---- in a place of its own ---- */

/* A node's objects are of the caches that all use. */
static struct kmem_cache *zone_cache(size_t size, unsigned int zone,
				     bool charged)
{
	unsigned int id = slab_index_id(slab_kmalloc_index, size);

	if (zone < ZONE_FIRST_NODE)
		return direct_cache(zone, id);
	return charged ? direct_cache(ZONE_NORMAL, id) : cache_of_id(id);
}

static void *small_zoned(size_t size, unsigned int zone,
			 struct mem_cgroup *memcg)
{
	struct kmem_cache *s = zone_cache(size, zone, memcg);
	struct gfp_try t = { 0 };
	void *p;

	if (!s || memcg)
		return s ? slab_alloc_charged(s, memcg, zone) : NULL;
	do
		p = alloc_in_zone(s, zone);
	while (!p && zone_is_alive(zone) && gfp_retry(&t, s->size));
	return p;
}

void *kmalloc_zoned(size_t size, gfp_t gfp, unsigned int zone)
{
	void *p;
	u32 old;

	if (zone == ZONE_NONE)
		return NULL;
	if (size > CHARGED_MAX)
		return page_alloc_zoned(size, gfp, zone);
	old = gfp_enter(gfp);
	p = small_zoned(size, zone, memcg_of(gfp));
	gfp_exit(old);
	if (p && gfp & __GFP_ZERO)
		__builtin_memset(p, 0, ksize(p));
	return p;
}

static noinline void *malloc_by_policy(size_t size, bool zero)
{
	gfp_t gfp = gfp_of_malloc();
	struct mem_cgroup *memcg = memcg_of(gfp);
	u32 old = gfp_enter(gfp);
	void *p = memcg ? alloc_charged(size, 1, size, zero, memcg) :
			  do_malloc(size, zero, false);

	gfp_exit(old);
	return p;
}

/* Of no bytes, or of more than there can be. */
static noinline void *malloc_odd(size_t size, bool zero)
{
	gfp_t gfp = gfp_of_malloc();
	void *p = NULL;
	u32 old;

	if (size)
		return NULL;
	if (!memcg_of(gfp)) { /* it would have to be charged */
		old = gfp_enter(gfp);
		p = malloc_nothing();
		gfp_exit(old);
	}
	return p ? p : malloc_by_policy(1, zero);
}

/* Before the library is up, and while it starts. */
static noinline void *malloc_early(size_t size, bool zero)
{
	void *p = bootmem_alloc(size);

	return p || !mm_boot() || size > PTRDIFF_MAX ?
		       p :
		       malloc_by_policy(size, zero);
}

void *malloc_slowpath(size_t size, bool zero)
{
	/* pairs with the release in mm_init */
	if (unlikely(smp_load_acquire(&mm_state) != MM_UP))
		return malloc_early(size, zero);
	if (unlikely((ptrdiff_t)size <= 0))
		return malloc_odd(size, zero);
	return gfp_malloc_is_plain() ? do_malloc(size, zero, true) :
				       malloc_by_policy(size, zero);
}

/* An area can grow in place, pages cannot. */
void *malloc_growing(size_t size)
{
	void *p = NULL;
	u32 old;

	if (size >= GROWING_MIN && size <= PTRDIFF_MAX) {
		old = gfp_enter(gfp_of_malloc());
		p = alloc_vmap(ALIGN(size, GROWING_MIN), 1, false);
		gfp_exit(old);
	}
	return p ? p : malloc_slowpath(size, false);
}

/* @rounded: the size, up to one byte less than an alignment more. */
static void *do_malloc_aligned(size_t align, size_t size, size_t rounded)
{
	void *p;

	/* A class is aligned to the lowest bit of its size: a multiple of
	 * the alignment is in a class that is one too. */
	rounded = max(rounded & ~(align - 1), align);
	if (align > PAGE_SIZE || rounded > KMALLOC_MAX_CACHE_SIZE)
		return alloc_large(size, align, false);
	p = slab_alloc_fast(slab_kmalloc_index, rounded);
	return p ? p : alloc_small(slab_kmalloc_index, rounded, false);
}

static noinline void *malloc_aligned_by_policy(size_t align, size_t size,
					       size_t rounded)
{
	gfp_t gfp = gfp_of_malloc();
	struct mem_cgroup *memcg = memcg_of(gfp);
	u32 old = gfp_enter(gfp);
	void *p = memcg ? alloc_charged(size, align,
					max(rounded & ~(align - 1), align),
					false, memcg) :
			  do_malloc_aligned(align, size, rounded);

	gfp_exit(old);
	return p;
}

/* @align: a power of two. */
void *malloc_aligned(size_t align, size_t size)
{
	size_t rounded;
	void *p;

	if (unlikely(align > SZ_1T) ||
	    check_add_overflow(size, align - 1, &rounded) ||
	    rounded > PTRDIFF_MAX || !mm_boot())
		return NULL;
	if (align <= 16) {
		p = slab_alloc_fast(slab_malloc_index, size);
		return p ? p : malloc_slowpath(size, false);
	}
	return gfp_malloc_is_plain() ?
		       do_malloc_aligned(align, size, rounded) :
		       malloc_aligned_by_policy(align, size, rounded);
}

static noinline void *kmalloc_pages_hard(size_t size, bool zero)
{
	struct gfp_try t = { 0 };
	void *p = NULL;

	while (!p && gfp_retry(&t, size))
		p = page_alloc_large(size, zero);
	return p || !in_nmi() ? p : alloc_large(size, 1, zero);
}

static noinline void *kmalloc_pages(size_t size, bool zero)
{
	void *p = page_alloc_large(size, zero);

	return likely(p) ? p : kmalloc_pages_hard(size, zero);
}

static __always_inline void *do_kmalloc(size_t size, gfp_t gfp)
{
	void *p;

	if (size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_pages(size, gfp & __GFP_ZERO);
	p = alloc_small(slab_kmalloc_index, size, false);
	if (p && gfp & __GFP_ZERO)
		__builtin_memset(p, 0, ksize(p));
	return p;
}

static noinline void *kmalloc_by_flags(size_t size, gfp_t gfp)
{
	unsigned int zone = zone_of(gfp, ZONE_ANY_NODE);
	struct mem_cgroup *memcg = memcg_of(gfp);
	void *p;
	u32 old;

	if (unlikely(zone != ZONE_NORMAL))
		return kmalloc_zoned(size, gfp, zone);
	old = gfp_enter(gfp);
	p = memcg ? alloc_charged(size, 1, size, gfp & __GFP_ZERO, memcg) :
		    do_kmalloc(size, gfp);
	gfp_exit(old);
	return p;
}

void *kmalloc_slowpath(size_t size, gfp_t gfp)
{
	void *p;

	if (!size)
		return ZERO_SIZE_PTR;
	if (unlikely(!mm_boot()))
		return NULL;
	if (size > KMALLOC_MAX_SIZE)
		return gfp_failed(gfp, size);
	p = gfp_is_plain(gfp) ? do_kmalloc(size, gfp) :
				kmalloc_by_flags(size, gfp);
	return likely(p) ? p : gfp_failed(gfp, size);
}

/* ---- freeing ---- */

static void __cold report_bad_page_free(const void *p)
{
	struct page *page = mem_page(p);

	/* The head of the block around @p is at most 4 MiB below. */
	for (size_t i = 0; mem_is_paged(p) && i <= 1024 &&
			   mem_is_paged(mem_page_address(page));
	     i++, page--) {
		if (page_type(page) == PG_LARGE && page->nr > i &&
		    (i || p != mem_page_address(page))) {
			pr_err("free of %p: interior pointer of a %lu-byte block at %p",
			       p, (unsigned long)page->nr << PAGE_SHIFT,
			       mem_page_address(page));
			slab_report_error();
			return;
		}
		if (page_type(page) != PG_NONE)
			break;
	}
	pr_err("free of %p: not an allocated block", p);
	slab_report_error();
}

static noinline void free_special(struct page *page, void *p)
{
	page_uncharge(page, page->nr);
	if (page->flags & PAGE_ZONED)
		zone_free(page, page->nr, page->zone);
	else
		page_free_large(page, p);
}

static void free_large(void *p)
{
	struct page *page = mem_page(p);
	u8 large = PG_LARGE;

	/* Of two threads that free one block, one is told. */
	if (likely(mem_page_address(page) == p) &&
	    try_cmpxchg(&page->type, &large, PG_NONE)) {
		if (unlikely(page->flags & (PAGE_CHARGED | PAGE_ZONED)))
			free_special(page, p);
		else
			page_free_large(page, p);
		return;
	}
	if (is_kfence_address(p)) {
		kfence_free(p);
		return;
	}
	if (mem_page_address(page) == p &&
	    (large == PG_BUDDY || large == PG_ZONE)) {
		pr_err("double free of %p (%lu pages)", p, 1UL << page->order);
		slab_report_error();
		return;
	}
	report_bad_page_free(p);
}

static __always_inline void free_small(unsigned int id, void *p)
{
	struct kmem_cache *s = slab_cache_of(p, id);
	void *start;

	if (unlikely(!slab_is_object(s, p, &start)))
		slab_report_bad_free(s, p);
	else
		pcs_free_slowpath(s, p);
}

static void __cold free_foreign(void *p)
{
	static bool reported; /* atomic */

	vmstat_add(VMSTAT_foreign_free, 1);
	if (slab_foreign_free && slab_foreign_free(p))
		return;
	if (xchg(&reported, true))
		return;
	pr_warn("free of foreign pointer %p ignored (reported once)", p);
}

static noinline void free_low(void *p)
{
	unsigned int id = mem_low_class(p);

	if (id)
		free_small(id, p);
	else
		free_large(p);
}

static void do_kfree(void *p)
{
	unsigned int id = mem_class_off(p) / PERCPU_OFF(1);

	if (id)
		free_small(id, p);
	else if (mem_is_phys(p))
		free_large(p);
	else if (mem_is_vmalloc(p))
		vmap_free(p);
	else if (mem_is_nolock(p))
		nolock_free(p);
	else if (mem_is_bootmem(p))
		bootmem_free(p);
	else if (mem_is_low(p))
		free_low(p);
	else if (mem_is_reserved(p))
		report_bad_page_free(p);
	else
		free_foreign(p);
}

static noinline void kfree_by_policy(void *p)
{
	u32 old = gfp_enter(gfp_of_free());

	do_kfree(p);
	gfp_exit(old);
}

void kfree_slowpath(void *p)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (gfp_free_is_plain())
		do_kfree(p);
	else
		kfree_by_policy(p);
}

/* ---- sizes ---- */

size_t ksize_slowpath(const void *p)
{
	const struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	if (mem_class(p) == CACHE_ID_NONE)
		return slab_cache_of(p, CACHE_ID_NONE)->object_size;
	if (mem_class(p) == SLAB_ID_MALLOC_0)
		return 0;
	if (mem_is_vmalloc(p))
		return vmap_size(p);
	if (mem_is_nolock(p))
		return nolock_size(p);
	if (mem_is_bootmem(p))
		return bootmem_size(p);
	if (!mem_is_paged(p))
		return 0;
	if (is_kfence_address(p))
		return kfence_ksize(p);
	page = mem_page(p);
	return page_type(page) == PG_LARGE ? (size_t)page->nr << PAGE_SHIFT : 0;
}

bool krealloc_large(void *p, size_t size, void **to)
{
	size_t old;

	if (!mem_is_vmalloc(p) || size < GROWING_MIN || size > PTRDIFF_MAX)
		return false;
	if (!gfp_malloc_is_plain() && !gfpflags_allow_blocking(gfp_of_malloc()))
		return false;
	old = vmap_size(p);
	*to = vmap_resize(p, size > old ? ALIGN(size, GROWING_MIN) : size);
	/* An area that cannot move is copied, if there is room for that. */
	return *to || !old;
}

/* ---- whose is it ---- */

static u16 object_owner(unsigned int id, void *p)
{
	struct kmem_cache *s = slab_cache_of(p, id);
	void *start;
	u16 *owners;

	if (!slab_is_object(s, p, &start))
		return 0;
	owners = slab_owners(s, p);
	return owners ? atomic_read(&owners[slab_object_index(s, p)]) : 0;
}

__export struct mem_cgroup *mem_cgroup_from_obj(void *p)
{
	unsigned int id = mem_class(p);
	u16 owner = 0;

	if (id)
		owner = object_owner(id, p);
	else if (mem_is_vmalloc(p))
		owner = vmap_memcg(p);
	else if (mem_is_paged(p) && mem_page(p)->flags & PAGE_CHARGED)
		owner = (u16)mem_page(p)->memcg;
	return memcg_from_id(owner);
}

/* ---- the kernel's interface ---- */

/* A block that a group, if any is active, or a place has its own kind of. */
static noinline void *kmalloc_special(void *p, size_t size, gfp_t gfp)
{
	if (memcg_of(gfp) || zone_of(gfp, ZONE_ANY_NODE) != ZONE_NORMAL) {
		kfree(p);
		return kmalloc_slowpath(size, gfp);
	}
	if (gfp & __GFP_ZERO)
		__builtin_memset(p, 0, slab_ksize_fast(p));
	OPTIMIZER_HIDE_VAR(p);
	return p;
}

__export __fastpath void *kmalloc(size_t size, gfp_t gfp)
{
	void *p = slab_alloc_fast(slab_kmalloc_index, size);

	if (unlikely(!p))
		return kmalloc_slowpath(size, gfp);
	if (gfp & (__GFP_ZERO | __GFP_ACCOUNT | __KM_GFP_PLACE)) {
		if (unlikely(gfp & (__GFP_ACCOUNT | __KM_GFP_PLACE)))
			return kmalloc_special(p, size, gfp);
		/* All of the block: krealloc may grow into the rest of it. */
		__builtin_memset(p, 0, slab_ksize_fast(p));
	}
	return p;
}

__export extern __typeof__(kmalloc) __kmalloc
	__attribute__((__alias__("kmalloc")));

/* Cost: 4 instructions less than kmalloc. */
__export __fastpath void *kmalloc_fixed(size_t unit, gfp_t gfp, size_t size)
{
	void *p;

	/* pairs with the release in slab_common_up */
	if (unlikely(!READ_FAST_ACQUIRE(slab_fast_limit)))
		return kmalloc_slowpath(size, gfp);
	barrier();
	p = percpu_pop(slab_kmalloc_index[unit]);
	if (unlikely(!p))
		return kmalloc_slowpath(size, gfp);
	return p;
}

__export void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

__export __fastpath void kfree(const void *p)
{
	if (unlikely(!slab_free_fast((void *)p)))
		kfree_slowpath((void *)p);
}

__export __fastpath size_t ksize(const void *p)
{
	size_t size = slab_ksize_fast(p);

	return likely(size) ? size : ksize_slowpath(p);
}

__export size_t kmalloc_size_roundup(size_t size)
{
	if (!size || !mm_boot())
		return size;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return slab_object_size[slab_index_id(slab_kmalloc_index,
						      size)];
	return size > KMALLOC_MAX_SIZE ? size : PAGE_ALIGN(size);
}

/* ---- all caches ---- */

void slab_for_each_cache(void (*fn)(struct kmem_cache *, void *), void *arg)
{
	struct kmem_cache *s;

	if (!spin_lock(&slab_mutex))
		return;
	list_for_each_entry(s, &cache_list, list)
		fn(s, arg);
	spin_unlock(&slab_mutex);
}

static void shrink_unnumbered(struct kmem_cache *s, void *arg)
{
	(void)arg;
	if (s->id == CACHE_ID_NONE)
		slab_cache_shrink(s);
}

/* Caches with sheaves are found by their ids, without the mutex, and none of
 * them can go while this holds the drain's lock; the others need no drain. */
void slab_shrink_all(void)
{
	slab_for_each_cache(shrink_unnumbered, NULL);
	if (!percpu_drain_lock())
		return;
	__pcs_drain(SLAB_ID_FIRST_KMALLOC,
		    CACHE_ID_NONE - SLAB_ID_FIRST_KMALLOC);
	for (unsigned int id = SLAB_ID_FIRST_KMALLOC; id < CACHE_ID_NONE;
	     id++) {
		struct kmem_cache *s = smp_load_acquire(&slab_caches[id]);

		if (!s)
			continue;
		slab_cache_shrink_drained(s);
		slab_cache_purge(s, SIZE_MAX);
	}
	percpu_drain_unlock();
}

/* How many looks find a cache idle before its pages go. */
static const u8 idle_purge[NR_IDLE] = {
	[IDLE_IN_TIME] = 3,
	[IDLE_IN_GROWTH] = 2,
};

/* Of an idle cache first the sheaves, later the pages: those that are wanted
 * again must be touched anew.  The sheaves then too, because to free into an
 * empty one is a use that nobody sees. */
static bool is_due(const struct kmem_cache *s, enum slab_idle by)
{
	return s->idle[by].looks == 1 || s->idle[by].looks == idle_purge[by];
}

static size_t shrink_idle(struct kmem_cache *s, enum slab_idle by, size_t most)
{
	size_t pages = 0;

	if (!is_due(s, by))
		return 0;
	slab_cache_shrink_drained(s);
	if (s->idle[by].looks == idle_purge[by]) {
		pages = slab_cache_purge(s, most);
		if (pages == most)
			s->idle[by].looks--; /* there is more */
	}
	slab_cache_seen(s, by);
	return pages;
}

unsigned int slab_shrink_idle(enum slab_idle by, size_t most)
{
	u64 drain[NR_PERCPU_IDS / 64] = { 0 };
	unsigned int used = 0;

	if (!percpu_drain_lock())
		return 0;
	for (unsigned int id = SLAB_ID_FIRST_KMALLOC; id < CACHE_ID_NONE;
	     id++) {
		struct kmem_cache *s = smp_load_acquire(&slab_caches[id]);

		if (!s)
			continue;
		used += !slab_cache_idle(s, by);
		if (is_due(s, by))
			drain[id / 64] |= 1ULL << id % 64;
	}
	__pcs_drain_ids(drain);
	for (unsigned int id = SLAB_ID_FIRST_KMALLOC; id < CACHE_ID_NONE;
	     id++) {
		struct kmem_cache *s = smp_load_acquire(&slab_caches[id]);

		if (s)
			most -= shrink_idle(s, by, most);
	}
	percpu_drain_unlock();
	return used;
}

#define GROWTH_PURGE (16 * SZ_1M >> PAGE_SHIFT)

/* One thread at a time; who comes meanwhile goes on. */
static void shrink_grown(void)
{
	if (xchg(&shrinking_grown, 1))
		return;
	slab_shrink_idle(IDLE_IN_GROWTH, GROWTH_PURGE);
	atomic_set(&shrinking_grown, 0);
}

void slab_common_up(void)
{
	slab_free_owners = free_owners;
	WRITE_ONCE(page_reaper, reap);
	WRITE_ONCE(page_grower, shrink_grown);
	/* pairs with the acquire in slab_alloc_fast */
	smp_store_release(&slab_fast_limit, KMALLOC_MAX_CACHE_SIZE);
}

void slab_fork_lock(void)
{
	struct kmem_cache *s;

	spin_fork_lock(&slab_mutex);
	list_for_each_entry(s, &cache_list, list)
		spin_fork_lock(&s->lock);
	list_for_each_entry(s, &cache_list, list) {
		for (int i = 0; i < NR_BARNS; i++)
			spin_fork_lock(&s->barn[i].lock);
	}
}

void slab_fork_unlock(void)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &cache_list, list) {
		for (int i = 0; i < NR_BARNS; i++)
			spin_fork_unlock(&s->barn[i].lock);
		spin_fork_unlock(&s->lock);
	}
	spin_fork_unlock(&slab_mutex);
}

void slab_fork_child(void)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &cache_list, list) {
		for (int i = 0; i < NR_BARNS; i++)
			spin_lock_reinit(&s->barn[i].lock);
		spin_lock_reinit(&s->lock);
	}
	spin_lock_reinit(&slab_mutex);
	atomic_set(&shrinking_grown, 0);
}
