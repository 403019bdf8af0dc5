/* SPDX-License-Identifier: MIT */
/*
 * page_alloc: blocks are aligned and theirs alone, what is freed merges to
 * what was there before, and what is said to read as zero does.
 */
#include "kmtest.h"

#include "bitops.h"
#include "buddy.h"
#include "gfp.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "percpu.h"
#include "spinlock.h"
#include "vmstat.h"

static void start(void)
{
	must(mm_boot());
}

/* A block whose every page says which page it is. */
static struct page *get_block(gfp_t gfp, unsigned int order, u64 tag)
{
	struct page *page = alloc_pages(gfp, order);
	char *p;

	if (!page)
		return NULL;
	p = page_address(page);
	must(IS_ALIGNED((uintptr_t)p, PAGE_SIZE << order));
	must(virt_to_page(p) == page);
	must(mem_is_phys(p) && mem_is_phys(p + (PAGE_SIZE << order) - 1));
	if (gfp & __GFP_ZERO)
		must(km_is_zero(p, PAGE_SIZE << order));
	for (size_t i = 0; i < 1UL << order; i++)
		km_fill(p + (i << PAGE_SHIFT), 64, tag + i);
	return page;
}

static void put_block(struct page *page, unsigned int order, u64 tag)
{
	char *p = page_address(page);

	for (size_t i = 0; i < 1UL << order; i++)
		must(km_intact(p + (i << PAGE_SHIFT), 64, tag + i));
	__free_pages(page, order);
}

/* All free memory, as whole zero blocks. */
static struct zone_stat settled(void)
{
	struct zone_stat stat;

	page_drain_pcp();
	page_report(true);
	check_zone();
	page_alloc_stat(&stat);
	must(stat.dirty_pages == 0);
	stat.locks = 0;
	return stat;
}

static size_t free_pages_now(void)
{
	struct zone_stat stat;

	page_alloc_stat(&stat);
	return stat.dirty_pages + stat.zero_pages;
}

/* ---- blocks ---- */

#define PER_ORDER 12

static void orders(void)
{
	struct page *pages[NR_PAGE_ORDERS][PER_ORDER];

	start();
	for (unsigned int i = 0; i < PER_ORDER; i++) {
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
			pages[o][i] =
				get_block(GFP_KERNEL, o, o << 20 | i << 12);
			must(pages[o][i]);
		}
	}
	check_zone();
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		for (unsigned int i = 0; i < PER_ORDER; i++)
			put_block(pages[o][i], o, o << 20 | i << 12);
	}
	check_zone();
}

/* Every page is free again, and in blocks as large as before. */
static void split_and_merge(void)
{
	struct page *pages[200];
	struct zone_stat was, is;

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(pages) / 4; i++)
		pages[i] = get_block(GFP_KERNEL, MAX_PAGE_ORDER, i);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages) / 4; i++)
		put_block(pages[i], MAX_PAGE_ORDER, i);
	was = settled();
	must(was.zero_pages == mem_phys.online >> PAGE_SHIFT);
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		unsigned int nr = o > 8 ? 20 : ARRAY_SIZE(pages);

		for (unsigned int i = 0; i < nr; i++)
			pages[i] = get_block(GFP_KERNEL, o, i << 12);
		must(free_pages_now() < was.zero_pages);
		/* First every other one, so that nothing can merge yet. */
		for (unsigned int i = 0; i < nr; i += 2)
			put_block(pages[i], o, i << 12);
		check_zone();
		for (unsigned int i = 1; i < nr; i += 2)
			put_block(pages[i], o, i << 12);
		is = settled();
		must(!memcmp(&was, &is, sizeof(is)));
	}
}

