/* SPDX-License-Identifier: MIT */
/*
 * slabinfo: totals and reports.
 *
 * Objects that wait in sheaves count as free.  Locks: those of the rooms
 * that are visited, one at a time.
 */
#include "slabinfo.h"

#include "buddy.h"
#include "memblock.h"
#include "pcs.h"
#include "printk.h"
#include "sheaf.h"
#include "slab_common.h"
#include "vmap_area.h"
#include "vmstat.h"
#include "zone.h"

static void add_cache(struct kmem_cache *s, void *arg)
{
	struct slab_totals *t = arg;
	struct slab_stat stat;

	slab_cache_stat(s, &stat);
	t->used_bytes += stat.active * s->size;
	t->free_bytes += (stat.objects - stat.active) * s->size;
	t->locks += stat.locks;
}

void slabinfo_totals(struct slab_totals *t)
{
	struct zone_stat zone;
	struct vmap_stat vmap;
	struct zones_stat own;
	size_t paged = mem_phys.online + mem_low.online;
	size_t free_pages, slab_bytes;

	*t = (struct slab_totals){ 0 };
	slab_for_each_cache(add_cache, t);
	page_alloc_stat(&zone);
	vmap_stat(&vmap);
	zones_stat(&own);
	free_pages = zone.dirty_pages + zone.zero_pages + own.resident_pages +
		     own.zero_pages;
	slab_bytes = t->used_bytes + t->free_bytes;
	t->online_bytes = paged + vmap.span_pages * PAGE_SIZE;
	t->vmalloc_areas = vmap.areas;
	t->vmalloc_bytes = vmap.live_pages * PAGE_SIZE;
	t->metadata_bytes = memblock_boot_bytes();
	t->locks += zone.locks + own.locks + vmap.locks + sheaf_pool_locks();
	/* What is neither free nor slab is large blocks (and slab ends). */
	if (paged > free_pages * PAGE_SIZE + slab_bytes)
		t->used_bytes += paged - free_pages * PAGE_SIZE - slab_bytes;
	t->used_bytes += t->vmalloc_bytes;
	t->free_bytes +=
		(zone.dirty_pages + own.resident_pages + vmap.dirty_pages) *
		PAGE_SIZE;
}

struct each {
	void (*fn)(const struct slab_line *, void *);
	void *arg;
};

static void each_cache(struct kmem_cache *s, void *arg)
{
	const struct each *e = arg;
	struct slab_stat stat;
	struct slab_line line;

	slab_cache_stat(s, &stat);
	line = (struct slab_line){
		.name = s->name,
		.active = stat.active,
		.objects = stat.objects,
		.size = s->size,
		.objs_per_slab = s->objects,
		.pages_per_slab = 1UL << s->order,
		.slabs = stat.slabs,
	};
	e->fn(&line, e->arg);
}

void slabinfo_for_each(void (*fn)(const struct slab_line *, void *), void *arg)
{
	struct each e = { fn, arg };

	slab_for_each_cache(each_cache, &e);
}

void slabinfo_print_totals(void)
{
	static const char *const modes[] = { "down", "rseq", "rseq, own",
					     "generic" };
	struct slab_totals t;

	slabinfo_totals(&t);
	pr_info("percpu %s: %zu kB in use, %zu kB free, %zu kB online, %zu vmalloc areas, %lu slabs made, %lu sheaves filled, %lu locks taken, %u waited for",
		modes[percpu_mode], t.used_bytes / 1024, t.free_bytes / 1024,
		t.online_bytes / 1024, t.vmalloc_areas,
		(unsigned long)vmstat_read(VMSTAT_slab_alloc),
		(unsigned long)vmstat_read(VMSTAT_sheaf_refill),
		(unsigned long)t.locks, atomic_read(&lockdep_waits));
}
