/* SPDX-License-Identifier: MIT */
/*
 * slab: how large slabs are, where their objects are, and what a misuse of one
 * is called.
 *
 * struct slab over the descriptors of its pages:
 *
 *   page[0]    page[1]    page[2] ...
 *   [ header 64 bytes   ][ bitmap, one bit an object, 1 = free ]
 *
 *   mem        base
 *   | colour | object 0 | object 1 | ...          | rest |
 *
 * Objects are found by index: base + index * size; an offset's index comes
 * from a multiplication by the size's reciprocal.  A pointer whose index
 * does not multiply back is no object.
 *
 * Colours: the first object of successive slabs is shifted by multiples of
 * the cache's alignment (of 64 bytes for malloc's caches), because equal
 * starts in every slab would use a few cache sets only.
 *
 * Invariants: what is const in a cache and in a slab answers here; a slab's
 * type says whether it is one, while anybody has an object of it.
 * Locks: none.  Cost: of an address, a line of its slab's descriptor.
 */
#include "slab.h"

#include "bitops.h"
#include "params.h"
#include "printk.h"

/* Of a slab, at least: where slabs are small, and where they may be large. */
#define SLAB_OBJECTS 32
#define SLAB_OBJECTS_LARGE 8
#define COLOUR_LINE 64
#define COLOUR_BYTES 1024
#define COLOUR_MIN_OBJECTS 32

struct kmem_cache *slab_caches[NR_PERCPU_IDS];

/* ---- geometry ---- */

static size_t bitmap_bits(unsigned int order)
{
	size_t bytes = (sizeof(struct page) << order) - sizeof(struct slab);

	return bytes * 8;
}

/* A small slab becomes empty sooner than a large one: 32 objects that its
 * bitmap has room for, up to 64 KiB, and 8, up to 512 KiB.  Without a per-CPU
 * id, a slab is found through its first class map unit: it is no longer than
 * that, or holds one object. */
static u8 slab_order(unsigned int size, unsigned int id)
{
	unsigned int order = SLAB_MIN_ORDER;

	if (id == CACHE_ID_NONE || param(slub_tiny))
		return (u8)max(order,
			       order_base_2(DIV_ROUND_UP(size, PAGE_SIZE)));
	for (; order < SLAB_COMMON_ORDER; order++) {
		size_t objects = (PAGE_SIZE << order) / size;

		if (objects >= SLAB_OBJECTS && objects <= bitmap_bits(order))
			return (u8)order;
	}
	while (order < SLAB_MAX_ORDER &&
	       (PAGE_SIZE << order) / size < SLAB_OBJECTS_LARGE)
		order++;
	return (u8)order;
}

/* How far a slab's first object may be shifted: by what the objects leave
 * unused, or at the price of one of them where there are many. */
static u32 colour_bytes(const struct kmem_cache *s)
{
	u32 slack = (u32)((PAGE_SIZE << s->order) - s->objects * s->size);

	if (s->colour_step >= COLOUR_BYTES)
		return 0;
	if (s->objects >= COLOUR_MIN_OBJECTS)
		return COLOUR_BYTES;
	return ALIGN_DOWN(min(slack, COLOUR_BYTES + 0U), s->colour_step);
}

void slab_cache_init(struct kmem_cache *s, const struct cache_plan *plan)
{
	unsigned int shift;

	s->lock = (struct spinlock)SPIN_LOCK_INIT(CACHE);
	s->object_size = plan->size;
	s->align = plan->align;
	s->size = ALIGN(plan->size, plan->align);
	s->reciprocal = DIV_ROUND_UP(1ULL << SLAB_RECIPROCAL_SHIFT, s->size);
	s->id = plan->id;
	s->off = PERCPU_OFF(plan->id);
	s->flags = plan->flags;
	s->ctor = plan->ctor;
	s->order = slab_order(s->size, plan->id);
	s->objects = (u32)min((PAGE_SIZE << s->order) / s->size,
			      bitmap_bits(s->order));
	if (s->order > SLAB_MAX_ORDER)
		s->objects = 1;
	shift = order_base_2(s->objects);
	s->fullness_shift = (u8)(shift > 2 ? shift - 2 : 0);
	s->colour_step = max(plan->colour ? 1 : s->align, COLOUR_LINE + 0U);
	s->colour_max = colour_bytes(s);
	s->refs = 1;
	s->shared = plan->shared;
	s->no_access = plan->no_access;
	s->zone = plan->zone;
	for (int i = 0; i < NR_LISTS; i++)
		INIT_LIST_HEAD(&s->partial[i]);
	scnprintf(s->name, sizeof(s->name), "%s", plan->name);
}

/* ---- what is at an address ---- */

bool slab_is_object(struct kmem_cache *s, const void *p, void **start)
{
	struct slab *slab = slab_at(s, p);
	size_t index;

	*start = NULL;
	if (slab->type != PG_SLAB || slab->cache != s ||
	    (const char *)p < slab->base)
		return false;
	index = slab_index(s, (size_t)((const char *)p - slab->base));
	if (index >= slab->objects)
		return false;
	*start = slab->base + index * s->size;
	return *start == p;
}

size_t slab_object_index(struct kmem_cache *s, const void *p)
{
	return slab_index(s, (size_t)((const char *)p - slab_at(s, p)->base));
}

u16 *slab_owners(struct kmem_cache *s, const void *p)
{
	/* pairs with the release in slab_set_owners */
	return smp_load_acquire(&slab_at(s, p)->owners);
}

bool slab_set_owners(struct kmem_cache *s, const void *p, u16 *owners)
{
	u16 *none = NULL;

	return try_cmpxchg_release(&slab_at(s, p)->owners, &none, owners);
}

u16 slab_take_owner(struct kmem_cache *s, const void *p)
{
	u16 *owners = slab_owners(s, p);

	return owners ? xchg(&owners[slab_object_index(s, p)], 0) : 0;
}

bool slab_object_is_free(struct kmem_cache *s, const void *p)
{
	struct slab *slab = slab_at(s, p);
	size_t i = slab_index(s, (size_t)((const char *)p - slab->base));

	return READ_ONCE(slab->bitmap[i / 64]) >> i % 64 & 1;
}

struct kmem_cache *slab_cache_of(const void *p, unsigned int id)
{
	uintptr_t unit = (uintptr_t)p & ~(CLASS_MAP_UNIT - 1);

	if (id != CACHE_ID_NONE)
		return atomic_read(&slab_caches[id]);
	return ((struct slab *)mem_page((void *)unit))->cache;
}

/* ---- reports of misuse ---- */

void slab_report_error(void)
{
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

void slab_report_double_free(struct kmem_cache *s, const void *p)
{
	pr_err("double free of %p (%s)", p, s->name);
	slab_report_error();
}

void slab_report_freed(struct kmem_cache *s, const char *who, const void *p)
{
	pr_err("%s of %p: expected an object in use, it was freed (%s)", who, p,
	       s->name);
	slab_report_error();
}

void slab_report_bad_free(struct kmem_cache *s, const void *p)
{
	void *start;

	if (slab_is_object(s, p, &start) || !start)
		pr_err("free of %p: not an allocated block", p);
	else
		pr_err("free of %p: interior pointer of a %s object at %p", p,
		       s->name, start);
	slab_report_error();
}
