/* SPDX-License-Identifier: MIT */
/*
 * vmap: pages appear at consecutive addresses and keep their content, are
 * nobody's shared memory once they are freed, and nothing is left behind when
 * a system call fails.
 */
#include "kmtest.h"

#include "buddy.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "params.h"
#include "shmem.h"
#include "spinlock.h"
#include "util.h"
#include "vmalloc.h"
#include "vmap_area.h"
#include "vmstat.h"

#include <kmalloc/memcontrol.h>
#include <kmalloc/node.h>
#include <kmalloc/slab.h>

#define NR 40

static bool can_map_again(void)
{
	char *p = arch_mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, 0);

	return arch_page_size == PAGE_SIZE && !arch_mmap_shared(p, PAGE_SIZE) &&
	       !arch_map_again(p, PAGE_SIZE, p + PAGE_SIZE);
}

static void start(void)
{
	must(mm_boot());
	if (!can_map_again())
		km_child_skip("this system maps no memory twice");
}

static void store(void *p)
{
	*(volatile char *)p = 1;
}

static void flip(void *p)
{
	*(volatile char *)p ^= 1;
}

static char *mem(struct page *page)
{
	return page_address(page);
}

/* Pages from all over, each with its mark. */
static void get_pages(struct page **pages, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		pages[nr - 1 - i] = alloc_page(GFP_KERNEL);
		must(pages[nr - 1 - i]);
	}
	for (unsigned int i = 0; i < nr; i++)
		km_fill(mem(pages[i]), PAGE_SIZE, i);
}

static void put_pages(struct page **pages, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		__free_page(pages[i]);
}

static bool shows(const char *p, unsigned int nr, u64 tag)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (!km_intact(p + i * PAGE_SIZE, PAGE_SIZE, tag + i))
			return false;
	}
	return true;
}

static void free_mapped_page(void *arg)
{
	__free_page(arg);
}

static size_t areas(void)
{
	struct vmap_stat stat;

	check_vmap();
	vmap_stat(&stat);
	return stat.areas;
}

static bool is_private(const struct page *page)
{
	return page_type(page) == PG_PAGES;
}

/* A block, with its pages in @pages and a mark in each. */
static struct page *get_block(struct page **pages, unsigned int order, u64 tag)
{
	struct page *block = alloc_pages(GFP_KERNEL, order);

	must(block);
	for (unsigned int i = 0; i < 1U << order; i++) {
		pages[i] = block + i;
		km_fill(mem(block + i), PAGE_SIZE, tag + i);
	}
	return block;
}

/* What a child writes there is its own. */
static bool is_alone(char *p)
{
	char before = p[9];
	struct km_child c;

	km_child(&c, flip, p + 9);
	return p[9] == before;
}

/* ---- what it shows ---- */

static void one_memory(void)
{
	struct page *pages[NR];
	char *p;

	start();
	get_pages(pages, NR);
	p = vmap(pages, NR, VM_MAP, PAGE_KERNEL);
	must(p && PAGE_ALIGNED(p) && is_vmalloc_addr(p) && areas() == 1);
	must(shows(p, NR, 0));
	for (unsigned int i = 0; i < NR; i++) {
		must(vmalloc_to_page(p + i * PAGE_SIZE + 77) == pages[i]);
		must(vmalloc_to_pfn(p + i * PAGE_SIZE) ==
		     page_to_pfn(pages[i]));
		km_fill(p + i * PAGE_SIZE, PAGE_SIZE, 100 + i);
		must(km_intact(mem(pages[i]), PAGE_SIZE, 100 + i));
		mem(pages[i])[5] = 'x';
		must(p[i * PAGE_SIZE + 5] == 'x');
	}
	must(!vmalloc_to_page(p + NR * PAGE_SIZE));
	must(vmap_size(p) == NR * PAGE_SIZE);
	vunmap(p);
	must(areas() == 0 && !vmalloc_to_page(p));
	for (unsigned int i = 0; i < NR; i++)
		must(mem(pages[i])[5] == 'x' && mem(pages[i])[4] != 'x');
	put_pages(pages, NR);
	check_zone();
}

