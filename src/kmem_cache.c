/* SPDX-License-Identifier: MIT */
/*
 * kmem_cache: caches by name, as programs make them.
 *
 *   "inode", 600 bytes ─┐
 *                       ├─ struct kmem_cache "inode", refs 2
 *   "dentry", 596 bytes ┘
 *
 * Caches whose objects are as good as each other's are one, under the name
 * of the first, until the last of them is destroyed.  Never shared is what
 * has a constructor, a user region or a sheaf capacity of its own, and what
 * SLAB_NEVER_MERGE names; kmalloc's and malloc's own caches are not either,
 * so that what overruns a block of theirs finds no object of a named type.
 *
 * The way of a destroyed cache: refs 0 (nobody joins) -> sheaves, barn and
 * slabs emptied -> off the list -> slabs' readers gone -> id and memory may
 * be used again.  A walk over all caches either comes before, or does not
 * find it: both hold DRAIN.
 *
 * Locks: DRAIN, within it SLAB_MUTEX.
 */
#include "kmem_cache.h"

#include "bitops.h"
#include "gfp.h"
#include "mm_boot.h"
#include "params.h"
#include "pcs.h"
#include "printk.h"
#include "slab_bulk.h"
#include "slub.h"
#include "zone.h"

#define SLAB_DEBUG_FLAGS                                         \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER | SLAB_TRACE)
#define SLAB_NEVER_MERGE                                              \
	(SLAB_DEBUG_FLAGS | SLAB_TYPESAFE_BY_RCU | SLAB_NOLEAKTRACE | \
	 SLAB_FAILSLAB | SLAB_NO_MERGE)
#define SLAB_MERGE_SAME                                             \
	(SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | \
	 KMALLOC_SLAB_PINNED | SLAB_ACCOUNT)
#define SLAB_FLAGS_PERMITTED                                       \
	(SLAB_NEVER_MERGE | SLAB_MERGE_SAME | SLAB_HWCACHE_ALIGN | \
	 SLAB_PANIC | SLAB_NO_USER_FLAGS | SLAB_SKIP_KFENCE)

/* ---- making ---- */

