/* SPDX-License-Identifier: MIT */
/*
 * buddy: the block that fits best is taken, what is said to read as zero does,
 * what is old is given back, and writes to what is free are noticed.
 */
#include "kmtest.h"

#include "bitops.h"
#include "buddy.h"
#include "cgroup.h"
#include "gfp.h"
#include "kmalloc.h"
#include "mm_boot.h"
#include "vmstat.h"

static void start(void)
{
	must(mm_boot());
}

/* A block, all of it resident. */
static struct page *touched(unsigned int order)
{
	struct page *page = page_alloc_block(order);

	must(page);
	for (size_t i = 0; i < 1UL << order; i++)
		*(volatile char *)page_address(page + i) = 1;
	return page;
}

static size_t resident(const struct page *page, size_t nr)
{
	return km_resident(page_address(page), nr << PAGE_SHIFT);
}

static size_t free_pages_now(void)
{
	struct zone_stat stat;

	page_alloc_stat(&stat);
	return stat.dirty_pages + stat.zero_pages;
}

/* ---- blocks ---- */

/* The smallest block that fits is cut, not the largest. */
static void best_fit(void)
{
	struct page *hole, *large;

	start();
	large = page_alloc_block(7);
	hole = page_alloc_block(5);
	must(large && hole && page_alloc_block(5));
	page_free_block(large, 7);
	page_free_block(hole, 5);
	must(page_alloc_block(5) == hole);
	check_zone();
}

/* Dirty pages are used before pages that must be faulted in. */
static void prefers_dirty(void)
{
	struct page *dirty, *page;

	start();
	dirty = page_alloc_block(4);
	must(dirty && (dirty->flags & PAGE_ZERO));
	page_free_block(dirty, 4);
	page = page_alloc_block(3);
	must(page >= dirty && page < dirty + 16);
	must(!(page->flags & PAGE_ZERO));
	check_zone();
}

/* Not rounded up: the tail is there for others. */
static void exact_tail(void)
{
	size_t was;

	start();
	page_free_block(page_alloc_block(MAX_PAGE_ORDER), MAX_PAGE_ORDER);
	was = free_pages_now();
	must(page_alloc_exact(513));
	must(was - free_pages_now() == 513);
	must(page_alloc_exact(1));
	must(was - free_pages_now() == 514);
	check_zone();
}

/* A block flagged zero reads as zero, wherever its pages have been. */
static void zero_flag(void)
{
	struct km_rng rng = km_rng_of(3);
	struct page *held[64] = { NULL };
	unsigned int order[64], zero = 0;

	start();
	for (unsigned long i = 0; i < km_load(20000); i++) {
		unsigned int k = (unsigned int)km_below(&rng, 64);
		char *p;

		if (held[k]) {
			page_free_block(held[k], order[k]);
			held[k] = NULL;
			continue;
		}
		order[k] = (unsigned int)km_below(&rng, 7);
		held[k] = page_alloc_block(order[k]);
		must(held[k] && held[k]->type == PG_NONE);
		p = page_address(held[k]);
		if (held[k]->flags & PAGE_ZERO) {
			must(km_is_zero(p, PAGE_SIZE << order[k]));
			zero++;
		}
		memset(p, 0x77, PAGE_SIZE << order[k]);
		if (!km_below(&rng, 50))
			page_report(km_below(&rng, 2));
	}
	must(zero > 5);
	check_zone();
}

/* ---- giving back ---- */

static void report(void)
{
	struct page *page[8];

	start();
	for (int i = 0; i < 8; i++) {
		page[i] = touched(MAX_PAGE_ORDER);
		must(resident(page[i], 1024) == 1024);
	}
	for (int i = 0; i < 8; i++)
		page_free_block(page[i], MAX_PAGE_ORDER);
	/* Young blocks stay for now. */
	must(page_report(false) == 0);
	must(resident(page[0], 1024) == 1024);
	page_trim_threshold = 8 * SZ_4M; /* is not exceeded */
	must(page_report(false) == 0);
	page_trim_threshold--;
	must(page_report(false) == 8 * 1024);
	for (int i = 0; i < 8; i++)
		must(resident(page[i], 1024) == 0);
	must(page_report(true) == 0);
	check_zone();
	must(vmstat_read(VMSTAT_pgreported) == 8 * 1024);
}