static void too_large(void *arg)
{
	start();
	must(!alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER + 1));
	must(!__get_free_pages(GFP_KERNEL, ~0U));
	must(!alloc_pages_exact(0, GFP_KERNEL));
	must(!alloc_pages_exact(SZ_4M + 1, GFP_KERNEL));
	must(!alloc_pages_exact(km_hide(~0UL), GFP_KERNEL));
	__free_pages(NULL, 3);
	free_pages(0, 3);
	free_pages_exact(NULL, 3);
	must(!virt_to_page(&arg) && !virt_to_page(NULL));
}

static void test_too_large(void **state)
{
	static struct km_child c;

	km_child(&c, too_large, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: alloc_pages: order 11: expected at most 10\n"
		"kmalloc: alloc_pages: order 4294967295: expected at most 10\n");
}

/* ---- exact pages ---- */

static void exact(void)
{
	static char *blocks[1025];
	struct zone_stat was, is;

	start();
	for (int turn = 0; turn < 2; turn++) {
		for (size_t nr = 1; nr <= 1024; nr += nr < 70 ? 1 : 53) {
			size_t size = (nr << PAGE_SHIFT) - nr % 3;
			char *p = alloc_pages_exact(size, GFP_KERNEL);

			must(p &&
			     IS_ALIGNED((uintptr_t)p, roundup_pow_of_two(nr)
							      << PAGE_SHIFT));
			must(mem_page(p)->type == PG_LARGE);
			must(mem_page(p)->nr == nr);
			km_fill(p, size, nr);
			blocks[nr] = p;
		}
		check_zone();
		for (size_t nr = 1; nr <= 1024; nr += nr < 70 ? 1 : 53) {
			size_t size = (nr << PAGE_SHIFT) - nr % 3;

			must(km_intact(blocks[nr], size, nr));
			free_pages_exact(blocks[nr], size);
		}
		is = settled();
		must(is.zero_pages == mem_phys.online >> PAGE_SHIFT);
		must(!turn || !memcmp(&was, &is, sizeof(is)));
		was = is;
	}
}

/* ---- zero ---- */

static void gfp_zero(void)
{
	start();
	for (int turn = 0; turn < 4; turn++) {
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
			struct page *page =
				get_block(GFP_KERNEL | __GFP_ZERO, o, 1);
			char *p = page_address(page);

			memset(p, 0xaa, PAGE_SIZE << o);
			__free_pages(page, o);
			p = alloc_pages_exact(3 * PAGE_SIZE << o >> 2,
					      GFP_KERNEL | __GFP_ZERO);
			must(km_is_zero(p, 3 * PAGE_SIZE << o >> 2));
			memset(p, 0x55, PAGE_ALIGN(3 * PAGE_SIZE << o >> 2));
			free_pages_exact(p, 3 * PAGE_SIZE << o >> 2);
		}
		if (turn == 2)
			page_report(true);
	}
	unsigned long zeroed = get_zeroed_page(GFP_KERNEL);

	must(zeroed && km_is_zero((void *)zeroed, PAGE_SIZE));
}

/* ---- per-CPU lists ---- */

static void pcp(void)
{
	start();
	for (unsigned int o = 0; o <= PCP_MAX_ORDER; o++) {
		struct page *page = alloc_pages(GFP_KERNEL, o);
		u64 was;

		__free_pages(page, o);
		must(page->type == PG_PCP);
		must(percpu_count(pcp_id(o)) > 0);
		was = vmstat_read(VMSTAT_pgalloc);
		must(alloc_pages(GFP_KERNEL, o) == page);
		must(page->type == PG_PAGES && page->order == o);
		must(vmstat_read(VMSTAT_pgalloc) == was);
		__free_pages(page, o);
		page_drain_pcp();
		must(percpu_count(pcp_id(o)) == 0);
	}
	must(settled().zero_pages == mem_phys.online >> PAGE_SHIFT);
}

