/* SPDX-License-Identifier: MIT */
/*
 * slub: slabs on their lists, and their objects, one batch at a time.
 *
 *   pages ─make──→ partial[CPU][fullness] ─take→ sheaves, users
 *         ←empty──        of slabs        ←─put─
 *
 * A slab is on a partial list unless it is full; fuller lists are used
 * first, so that emptying slabs can become empty.  Those from a node's zone are
 * on lists of their own, for who asks for the node.  A cache of many keeps one
 * empty slab until it is idle; with slub_tiny none is.
 * A slab that readers of RCU may look at (SLAB_TYPESAFE_BY_RCU) is given back
 * after a grace period, by slab_rcu, and stays if there is none.
 * Where there is a reserve all of a slab is resident from when it is made.
 * Each CPU takes from the slabs that it used last, and from others' when it has
 * none: their objects do not share lines with another CPU's.
 *
 * Invariants: an object is in exactly one place: its bit set in its slab, or,
 * out of it, one sheaf or the user's hands; what is put back a second time
 * finds its bit set.  slab->free counts the set bits; nr_free their sum.  It is
 * below slab->limit while the slab is on a list, but for an empty one; a full
 * slab's limit is 0.
 *
 * Locks: one a cache (CACHE), taken once a batch.  Pages are allocated and
 * freed without it.  A signal handler that may not wait for the lock takes it
 * only if it is free, else it gets no object and defers its frees onto
 * cache->deferred, a lock-free stack: linked through the objects, or, where
 * these must stay as they were left, through lists of them in nolock memory.
 * Cost: of a batch, the lock and a line of each of its slabs; of an object, its
 * bit, but not its memory.
 */
#include "slub.h"

#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "gfp.h"
#include "nolock.h"
#include "params.h"
#include "printk.h"
#include "vmstat.h"
#include "zone.h"

/* Of slabs, before it is certain that whole ones are used. */
#define POPULATE_FROM (256 * SZ_1K)
/* Slabs of a cache that keeps an empty one. */
#define KEEP_FROM 16
/* Objects that are used, if they are, where a slab begins. */
#define CHECK_ZERO_MOST 1024

const struct kmalloc_rcu_ops *slab_rcu;
void (*slab_free_owners)(u16 *owners);

/* ---- slabs; the cache lock is held ---- */

static u8 list_of(const struct kmem_cache *s, const struct slab *slab)
{
	return (u8)(slab->tag * NR_FULLNESS +
		    (slab->free >> s->fullness_shift));
}

static void count_partial(struct kmem_cache *s, const struct slab *slab, int nr)
{
	u32 *count = &s->nr_partial[slab->list_nr / NR_FULLNESS];

	WRITE_ONCE(*count, *count + (u32)nr);
}

/* As many free objects are too many for the list it is on. */
static u32 list_limit(const struct kmem_cache *s, const struct slab *slab)
{
	u32 next = (slab->free >> s->fullness_shift) + 1;

	return min(next << s->fullness_shift, slab->objects);
}

static void list_slab(struct kmem_cache *s, struct slab *slab)
{
	slab->list_nr = list_of(s, slab);
	slab->limit = (u16)list_limit(s, slab);
	list_add(&slab->list, &s->partial[slab->list_nr]);
	count_partial(s, slab, 1);
}

static void unlist_slab(struct kmem_cache *s, struct slab *slab)
{
	list_del(&slab->list);
	slab->limit = 0;
	count_partial(s, slab, -1);
}

void __slab_list(struct kmem_cache *s, struct slab *slab)
{
	lockdep_assert_held(&s->lock);
	list_slab(s, slab);
}

void __slab_unlist(struct kmem_cache *s, struct slab *slab)
{
	lockdep_assert_held(&s->lock);
	unlist_slab(s, slab);
}

static void relist_slab(struct kmem_cache *s, struct slab *slab)
{
	if (slab->list_nr == list_of(s, slab))
		return;
	unlist_slab(s, slab);
	list_slab(s, slab);
}

