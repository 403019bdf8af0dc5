/* SPDX-License-Identifier: MIT */
/*
 * vmap: pages at consecutive addresses of an area.
 *
 *   area of vmalloc --owner--> struct vmap_owner { nr, page[] }
 *        shows                                       |
 *   shared memory of the pages (shmem)  <------------+
 *
 * Invariant: an area has an owner while it shows the pages, and each page
 * counts it.  Where private memory cannot be put back in place the area is
 * never used again.
 *
 * Locks: none of its own.  What is below takes VMAP and SHMEM.
 */
#include <sys/mman.h>

#include "arch.h"
#include "memblock.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "params.h"
#include "printk.h"
#include "shmem.h"
#include "util.h"
#include "vmalloc.h"
#include "vmstat.h"

#include <kmalloc/overflow.h>

struct vmap_owner {
	struct page **given; /* the array that is vfree's to free, or NULL */
	unsigned int nr;
	struct page *page[];
};

BUILD_BUG_ON(PAGE_KERNEL != (PROT_READ | PROT_WRITE));
BUILD_BUG_ON(PAGE_KERNEL_RO != PROT_READ);

/* What is to be freed page by page is not in one block. */
static bool may_map_all(struct page **pages, unsigned int nr, bool put)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (shmem_may_map(pages[i], put))
			continue;
		pr_warn("vmap of %u pages: entry %u is not a %spage of alloc_pages",
			nr, i, put ? "single " : "");
		return false;
	}
	return true;
}

/* The area is free again, or lost. */
static void put_area(void *at, unsigned int nr)
{
	if (memblock_renew(at, (size_t)nr << PAGE_SHIFT)) {
		vmstat_add(VMSTAT_vmap_lost, 1);
		return;
	}
	vmap_set_owner(at, NULL);
	vmap_free(at);
}

static void free_given(struct vmap_owner *owner)
{
	for (unsigned int i = 0; i < owner->nr; i++)
		__free_pages(owner->page[i], 0);
	kvfree(owner->given);
}

static bool unmap(void *p, bool put_pages)
{
	struct vmap_owner *owner = vmap_take_owner(p);

	if (!owner)
		return false;
	put_area(p, owner->nr);
	shmem_put(owner->page, owner->nr);
	if (put_pages && owner->given)
		free_given(owner);
	kvfree(owner);
	return true;
}

static bool unmap_and_put(void *p)
{
	return unmap(p, true);
}

static int show_pages(struct page **pages, unsigned int nr, void *at,
		      pgprot_t prot)
{
	size_t len = (size_t)nr << PAGE_SHIFT;
	int err = shmem_map(pages, nr, at);

	if (err || prot == PAGE_KERNEL)
		return err;
	err = arch_mprotect(at, len, (int)prot & (PROT_READ | PROT_WRITE));
	if (err)
		shmem_put(pages, nr);
	return err;
}

static void *do_vmap(struct page **pages, unsigned int nr,
		     struct vmap_owner *owner, pgprot_t prot)
{
	void *at = vmalloc((size_t)nr << PAGE_SHIFT);

	if (!at)
		return NULL;
	if (!show_pages(pages, nr, at, prot)) {
		vmap_set_owner(at, owner);
		return at;
	}
	put_area(at, nr);
	return NULL;
}

__export void *vmap(struct page **pages, unsigned int count,
		    unsigned long flags, pgprot_t prot)
{
	bool put = flags & VM_MAP_PUT_PAGES;
	struct vmap_owner *owner;
	void *at;

	if (!count || arch_page_size != PAGE_SIZE || !mm_boot() || in_nmi() ||
	    !may_map_all(pages, count, put))
		return NULL;
	WRITE_ONCE(vmap_unmap, unmap_and_put);
	owner = kvmalloc(struct_size(owner, page, count), GFP_KERNEL);
	if (!owner)
		return NULL;
	owner->nr = count;
	owner->given = put ? pages : NULL;
	__builtin_memcpy(owner->page, pages, array_size(count, sizeof(*pages)));
	at = do_vmap(pages, count, owner, prot);
	if (!at)
		kvfree(owner);
	return at;
}

__export void vunmap(const void *p)
{
	if (!p || unmap((void *)p, false))
		return;
	pr_err("vunmap of %p: not an area of vmap", p);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

__export void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	(void)node;
	return vmap(pages, count, VM_MAP, PAGE_KERNEL);
}

__export void vm_unmap_ram(const void *p, unsigned int count)
{
	(void)count;
	vunmap(p);
}

__export void vm_unmap_aliases(void)
{
}

__export struct page *vmalloc_to_page(const void *p)
{
	struct vmap_owner *owner;
	size_t offset = 0;

	owner = vmap_owner_of(p, &offset);
	if (!owner || offset >> PAGE_SHIFT >= owner->nr)
		return NULL;
	return owner->page[offset >> PAGE_SHIFT];
}