static void nothing_to_show(void)
{
	struct page *pages[3] = { NULL, NULL, NULL };
	void *kept = vmalloc(100);

	start();
	must(!vmap(pages, 0, VM_MAP, PAGE_KERNEL));
	must(!vmap(pages, 1, VM_MAP, PAGE_KERNEL)); /* no page */
	pages[0] = alloc_page(GFP_KERNEL);
	pages[1] = virt_to_page(kmalloc(100, GFP_KERNEL));
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL)); /* a slab's */
	pages[1] = virt_to_page(alloc_pages_exact(4 * PAGE_SIZE, GFP_KERNEL));
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL)); /* for kfree */
	pages[1] += 3;
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL));
	must(is_private(pages[0]));
	pages[1] = alloc_pages(GFP_KERNEL, 2);
	__free_pages(pages[1], 2);
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL)); /* nobody's */
	pages[1] += 2;
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL));
	must(!vmalloc_to_page(NULL) && !vmalloc_to_page(pages));
	must(!vmalloc_to_page(kept));
	vunmap(NULL);
	vm_unmap_aliases();
	must(areas() == 1);
}

/* What is written past the end is at the beginning. */
static void ring(void)
{
	struct page *pages[2 * 4];
	char *p;

	start();
	get_pages(pages, 4);
	memcpy(pages + 4, pages, 4 * sizeof(*pages));
	p = vm_map_ram(pages, 8, NUMA_NO_NODE);
	must(p && shows(p, 4, 0) && shows(p + 4 * PAGE_SIZE, 4, 0));
	strcpy(p + 4 * PAGE_SIZE - 3, "around");
	must(!strcmp(p, "und"));
	vm_unmap_ram(p, 8);
	must(!strcmp(mem(pages[0]), "und"));
	put_pages(pages, 4);
	must(areas() == 0);
}

/* Several areas show a page; each may go first. */
static void many_areas(void)
{
	struct page *pages[NR];
	char *p[3];

	start();
	get_pages(pages, NR);
	p[0] = vmap(pages, NR / 2, VM_MAP, PAGE_KERNEL);
	p[1] = vmap(pages, NR, VM_MAP, PAGE_KERNEL);
	p[2] = vmap(pages + 3, NR / 2, VM_MAP, PAGE_KERNEL);
	must(shows(p[0], NR / 2, 0) && shows(p[1], NR, 0));
	must(shows(p[2], NR / 2, 3) && areas() == 3);
	for (unsigned int i = 0; i < 3; i++) {
		p[i][3 * PAGE_SIZE] = (char)(i + 1);
		must(mem(pages[i < 2 ? 3 : 6])[0] == (char)(i + 1));
	}
	vunmap(p[1]);
	must(p[0][3 * PAGE_SIZE] == 2 && shows(p[2] + PAGE_SIZE, 2, 4));
	vunmap(p[0]);
	vunmap(p[2]);
	must(km_intact(mem(pages[NR - 1]), PAGE_SIZE, NR - 1));
	put_pages(pages, NR);
	must(areas() == 0);
}

static void read_only(void)
{
	struct page *pages[3];
	struct km_child c;
	char *p;

	start();
	get_pages(pages, 3);
	p = vmap(pages, 3, VM_MAP, PAGE_KERNEL_RO);
	must(p && shows(p, 3, 0));
	mem(pages[1])[0] = 'r';
	must(p[PAGE_SIZE] == 'r');
	km_child(&c, store, p + PAGE_SIZE);
	must(WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGSEGV);
	vunmap(p);
	put_pages(pages, 3);
	p = vmalloc(3 * PAGE_SIZE); /* its place can be written to */
	memset(p, 1, 3 * PAGE_SIZE);
}

/* Blocks of all orders, from pcp lists and not, in part and all of them. */
static void blocks(void)
{
	static struct page *pages[1 << MAX_PAGE_ORDER];
	char *p, *q;

	start();
	for (unsigned int order = 1; order <= MAX_PAGE_ORDER; order++) {
		unsigned int nr = 1U << order;
		struct page *block = get_block(pages, order, 0);

		p = vmap(pages + nr - 1, 1, VM_MAP, PAGE_KERNEL);
		must(p && km_intact(p, PAGE_SIZE, nr - 1));
		must(vmalloc_to_page(p) == block + nr - 1);
		must(is_alone(mem(block)));
		must(!is_alone(mem(block + nr - 1)));
		km_fill(p, PAGE_SIZE, nr - 1);
		q = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
		must(q && shows(q, nr, 0));
		vunmap(p);
		vunmap(q);
		q = vmap(pages, nr / 2, VM_MAP, PAGE_KERNEL_RO);
		must(q && shows(q, nr / 2, 0) && shows(mem(block), nr, 0));
		vunmap(q);
		__free_pages(block, order);
		check_zone();
	}
	must(areas() == 0);
}

