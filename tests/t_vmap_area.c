/* SPDX-License-Identifier: MIT */
/*
 * vmap_area: areas lie where they cost least, what is free and resident is
 * known and bounded, and goes back when purged.
 */
#include "kmtest.h"

#include "buddy.h"
#include "mm_boot.h"
#include "spinlock.h"
#include "vmalloc.h"
#include "vmap_area.h"
#include "vmstat.h"

static void start(void)
{
	must(mm_boot());
}

static struct vmap_stat stat_now(void)
{
	struct vmap_stat stat;

	check_vmap();
	vmap_stat(&stat);
	return stat;
}

/* ---- runs ---- */

/* Pages asked for: all but a half of the last unit. */
static u32 take(u32 nr, u32 align)
{
	size_t pages = nr * VMAP_UNIT_PAGES - VMAP_UNIT_PAGES / 2;
	u32 i;

	must(vmap_area_ready() && vmap_area_take(nr, align, pages, &i));
	must(vmap_space.unit[i].state == RUN_BUSY);
	must(vmap_space.unit[i].nr == nr && vmap_space.unit[i].pages == pages);
	must(IS_ALIGNED((uintptr_t)vmap_unit_address(i),
			align * VMAP_UNIT_SIZE));
	return i;
}

static void runs(void)
{
	u32 i[3];

	start();
	for (u32 k = 0; k < 3; k++)
		i[k] = take(3 + k, 1U << k * 3);
	must(stat_now().areas == 3 && stat_now().live_pages == 12 * 16 - 3 * 8);
	must(!vmap_area_free(i[1], RUN_BUSY, true));
	must(vmap_area_free(i[1], RUN_BUSY, true) == -ENOENT);
	must(vmap_area_close(i[1]) == -ENOENT);
	/* What is closed is not in use, and not free. */
	must(!vmap_area_close(i[0]));
	must(stat_now().areas == 1 && stat_now().dirty_pages == 4 * 16);
	must(vmap_area_close(i[0]) == -ENOENT);
	must(vmap_area_free(i[0], RUN_BUSY, true) == -ENOENT);
	must(!vmap_area_free(i[0], RUN_PURGING, true));
	must(stat_now().dirty_pages == 7 * 16);
	km_enter(vmap_fork_lock);
	must(!vmap_area_take(1, 1, 1, &i[0]));
	must(vmap_area_close(i[2]) == -EAGAIN);
	must(vmap_area_free(i[2], RUN_BUSY, true) == -EAGAIN);
	km_leave(vmap_fork_unlock);
	must(!vmap_area_free(i[2], RUN_BUSY, true));
	must(!stat_now().areas && !stat_now().live_pages);
	must(vmap_purge(true) == 12 * 16);
}

static void resizes(void)
{
	u32 i, behind, to;

	start();
	i = take(8, 1);
	behind = take(1, 1);
	must(!vmap_area_grow(i, 9));
	vmap_area_cut(i, 4);
	must(vmap_space.unit[i].nr == 4 && stat_now().dirty_pages == 4 * 16);
	/* Begun, and not to be. */
	must(vmap_area_grow(i, 6));
	must(stat_now().dirty_pages == 2 * 16);
	vmap_area_end_growth(i, 6, 90, false);
	must(vmap_space.unit[i].nr == 4 && stat_now().dirty_pages == 4 * 16);
	must(vmap_area_grow(i, 6));
	vmap_area_end_growth(i, 6, 90, true);
	must(stat_now().live_pages == 90 + 8);
	must(vmap_space.unit[i].nr == 6 && stat_now().dirty_pages == 2 * 16);
	must(!vmap_area_grow(i, 9));
	must(vmap_area_take_zero(9, &to) && !vmap_space.unit[to].dirty);
	must(stat_now().areas == 2);
	vmap_area_put_back(to);
	must(vmap_area_take_zero(9, &to));
	vmap_area_replace(i, to, 140, true);
	must(stat_now().areas == 2 && stat_now().live_pages == 140 + 8);
	/* The old one was left behind empty. */
	must(stat_now().dirty_pages == 2 * 16);
	vmap_area_set_pages(to, 141);
	must(stat_now().live_pages == 141 + 8);
	must(!vmap_area_free(to, RUN_BUSY, false));
	must(!vmap_area_free(behind, RUN_BUSY, false));
	must(!stat_now().areas && !stat_now().live_pages);
}