/* However many are freed, few wait in the lists. */
static void pcp_bounded(void)
{
	static struct page *page[2000];

	start();
	for (unsigned int o = 0; o <= PCP_MAX_ORDER; o++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(page); i++)
			page[i] = get_block(GFP_KERNEL, o, i);
		for (unsigned int i = 0; i < ARRAY_SIZE(page); i++)
			put_block(page[i], o, i);
		must(percpu_count(pcp_id(o)) <= percpu_nr_areas() * (64U >> o));
		check_zone();
	}
	must(settled().zero_pages == mem_phys.online >> PAGE_SHIFT);
}

/* ---- misuse ---- */

struct crime {
	void (*commit)(struct page *page);
	const char *text;
};

static void wrong_order(struct page *page)
{
	__free_pages(page, 3);
}

static void free_twice(struct page *page)
{
	__free_pages(page, 2);
	__free_pages(page, 2);
}

static void free_large_twice(struct page *page)
{
	struct page *large = alloc_pages(GFP_KERNEL, 6);

	__free_pages(large, 6);
	__free_pages(large, 6);
}

static void free_inside(struct page *page)
{
	free_pages((unsigned long)page_address(page) + PAGE_SIZE, 0);
}

static void exact_wrong_size(struct page *page)
{
	free_pages_exact(alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL),
			 4 * PAGE_SIZE);
}

static void exact_twice(struct page *page)
{
	void *p = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);

	free_pages_exact(p, 5 * PAGE_SIZE);
	free_pages_exact(p, 5 * PAGE_SIZE);
}

static void exact_as_block(struct page *page)
{
	free_pages_exact(page_address(page), 4 * PAGE_SIZE);
}

static void exact_foreign(struct page *page)
{
	free_pages_exact(&page, 4 * PAGE_SIZE);
}

static void commit(void *arg)
{
	const struct crime *crime = arg;
	struct page *page;

	start();
	page = alloc_pages(GFP_KERNEL, 2);
	must(page);
	dprintf(2, "page %p\n", page_address(page));
	crime->commit(page);
}

static void test_misuse(void **state)
{
	static const struct crime crimes[] = {
		{ wrong_order, ", order 3: not a block of that order\n" },
		{ free_twice, ", order 2: not a block of that order\n" },
		{ free_large_twice, ", order 6: not a block of that order\n" },
		{ free_inside, ", order 0: not a block of that order\n" },
		{ exact_wrong_size,
		  ", 16384 bytes: not a block of that size\n" },
		{ exact_twice, ", 20480 bytes: not a block of that size\n" },
		{ exact_as_block, ", 16384 bytes: not a block of that size\n" },
		{ exact_foreign, ", 16384 bytes: not a block of that size\n" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(crimes); i++)
		assert_aborts(commit, &crimes[i], crimes[i].text);
}

/* The line names the block. */
static void test_misuse_line(void **state)
{
	static const struct crime crime = { wrong_order, NULL };
	static struct km_child c;
	char want[200];
	void *p = NULL;

	km_child(&c, commit, &crime);
	assert_child_dies(&c, SIGABRT, "");
	assert_int_equal(sscanf(c.said, "page %p\n", &p), 1);
	snprintf(
		want, sizeof(want),
		"page %p\nkmalloc: __free_pages of %p, order 3: not a block of that order\n",
		p, p);
	assert_string_equal(c.said, want);
}

/* ---- limits and failures ---- */

/* All of it in single pages, freed in any order, is whole again. */
static void exhausted(void)
{
	static unsigned long page[5000];
	struct km_rng rng = km_rng_of(4);
	unsigned int nr = 0, whole = 0;

	setenv("KMALLOC", "mem=16M", 1);
	start();
	while ((page[nr] = __get_free_pages(GFP_KERNEL, 0)))
		must(++nr < ARRAY_SIZE(page));
	must(nr == 16 * SZ_1M >> PAGE_SHIFT);
	must(!alloc_pages(GFP_KERNEL, 0) && !alloc_pages(GFP_KERNEL, 5));
	must(!alloc_pages_exact(PAGE_SIZE, GFP_KERNEL));
	check_zone();
	for (unsigned int left = nr; left; left--) {
		u64 k = km_below(&rng, left);

		free_pages(page[k], 0);
		page[k] = page[left - 1];
	}
	page_drain_pcp();
	check_zone();
	while (alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER))
		whole++;
	must(whole == 4);
}