/* What a tail's descriptor held before is not looked at. */
static void blocks_again(void)
{
	struct page *pages[8];
	char *p;

	start();
	for (unsigned int i = 0; i < 3 * NR; i++) {
		unsigned int order = 1 + i % 3, nr = 1U << order;
		struct page *block = get_block(pages, order, i);

		p = vmap(pages + nr / 2, nr / 2, VM_MAP, PAGE_KERNEL);
		must(p && shows(p, nr / 2, i + nr / 2));
		must(is_alone(mem(block)) && !is_alone(mem(block + nr - 1)));
		vunmap(p);
		if (i & 1)
			split_page(block, order);
		for (unsigned int k = 0; i & 1 && k < nr; k++)
			__free_page(pages[k]);
		if (!(i & 1))
			__free_pages(block, order);
		if (i % 8 == 7)
			page_drain_pcp();
		block = alloc_pages(GFP_KERNEL, order);
		for (unsigned int k = 0; k < nr; k++)
			must(is_alone(mem(block + k)));
		__free_pages(block, order);
	}
	must(areas() == 0);
	check_zone();
}

/* A block that is split while an area shows a part of it. */
static void blocks_split(void)
{
	struct page *pages[4], *block;
	struct km_child c;
	char *p;

	start();
	block = get_block(pages, 2, 0);
	p = vmap(pages + 1, 2, VM_MAP, PAGE_KERNEL);
	split_page(block, 2);
	must(is_private(pages[0]) && is_private(pages[3]));
	must(!is_private(pages[1]) && !is_private(pages[2]));
	split_page(pages[2], 0);
	must(!is_private(pages[2]));
	__free_page(pages[0]);
	__free_page(pages[3]);
	km_child(&c, free_mapped_page, pages[1]);
	must(km_child_died(&c, SIGABRT, "order 0: mapped by vmap (1 times)"));
	must(shows(p, 2, 1));
	vunmap(p);
	put_pages(pages + 1, 2);
	must(page_type(pages[1]) == PG_PCP && page_type(pages[2]) == PG_PCP);
	check_zone();
}

/* ---- ends ---- */

/* The next owner's memory is private and can be given back. */
static void private_again(void)
{
	struct page *pages[NR];
	struct km_child c;

	start();
	get_pages(pages, NR);
	vunmap(vmap(pages, NR, VM_MAP, PAGE_KERNEL));
	must(!is_private(pages[0]));
	put_pages(pages, NR);
	page_drain_pcp();
	page_report(true);
	get_pages(pages, NR);
	for (unsigned int i = 0; i < NR; i++) {
		must(is_private(pages[i]));
		km_child(&c, store, mem(pages[i]) + 9);
		must(km_intact(mem(pages[i]), PAGE_SIZE, i));
	}
	put_pages(pages, NR);
	for (unsigned int i = 0; i < NR; i++) {
		pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		must(km_is_zero(mem(pages[i]), PAGE_SIZE));
	}
}

/* A child of fork writes to the same memory until its page is freed. */
static void forked(void)
{
	struct page *pages[2];
	struct km_child c;
	char *p;

	start();
	get_pages(pages, 2);
	p = vmap(pages, 2, VM_MAP, PAGE_KERNEL);
	km_child(&c, store, p);
	must(p[0] == 1 && mem(pages[0])[0] == 1);
	vunmap(p);
	km_child(&c, store, mem(pages[1]));
	must(mem(pages[1])[0] == 1);
	put_pages(pages, 2);
}