static struct slab *fullest_of(struct kmem_cache *s, unsigned int tag)
{
	struct list_head *lists = &s->partial[tag * NR_FULLNESS];

	if (!s->nr_partial[tag])
		return NULL;
	for (int i = 0; i < NR_FULLNESS; i++) {
		if (!list_empty(&lists[i]))
			return list_first_entry(&lists[i], struct slab, list);
	}
	return NULL;
}

/* This CPU's fullest slab, else one of the others', which becomes its own. */
static struct slab *fullest_slab(struct kmem_cache *s, unsigned int tag)
{
	struct slab *slab = fullest_of(s, tag);

	for (unsigned int i = 1; !slab && i < NR_TAGS; i++)
		slab = fullest_of(s, (tag + i) % NR_TAGS);
	if (slab)
		slab->tag = (u8)tag;
	return slab;
}

/* Takes up to @want objects, lowest address first, and stores them from
 * @end downwards, so that the lowest is popped first.  Who was late may still
 * look at the sheaf that they go to. */
static unsigned int take_objects(struct kmem_cache *s, struct slab *slab,
				 void **end, unsigned int want)
{
	unsigned int left = want, word = slab->hint;

	for (; left && slab->free; word++) {
		u64 bits = slab->bitmap[word], keep = 0;
		char *first = slab->base + (size_t)word * 64 * s->size;
		unsigned int n = hweight64(bits);

		while (n > left) { /* keep the highest ones */
			u64 top = 1ULL << __fls(bits);

			bits &= ~top;
			keep |= top;
			n--;
		}
		slab->bitmap[word] = keep;
		slab->free -= n;
		left -= n;
		if (bits == ~0ULL) {
			for (; n; n--, first += s->size)
				WRITE_ONCE(*--end, first);
		}
		for (; bits && n; bits &= bits - 1)
			WRITE_ONCE(*--end,
				   first + (size_t)__ffs(bits) * s->size);
		if (keep)
			break;
	}
	slab->hint = word;
	slab->purged = 0;
	s->nr_free -= want - left;
	return want - left;
}

static unsigned int __take_from_slabs(struct kmem_cache *s, void **end,
				      unsigned int want)
{
	unsigned int got = 0, tag = slab_cpu_tag();
	struct slab *slab;

	lockdep_assert_held(&s->lock);
	while (got < want && (slab = fullest_slab(s, tag))) {
		if (slab->free == slab->objects)
			atomic_set(&s->nr_empty, s->nr_empty - 1);
		got += take_objects(s, slab, end - got, want - got);
		if (slab->free)
			relist_slab(s, slab);
		else
			unlist_slab(s, slab);
	}
	return got;
}

/* Who uses an object uses its pages. */
static bool is_dense(const struct kmem_cache *s)
{
	return s->size <= PAGE_SIZE;
}

/* Takes an empty slab off its list, out of all counts. */
static void __remove_slab(struct kmem_cache *s, struct slab *slab)
{
	unlist_slab(s, slab);
	atomic_set(&s->nr_slabs, s->nr_slabs - 1);
	if (is_dense(s))
		atomic_sub(&mem_dense_pages, 1UL << s->order);
	s->nr_objects -= slab->objects;
	s->nr_free -= slab->objects;
}

/* Readers may look at objects that are free, for as long as they like. */
static bool keeps_slabs(const struct kmem_cache *s)
{
	/* pairs with the release in kmalloc_register_rcu */
	return s->flags & SLAB_TYPESAFE_BY_RCU && !smp_load_acquire(&slab_rcu);
}

/* One is kept against churn, where it is a small part or no sheaf stands
 * before it. */
static bool keeps_empty(const struct kmem_cache *s)
{
	if (keeps_slabs(s) || (s->no_access && !gfp_may(CALL)))
		return true;
	if (s->nr_empty || param(slub_tiny))
		return false;
	return s->nr_slabs >= KEEP_FROM ||
	       (!s->capacity && s->order == SLAB_MIN_ORDER);
}