static void growth_fails(void)
{
	struct page *page;

	start();
	km_fail_growth(1);
	must(!alloc_pages(GFP_KERNEL, 0) && !alloc_pages(GFP_KERNEL, 10));
	must(!alloc_pages_exact(SZ_1M, GFP_KERNEL));
	check_zone();
	km_fail_growth(0);
	page = get_block(GFP_KERNEL, 10, 5);
	must(page);
	/* Now something is there, no call is needed. */
	put_block(page, 10, 5);
	km_fail_growth(1);
	must(alloc_pages(GFP_KERNEL, 0) && alloc_pages(GFP_KERNEL, 9));
	check_zone();
}

/* ---- single pages ---- */

static void single(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long addr = __get_free_page(GFP_KERNEL | __GFP_ZERO);

	must(page && addr && PAGE_ALIGNED(addr));
	must(km_is_zero((void *)addr, PAGE_SIZE));
	__free_page(page);
	free_page(addr);
	free_page(0);
	addr = __get_dma_pages(GFP_KERNEL, 1);
	free_pages(addr, 1);
	page = alloc_pages_node(1, GFP_KERNEL, 3);
	must(page && IS_ALIGNED((uintptr_t)page_address(page), 8 * PAGE_SIZE));
	__free_pages(page, 3);
	must(!alloc_pages_node(0, GFP_KERNEL, MAX_PAGE_ORDER + 1));
	free_pages_exact(alloc_pages_exact_nid(0, 9 * PAGE_SIZE, GFP_KERNEL),
			 9 * PAGE_SIZE);
	must(!alloc_pages_exact_nid(0, 0, GFP_KERNEL));
}

static void numbers(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	unsigned long pfn = page_to_pfn(page);
	char *p = page_address(page);

	must(pfn_to_page(pfn) == page && page_to_virt(page) == p);
	must(page_to_pfn(virt_to_page(p + 3 * PAGE_SIZE)) == pfn + 3);
	must(virt_to_pfn(p + PAGE_SIZE - 1) == pfn && !(pfn & 3));
	must(pfn_valid(pfn) && pfn_valid(0));
	must(!pfn_valid(mem_phys.online >> PAGE_SHIFT));
	must(!pfn_valid(km_hide(~0UL)) && !pfn_valid(km_hide(1UL << 52)));
	must(virt_addr_valid(p) && !virt_addr_valid(&p));
	must(!virt_addr_valid(NULL));
	must(offset_in_page(p + PAGE_SIZE + 5) == 5);
	__free_pages(page, 2);
	must(get_order(1) == 0 && get_order(4096) == 0 && get_order(4097) == 1);
	must(get_order(8192) == 1 && get_order(8193) == 2);
	must(get_order(SZ_4M) == 10 && get_order(SZ_4M + 1) == 11);
	must(get_order(1UL << 63) == 51);
	must(PAGE_ALIGN(1UL) == 4096 && PAGE_ALIGN(4096UL) == 4096);
	must(PAGE_ALIGN_DOWN(4097UL) == 4096 && PAGE_ALIGN(0UL) == 0);
}

static void many(void)
{
	struct page *page[20] = { NULL }, *mine = alloc_page(GFP_KERNEL);

	must(alloc_pages_bulk(GFP_KERNEL, 0, page) == 0 && !page[0]);
	page[3] = mine;
	must(alloc_pages_bulk(GFP_KERNEL | __GFP_ZERO, 10, page) == 10);
	must(page[3] == mine && !page[10]);
	must(alloc_pages_bulk_node(GFP_KERNEL, 0, 20, page) == 20);
	for (int i = 0; i < 20; i++) {
		if (i < 10 && i != 3)
			must(km_is_zero(page_address(page[i]), PAGE_SIZE));
		km_fill(page_address(page[i]), PAGE_SIZE, (u64)i);
	}
	for (int i = 0; i < 20; i++) {
		must(km_intact(page_address(page[i]), PAGE_SIZE, (u64)i));
		__free_page(page[i]);
	}
}