/* vfree, kvfree and resizing end an area too; pages stay, unless given. */
static void freed_otherwise(void)
{
	struct page *pages[4], **given;
	char *p, *q;

	start();
	get_pages(pages, 4);
	vfree(vmap(pages, 4, VM_MAP, PAGE_KERNEL));
	kvfree(vmap(pages, 4, VM_MAP, PAGE_KERNEL));
	p = vmap(pages, 4, VM_MAP, PAGE_KERNEL);
	q = vrealloc(p, 6 * PAGE_SIZE, GFP_KERNEL);
	must(q && q != p && shows(q, 4, 0));
	vfree(q);
	put_pages(pages, 4);

	given = kmalloc_array(4, sizeof(*given), GFP_KERNEL);
	get_pages(given, 4);
	memcpy(pages, given, sizeof(pages));
	p = vmap(given, 4, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	must(shows(p, 4, 0));
	vfree(p);
	for (unsigned int i = 0; i < 4; i++)
		must(page_type(pages[i]) == PG_PCP ||
		     page_type(pages[i]) == PG_BUDDY);
	must(areas() == 0);
	check_zone();
}

/* What is to be freed page by page is single. */
static void given_are_single(void)
{
	struct page *block, **given;
	char *p;

	start();
	given = kmalloc_array(4, sizeof(*given), GFP_KERNEL);
	block = get_block(given, 2, 0);
	must(!vmap(given, 4, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL));
	must(is_private(block) && areas() == 0);
	split_page(block, 2);
	p = vmap(given, 4, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	must(p && shows(p, 4, 0));
	vfree(p);
	for (unsigned int i = 0; i < 4; i++)
		must(page_type(block + i) == PG_PCP ||
		     page_type(block + i) == PG_BUDDY);
	check_zone();
}

/* The group that paid for a block gets all of it back. */
static void charged(void)
{
	struct mem_cgroup *g;
	struct page *pages[8], *block;

	start();
	g = kmalloc_group_create(NULL, "vmap");
	must(g && !set_active_memcg(g));
	block = alloc_pages(GFP_KERNEL_ACCOUNT, 3);
	must(kmalloc_group_get(g, KMALLOC_GROUP_CURRENT) == 8 * PAGE_SIZE);
	for (unsigned int i = 0; i < 8; i++)
		pages[i] = block + i;
	vunmap(vmap(pages, 8, VM_MAP, PAGE_KERNEL));
	must(mem_cgroup_from_obj(mem(block)) == g);
	__free_pages(block, 3);
	must(!kmalloc_group_get(g, KMALLOC_GROUP_CURRENT));
	block = alloc_pages(GFP_KERNEL_ACCOUNT, 3);
	for (unsigned int i = 0; i < 8; i++)
		pages[i] = block + i;
	vunmap(vmap(pages + 3, 2, VM_MAP, PAGE_KERNEL));
	split_page(block, 3);
	put_pages(pages, 5);
	must(kmalloc_group_get(g, KMALLOC_GROUP_CURRENT) == 3 * PAGE_SIZE);
	put_pages(pages + 5, 3);
	must(!kmalloc_group_get(g, KMALLOC_GROUP_CURRENT));
	set_active_memcg(NULL);
}

/* ---- failing calls ---- */

/* Whatever fails, it is NULL or an area, and pages have their content. */
static void fails(void)
{
	static const char *const calls[] = { "mmap", "mremap", "madvise",
					     "mprotect" };
	struct page *pages[NR];

	start();
	vunmap(vmap((get_pages(pages, NR), pages), 1, VM_MAP, PAGE_KERNEL));
	for (unsigned int c = 0; c < ARRAY_SIZE(calls); c++) {
		for (unsigned int every = 1; every < 6; every++) {
			pgprot_t prot =
				every & 1 ? PAGE_KERNEL : PAGE_KERNEL_RO;
			char *p;

			km_fail(calls[c], every);
			p = vmap(pages, NR, VM_MAP, prot);
			must(!p || shows(p, NR, 0));
			vunmap(p);
			km_fail(calls[c], 0);
			for (unsigned int i = 0; i < NR; i++)
				must(km_intact(mem(pages[i]), PAGE_SIZE, i));
		}
	}
	must(vmstat_read(VMSTAT_vmap_lost) <= 10);
	must(areas() == vmstat_read(VMSTAT_vmap_lost));
	put_pages(pages, NR);
	get_pages(pages, NR);
	must(shows(vmap(pages, NR, VM_MAP, PAGE_KERNEL), NR, 0));
}

static void first_call_fails(void)
{
	struct page *pages[NR];

	start();
	vmalloc(1);
	get_pages(pages, NR);
	km_fail("mremap", 1);
	must(!vmap(pages, NR, VM_MAP, PAGE_KERNEL));
	must(arch_fail_count == 1 && is_private(pages[0]));
	must(areas() == 1 && !vmstat_read(VMSTAT_vmap_lost));
	km_fail("mremap", 0);
	put_pages(pages, NR);
}

/* A page that stays shared waits, and is freed with the next one. */
static void waits_to_be_private(void)
{
	struct page *pages[2];

	start();
	get_pages(pages, 2);
	vunmap(vmap(pages, 2, VM_MAP, PAGE_KERNEL));
	km_fail("mmap", 1);
	__free_page(pages[0]);
	must(arch_fail_count == 1 && page_type(pages[0]) == PG_NONE);
	km_fail("mmap", 0);
	__free_page(pages[1]);
	must(page_type(pages[0]) != PG_NONE && page_type(pages[1]) != PG_NONE);
	check_zone();
}

/* So does a block of which a part was made private. */
static void block_waits(void)
{
	struct page *pages[8], *block, *next;

	start();
	block = get_block(pages, 3, 0);
	pages[1] = pages[7];
	pages[2] = next = alloc_page(GFP_KERNEL);
	vunmap(vmap(pages, 3, VM_MAP, PAGE_KERNEL));
	km_fail("mmap", 2);
	__free_pages(block, 3);
	must(arch_fail_count == 1 && page_type(block) == PG_NONE);
	must(!(block->flags & PAGE_SHARED) && block[7].flags & PAGE_SHARED);
	km_fail("mmap", 0);
	__free_page(next);
	must(page_type(block) != PG_NONE && page_type(next) != PG_NONE);
	next = alloc_pages(GFP_KERNEL, 3);
	must(next == block && is_alone(mem(next + 7)) && is_alone(mem(next)));
	check_zone();
}

/* In the place of a signal handler that interrupted its own thread. */
static void in_a_handler(void)
{
	struct page *pages[2];

	start();
	get_pages(pages, 2);
	km_enter(vmap_fork_lock);
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL));
	km_leave(vmap_fork_unlock);
	vunmap(vmap(pages, 2, VM_MAP, PAGE_KERNEL));
}