/* A slab that has more free objects than its list is for, or is full no more.
 * True if it is empty and one too many: then it is off all lists and the
 * caller's to give back. */
static noinline bool place_slab(struct kmem_cache *s, struct slab *slab)
{
	bool was_full = !slab->limit;

	if (was_full)
		list_slab(s, slab);
	if (likely(slab->free != slab->objects)) {
		relist_slab(s, slab);
		return false;
	}
	if (keeps_empty(s)) {
		atomic_set(&s->nr_empty, s->nr_empty + 1);
		relist_slab(s, slab);
		return false;
	}
	__remove_slab(s, slab);
	return true;
}

/* Sets the bit of an object at @off in @slab; false, after a report, if
 * there is none or if it is free. */
static __always_inline bool put_object(struct kmem_cache *s, struct slab *slab,
				       size_t off)
{
	size_t index = slab_index(s, off);
	u64 *word = &slab->bitmap[index >> 6], bit = 1ULL << (index & 63);

	if (unlikely(index >= slab->objects || index * s->size != off)) {
		slab_report_bad_free(s, slab->base + off);
		return false;
	}
	if (unlikely(*word & bit)) {
		slab_report_double_free(s, slab->base + off);
		return false;
	}
	*word |= bit;
	if (unlikely(slab->hint > index >> 6))
		slab->hint = (u32)(index >> 6);
	return true;
}

static __always_inline void slab_gained(struct kmem_cache *s, struct slab *slab,
					u32 nr, struct list_head *empty)
{
	slab->free += nr;
	if (unlikely(slab->free >= slab->limit) && place_slab(s, slab))
		list_add(&slab->list, empty);
}

void __slab_gained(struct kmem_cache *s, struct slab *slab, u32 nr,
		   struct list_head *empty)
{
	slab_gained(s, slab, nr, empty);
}

/* What was freed twice may wait in a sheaf when its slab is gone already, and
 * the memory another cache's: then there is no bit to look at. */
static bool is_slab_of(struct kmem_cache *s, const struct slab *slab,
		       const void *obj)
{
	if (likely(slab->cache == s))
		return true;
	pr_err("free of %p: not an allocated block", obj);
	slab_report_error();
	return false;
}

static __always_inline bool __put_one(struct kmem_cache *s, void *obj,
				      struct list_head *empty)
{
	struct slab *slab = slab_at(s, obj);
	bool ok = is_slab_of(s, slab, obj) &&
		  put_object(s, slab, (size_t)((char *)obj - slab->base));

	if (likely(ok))
		slab_gained(s, slab, 1, empty);
	return ok;
}

/* Puts back the first object and those after it that are of the same slab,
 * up to @nr, and adds how many to *total; returns how many it has seen.  A word
 * is stored when the next object is of another: a load of what was just stored
 * would wait for it.  Nothing else is loaded in the loop. */
static unsigned int __put_run(struct kmem_cache *s, void **objs,
			      unsigned int nr, size_t *total,
			      struct list_head *empty)
{
	struct slab *slab = slab_at(s, objs[0]);
	const size_t size = s->size, bytes = slab->objects * size;
	const u64 reciprocal = s->reciprocal;
	char *const base = slab->base;
	size_t off = (size_t)((char *)objs[0] - base);
	u64 *at = slab->bitmap, *lowest = at + slab->hint, word = *at;
	unsigned int seen = 0, put = 0;

	if (unlikely(!is_slab_of(s, slab, objs[0])))
		return 1;
	do {
		size_t index = off * reciprocal >> SLAB_RECIPROCAL_SHIFT;
		u64 bit = 1ULL << (index & 63);

		if (unlikely(off >= bytes || index * size != off)) {
			slab_report_bad_free(s, base + off);
			continue;
		}
		if (at != &slab->bitmap[index >> 6]) {
			*at = word;
			at = &slab->bitmap[index >> 6];
			word = *at;
		}
		if (unlikely(word & bit)) {
			slab_report_double_free(s, base + off);
			continue;
		}
		word |= bit;
		lowest = min(lowest, at);
		put++;
	} while (++seen < nr &&
		 (off = (size_t)((char *)objs[seen] - base)) < bytes);
	*at = word;
	slab->hint = (u32)(lowest - slab->bitmap);
	*total += put;
	if (put)
		slab_gained(s, slab, put, empty);
	return seen;
}