/* As many as there are; what was there before counts. */
static void many_fail(void)
{
	struct page *page[20] = { alloc_page(GFP_KERNEL) };
	unsigned long got;

	page[2] = alloc_page(GFP_KERNEL);
	km_fail_growth(1);
	while (alloc_pages(GFP_KERNEL, 0))
		;
	got = alloc_pages_bulk(GFP_KERNEL, 20, page);
	must(got == 1 && !page[1] && page[2]);
	__free_page(page[0]);
	page[0] = NULL;
	must(alloc_pages_bulk(GFP_KERNEL, 20, page) == 1 && page[0]);
}

/* The pieces are freed in any order, and merge. */
static void split(void)
{
	struct page *page = get_block(GFP_KERNEL, 5, 7);
	struct zone_stat before;

	__free_pages(page, 5);
	before = settled();
	page = get_block(GFP_KERNEL, 5, 7);
	split_page(page, 5);
	for (unsigned int i = 0; i < 32; i++) {
		unsigned int k = i * 5 % 32;

		must(km_intact(page_address(page + k), 64, 7 + k));
		__free_page(page + k);
	}
	must(settled().zero_pages == before.zero_pages);
	page = alloc_page(GFP_KERNEL);
	split_page(page, 0);
	__free_page(page);
}

static void split_wrong(void *arg)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	(void)arg;
	split_page(page, 3);
}

static void test_split_wrong(void **state)
{
	(void)state;
	assert_aborts(split_wrong, NULL,
		      ", order 3: not a block of that order");
}

/* ---- at random ---- */

#define HELD 60

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	struct page *held[HELD] = { NULL };
	unsigned int order[HELD];

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		u64 k = km_below(&rng, HELD), tag = (u64)nr << 32 | k << 12;

		if (held[k]) {
			put_block(held[k], order[k], tag);
			held[k] = NULL;
		} else {
			order[k] =
				(unsigned int)__ffs(km_random(&rng) | 1U << 8);
			held[k] = get_block(km_below(&rng, 8) ?
						    GFP_KERNEL :
						    GFP_KERNEL | __GFP_ZERO,
					    order[k], tag);
			must(held[k]);
		}
		if (!km_below(&rng, 1000))
			page_report(km_below(&rng, 2));
		if (!km_below(&rng, 2000))
			page_drain_pcp();
		if (!km_below(&rng, 2000))
			check_zone();
	}
	for (u64 k = 0; k < HELD; k++) {
		if (held[k])
			put_block(held[k], order[k], (u64)nr << 32 | k << 12);
	}
}

static void stress(void)
{
	unsigned long rounds = km_load(20000);

	start();
	km_threads(8, worker, &rounds);
	must(settled().zero_pages == mem_phys.online >> PAGE_SHIFT);
}

/* Holes in the online memory would be lost pages. */
static void stress_failing(void)
{
	unsigned long rounds = km_load(10000);

	start();
	km_fail("madvise", 3);
	km_threads(8, worker, &rounds);
	km_fail("madvise", 0);
	must(settled().zero_pages == mem_phys.online >> PAGE_SHIFT);
}

/* ---- without waiting ---- */

/* Memory that is online and free, more than one block of the largest. */
static void get_ready(void)
{
	struct page *page[3];

	start();
	for (int i = 0; i < 3; i++)
		page[i] = get_block(GFP_KERNEL, MAX_PAGE_ORDER, 1);
	for (int i = 0; i < 3; i++)
		put_block(page[i], MAX_PAGE_ORDER, 1);
}