static unsigned int cache_align(unsigned int size, unsigned int align,
				slab_flags_t flags)
{
	unsigned int line = 64;

	if (flags & SLAB_HWCACHE_ALIGN) {
		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return max(align, 8U);
}

static bool may_share(const struct kmem_cache_args *args, slab_flags_t flags)
{
	return !args->ctor && !args->usersize && !args->sheaf_capacity &&
	       !(flags & SLAB_ACCOUNT && memcg_exist()) &&
	       !(flags & SLAB_NEVER_MERGE) && !param(slab_nomerge) &&
	       !param(slub_nomerge);
}

static bool serves(struct kmem_cache *s, const void *arg)
{
	const struct cache_plan *plan = arg;
	u32 size = ALIGN(ALIGN(plan->size, 8U), plan->align);

	return s->shared && s->refs && s->align >= plan->align &&
	       s->size >= size && s->size - size < 8 &&
	       !((s->flags ^ plan->flags) & SLAB_MERGE_SAME);
}

/* Objects of a cache with sheaves go around who charges. */
static bool is_charged(const struct kmem_cache *s)
{
	return s->flags & SLAB_ACCOUNT && !s->capacity;
}

static struct kmem_cache *__join_cache(const struct cache_plan *plan)
{
	struct kmem_cache *s = __slab_find_cache(serves, plan);

	if (!s)
		return NULL;
	s->refs++;
	__slab_grow_object_size(s, plan->size);
	return s;
}

struct kmem_cache *kmem_cache_make(struct cache_plan *plan)
{
	struct kmem_cache *s = NULL;

	if (!slab_caches_lock())
		return NULL;
	if (plan->shared)
		s = __join_cache(plan);
	if (!s) {
		plan->id =
			plan->size > KMALLOC_MAX_CACHE_SIZE || plan->zone ||
					(plan->flags & SLAB_ACCOUNT &&
					 (memcg_exist() || param(slub_tiny))) ?
				CACHE_ID_NONE :
				__slab_take_id();
		s = __slab_make_cache(plan);
		if (!s)
			__slab_give_id(plan->id);
	}
	slab_caches_unlock();
	return s;
}

static bool link_is_wrong(unsigned int size, const struct kmem_cache_args *args,
			  slab_flags_t flags)
{
	return args->use_freeptr_offset &&
	       (!(flags & SLAB_TYPESAFE_BY_RCU) || size < sizeof(void *) ||
		args->freeptr_offset > size - sizeof(void *) ||
		args->freeptr_offset % sizeof(void *));
}

static const char *wrong_argument(const char *name, unsigned int size,
				  const struct kmem_cache_args *args,
				  slab_flags_t flags)
{
	unsigned int align = args->align;

	if (!name || !*name || __builtin_strchr(name, ' '))
		return "a name without spaces";
	if (size < 8 || size > KMALLOC_MAX_SIZE)
		return "a size from 8 to 4194304";
	if (align && (!is_power_of_2(align) || align > PAGE_SIZE))
		return "an alignment that is a power of two up to 4096";
	if (flags & ~SLAB_FLAGS_PERMITTED)
		return "SLAB_ flags and no others";
	if (link_is_wrong(size, args, flags))
		return "a freeptr_offset with SLAB_TYPESAFE_BY_RCU, a multiple of 8 in the object";
	return NULL;
}

/* As the kernel does: the region is dropped, the cache is made. */
static void check_user_region(const char *name, unsigned int size,
			      struct kmem_cache_args *args)
{
	if (args->usersize ? args->usersize <= size &&
				     args->useroffset <= size - args->usersize :
			     !args->useroffset)
		return;
	pr_warn("kmem_cache_create(%s): user region of %u bytes at %u ignored: not in the object",
		name, args->usersize, args->useroffset);
	args->usersize = 0;
}

static u8 zone_of_cache(slab_flags_t flags)
{
	bool low = flags & (SLAB_CACHE_DMA | SLAB_CACHE_DMA32);

	if (flags & KMALLOC_SLAB_PINNED)
		return low ? ZONE_DMA32_PINNED : ZONE_PINNED;
	return low ? ZONE_DMA32 : ZONE_NORMAL;
}

static struct kmem_cache *make_named(const char *name, unsigned int size,
				     struct kmem_cache_args *args,
				     slab_flags_t flags)
{
	struct cache_plan plan = {
		.name = name,
		.size = size,
		.align = cache_align(size, args->align, flags),
		.flags = flags,
		.ctor = args->ctor,
		.capacity = args->sheaf_capacity,
		.zone = zone_of_cache(flags),
	};

	check_user_region(name, size, args);
	if (!mm_boot())
		return NULL;
	plan.shared = may_share(args, flags); /* options are read by now */
	return kmem_cache_make(&plan);
}

__export struct kmem_cache *
__kmem_cache_create_args(const char *name, unsigned int size,
			 struct kmem_cache_args *args, slab_flags_t flags)
{
	struct kmem_cache_args own = { 0 };
	struct kmem_cache *s = NULL;
	const char *want;

	if (args)
		own = *args;
	want = wrong_argument(name, size, &own, flags);
	if (want)
		pr_err("kmem_cache_create(%s, %u, %u): expected %s",
		       name ? name : "NULL", size, own.align, want);
	else
		s = make_named(name, size, &own, flags);
	if (!s && flags & SLAB_PANIC)
		panic("kmem_cache_create(%s): no cache, and SLAB_PANIC is set",
		      name ? name : "NULL");
	return s;
}

__export struct kmem_cache *(kmem_cache_create)(const char *name,
						unsigned int size,
						unsigned int align,
						slab_flags_t flags,
						void (*ctor)(void *))
{
	struct kmem_cache_args args = { .align = align, .ctor = ctor };

	return __kmem_cache_create_args(name, size, &args, flags);
}

__export struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *))
{
	struct kmem_cache_args args = {
		.align = align,
		.useroffset = useroffset,
		.usersize = usersize,
		.ctor = ctor,
	};

	return __kmem_cache_create_args(name, size, &args, flags);
}