/* ---- purging ---- */

static void purge(void)
{
	char *area[40];

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
		area[i] = vmalloc(100 * SZ_1K);
		km_fill(area[i], 100 * SZ_1K, i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(area); i += 2)
		vfree(area[i]);
	must(vmap_purge(false) == 0); /* they are young */
	page_trim_threshold = SIZE_MAX;
	must(vmap_purge(false) == 0);
	page_trim_threshold = 20 * 32 * PAGE_SIZE; /* is not exceeded */
	must(vmap_purge(false) == 0);
	must(stat_now().dirty_pages == 20 * 32);
	must(km_resident(area[0], 100 * SZ_1K) == 25);
	page_trim_threshold--;
	must(vmap_purge(false) == 20 * 32);
	must(stat_now().dirty_pages == 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
		must(km_resident(area[i], 100 * SZ_1K) == (i % 2 ? 25 : 0));
		if (i % 2)
			must(km_intact(area[i], 100 * SZ_1K, i));
	}
	must(vmap_purge(true) == 0);
	must(vmstat_read(VMSTAT_pgreported) == 20 * 32);
}

/* Used and dirty pages together: a tenth more than what was used at most, or
 * the least dirty ones that are worth a call, and a unit of rounding. */
static void must_be_bounded(void)
{
	static size_t peak;
	struct vmap_stat stat = stat_now();

	peak = max(peak, stat.live_pages);
	must(stat.live_pages + stat.dirty_pages <=
	     16 + max(peak + peak / 10, stat.live_pages + 8 * 256));
}

/* Even if none of the free runs serves again. */
static void dirty_bounded(void)
{
	char *area[8];

	start();
	for (size_t size = SZ_4M; size < 40 * SZ_1M; size += SZ_4M) {
		for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
			area[i] = vmalloc(size);
			must(area[i] && vmalloc(1));
			area[i][0] = 1;
			must_be_bounded();
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
			vfree(area[i]);
			must_be_bounded();
		}
	}
	must(stat_now().dirty_pages > 36 * SZ_1M * 8 / 2 >> PAGE_SHIFT);
	check_vmap();
	vmap_purge(true);
	must(stat_now().dirty_pages == 0);
}

/* Blocks of sizes that never come back use each other's pages, in a little
 * more space than their most. */
static void churn_reuses(void)
{
	char *area[20] = { NULL };
	struct km_rng rng = km_rng_of(3);
	u64 allocs = 0, reuses = 0;
	size_t peak = 0;

	start();
	for (unsigned int i = 0; i < 2000; i++) {
		unsigned int k = (unsigned int)km_below(&rng, 20);
		size_t size = SZ_1M + km_below(&rng, 4 * SZ_1M);
		bool zero;

		if (i == 1000) {
			allocs = vmstat_read(VMSTAT_vmap_alloc);
			reuses = vmstat_read(VMSTAT_vmap_reuse);
		}
		if (area[k])
			vmap_free(area[k]);
		area[k] = vmap_alloc(size, 1, false, &zero);
		must(area[k]);
		area[k][0] = area[k][size - 1] = 1;
		peak = max(peak, stat_now().live_pages);
	}
	must(vmstat_read(VMSTAT_vmap_alloc) - allocs <= 50);
	must(vmstat_read(VMSTAT_vmap_reuse) - reuses >= 950);
	must(stat_now().span_pages <= 2 * peak);
	check_vmap();
}

static void purge_fails(void)
{
	char *p;

	start();
	p = vmalloc(SZ_1M);
	km_fill(p, SZ_1M, 1);
	vfree(p);
	km_fail("madvise", 1);
	must(vmap_purge(true) == 0);
	must(stat_now().dirty_pages == 17 * 16);
	km_fail("madvise", 0);
	must(vmap_purge(true) == 17 * 16);
	must(km_resident(p, SZ_1M) == 0);
}

/* ---- what is resident of a free run ---- */

static char *area(size_t size, bool expect_zeroed)
{
	bool zeroed = !expect_zeroed;
	char *p = vmap_alloc(size, 1, false, &zeroed);

	must(p && zeroed == expect_zeroed);
	must(!zeroed || km_is_zero(p, size));
	memset(p, 1, size);
	return p;
}

