/* SPDX-License-Identifier: MIT */
/*
 * vmap: pages appear at consecutive addresses and keep their content, are
 * nobody's shared memory once they are freed, and nothing is left behind when
 * a system call fails.
 */
#include "kmtest.h"

#include "mm_boot.h"
#include "page_alloc.h"
#include "params.h"
#include "shmem.h"
#include "spinlock.h"
#include "util.h"
#include "vmalloc.h"
#include "vmstat.h"

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
	struct page *block, *pages[3] = { NULL, NULL, NULL };

	start();
	must(!vmap(pages, 0, VM_MAP, PAGE_KERNEL));
	must(!vmap(pages, 1, VM_MAP, PAGE_KERNEL)); /* no page */
	pages[0] = alloc_page(GFP_KERNEL);
	block = alloc_pages(GFP_KERNEL, 1);
	pages[1] = block;
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL)); /* not single */
	pages[1] = block + 1;
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL));
	split_page(block, 1);
	must(is_private(pages[0]));
	pages[2] = block;
	vunmap(vmap(pages, 3, VM_MAP, PAGE_KERNEL));
	split_page(block, 0);
	pages[1] = virt_to_page(kmalloc(100, GFP_KERNEL));
	must(!vmap(pages, 2, VM_MAP, PAGE_KERNEL)); /* a slab's */
	must(!vmalloc_to_page(NULL) && !vmalloc_to_page(pages));
	must(!vmalloc_to_page(vmalloc(100)));
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

static void store(void *p)
{
	*(volatile char *)p = 1;
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

static void free_mapped_page(void *arg)
{
	__free_page(arg);
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
		struct page *own[8];
		char *p, *q;

		get_pages(own, 8);
		p = vmap(common + from, many, VM_MAP, PAGE_KERNEL);
		q = vmap(own, 8, VM_MAP, PAGE_KERNEL);
		must(p && q && shows(p, many, from) && shows(q, 8, 0));
		vunmap(p);
		vunmap(q);
		put_pages(own, 8);
	}
}

static void threads(void)
{
	start();
	get_pages(common, NR);
	km_threads(4, map_some, NULL);
	must(areas() == 0);
	for (unsigned int i = 0; i < NR; i++)
		must(km_intact(mem(common[i]), PAGE_SIZE, i));
	put_pages(common, NR);
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
		km_unit_modes(private_again),
		km_unit_child(forked),
		km_unit_child(freed_otherwise),
		km_unit_child(fails),
		km_unit_child(first_call_fails),
		km_unit_child(waits_to_be_private),
		km_unit_child(in_a_handler),
		km_unit_child(misuse),
		km_unit_modes(threads),
	};

	return km_run_tests(tests);
}