/* ---- objects ---- */

/* What the constructor did is lost: it is said once. */
static void __cold warn_zero_ctor(struct kmem_cache *s)
{
	static bool said; /* atomic */

	if (!xchg(&said, true))
		pr_warn("__GFP_ZERO with %s, which has a constructor (reported once)",
			s->name);
}

/* The result's origin is hidden, lest the caller keeps @p across the call, in
 * a register that it would have to save on its fast path. */
static noinline void *clear_object(struct kmem_cache *s, void *p)
{
	if (unlikely(s->ctor))
		warn_zero_ctor(s);
	__builtin_memset(p, 0, READ_ONCE(s->object_size));
	OPTIMIZER_HIDE_VAR(p);
	return p;
}

static noinline void *alloc_hard(struct kmem_cache *s)
{
	struct gfp_try t = { 0 };
	void *p = NULL;

	if (is_charged(s) && memcg_active)
		return slab_alloc_charged(s, memcg_active, s->zone);
	while (!p && zone_is_alive(s->zone) && gfp_retry(&t, s->size))
		p = pcs_alloc_slowpath(s);
	return p;
}

static void *do_alloc(struct kmem_cache *s)
{
	void *p = pcs_alloc_slowpath(s);

	return likely(p) ? p : alloc_hard(s);
}

static noinline void *alloc_by_flags(struct kmem_cache *s, gfp_t gfp)
{
	u32 old = gfp_enter(gfp);
	void *p = do_alloc(s);

	gfp_exit(old);
	return p;
}

static noinline void *alloc_slowpath(struct kmem_cache *s, gfp_t gfp)
{
	void *p = gfp_is_plain(gfp) ? do_alloc(s) : alloc_by_flags(s, gfp);

	if (unlikely(!p))
		return gfp_failed(gfp, s->size);
	return gfp & __GFP_ZERO ? clear_object(s, p) : p;
}

/* Cost: 18 instructions, 2 branches, no atomic, no call. */
__export __fastpath void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	void *p = percpu_pop(s->off);

	if (unlikely(!p))
		return alloc_slowpath(s, gfp);
	if (unlikely(gfp & __GFP_ZERO))
		return clear_object(s, p);
	return p;
}

__export void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

static void *alloc_zoned(struct kmem_cache *s, gfp_t gfp, unsigned int zone)
{
	u32 old = gfp_enter(gfp);
	struct gfp_try t = { 0 };
	void *p;

	if (is_charged(s) && memcg_active) {
		p = slab_alloc_charged(s, memcg_active, zone);
	} else {
		do
			p = slab_alloc_zoned(s, zone);
		while (!p && zone_is_alive(zone) && gfp_retry(&t, s->size));
	}
	gfp_exit(old);
	return p && gfp & __GFP_ZERO ? clear_object(s, p) : p;
}

/* A cache that has a place already has it on any node, as far as it knows. */
__export void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	unsigned int zone =
		zone_of(gfp & (__GFP_THISNODE | __GFP_RECLAIM), node);
	void *p = NULL;

	if (likely(zone == ZONE_NORMAL) ||
	    (s->zone != ZONE_NORMAL && zone_is_hint(zone)))
		return kmem_cache_alloc(s, gfp);
	if (s->zone == ZONE_NORMAL && zone != ZONE_NONE)
		p = alloc_zoned(s, gfp, zone);
	if (p)
		return p;
	return zone_is_hint(zone) ? kmem_cache_alloc(s, gfp) :
				    gfp_failed(gfp, s->size);
}