/* A run is purged, and not known to be zero, where something was in use
 * since it was purged last, and there only. */
static void hull(void)
{
	char *p[5], *q;

	start();
	for (int i = 0; i < 5; i++)
		p[i] = area(SZ_1M, true);
	area(SZ_64K, true); /* keeps the frontier away */
	for (int i = 0; i < 5; i++)
		vmap_free(p[i]);
	must(vmap_purge(true) == 5 * 256 && vmap_purge(true) == 0);
	q = area(3 * SZ_1M, true);
	must(q == p[0]);
	vmap_free(area(SZ_1M, true)); /* p[3]; p[4] is clean */
	must(stat_now().dirty_pages == 256);
	check_vmap();
	/* Cut from a run that is dirty at its start, then clean. */
	must(area(SZ_64K, false) == p[3]);
	must(area(SZ_1M - SZ_64K, false) == p[3] + SZ_64K);
	must(stat_now().dirty_pages == 0);
	must(area(SZ_1M, true) == p[4]);
	vmap_free(p[4]);
	vmap_free(q);
	must(stat_now().dirty_pages == 4 * 256);
	must(vmap_purge(true) == 4 * 256);
	check_vmap();
}

/* Both ends are dirty: what is between them counts for neither. */
static void hull_joins(void)
{
	char *p[3];

	start();
	for (int i = 0; i < 3; i++)
		p[i] = area(SZ_1M, true);
	area(SZ_64K, true);
	vmap_free(p[1]);
	must(vmap_purge(true) == 256);
	vmap_free(p[0]);
	vmap_free(p[2]);
	must(stat_now().dirty_pages == 2 * 256);
	check_vmap();
	must(vmap_purge(true) == 2 * 256);
	must(area(3 * SZ_1M, true) == p[0]);
	check_vmap();
}

/* An area is put where its pages are, but a long run is not cut for few. */
static void cheapest(void)
{
	char *p[4], *four, *sixteen;

	start();
	for (int i = 0; i < 4; i++)
		p[i] = area(SZ_1M, true);
	area(SZ_64K, true);
	four = area(SZ_4M, true);
	area(SZ_64K, true);
	sixteen = area(16 * SZ_1M, true);
	area(SZ_64K, true);
	vmap_free(p[1]);
	vmap_free(p[3]);
	must(vmap_purge(true) == 2 * 256);
	vmap_free(p[2]);
	/* | busy | zero | dirty | zero | */
	must(area(SZ_1M, false) == p[2]);
	vmap_free(p[2]);
	must(area(2 * SZ_1M, false) == p[1]);
	check_vmap();
	/* | busy | busy | busy | zero | .. | dirty, 4 MiB | */
	vmap_free(four);
	must(area(SZ_1M, false) == four);
	vmap_free(four);
	must(area(SZ_4M, false) == four);
	vmap_free(sixteen);
	must(area(SZ_1M, true) == p[3]);
	check_vmap();
}

/* Of what is too much, that goes first which would save least. */
static void sparse_first(void)
{
	char *part[2], *full;

	start();
	part[0] = area(11 * SZ_1M, true);
	part[1] = area(SZ_1M, true);
	area(SZ_64K, true);
	vmap_free(part[0]);
	must(vmap_purge(true) == 11 * 256);
	vmap_free(part[1]);
	full = area(13 * SZ_1M, true);
	area(13 * SZ_1M, true);
	vmap_free(full);
	must(stat_now().dirty_pages == 14 * 256);
	must(km_resident(part[1], SZ_1M) == 256);
	/* The new one has its room before it is used. */
	area(14 * SZ_1M, true);
	must(stat_now().dirty_pages <= 8 * 256);
	must(km_resident(part[1], SZ_1M) == 0);
	check_vmap();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(runs),
		km_unit_child(resizes),
		km_unit_child(purge),
		km_unit_child(dirty_bounded),
		km_unit_child(churn_reuses),
		km_unit_child(purge_fails),
		km_unit_child(hull),
		km_unit_child(hull_joins),
		km_unit_child(cheapest),
		km_unit_child(sparse_first),
	};

	return km_run_tests(tests);
}