static void report_never(void)
{
	struct page *page;

	setenv("KMALLOC", "page_reporting_delay=0", 1);
	start();
	page_trim_threshold = SIZE_MAX;
	page = touched(MAX_PAGE_ORDER);
	page_free_block(page, MAX_PAGE_ORDER);
	must(page_report(false) == 0);
	must(resident(page, 1024) == 1024);
	must(page_report(true) == 1024);
}

static void report_no_delay(void)
{
	struct page *page;

	setenv("KMALLOC", "page_reporting_delay=0", 1);
	start();
	page = touched(6);
	page_free_block(page, 6);
	page_report(false);
	must(resident(page, 64) == 0);
	check_zone();
}

/* More blocks than one batch takes, with used ones between them. */
static void report_many(void)
{
	static struct page *page[600];
	size_t was;

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(page); i++)
		page[i] = page_alloc_block(2);
	was = free_pages_now();
	for (unsigned int i = 0; i < ARRAY_SIZE(page); i += 2)
		page_free_block(page[i], 2);
	must(page_report(true) == ARRAY_SIZE(page) / 2 * 4);
	must(free_pages_now() == was + ARRAY_SIZE(page) / 2 * 4);
	check_zone();
}

/* What could not be given back is free, dirty, and goes the next time. */
static void report_fails(void)
{
	struct zone_stat stat;
	struct page *page;

	start();
	page = touched(8);
	page_free_block(page, 8);
	km_fail("madvise", 1);
	must(page_report(true) == 0);
	check_zone();
	page_alloc_stat(&stat);
	must(stat.dirty_pages == 256);
	must(resident(page, 256) == 256);
	km_fail("madvise", 0);
	must(page_report(true) == 256);
	must(resident(page, 256) == 0);
}

/* ---- 2 MiB pages ---- */

#define HUGE_FROM 3 /* blocks of 4 MiB */

/* The system's flags of the mapping that @p is in; false if it does not say. */
static bool map_flags(const void *p, char *flags, int size)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool inside = false, found = false;
	char line[256];

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (inside && !strncmp(line, "VmFlags:", 8))
			found = snprintf(flags, (size_t)size, "%s", line) > 0;
	}
	if (f)
		fclose(f);
	return found;
}

static void must_flag(const void *p, const char *flag)
{
	char flags[256];

	if (!km_valgrind() && map_flags(p, flags, sizeof(flags)))
		must(strstr(flags, flag));
}

static void never_collapse(void)
{
	memblock_fork_lock();
	memblock_fork_unlock();
}

/* Who has a reserve must not wait: nothing is joined meanwhile. */
static struct page *grow_until_huge(struct page **page, int nr)
{
	must(page_reserve_set(1) == 1);
	mem_dense_pages = SIZE_MAX / 2;
	for (int i = 0; i < nr; i++) {
		page[i] = touched(MAX_PAGE_ORDER);
		must(page[i]);
		must(i >= HUGE_FROM ||
		     !memblock_is_huge(page_address(page[i])));
	}
	must(memblock_is_huge(page_address(page[nr - 1])));
	page_reserve_set(0);
	return page[nr - 1];
}

/* A section that is given back in part is no 2 MiB page any more; one that
 * is given back whole stays one. */