/* Where objects must stay as they were left, the link is elsewhere. */
struct deferral {
	void *next;
	unsigned int nr;
	void *objs[];
};

static bool defers_outside(const struct kmem_cache *s)
{
	return s->ctor || s->flags & SLAB_TYPESAFE_BY_RCU || s->no_access;
}

static void __take_deferred(struct kmem_cache *s, struct list_head *empty)
{
	void **obj = xchg(&s->deferred, NULL);

	while (obj) {
		struct deferral *d = (struct deferral *)obj;
		void **next = *obj;

		if (!defers_outside(s)) {
			s->nr_free += __put_one(s, obj, empty);
		} else {
			while (d->nr)
				s->nr_free +=
					__put_one(s, d->objs[--d->nr], empty);
			nolock_free(d);
		}
		obj = next;
	}
}

#define FLUSH_AHEAD 8

static bool same_slab(struct kmem_cache *s, void **objs)
{
	return slab_at(s, objs[0]) == slab_at(s, objs[2]);
}

/* Objects that were freed in some order come in runs of the same slab; where
 * there is no order, looking for runs costs more than it saves. */
static bool in_runs(struct kmem_cache *s, void **objs, unsigned int nr)
{
	return nr >= 4 && same_slab(s, objs + nr / 2 - 1) &&
	       same_slab(s, objs) && same_slab(s, objs + nr - 3);
}

static void __put_objects(struct kmem_cache *s, void **objs, unsigned int nr,
			  struct list_head *empty)
{
	size_t total = 0;

	lockdep_assert_held(&s->lock);
	if (in_runs(s, objs, nr)) {
		for (unsigned int i = 0; i < nr;)
			i += __put_run(s, objs + i, nr - i, &total, empty);
	} else {
		for (unsigned int i = 0; i < nr; i++) {
			if (i + FLUSH_AHEAD < nr)
				__builtin_prefetch(
					slab_at(s, objs[i + FLUSH_AHEAD]), 1);
			total += __put_one(s, objs[i], empty);
		}
	}
	s->nr_free += total;
	if (unlikely(atomic_read(&s->deferred)))
		__take_deferred(s, empty);
}

/* ---- making slabs and giving them back; no lock held ---- */

/* Bytes of a slab's memory that the class map knows. */
static size_t class_bytes(const struct kmem_cache *s)
{
	return s->id == CACHE_ID_NONE ? CLASS_MAP_UNIT : PAGE_SIZE << s->order;
}

static void set_all_free(struct slab *slab)
{
	unsigned int words = slab->objects / 64;

	for (unsigned int i = 0; i < words; i++)
		slab->bitmap[i] = ~0ULL;
	if (slab->objects % 64)
		slab->bitmap[words] = (1ULL << slab->objects % 64) - 1;
}

static u32 next_colour(struct kmem_cache *s)
{
	u32 colour = atomic_fetch_add(&s->colour_next, s->colour_step);

	return s->colour_max ? colour % s->colour_max : 0;
}

/* Where there is a reserve, there is somebody who must not have any faults; of
 * what was used before, some may have been given back. */
static bool must_be_resident(const struct page *page)
{
	return page_reserve_min() && !(page->flags & PAGE_RESIDENT);
}

/* Faults are cheaper together, where it is certain that they come: for small
 * objects, and once there are some slabs. */
static bool faults_pay(const struct kmem_cache *s, const struct page *page)
{
	return page->flags & PAGE_ZERO && s->order <= SLAB_COMMON_ORDER &&
	       is_dense(s) &&
	       (PAGE_SIZE << s->order) * atomic_read(&s->nr_slabs) >=
		       POPULATE_FROM;
}

