/* SPDX-License-Identifier: MIT */
/*
 * shmem: pages in shared memory.
 *
 *   private page ---- shmem_map ----> PG_SHARED, refs ---- shmem_take_back
 *        ^                                                      |
 *        +---------------- memblock_renew <---------------------+
 *
 * Our memory is private and anonymous, which the system shows at one address
 * only.  For a page to appear at a second one, fresh shared memory is mapped
 * there, the content copied to it, and the same mapped once more in place of
 * the page.  There is no file and no descriptor, which programs close.
 *
 *	area      [ s0 s1 s2 | s9 ]	one mapping for all pages that are new
 *	pages     [ s0 s1 s2 ]  [ s9 ]	one call for each run of neighbours
 *
 * A page stays shared until it is freed: to show it again takes one call and
 * copies nothing.  Then it is replaced by private memory before anybody else
 * gets it, since what is shared survives MADV_DONTNEED and is shared with the
 * children of fork as well.
 *
 * Of a block of several pages each is shared or private by itself.  Only the
 * first descriptor of a block is kept in order; those of the others are when
 * the first of its pages becomes shared, which makes the block PG_SHARED:
 *
 *	descriptors   [ PG_SHARED, order 2 |        |        |        ]
 *	flags, refs   [ 0, 0               | S, 1   | S, 3   | 0, 0   ]
 *
 * So other blocks pay nothing; the block of a page is looked for, order by
 * order, where blocks of that order begin.
 *
 * Invariants: a page with PAGE_SHARED of a PG_SHARED block is mapped
 * MAP_SHARED, every other one is private; refs is how many areas show it; no
 * page on a free list is shared.
 *
 * Locks: SHMEM, for pages that change over; held across system calls, and so
 * is fork.  Blocks that could not be made private wait on a stack, through
 * lru.next, until the next one is freed.
 */
#include "shmem.h"

#include <errno.h>

#include "arch.h"
#include "gfp.h"
#include "kernel.h"
#include "memblock.h"
#include "printk.h"
#include "vmstat.h"

static struct {
	struct spinlock lock;
	struct page *put_off; /* atomic */
} shmem = { .lock = SPIN_LOCK_INIT(SHMEM) };

/* The first page of the block of alloc_pages that @page is in, or NULL.  What
 * is no block of that order ends the search: blocks do not overlap. */
static struct page *head_of(struct page *page)
{
	size_t pfn = (size_t)(page - mem_map);

	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *head = page - (pfn & ((1UL << order) - 1));
		const void *p = mem_page_address(head);
		u8 type;

		if (!mem_is_phys(p) || mem_class(p))
			return NULL;
		type = page_type(head);
		if (type == PG_NONE)
			continue;
		if (type != PG_PAGES && type != PG_SHARED)
			return NULL;
		/* What is locked, or bound to a node, would be so no more. */
		if (head->order < order || READ_ONCE(head->flags) & PAGE_ZONED)
			return NULL;
		return head;
	}
	return NULL;
}

bool shmem_may_map(struct page *page, bool single)
{
	struct page *head = page ? head_of(page) : NULL;

	return head && !(single && head->order);
}

static bool is_shared(struct page *page)
{
	struct page *head = head_of(page);

	return head && page_type(head) == PG_SHARED &&
	       page->flags & PAGE_SHARED;
}

static void set_shared(struct page *page)
{
	struct page *head = head_of(page);

	if (!head)
		return;
	if (page_type(head) == PG_PAGES) {
		for (size_t i = 0; i < 1UL << head->order; i++) {
			if (i)
				head[i].flags = 0;
			atomic_set(&head[i].refs, 0);
		}
		page_set_type(head, PG_SHARED);
	}
	WRITE_ONCE(page->flags, page->flags | PAGE_SHARED);
}

/* How many of the first pages are neighbours that are private. */
static size_t private_run(struct page **pages, size_t nr)
{
	size_t n = 0;

	while (n < nr && pages[n] == pages[0] + n && !is_shared(pages[n]))
		n++;
	return n;
}