static void huge(void)
{
	struct page *page[HUGE_FROM + 3], *last, *small;
	char *p;

	start();
	last = grow_until_huge(page, ARRAY_SIZE(page));
	never_collapse();
	p = page_address(last);
	must_flag(p, " hg");
	must_flag(page_address(page[0]), " nh");
	page_free_block(page[HUGE_FROM + 1], MAX_PAGE_ORDER);
	must(page_report(true) == 1024);
	must(memblock_is_huge(page_address(page[HUGE_FROM + 1])));
	page_free_block(last, MAX_PAGE_ORDER);
	small = page_alloc_exact(200);
	must(small == last);
	must(page_report(true) == 1024 - 200);
	must(!memblock_is_huge(p) && memblock_is_huge(p + SECTION_SIZE));
	must_flag(p, " nh");
	must_flag(p + SECTION_SIZE, " hg");
	km_fill(p, 200 * PAGE_SIZE, 3);
	must(km_intact(p, 200 * PAGE_SIZE, 3));
	page_free_exact(small, 200);
	check_zone();
}

/* Breaking one up waits longer than giving back what is none. */
static void huge_waits(void)
{
	struct page *page[HUGE_FROM + 3], *last, *first, *rest;
	u64 freed;

	setenv("KMALLOC", "page_reporting_delay=500", 1);
	start();
	last = grow_until_huge(page, ARRAY_SIZE(page));
	never_collapse();
	page_free_block(page[HUGE_FROM + 1], MAX_PAGE_ORDER);
	page_free_block(page[0], MAX_PAGE_ORDER);
	first = page_alloc_exact(1000);
	page_free_block(last, MAX_PAGE_ORDER);
	rest = page_alloc_exact(1000);
	must(rest == last && first == page[0]);
	freed = arch_clock_ms();
	usleep(900000);
	page_report(false);
	must(resident(page[0] + 1000, 24) == 0);
	must(resident(page[HUGE_FROM + 1], 1024) == 0);
	/* Unless this process slept for longer than it wanted. */
	if (arch_clock_ms() - freed < 2000) {
		must(resident(last + 1000, 24) == 24);
		must(memblock_is_huge(page_address(last + 1000)));
	}
	usleep(2000000);
	page_report(false);
	must(resident(last + 1000, 24) == 0);
	must(!memblock_is_huge(page_address(last + 1000)));
	check_zone();
}

static void huge_not(void)
{
	struct page *page;

	setenv("KMALLOC", "thp=never", 1);
	start();
	for (int i = 0; i < 2 * HUGE_FROM; i++) {
		page = touched(MAX_PAGE_ORDER);
		must(!memblock_is_huge(page_address(page)));
	}
	must_flag(page_address(page), " nh");
}

/* Blocks like these may be used in small part. */
static void huge_not_sparse(void)
{
	start();
	for (int i = 0; i < 2 * HUGE_FROM; i++) {
		struct page *page = touched(MAX_PAGE_ORDER);

		must(page && !memblock_is_huge(page_address(page)));
	}
}

static void huge_fails(void)
{
	struct page *page;

	start();
	mem_dense_pages = SIZE_MAX / 2;
	km_fail("madvise", 1);
	for (int i = 0; i < 2 * HUGE_FROM; i++) {
		page = touched(MAX_PAGE_ORDER);
		must(page && !memblock_is_huge(page_address(page)));
	}
}

/* Until nothing more is joined, or for ever. */
static void collapse_all(void)
{
	for (int i = 0; i < 100; i++)
		page_collapse(1);
}

/* What was there before the heap was large is joined too, if it is resident,
 * and stays as it was. */
static void collapse(void)
{
	struct page *page[HUGE_FROM + 3];
	char *p, *hole;

	start();
	grow_until_huge(page, ARRAY_SIZE(page));
	p = page_address(page[0]);
	hole = page_address(page[1]);
	must(memblock_is_huge(p) + memblock_is_huge(hole) == 0);
	km_fill(p, PAGE_SIZE << MAX_PAGE_ORDER, 4);
	km_fill(hole + SECTION_SIZE, SECTION_SIZE, 5);
	must(!madvise(hole + 9 * PAGE_SIZE, PAGE_SIZE, MADV_DONTNEED));
	page_collapse(1);
	must(memblock_is_huge(p) && !memblock_is_huge(hole));
	collapse_all();
	must(memblock_is_huge(p + SECTION_SIZE));
	must(!memblock_is_huge(hole));
	must(memblock_is_huge(hole + SECTION_SIZE));
	must_flag(p, " hg");
	must_flag(hole, " nh");
	must(km_intact(p, PAGE_SIZE << MAX_PAGE_ORDER, 4));
	must(km_intact(hole + SECTION_SIZE, SECTION_SIZE, 5));
	page_free_block(page[0], MAX_PAGE_ORDER);
	must(page_report(true) == 1024);
	check_zone();
}