/* All of the system's pages that the slab is on; neighbours' contents stay. */
static bool populate(char *mem, size_t bytes)
{
	char *from =
		(char *)ALIGN_DOWN((uintptr_t)mem, (uintptr_t)arch_page_size);
	size_t len = ALIGN((size_t)(mem + bytes - from), arch_page_size);

	return !arch_madvise(from, len, MADV_POPULATE_WRITE);
}

/* For kernels that know no such advice. */
static void touch(char *mem, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += PAGE_SIZE)
		__atomic_fetch_or(mem + i, 0, __ATOMIC_RELAXED);
}

/* True if all of the new slab is resident for certain. */
static bool populate_slab(struct kmem_cache *s, struct page *page, void *mem)
{
	size_t bytes = PAGE_SIZE << s->order;
	bool must = must_be_resident(page);

	if ((!must && !faults_pay(s, page)) || !gfp_may(CALL))
		return page->flags & PAGE_RESIDENT;
	if (populate(mem, bytes))
		return true;
	if (must)
		touch(mem, bytes);
	return must;
}

/* Where the system's pages are larger than slabs, all may be touched. */
static bool set_access(const struct kmem_cache *s, void *mem, int access)
{
	size_t bytes = PAGE_SIZE << s->order;

	return !s->no_access || !IS_ALIGNED(bytes, arch_page_size) ||
	       !arch_mprotect(mem, bytes, access);
}

/* The memory of a new slab; true if it is resident. */
static bool prepare_slab(struct kmem_cache *s, struct page *page, void *mem)
{
	bool resident;

	if (s->no_access) {
		set_access(s, mem, PROT_NONE);
		return false;
	}
	resident = populate_slab(s, page, mem);
	if (page->flags & PAGE_ZERO && s->size <= CHECK_ZERO_MOST)
		page_check_zero(page);
	return resident;
}

static struct page *slab_pages(const struct kmem_cache *s, unsigned int zone)
{
	return likely(zone == ZONE_NORMAL) ? page_alloc_block(s->order) :
					     zone_alloc(zone, 1UL << s->order);
}

static struct slab *make_slab(struct kmem_cache *s, unsigned int zone)
{
	struct page *page = slab_pages(s, zone);
	struct slab *slab = (struct slab *)page;
	bool resident;
	char *mem;
	u32 colour;

	if (!page)
		return NULL;
	mem = mem_page_address(page);
	resident = prepare_slab(s, page, mem);
	colour = next_colour(s);
	slab->list = (struct list_head){ NULL, NULL };
	slab->hint = 0;
	slab->purged = 0;
	slab->owners = NULL;
	slab->zone = (u8)zone;
	slab->resident = resident;
	slab->tag = (u8)slab_cpu_tag();
	slab->cache = s;
	slab->order = s->order;
	slab->base = mem + colour;
	slab->objects =
		min(s->objects,
		    (u32)(((PAGE_SIZE << s->order) - colour) / s->size));
	slab->free = slab->objects;
	page_set_type(page, PG_SLAB);
	set_all_free(slab);
	for (unsigned int i = 0; s->ctor && i < slab->objects; i++)
		s->ctor(slab->base + (size_t)i * s->size);
	mem_set_class(mem, class_bytes(s), s->id);
	vmstat_add(VMSTAT_slab_alloc, 1);
	return slab;
}

static void free_slab(struct kmem_cache *s, struct slab *slab)
{
	struct page *page = (struct page *)slab;
	unsigned int zone = slab->zone;
	bool resident = slab->resident;

	if (unlikely(slab->owners))
		slab_free_owners(slab->owners);
	slab->owners = NULL;
	mem_set_class(mem_page_address(page), class_bytes(s), 0);
	page_set_type(page, PG_NONE);
	slab->cache = NULL;
	slab->objects = 0;
	__builtin_memset(slab->bitmap, 0,
			 (sizeof(*page) << s->order) - sizeof(*slab));
	/* What nobody can touch again is lost. */
	if (unlikely(zone != ZONE_NORMAL))
		zone_free(page, 1UL << s->order, zone);
	else if (resident)
		page_free_resident(page, s->order);
	else if (set_access(s, mem_page_address(page), PROT_READ | PROT_WRITE))
		page_free_block(page, s->order);
	vmstat_add(VMSTAT_slab_free, 1);
}