static void nolock_once(bool locked)
{
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		struct page *page = alloc_pages_nolock(0, 0, o);

		must(locked ? o <= PCP_MAX_ORDER || !page : !!page);
		if (!page)
			continue;
		must(page->type == PG_PAGES && page->order == o);
		must(km_is_zero(page_address(page), PAGE_SIZE << o));
		memset(page_address(page), 1, PAGE_SIZE << o);
		free_pages_nolock(page, o);
	}
	must(!alloc_pages_nolock(0, 0, NR_PAGE_ORDERS));
	free_pages_nolock(NULL, 1);
}

/* The lock is held, as by another thread or by the one that was interrupted:
 * per-CPU lists serve, and what is freed waits. */
static void nolock_pages(void)
{
	struct page *big;

	get_ready();
	nolock_once(false);
	big = get_block(GFP_KERNEL, 5, 1);
	km_enter(page_fork_lock);
	nolock_once(true);
	must(in_nmi());
	free_pages_nolock(big, 5);
	km_leave(page_fork_unlock);
	must(!in_nmi() && page_type(big) != PG_BUDDY);
	nolock_once(false);
	must(page_type(big) != PG_NONE);
	check_zone();
}

/* It starts the library, and may find nothing. */
static void nolock_first(void)
{
	struct page *page = alloc_pages_nolock(0, 0, 0);

	must(!page || km_is_zero(page_address(page), PAGE_SIZE));
	free_pages_nolock(page, 0);
	must(mm_state == MM_UP && !in_nmi());
}

static void other_flags(void *arg)
{
	(void)arg;
	get_ready();
	for (int i = 0; i < 2; i++) {
		struct page *page = alloc_pages_nolock(GFP_KERNEL, 0, 1);

		must(page);
		free_pages_nolock(page, 1);
	}
}

static void nolock_flags(void)
{
	static struct km_child c;

	km_child(&c, other_flags, NULL);
	must(km_child_exited(&c, 0));
	must(!strcmp(
		c.said,
		"kmalloc: alloc_pages_nolock: flags 0xcc0: expected __GFP_ACCOUNT (reported once)\n"));
}

static void nolock_wrong_order(void *page)
{
	free_pages_nolock(page, 2);
}

static void nolock_misuse(void)
{
	static struct km_child c;
	struct page *page;

	start();
	page = get_block(GFP_KERNEL, 1, 1);
	km_child(&c, nolock_wrong_order, page);
	must(km_child_died(&c, SIGABRT, "order 2: not a block of that order"));
	free_pages_nolock(page, 1);
}

/* ---- fork ---- */

static void in_child(void *arg)
{
	page_fork_child();
	lockdep_reset();
	check_zone();
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		put_block(get_block(GFP_KERNEL, o, o), o, o);
	check_zone();
}

static void fork_child(void)
{
	static struct km_child c;

	start();
	put_block(get_block(GFP_KERNEL, 9, 1), 9, 1);
	km_enter(page_fork_lock);
	km_child(&c, in_child, NULL);
	km_leave(page_fork_unlock);
	must(km_child_exited(&c, 0));
	check_zone();
	put_block(get_block(GFP_KERNEL, 9, 1), 9, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(orders),
		km_unit_modes(split_and_merge),
		cmocka_unit_test(test_too_large),
		km_unit_child(exact),
		km_unit_modes(gfp_zero),
		km_unit_modes(pcp),
		km_unit_modes(pcp_bounded),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_misuse_line),
		km_unit_modes(exhausted),
		km_unit_child(growth_fails),
		km_unit_modes(single),
		km_unit_child(numbers),
		km_unit_modes(many),
		km_unit_modes(many_fail),
		km_unit_modes(split),
		cmocka_unit_test(test_split_wrong),
		km_unit_modes(stress),
		km_unit_modes(stress_failing),
		km_unit_modes(nolock_pages),
		km_unit_modes(nolock_first),
		km_unit_child(nolock_flags),
		km_unit_child(nolock_misuse),
		km_unit_child(fork_child),
	};

	return km_run_tests(tests);
}
