/* SPDX-License-Identifier: MIT */
/*
 * page_frag: fragments lie apart, keep their block alive, and give it back.
 */
#include "kmtest.h"

#include "buddy.h"
#include "kmalloc.h"
#include "mm_boot.h"
#include "page_alloc.h"

#define MAX PAGE_FRAG_CACHE_MAX_SIZE

/* All free memory, as whole zero blocks. */
static size_t settled(void)
{
	struct zone_stat stat;

	page_drain_pcp();
	page_report(true);
	check_zone();
	page_alloc_stat(&stat);
	return stat.zero_pages;
}

/* One behind the other, in one block. */
static void cutting(void)
{
	struct page_frag_cache nc = { 0 };
	char *first = page_frag_alloc(&nc, 100, GFP_KERNEL), *p;

	must(first && offset_in_page(first) == 0);
	must(page_frag_alloc(&nc, 1, GFP_KERNEL) == first + 100);
	p = page_frag_alloc_align(&nc, 10, GFP_KERNEL, 64);
	must(p == first + 128);
	must(page_frag_alloc(&nc, 0, GFP_KERNEL) == first + 138);
	p = page_frag_alloc_align(&nc, 5000, GFP_KERNEL, 4096);
	must(p == first + 4096 && nc.size == MAX);
	must(!page_frag_alloc_align(&nc, 10, GFP_KERNEL, 3));
	must(!page_frag_alloc_align(&nc, 10, GFP_KERNEL, 0));
	must(!page_frag_alloc_align(&nc, 10, GFP_KERNEL, 8192));
	must(ksize(p) == 0);
	page_frag_free(first);
	page_frag_free(first + 127);
	page_frag_free(p + 4999);
	page_frag_cache_drain(&nc);
	page_frag_cache_drain(&nc);
	must(!nc.block);
}

/* A block whose fragments are free is cut again; one that has some is left
 * to them. */
static void reuse(void)
{
	struct page_frag_cache nc;
	char *p, *q;

	must(mm_boot());
	page_frag_cache_init(&nc);
	p = page_frag_alloc(&nc, 20000, GFP_KERNEL);
	page_frag_free(p);
	q = page_frag_alloc(&nc, 20000, GFP_KERNEL);
	must(q == p);
	p = page_frag_alloc(&nc, 20000, GFP_KERNEL);
	must(p != q && (p >= q + MAX || q >= p + MAX));
	km_fill(q, 20000, 1);
	km_fill(p, 20000, 2);
	must(km_intact(q, 20000, 1));
	page_frag_free(q);
	page_frag_cache_drain(&nc);
	/* The last fragment is the end of the block. */
	must(km_intact(p, 20000, 2));
	page_frag_free(p);
}

static void all_comes_back(void)
{
	struct page_frag_cache nc = { 0 };
	size_t before;
	char *p[200];

	page_frag_free(page_frag_alloc(&nc, 1, GFP_KERNEL));
	page_frag_cache_drain(&nc);
	before = settled();
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < 200; i++)
			must(p[i] = page_frag_alloc(&nc, 1000, GFP_KERNEL));
		if (turn)
			page_frag_cache_drain(&nc);
		for (int i = 0; i < 200; i++)
			page_frag_free(p[i * 7 % 200]);
		page_frag_cache_drain(&nc);
		must(settled() == before);
	}
}

static void limits(void)
{
	struct page_frag_cache nc = { 0 };
	char *p = page_frag_alloc(&nc, MAX, GFP_KERNEL);

	must(p && !page_frag_alloc(&nc, MAX + 1, GFP_KERNEL));
	must(!page_frag_alloc(&nc, km_hide(~0U), GFP_KERNEL));
	must(!page_frag_alloc(&nc, km_hide(1U << 31), GFP_KERNEL));
	page_frag_free(p);
	p = page_frag_alloc(&nc, 10, GFP_KERNEL);
	must(p);
	page_frag_free(p);
	page_frag_cache_drain(&nc);
}

/* Where there are no large blocks, pages do. */
static void small_blocks(void)
{
	struct page_frag_cache nc = { 0 };
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	char *p, *q;

	page_drain_pcp();
	km_fail_growth(1);
	while (alloc_pages(GFP_KERNEL, 3))
		;
	while (alloc_pages(GFP_KERNEL, 0))
		;
	must(!page_frag_alloc(&nc, 10, GFP_KERNEL) && !nc.block);
	__free_pages(page, 1);
	page_drain_pcp();
	p = page_frag_alloc(&nc, 3000, GFP_KERNEL);
	must(p && nc.size == PAGE_SIZE);
	must(!page_frag_alloc(&nc, 5000, GFP_KERNEL));
	q = page_frag_alloc(&nc, 3000, GFP_KERNEL);
	must(q && nc.size == PAGE_SIZE);
	must(!page_frag_alloc(&nc, 3000, GFP_KERNEL));
	km_fill(p, 3000, 1);
	km_fill(q, 3000, 2);
	must(km_intact(p, 3000, 1));
	page_frag_free(p);
	p = page_frag_alloc(&nc, 3000, GFP_KERNEL);
	must(p && km_intact(q, 3000, 2));
	page_frag_free(p);
	page_frag_free(q);
	page_frag_cache_drain(&nc);
}

/* ---- misuse ---- */

static void not_a_fragment(void *arg)
{
	page_frag_free(arg ? kmalloc(100, GFP_KERNEL) : (void *)&arg);
}

static void twice(void *arg)
{
	struct page_frag_cache nc = { 0 };
	char *p = page_frag_alloc(&nc, 100, GFP_KERNEL);

	(void)arg;
	page_frag_cache_drain(&nc);
	page_frag_free(p);
	page_frag_free(p);
}

static void freed_otherwise(void *arg)
{
	struct page_frag_cache nc = { 0 };

	(void)arg;
	kfree(page_frag_alloc(&nc, 100, GFP_KERNEL));
}

static void test_misuse(void **state)
{
	(void)state;
	assert_aborts(not_a_fragment, NULL, ": not a fragment");
	assert_aborts(not_a_fragment, "", ": not a fragment");
	assert_aborts(twice, NULL, ": not a fragment");
	assert_aborts(freed_otherwise, NULL, ": not an allocated block");
}

/* ---- threads ---- */

#define NR_SLOTS 64

static char *slot[NR_SLOTS]; /* atomic */

/* Each thread cuts from its own block and frees everybody's. */
static void worker(unsigned int nr, void *arg)
{
	struct page_frag_cache nc = { 0 };
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		unsigned int size = 8 + (unsigned int)km_below(&rng, 3000);
		char *p = page_frag_alloc_align(&nc, size, GFP_KERNEL, 8);

		must(p);
		*(unsigned int *)p = size;
		km_fill(p + 4, size - 4, size);
		p = xchg(&slot[km_below(&rng, NR_SLOTS)], p);
		if (!p)
			continue;
		size = *(unsigned int *)p;
		must(km_intact(p + 4, size - 4, size));
		page_frag_free(p);
	}
	page_frag_cache_drain(&nc);
}

static void stress(void)
{
	unsigned long rounds = km_load(10000);

	km_threads(8, worker, &rounds);
	for (int i = 0; i < NR_SLOTS; i++) {
		if (slot[i])
			page_frag_free(slot[i]);
	}
	must(settled() == mem_phys.online >> PAGE_SHIFT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(cutting),	       km_unit_modes(reuse),
		km_unit_child(all_comes_back), km_unit_child(limits),
		km_unit_child(small_blocks),   cmocka_unit_test(test_misuse),
		km_unit_modes(stress),
	};

	return km_run_tests(tests);
}
