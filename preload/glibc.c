/* SPDX-License-Identifier: MIT */
/*
 * shim: glibc's extras, acting on our heap.
 *
 * mallinfo's fields keep their meaning where we have such a thing:
 *
 *   arena     bytes brought online, without vmalloc areas in use
 *   hblks     vmalloc areas in use      hblkhd    their bytes
 *   uordblks  other bytes in use        fordblks  bytes free
 *   keepcost  bytes of free pages and areas, the least that malloc_trim
 *             gives back
 */
#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "buddy.h"
#include "glibc.h"
#include "mm_init.h"
#include "printk.h"
#include "slabinfo.h"
#include "vmap_area.h"
#include "zone.h"

__export int malloc_trim(size_t pad)
{
	int saved = errno;
	size_t freed = mm_trim_lazily();

	(void)pad;
	errno = saved;
	return freed > 0;
}

static size_t trimmable(void)
{
	struct zone_stat zone;
	struct zones_stat own;
	struct vmap_stat vmap;

	page_alloc_stat(&zone);
	zones_stat(&own);
	vmap_stat(&vmap);
	return (zone.dirty_pages + own.resident_pages + vmap.dirty_pages) *
	       PAGE_SIZE;
}

__export struct mallinfo2 mallinfo2(void)
{
	struct mallinfo2 m = { 0 };
	struct slab_totals t;

	if (!mm_boot())
		return m;
	slabinfo_totals(&t);
	m.arena = t.online_bytes - t.vmalloc_bytes;
	m.hblks = t.vmalloc_areas;
	m.hblkhd = t.vmalloc_bytes;
	m.uordblks = t.used_bytes - t.vmalloc_bytes;
	m.fordblks = t.free_bytes;
	m.keepcost = trimmable();
	return m;
}

static int as_int(size_t v)
{
	return v > INT_MAX ? INT_MAX : (int)v;
}

/* The old form's ints saturate. */
__export struct mallinfo mallinfo(void)
{
	struct mallinfo2 m = mallinfo2();

	return (struct mallinfo){
		.arena = as_int(m.arena),
		.hblks = as_int(m.hblks),
		.hblkhd = as_int(m.hblkhd),
		.uordblks = as_int(m.uordblks),
		.fordblks = as_int(m.fordblks),
		.keepcost = as_int(m.keepcost),
	};
}

static int set_mmap_threshold(long value)
{
	if (value < 0 || (size_t)value > KMALLOC_MAX_SIZE)
		return 0;
	WRITE_ONCE(slab_vmap_threshold,
		   max((size_t)value, (size_t)KMALLOC_MAX_CACHE_SIZE));
	return 1;
}

/* -1 is never; 0 would be by age alone. */
static int set_trim_threshold(long value)
{
	if (value < -1)
		return 0;
	WRITE_ONCE(page_trim_threshold, value ? (size_t)value : 1);
	return 1;
}

static const struct {
	const char *name;
	int (*set)(long value);
} variables[] = {
	{ "MALLOC_MMAP_THRESHOLD_", set_mmap_threshold },
	{ "MALLOC_TRIM_THRESHOLD_", set_trim_threshold },
};

/* The others that glibc has mean nothing here (arenas, bins, brk). */
void shim_read_variables(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *text = secure_getenv(variables[i].name);
		char *end;
		long value;

		if (!text)
			continue;
		value = strtol(text, &end, 0);
		if (end == text || *end || !variables[i].set(value))
			pr_warn("%s=%s: expected a number of bytes",
				variables[i].name, text);
	}
}

/* Known parameters are accepted; those that name something we have act. */
__export int mallopt(int what, int value)
{
	switch (what) {
	case M_MMAP_THRESHOLD:
		return set_mmap_threshold(value);
	case M_TRIM_THRESHOLD:
		return set_trim_threshold(value);
	case M_TOP_PAD:
	case M_MMAP_MAX:
	case M_CHECK_ACTION:
	case M_PERTURB:
	case M_ARENA_TEST:
	case M_ARENA_MAX:
	case M_MXFAST:
		return 1;
	default:
		return 0;
	}
}

static void print_cache(const struct slab_line *l, void *arg)
{
	fprintf(arg, "%-20s %8zu %8zu %7zu %6zu %6zu %7zu\n", l->name,
		l->active, l->objects, l->size, l->objs_per_slab,
		l->pages_per_slab, l->slabs);
}

__export void malloc_stats(void)
{
	struct slab_totals t;

	if (!mm_boot())
		return;
	slabinfo_totals(&t);
	fprintf(stderr,
		"# name                 active  objects    size perslab  pages   slabs\n");
	slabinfo_for_each(print_cache, stderr);
	fprintf(stderr, "system bytes     = %10zu\n", t.online_bytes);
	fprintf(stderr, "in use bytes     = %10zu\n", t.used_bytes);
	fprintf(stderr, "free bytes       = %10zu\n", t.free_bytes);
	fprintf(stderr, "metadata bytes   = %10zu\n", t.metadata_bytes);
	fprintf(stderr, "vmalloc areas    = %10zu\n", t.vmalloc_areas);
}

static void xml_cache(const struct slab_line *l, void *arg)
{
	fprintf(arg,
		"  <cache name=\"%s\" size=\"%zu\" active=\"%zu\" objects=\"%zu\" slabs=\"%zu\"/>\n",
		l->name, l->size, l->active, l->objects, l->slabs);
}

__export int malloc_info(int options, FILE *out)
{
	struct slab_totals t;

	if (options)
		return EINVAL;
	if (!mm_boot())
		return ENOMEM;
	slabinfo_totals(&t);
	fprintf(out, "<malloc version=\"1\">\n<heap nr=\"0\">\n <sizes>\n");
	slabinfo_for_each(xml_cache, out);
	fprintf(out, " </sizes>\n");
	fprintf(out, " <total type=\"rest\" count=\"0\" size=\"%zu\"/>\n",
		t.free_bytes);
	fprintf(out, " <total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n",
		t.vmalloc_areas, t.vmalloc_bytes);
	fprintf(out, " <system type=\"current\" size=\"%zu\"/>\n",
		t.online_bytes);
	fprintf(out, " <aspace type=\"total\" size=\"%zu\"/>\n",
		t.online_bytes);
	fprintf(out, "</heap>\n</malloc>\n");
	return 0;
}
