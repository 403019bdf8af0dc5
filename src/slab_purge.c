/* SPDX-License-Identifier: MIT */
/*
 * slab_purge: unused pages of slabs that are in use, given back.
 *
 *   page      0           1           2           3
 *           | # . . . . | . . . . . | . . # . . | . . . . . |    #: in use
 *                         given back              given back
 *
 * A few survivors keep slabs alive of which most pages hold nothing.  The
 * objects on such pages are taken, as if by a user, the pages are given back,
 * and the objects are freed: the slab does not know, and what is taken from it
 * next is touched anew.
 *
 * Where there is a reserve nothing is: its threads must not have faults.
 *
 * slab->purged is how many objects were free when this looked last.  Nobody
 * has come to the slab since if it is the same, and such slabs are first on
 * their lists: a look goes from a list's end up to the first of them.
 *
 * Invariant: of an object that is out here the bit is clear, so that nobody
 * else has it; its slab is in use meanwhile, and cannot go.
 *
 * Locks: CACHE, to take and to put back what is on a few slabs; the system is
 * called without it.  Cost: one call for up to 64 ranges of pages, and a look
 * at the bits of each page of a slab.
 */
#include "slab_purge.h"

#include "arch.h"
#include "slub.h"
#include "vmstat.h"
#include "zone.h"

#define PURGE_SLABS 8
#define PURGE_RANGES 64
#define SLAB_PAGES (1U << SLAB_MAX_ORDER)

struct purge {
	struct kmem_cache *s;
	struct arch_range ranges[PURGE_RANGES];
	unsigned int nr;
	unsigned int slabs;
	struct purged_slab {
		struct slab *slab;
		u32 free; /* before */
		u64 pages[SLAB_PAGES / 64];
	} slab[PURGE_SLABS];
};

static bool bit_is_set(const u64 *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* The objects that lie on a page, in part at least: from *first, up to below
 * what is returned. */
static size_t objects_on(const struct kmem_cache *s, const struct slab *slab,
			 size_t page, size_t *first)
{
	size_t from = page * PAGE_SIZE, to = from + PAGE_SIZE;
	size_t base = (uintptr_t)slab->base % (PAGE_SIZE << s->order);
	size_t end;

	*first = from > base ? (from - base) / s->size : 0;
	end = to > base ? DIV_ROUND_UP(to - base, s->size) : 0;
	return min(end, (size_t)slab->objects);
}

static bool page_is_unused(const struct kmem_cache *s, const struct slab *slab,
			   size_t page)
{
	size_t i, end = objects_on(s, slab, page, &i);

	for (; i < end; i++) {
		if (!bit_is_set(slab->bitmap, i))
			return false;
	}
	return true;
}

/* Clears, or sets, the bits of all objects on the pages; how many changed. */
static u32 mark_objects(const struct kmem_cache *s, struct slab *slab,
			const u64 *pages, bool set)
{
	u32 changed = 0;

	for (size_t page = 0; page < 1U << s->order; page++) {
		size_t i, end = objects_on(s, slab, page, &i);

		for (; bit_is_set(pages, page) && i < end; i++) {
			u64 bit = 1ULL << i % 64;

			changed += bit_is_set(slab->bitmap, i) != set;
			slab->bitmap[i / 64] &= ~bit;
			slab->bitmap[i / 64] |= set ? bit : 0;
		}
	}
	return changed;
}

static void add_range(struct purge *p, char *addr, size_t len)
{
	struct arch_range *last = p->nr ? &p->ranges[p->nr - 1] : NULL;

	if (last && (char *)last->addr + last->len == addr)
		last->len += len;
	else
		p->ranges[p->nr++] = (struct arch_range){ addr, len };
}

/* Takes what is on the slab's unused pages, in units of the system's pages. */
static void __take_pages(struct purge *p, struct slab *slab)
{
	struct kmem_cache *s = p->s;
	struct purged_slab *out = &p->slab[p->slabs];
	char *mem = mem_page_address((struct page *)slab);
	size_t step = arch_page_size / PAGE_SIZE, page, end;
	u32 taken;

	*out = (struct purged_slab){ .slab = slab, .free = slab->free };
	for (page = 0; page + step <= 1UL << s->order; page += step) {
		for (end = page; end < page + step; end++) {
			if (!page_is_unused(s, slab, end))
				break;
		}
		if (end < page + step || p->nr == PURGE_RANGES)
			continue;
		for (end = page; end < page + step; end++)
			out->pages[end / 64] |= 1ULL << end % 64;
		add_range(p, mem + page * PAGE_SIZE, arch_page_size);
	}
	taken = mark_objects(s, slab, out->pages, false);
	slab->resident = slab->resident && !taken;
	slab->free -= taken;
	s->nr_free -= taken;
	p->slabs += taken > 0;
}

/* From the end of a list, up to what was looked at before: each slab goes to
 * the front of its list, now or when its objects come back. */
static void __collect_list(struct purge *p, struct list_head *list)
{
	while (!list_empty(list) && p->slabs < PURGE_SLABS &&
	       p->nr < PURGE_RANGES) {
		struct slab *slab = list_entry(list->prev, struct slab, list);
		u32 free = slab->free;

		if (slab->purged == free)
			return;
		__slab_unlist(p->s, slab);
		if (free != slab->objects)
			__take_pages(p, slab);
		slab->purged = slab->free;
		if (slab->free)
			__slab_list(p->s, slab);
	}
}

static void __return_objects(struct purge *p, struct list_head *empty)
{
	for (unsigned int i = 0; i < p->slabs; i++) {
		struct slab *slab = p->slab[i].slab;
		u32 nr = mark_objects(p->s, slab, p->slab[i].pages, true);

		slab->hint = 0;
		slab->purged = p->slab[i].free;
		p->s->nr_free += nr;
		__slab_gained(p->s, slab, nr, empty);
	}
}

static size_t purge_some(struct purge *p)
{
	struct kmem_cache *s = p->s;
	struct list_head empty;
	size_t pages = 0;

	INIT_LIST_HEAD(&empty);
	p->nr = p->slabs = 0;
	if (!spin_lock(&s->lock))
		return 0;
	for (int i = 0; i < NR_LISTS; i++)
		__collect_list(p, &s->partial[i]);
	spin_unlock(&s->lock);
	if (!p->slabs)
		return 0;
	for (unsigned int i = 0; i < p->nr; i++) {
		memblock_split_huge(p->ranges[i].addr, p->ranges[i].len);
		pages += p->ranges[i].len >> PAGE_SHIFT;
	}
	memblock_discard(p->ranges, p->nr);
	spin_lock(&s->lock);
	__return_objects(p, &empty);
	spin_unlock(&s->lock);
	slab_free_slabs(s, &empty);
	return pages;
}

/* What was constructed, or is looked at when it is free, must stay; so must all
 * where there is a reserve, and somebody who must not have faults. */
size_t slab_cache_purge(struct kmem_cache *s, size_t most)
{
	struct purge p = { .s = s };
	size_t total = 0, pages;

	if (page_reserve_min() || s->ctor || s->flags & SLAB_TYPESAFE_BY_RCU ||
	    s->no_access || s->zone != ZONE_NORMAL ||
	    s->order > SLAB_MAX_ORDER || !spin_may_wait(&s->lock))
		return 0;
	while (total < most && (pages = purge_some(&p)))
		total += pages;
	vmstat_add(VMSTAT_pgreported, total);
	return min(total, most);
}
