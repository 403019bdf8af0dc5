/* SPDX-License-Identifier: MIT */
/*
 * slabinfo: the sums agree with what was taken, and the line with the sums.
 */
#include "kmtest.h"

#include "kmalloc.h"
#include "mm_boot.h"
#include "mm_init.h"
#include "percpu.h"
#include "slab_common.h"
#include "slabinfo.h"

static struct slab_totals totals(void)
{
	struct slab_totals t;

	slabinfo_totals(&t);
	must(t.used_bytes + t.free_bytes <= t.online_bytes + SZ_4M);
	must(t.vmalloc_bytes <= t.used_bytes);
	must(t.metadata_bytes == memblock_boot_bytes());
	return t;
}

static bool near(size_t is, size_t want, size_t slack)
{
	return is + slack >= want && is <= want + slack;
}

static void used(void)
{
	static void *p[1000];
	struct slab_totals before, now;

	must(mm_boot());
	before = totals();
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = kmalloc(1024, GFP_KERNEL);
	now = totals();
	must(near(now.used_bytes - before.used_bytes, 1024000, 70000));
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
	now = totals();
	must(near(now.used_bytes, before.used_bytes, 70000));
	must(now.free_bytes > 0);
	mm_trim();
	now = totals();
	must(now.used_bytes == before.used_bytes);
}

static void used_large(void)
{
	struct slab_totals before, now;
	void *pages, *area;

	must(mm_boot());
	pages = kmalloc(SZ_1M, GFP_KERNEL);
	before = totals();
	area = vmalloc(5 * SZ_1M);
	now = totals();
	must(now.vmalloc_areas == before.vmalloc_areas + 1);
	must(now.vmalloc_bytes == before.vmalloc_bytes + 5 * SZ_1M);
	must(now.used_bytes == before.used_bytes + 5 * SZ_1M);
	kfree(pages);
	now = totals();
	must(now.used_bytes == before.used_bytes + 4 * SZ_1M);
	must(now.free_bytes == before.free_bytes + SZ_1M);
	vfree(area);
	must(totals().vmalloc_areas == 0);
}

struct found {
	unsigned int nr, mine;
};

static void see(const struct slab_line *l, void *arg)
{
	struct found *f = arg;

	f->nr++;
	must(l->name[0] && l->size && l->objs_per_slab && l->pages_per_slab);
	must(l->active <= l->objects);
	must(l->objects <= l->slabs * l->objs_per_slab);
	if (strcmp(l->name, "mine"))
		return;
	f->mine++;
	must(l->active == 100 && l->size == 200);
	must(l->objs_per_slab * l->size <= l->pages_per_slab << PAGE_SHIFT);
}

static void each(void)
{
	struct found f = { 0, 0 };
	struct kmem_cache *s;

	must(mm_boot());
	kfree(kmalloc(10, GFP_KERNEL));
	s = kmem_cache_create("mine", 200, 0, 0, NULL);
	for (int i = 0; i < 100; i++)
		must(kmem_cache_alloc(s, GFP_KERNEL));
	slabinfo_for_each(see, &f);
	must(f.mine == 1 && f.nr >= 2);
}

static void print(void *arg)
{
	must(mm_boot());
	must(vmalloc(SZ_1M) && vmalloc(SZ_1M));
	slabinfo_print_totals();
}

static void test_line(void **state)
{
	static struct km_child c;
	size_t in_use, unused, online, areas;
	char mode[20], end;

	km_child(&c, print, NULL);
	assert_child_ok(&c);
	assert_int_equal(sscanf(c.said,
				"kmalloc: percpu %19[^:]: %zu kB in use, %zu kB free, %zu kB online, %zu vmalloc areas, %*u slabs made, %*u sheaves filled, %*u locks taken, %*u waited for%c",
				mode, &in_use, &unused, &online, &areas, &end),
			 6);
	assert_int_equal(end, '\n');
	assert_int_equal(areas, 2);
	assert_true(in_use >= 2048 && online >= in_use);
	assert_true(!strcmp(mode, "rseq") || !strcmp(mode, "rseq, own") ||
		    !strcmp(mode, "generic"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(used),
		km_unit_modes(used_large),
		km_unit_modes(each),
		cmocka_unit_test(test_line),
	};

	return km_run_tests(tests);
}