/* Not where some must not wait for it. */
static void collapse_not_reserve(void)
{
	struct page *page[HUGE_FROM + 3];

	start();
	grow_until_huge(page, ARRAY_SIZE(page));
	must(page_reserve_set(64) == 64);
	collapse_all();
	must(!memblock_is_huge(page_address(page[1])));
}

/* What another process has too would be there twice. */
static void collapse_not_forked(void)
{
	struct page *page[HUGE_FROM + 3];

	start();
	grow_until_huge(page, ARRAY_SIZE(page));
	never_collapse();
	collapse_all();
	must(!memblock_is_huge(page_address(page[0])));
}

/* Not while the system is short of memory, of which it needs 2 MiB more. */
static void collapse_not_pressed(void)
{
	static const char short_of_it[] = "some avg10=50.00 avg60=0.00\n";
	char psi[] = "/tmp/km-psi-XXXXXX";
	struct page *page[HUGE_FROM + 3];
	int fd = mkstemp(psi);

	start();
	must(write(fd, short_of_it, sizeof(short_of_it) - 1) > 0);
	cgroup_psi = psi;
	cgroup_self = "/nowhere";
	cgroup_look_ms = 0;
	must(!cgroup_was_pressed()); /* this only begins to look */
	grow_until_huge(page, ARRAY_SIZE(page));
	collapse_all();
	must(!memblock_is_huge(page_address(page[0])));
	must(!ftruncate(fd, 0));
	collapse_all();
	must(memblock_is_huge(page_address(page[0])));
	must(!close(fd) && !unlink(psi));
}

/* A system that cannot, or will not say what is resident. */
static void collapse_fails(void)
{
	struct page *page[HUGE_FROM + 3];
	char *p;

	start();
	grow_until_huge(page, ARRAY_SIZE(page));
	p = page_address(page[0]);
	km_fill(p, SECTION_SIZE, 6);
	km_fail("mincore", 1);
	collapse_all();
	must(!memblock_is_huge(p));
	km_fail("mincore", 0);
	km_fail("madvise", 1);
	collapse_all();
	must(!memblock_is_huge(p));
	km_fail("madvise", 2);
	collapse_all();
	must(km_intact(p, SECTION_SIZE, 6));
	check_zone();
}

/* ---- writes to free memory ---- */

static void free_large(void *p)
{
	page_set_type(virt_to_page(p), PG_NONE);
	page_free_large(virt_to_page(p), p);
}

/* A block of 64 KiB that is free; written to afterwards at @at, unless that
 * is past its end. */
static void *freed(size_t at)
{
	char *p = page_alloc_large(SZ_64K, false);

	must(p);
	memset(p, 1, SZ_64K);
	free_large(p);
	if (at < SZ_64K)
		p[at] = 2;
	return p;
}

static void write_first(void *arg)
{
	(void)arg;
	start();
	must(freed(7) == page_alloc_large(SZ_64K, false));
}

static void write_smaller(void *arg)
{
	(void)arg;
	start();
	must(freed(0) == page_alloc_large(40 * SZ_1K, false));
}