__export void *kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru,
				    gfp_t gfp)
{
	(void)lru;
	return kmem_cache_alloc(s, gfp);
}

__export bool kmem_cache_charge(void *obj, gfp_t gfp)
{
	(void)obj, (void)gfp;
	return true;
}

static bool belongs_to(struct kmem_cache *s, void *p)
{
	unsigned int id = mem_class(p);

	if (likely(id == s->id &&
		   (id != CACHE_ID_NONE || slab_cache_of(p, id) == s)))
		return true;
	pr_err("kmem_cache_free of %p: not an object of %s", p, s->name);
	slab_report_error();
	return false;
}

static noinline void free_slowpath(struct kmem_cache *s, void *p)
{
	if (p && belongs_to(s, p))
		kfree_slowpath(p);
}

/* Cost: 29 instructions, 5 branches, no atomic, no call; the object is not
 * touched. */
__export __fastpath void kmem_cache_free(struct kmem_cache *s, void *p)
{
	u16 off;

	if (unlikely(!mem_class_fast(p, &off)) || unlikely(off != s->off) ||
	    unlikely(percpu_push(off, p) != RSEQ_DONE))
		free_slowpath(s, p);
}

/* ---- many objects ---- */

static noinline size_t bulk_charged(struct kmem_cache *s, size_t nr, void **p)
{
	size_t got = 0;

	while (got < nr &&
	       (p[got] = slab_alloc_charged(s, memcg_active, s->zone)))
		got++;
	return got;
}

static size_t do_alloc_bulk(struct kmem_cache *s, size_t nr, void **p)
{
	struct gfp_try t = { 0 };
	size_t got;

	if (is_charged(s) && memcg_active)
		return bulk_charged(s, nr, p);
	got = zone_is_ready(s->zone) ? slab_alloc_bulk(s, p, nr) : 0;
	while (unlikely(got < nr) && zone_is_alive(s->zone) &&
	       gfp_retry(&t, s->size))
		got += slab_alloc_bulk(s, p + got, nr - got);
	return got;
}

static noinline size_t bulk_by_flags(struct kmem_cache *s, gfp_t gfp, size_t nr,
				     void **p)
{
	u32 old = gfp_enter(gfp);
	size_t got = do_alloc_bulk(s, nr, p);

	gfp_exit(old);
	return got;
}

__export int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
				   void **p)
{
	size_t got = gfp_is_plain(gfp) ? do_alloc_bulk(s, nr, p) :
					 bulk_by_flags(s, gfp, nr, p);

	if (unlikely(got < nr)) {
		kmem_cache_free_bulk(s, got, p);
		gfp_failed(gfp, s->size);
		return 0;
	}
	for (size_t i = 0; unlikely(gfp & __GFP_ZERO) && i < nr; i++)
		clear_object(s, p[i]);
	return (int)nr;
}

static bool is_of_class(void *p, u16 off)
{
	u16 its;

	return mem_class_fast(p, &its) && its == off;
}

/* Other units of the map than @like's, or other low bits, in any of four? */
static bool differ(void **p, uintptr_t like)
{
	const uintptr_t unit = ~(uintptr_t)0 << CLASS_MAP_SHIFT | 7;

	return (((uintptr_t)p[0] ^ like) | ((uintptr_t)p[1] ^ like) |
		((uintptr_t)p[2] ^ like) | ((uintptr_t)p[3] ^ like)) &
	       unit;
}

/* How many of the first objects are of the class: four of one unit need one
 * look. */
static size_t class_run(u16 off, void **p, size_t nr)
{
	size_t n = 0;

	if (!off || off == PERCPU_OFF(CACHE_ID_NONE))
		return 0;
	while (n < nr && is_of_class(p[n], off)) {
		uintptr_t like = (uintptr_t)p[n++];

		while (nr - n >= 4 && !differ(p + n, like))
			n += 4;
	}
	return n;
}