/* ---- misuse ---- */

static void free_mapped_block(void *arg)
{
	__free_pages(arg, 3);
}

static void unmap_again(void *p)
{
	vunmap(p);
}

static void misuse(void)
{
	struct page *pages[2];
	struct km_child c;
	char *p;

	start();
	get_pages(pages, 2);
	pages[1] = pages[0];
	p = vmap(pages, 2, VM_MAP, PAGE_KERNEL);
	km_child(&c, free_mapped_page, pages[0]);
	must(km_child_died(&c, SIGABRT, "mapped by vmap (2 times)"));
	km_child(&c, unmap_again, p + PAGE_SIZE);
	must(km_child_died(&c, SIGABRT, "not an area of vmap"));
	km_child(&c, unmap_again, vmalloc(10));
	must(km_child_died(&c, SIGABRT, "not an area of vmap"));
	vunmap(p);
	km_child(&c, unmap_again, p);
	must(km_child_died(&c, SIGABRT, "not an area of vmap"));
	__free_page(pages[0]);
	km_child(&c, free_mapped_page, pages[0]);
	must(km_child_died(&c, SIGABRT, "not a block of that order"));

	pages[0] = alloc_pages(GFP_KERNEL, 3);
	pages[1] = pages[0] + 5;
	p = vmap(pages + 1, 1, VM_MAP, PAGE_KERNEL);
	km_child(&c, free_mapped_block, pages[0]);
	must(km_child_died(&c, SIGABRT, "order 3: mapped by vmap (1 times)"));
	km_child(&c, free_mapped_page, pages[0]);
	must(km_child_died(&c, SIGABRT, "not a block of that order"));
	km_child(&c, free_mapped_page, pages[1]);
	must(km_child_died(&c, SIGABRT, "not a block of that order"));
	vunmap(p);
}

/* ---- threads ---- */

static struct page *common[NR];

static void map_some(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);

	(void)arg;
	for (unsigned long n = km_load(200); n; n--) {
		unsigned int from = (unsigned int)km_below(&rng, NR);
		unsigned int many = 1 + (unsigned int)km_below(&rng, NR - from);
		struct page *own[8], *block = NULL;
		char *p, *q;

		if (n & 1)
			block = get_block(own, 3, 0);
		else
			get_pages(own, 8);
		p = vmap(common + from, many, VM_MAP, PAGE_KERNEL);
		q = vmap(own, 8, VM_MAP, PAGE_KERNEL);
		must(p && q && shows(p, many, from) && shows(q, 8, 0));
		vunmap(p);
		vunmap(q);
		if (block)
			__free_pages(block, 3);
		else
			put_pages(own, 8);
	}
}

static void threads(void)
{
	struct page *block;

	start();
	get_pages(common, NR - 16);
	block = get_block(common + NR - 16, 4, NR - 16);
	km_threads(4, map_some, NULL);
	must(areas() == 0);
	for (unsigned int i = 0; i < NR; i++)
		must(km_intact(mem(common[i]), PAGE_SIZE, i));
	put_pages(common, NR - 16);
	__free_pages(block, 4);
	check_zone();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(one_memory),
		km_unit_child(nothing_to_show),
		km_unit_child(ring),
		km_unit_child(many_areas),
		km_unit_child(read_only),
		km_unit_modes(blocks),
		km_unit_modes(blocks_again),
		km_unit_child(blocks_split),
		km_unit_modes(private_again),
		km_unit_child(forked),
		km_unit_child(freed_otherwise),
		km_unit_child(given_are_single),
		km_unit_child(charged),
		km_unit_child(fails),
		km_unit_child(first_call_fails),
		km_unit_child(waits_to_be_private),
		km_unit_child(block_waits),
		km_unit_child(in_a_handler),
		km_unit_child(misuse),
		km_unit_modes(threads),
	};

	return km_run_tests(tests);
}