static void free_dead_slab(void *head)
{
	struct slab *slab = container_of(head, struct slab, list);
	struct kmem_cache *s = slab->cache;

	free_slab(s, slab);
	atomic_sub(&s->nr_dying, 1);
}

void slab_free_slabs(struct kmem_cache *s, struct list_head *empty)
{
	while (!list_empty(empty)) {
		struct slab *slab = list_first_entry(empty, struct slab, list);

		list_del(&slab->list);
		if (likely(!(s->flags & SLAB_TYPESAFE_BY_RCU))) {
			free_slab(s, slab);
			continue;
		}
		atomic_add(&s->nr_dying, 1);
		slab_rcu->call(&slab->list, free_dead_slab);
	}
}

static void __add_slab(struct kmem_cache *s, struct slab *slab)
{
	atomic_set(&s->nr_slabs, s->nr_slabs + 1);
	if (is_dense(s))
		atomic_add(&mem_dense_pages, 1UL << s->order);
	atomic_set(&s->nr_empty, s->nr_empty + 1);
	s->nr_objects += slab->objects;
	s->nr_free += slab->objects;
	list_slab(s, slab);
}

/* ---- without per-CPU areas ---- */

unsigned int slab_alloc_bulk_direct(struct kmem_cache *s, void **objs,
				    unsigned int nr)
{
	unsigned int got = 0;

	for (;;) {
		struct slab *slab;

		if (!spin_lock(&s->lock))
			break;
		got += __take_from_slabs(s, objs + nr - got, nr - got);
		spin_unlock(&s->lock);
		if (got == nr)
			return got;
		slab = make_slab(s, s->zone);
		if (!slab)
			break;
		if (!spin_lock(&s->lock)) {
			free_slab(s, slab);
			break;
		}
		__add_slab(s, slab);
		spin_unlock(&s->lock);
	}
	/* What there is stands at the end: bring it to the front. */
	__builtin_memmove(objs, objs + nr - got, got * sizeof(*objs));
	return got;
}

void *slab_alloc_direct(struct kmem_cache *s)
{
	void *obj = NULL;

	return slab_alloc_bulk_direct(s, &obj, 1) ? obj : NULL;
}

static void __take_one(struct kmem_cache *s, struct slab *slab, void **obj)
{
	if (slab->free == slab->objects)
		atomic_set(&s->nr_empty, s->nr_empty - 1);
	take_objects(s, slab, obj + 1, 1);
	if (slab->free)
		relist_slab(s, slab);
	else
		unlist_slab(s, slab);
}

static bool __take_zoned(struct kmem_cache *s, unsigned int zone, void **obj)
{
	struct list_head *lists = &s->partial[ZONED_TAG * NR_FULLNESS];
	struct slab *slab;

	lockdep_assert_held(&s->lock);
	for (int i = 0; i < NR_FULLNESS; i++) {
		list_for_each_entry(slab, &lists[i], list) {
			if (slab->zone != zone)
				continue;
			__take_one(s, slab, obj);
			return true;
		}
	}
	return false;
}

void *slab_alloc_zoned(struct kmem_cache *s, unsigned int zone)
{
	void *obj = NULL;
	struct slab *slab;
	bool ok;

	if (!spin_lock(&s->lock))
		return NULL;
	ok = __take_zoned(s, zone, &obj);
	spin_unlock(&s->lock);
	if (ok)
		return obj;
	slab = make_slab(s, zone);
	if (!slab)
		return NULL;
	slab->tag = ZONED_TAG;
	if (!spin_lock(&s->lock)) {
		free_slab(s, slab);
		return NULL;
	}
	__add_slab(s, slab);
	__take_one(s, slab, &obj);
	spin_unlock(&s->lock);
	return obj;
}