__export void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p)
{
	u32 old = gfp_enter_free();

	while (nr) {
		u16 off = s ? s->off : mem_class_off(*p);
		size_t n = class_run(off, p, nr);

		if (likely(n)) {
			slab_free_bulk(
				s ? s : slab_cache_of(*p, off / PERCPU_OFF(1)),
				p, n);
		} else {
			if (s)
				kmem_cache_free(s, *p);
			else
				kfree(*p);
			n = 1;
		}
		p += n;
		nr -= n;
	}
	gfp_exit_free(old);
}

/* ---- the whole cache ---- */

__export int kmem_cache_shrink(struct kmem_cache *s)
{
	return slab_cache_shrink(s) != 0;
}

__export unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return READ_ONCE(s->object_size);
}

/* False if others share it, or, in a handler above the lock, if it cannot
 * be told. */
static bool last_reference(struct kmem_cache *s)
{
	bool last;

	if (!slab_caches_lock())
		return false;
	last = --s->refs == 0;
	slab_caches_unlock();
	return last;
}

/* Takes it off the list if nothing is left in it. */
static bool retire(struct kmem_cache *s)
{
	bool unused;

	if (s->capacity)
		__pcs_drain(s->id, 1);
	unused = !slab_cache_shrink_drained(s) ||
		 (s->flags & SLAB_TYPESAFE_BY_RCU && slab_cache_is_unused(s));
	if (!slab_caches_lock())
		return false;
	if (unused)
		__slab_remove_cache(s);
	else
		s->refs = 1;
	slab_caches_unlock();
	return unused;
}

/* Slabs that readers may still look at keep the cache's id and memory: for
 * their time, or, if nobody knows that, for ever. */
static void recycle(struct kmem_cache *s)
{
	const struct kmalloc_rcu_ops *rcu = smp_load_acquire(&slab_rcu);

	if (rcu && s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu->wait();
	if (atomic_read(&s->nr_slabs) || !slab_caches_lock())
		return;
	__slab_recycle_cache(s);
	slab_caches_unlock();
}

static void __cold report_leftovers(struct kmem_cache *s)
{
	struct slab_stat stat;

	slab_cache_stat(s, &stat);
	pr_err("kmem_cache_destroy %s: %zu objects remain; the cache stays",
	       s->name, stat.active);
}

__export void kmem_cache_destroy(struct kmem_cache *s)
{
	const struct kmalloc_rcu_ops *rcu = smp_load_acquire(&slab_rcu);
	bool last, retired;

	if (!s)
		return;
	if (rcu && READ_ONCE(s->refs) == 1)
		rcu->flush(s);
	if (!percpu_drain_lock())
		return report_leftovers(s);
	last = last_reference(s);
	retired = last && retire(s);
	percpu_drain_unlock();
	if (retired)
		recycle(s);
	else if (last)
		report_leftovers(s);
}

__export bool kmalloc_register_rcu(const struct kmalloc_rcu_ops *ops)
{
	const struct kmalloc_rcu_ops *none = NULL;

	/* pairs with the acquires of who reads it */
	return try_cmpxchg_release(&slab_rcu, &none, ops);
}

/* ---- whose is it ---- */

__export bool kmem_dump_obj(void *p)
{
	unsigned int id = mem_class(p);
	struct kmem_cache *s;
	void *start;

	if (!id)
		return false;
	s = slab_cache_of(p, id);
	slab_is_object(s, p, &start);
	if (!start)
		pr_info("%p: in a slab of %s, in no object", p, s->name);
	else
		pr_info("%p: %zu bytes into the object of %s at %p, %u bytes, %s",
			p, (size_t)((char *)p - (char *)start), s->name, start,
			READ_ONCE(s->object_size),
			slab_object_is_free(s, start) ?
				"free" :
				"in use or at hand for the next allocation");
	return true;
}