/* What would be taken for zero is cleared nevertheless. */
static void write_never_used(void *arg)
{
	char *p, *next;

	(void)arg;
	setenv("KMALLOC", "on_error=warn", 1);
	start();
	p = page_alloc_large((256 * SZ_1K), true);
	must(p);
	p[(256 * SZ_1K)] = 1;
	next = page_alloc_large((256 * SZ_1K), true);
	must(next == p + (256 * SZ_1K) && !*next);
	abort();
}

static void test_writes(void **state)
{
	static const char text[] =
		": by a pointer that was freed, or past the end of a block\n";

	assert_aborts(write_first, NULL, text);
	assert_aborts(write_smaller, NULL, text);
	assert_aborts(write_never_used, NULL, text);
}

/* None of it is one: other bytes, pages that were given back, or that the
 * program had advised to be. */
static void no_writes(void)
{
	char *p;

	start();
	must(freed(SZ_64K) == page_alloc_large(SZ_64K, false));
	must(freed(8) == page_alloc_large(SZ_64K, false));
	p = freed(SZ_64K);
	must(!madvise(p, SZ_64K, MADV_DONTNEED));
	must(p == page_alloc_large(SZ_64K, false));
	free_large(p);
	must(page_report(true));
	must(page_alloc_large(SZ_64K, false));
}

/* To look at a block is not to use it, nor to write to it. */
static void looked_at(void)
{
	char *p;

	start();
	p = page_alloc_large(SZ_64K, false);
	free_large(p);
	must(p == page_alloc_large(SZ_64K, true));
	must(!mprotect(p, SZ_64K, PROT_READ));
	free_large(p);
	must(!mprotect(p, SZ_64K, PROT_READ | PROT_WRITE));
}

/* Who may not sleep does not look. */
static void looks_not(void)
{
	void *p;
	u32 old;

	start();
	p = page_alloc_large(SZ_64K, false);
	must(!mprotect(p, SZ_64K, PROT_NONE));
	old = gfp_enter(GFP_NOWAIT);
	free_large(p);
	gfp_exit(old);
	must(p == page_alloc_large(SZ_64K, false));
}

/* What is known to be resident is so as long as all of a block is. */
static void resident_parts(void)
{
	struct page *whole, *half[2];

	must(mm_boot());
	whole = page_alloc_block(4);
	must(whole);
	page_free_resident(whole, 4);
	for (int i = 0; i < 2; i++) {
		half[i] = page_alloc_block(3);
		must(half[i] == whole + 8 * i);
		must(half[i]->flags & PAGE_RESIDENT);
	}
	page_free_resident(half[0], 3);
	page_free_resident(half[1], 3);
	must(page_alloc_block(4) == whole && whole->flags & PAGE_RESIDENT);
	page_free_resident(whole, 4);
	half[0] = page_alloc_block(3);
	half[1] = page_alloc_block(3);
	page_free_resident(half[0], 3);
	page_free_block(half[1], 3);
	must(page_alloc_block(4) == whole);
	must(!(whole->flags & PAGE_RESIDENT));
	page_free_resident(whole, 4);
	page_report(true);
	whole = page_alloc_block(4);
	must(whole && !(whole->flags & PAGE_RESIDENT));
	check_zone();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(best_fit),
		km_unit_child(prefers_dirty),
		km_unit_child(exact_tail),
		km_unit_child(zero_flag),
		km_unit_child(report),
		km_unit_child(report_never),
		km_unit_child(report_no_delay),
		km_unit_child(report_many),
		km_unit_child(report_fails),
		km_unit_child(huge),
		km_unit_child(huge_waits),
		km_unit_child(huge_not),
		km_unit_child(huge_not_sparse),
		km_unit_child(huge_fails),
		km_unit_child(collapse),
		km_unit_child(collapse_not_reserve),
		km_unit_child(collapse_not_forked),
		km_unit_child(collapse_not_pressed),
		km_unit_child(collapse_fails),
		cmocka_unit_test(test_writes),
		km_unit_child(no_writes),
		km_unit_child(looked_at),
		km_unit_child(resident_parts),
		km_unit_child(looks_not),
	};

	return km_run_tests(tests);
}