static void defer_free(struct kmem_cache *s, void **obj)
{
	void **head = atomic_read(&s->deferred);

	do
		*obj = head;
	while (!try_cmpxchg_release(&s->deferred, &head, obj));
	vmstat_add(VMSTAT_deferred_free, 1);
}

/* Without memory for the list the objects are lost. */
static void defer_free_outside(struct kmem_cache *s, void **objs,
			       unsigned int nr)
{
	struct deferral *d = nolock_alloc(sizeof(*d) + nr * sizeof(*objs), 1);

	if (!d)
		return;
	__builtin_memcpy(d->objs, objs, nr * sizeof(*objs));
	d->nr = nr;
	defer_free(s, (void **)d);
	vmstat_add(VMSTAT_deferred_free, nr - 1);
}

static void defer_objects(struct kmem_cache *s, void **objs, unsigned int nr)
{
	if (defers_outside(s)) {
		defer_free_outside(s, objs, nr);
		return;
	}
	while (nr)
		defer_free(s, objs[--nr]);
}

bool slab_free_direct(struct kmem_cache *s, void **objs, unsigned int nr)
{
	struct list_head empty;

	INIT_LIST_HEAD(&empty);
	if (!spin_lock(&s->lock)) {
		defer_objects(s, objs, nr);
		return false;
	}
	__put_objects(s, objs, nr, &empty);
	spin_unlock(&s->lock);
	slab_free_slabs(s, &empty);
	return true;
}

/* ---- empty slabs, checks ---- */

static void take_empty_slabs(struct kmem_cache *s, struct list_head *empty)
{
	struct slab *slab, *next;

	if (!atomic_read(&s->nr_empty) && !atomic_read(&s->deferred))
		return;
	if (!spin_lock(&s->lock))
		return;
	__take_deferred(s, empty);
	for (int i = 0; i < NR_LISTS && s->nr_empty && !keeps_slabs(s); i++) {
		list_for_each_entry_safe(slab, next, &s->partial[i], list) {
			if (slab->free != slab->objects)
				continue;
			__remove_slab(s, slab);
			list_add(&slab->list, empty);
			atomic_set(&s->nr_empty, s->nr_empty - 1);
		}
	}
	spin_unlock(&s->lock);
}

unsigned int slab_drop_empty(struct kmem_cache *s)
{
	struct list_head empty;

	INIT_LIST_HEAD(&empty);
	take_empty_slabs(s, &empty);
	slab_free_slabs(s, &empty);
	return atomic_read(&s->nr_slabs);
}

bool slab_cache_is_unused(struct kmem_cache *s)
{
	bool unused = false;

	if (spin_lock(&s->lock)) {
		unused = s->nr_free == s->nr_objects;
		spin_unlock(&s->lock);
	}
	return unused;
}

void check_slabs(struct kmem_cache *s)
{
	struct slab *slab;
	size_t total = 0;
	unsigned int empty = 0, partial = 0;

	spin_lock(&s->lock);
	for (int i = 0; i < NR_LISTS; i++) {
		list_for_each_entry(slab, &s->partial[i], list) {
			unsigned int bits = 0;

			for (unsigned int w = 0; w * 64 < slab->objects; w++) {
				BUG_ON(slab->bitmap[w] && w < slab->hint);
				bits += hweight64(slab->bitmap[w]);
			}
			BUG_ON(bits != slab->free || !bits);
			BUG_ON(slab->cache != s || slab->type != PG_SLAB);
			BUG_ON(slab->list_nr != i);
			BUG_ON(slab->limit != list_limit(s, slab));
			total += bits;
			empty += bits == slab->objects;
			partial++;
		}
		if (i % NR_FULLNESS == NR_FULLNESS - 1) {
			BUG_ON(partial != s->nr_partial[i / NR_FULLNESS]);
			partial = 0;
		}
	}
	BUG_ON(total != s->nr_free);
	BUG_ON(empty != s->nr_empty);
	spin_unlock(&s->lock);
}