/* Neighbours take the content of what is mapped at @at, which is theirs. */
static int share_run(struct page *page, size_t nr, char *at)
{
	char *mem = mem_page_address(page);
	int err;

	__builtin_memcpy(at, mem, nr << PAGE_SHIFT);
	err = arch_map_again(at, nr << PAGE_SHIFT, mem);
	if (err)
		return err;
	for (size_t i = 0; i < nr; i++)
		set_shared(page + i);
	vmstat_add(VMSTAT_pgshared, nr);
	return 0;
}

static int __map(struct page **pages, size_t nr, char *at)
{
	int err = arch_mmap_shared(at, nr << PAGE_SHIFT);
	size_t i = 0, run;

	lockdep_assert_held(&shmem.lock);
	while (!err && i < nr) {
		char *to = at + (i << PAGE_SHIFT);

		run = private_run(pages + i, nr - i);
		if (run)
			err = share_run(pages[i], run, to);
		else
			err = arch_map_again(mem_page_address(pages[i]),
					     PAGE_SIZE, to);
		i += run ? run : 1;
	}
	return err;
}

int shmem_map(struct page **pages, size_t nr, void *at)
{
	int err;

	if (!spin_lock(&shmem.lock))
		return -EDEADLK;
	err = __map(pages, nr, at);
	for (size_t i = 0; !err && i < nr; i++)
		atomic_add(&pages[i]->refs, 1);
	spin_unlock(&shmem.lock);
	return err;
}

void shmem_put(struct page **pages, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		atomic_add(&pages[i]->refs, -1U);
}

static void put_off(struct page *page)
{
	struct page *first = atomic_read(&shmem.put_off);

	do
		page->lru.next = (struct list_head *)first;
	/* pairs with the acquire in shmem_take_back */
	while (!try_cmpxchg_release(&shmem.put_off, &first, page));
}

static void check_unmapped(struct page *page)
{
	for (size_t i = 0; i < 1UL << page->order; i++) {
		u32 refs = atomic_read(&page[i].refs);

		if (refs)
			panic("__free_pages of %p, order %u: mapped by vmap (%u times)",
			      mem_page_address(page), page->order, refs);
	}
}

/* How many of the first pages are shared, within a section. */
static size_t shared_run(const struct page *page, size_t nr)
{
	uintptr_t mem = (uintptr_t)mem_page_address(page);
	size_t n = 0;

	nr = min(nr, (SECTION_SIZE - mem % SECTION_SIZE) >> PAGE_SHIFT);
	while (n < nr && page[n].flags & PAGE_SHARED)
		n++;
	return n;
}

/* 0, or -errno: then some pages of the block are shared still. */
static int make_private(struct page *head)
{
	size_t nr = 1UL << head->order, run;

	for (size_t i = 0; i < nr; i += run ? run : 1) {
		struct page *page = head + i;
		int err;

		run = shared_run(page, nr - i);
		if (!run)
			continue;
		err = memblock_renew(mem_page_address(page), run << PAGE_SHIFT);
		if (err)
			return err;
		for (size_t k = 0; k < run; k++)
			page[k].flags &= (u8)~PAGE_SHARED;
	}
	return 0;
}

struct page *shmem_take_back(struct page *page)
{
	struct page *next, *done = NULL;

	check_unmapped(page);
	page_set_type(page, PG_NONE);
	put_off(page);
	if (!gfp_may(CALL))
		return NULL;
	for (page = xchg(&shmem.put_off, NULL); page; page = next) {
		next = (struct page *)page->lru.next;
		if (make_private(page)) {
			put_off(page);
			continue;
		}
		page->lru.next = (struct list_head *)done;
		done = page;
	}
	return done;
}

void shmem_fork_lock(void)
{
	spin_fork_lock(&shmem.lock);
}

void shmem_fork_unlock(void)
{
	spin_fork_unlock(&shmem.lock);
}

void shmem_fork_child(void)
{
	spin_lock_reinit(&shmem.lock);
}
