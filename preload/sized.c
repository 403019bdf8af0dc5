/* SPDX-License-Identifier: MIT */
/*
 * shim: sizes and alignments that come with a free.
 *
 *   delete (C++)       the class, or the number of pages, that new chooses
 *                      for that size and alignment
 *   free_sized (C23)   a size that realloc, too, would have left as it is
 *
 * They are what the caller believes of a block; where he is wrong, he is told:
 * a class derived from another one, and deleted through a pointer to that,
 * without a virtual destructor, is the usual case.  The block is what it is, and
 * is freed as such: programs that everybody uses do this, and no harm is done
 * yet.
 *
 * Where memory was out, or a lock taken, an object may come from a larger
 * class than its own: then, and for blocks of bootmem, only what is too large
 * is wrong.
 *
 * Locks: none of its own.
 */
#include "sized.h"

#include <errno.h>

#include "bitops.h"
#include "foreign.h"
#include "kfence.h"
#include "printk.h"

#define REPORTS 10 /* lines about it, at most */

static bool is_small(const void *p)
{
	return slab_ksize_fast(p);
}

/* As malloc_aligned would have it, for a size that is small then. */
static unsigned int aligned_id(size_t align, size_t size)
{
	return slab_index_id(slab_kmalloc_index,
			     max(ALIGN(size, align), align));
}

static unsigned int id_of(size_t align, size_t size)
{
	return align <= 16 ? slab_index_id(slab_malloc_index, max(size, 1UL)) :
			     aligned_id(align, size);
}

static bool is_for_slabs(size_t align, size_t size)
{
	return align <= PAGE_SIZE && size <= KMALLOC_MAX_CACHE_SIZE &&
	       (align <= 16 || ALIGN(size, align) <= KMALLOC_MAX_CACHE_SIZE);
}

/* Usable bytes of the block that new makes. */
static size_t bytes_for(size_t align, size_t size)
{
	return is_for_slabs(align, size) ?
		       slab_object_size[id_of(align, size)] :
		       PAGE_ALIGN(max(size, align / 2 + 1));
}

/* Its size is what was asked for, to the byte; here it is the class's, lest a
 * sample is treated otherwise than its neighbours. */
static bool is_fenced(const void *p)
{
	return mem_is_phys(p) && is_kfence_address(p);
}

/* What the size that @p has may be, for delete. */
static bool is_of_size(const void *p, size_t has, size_t align, size_t size)
{
	if (size > has)
		return false;
	if (!mem_is_phys(p) && !mem_is_vmalloc(p))
		return true;
	if (is_small(p) && is_for_slabs(align, size) &&
	    mem_class(p) == id_of(align, size))
		return true;
	if (slab_is_mixed())
		return true;
	if (is_fenced(p))
		return is_for_slabs(align, size) &&
		       bytes_for(align, size) == has;
	/* An area for an alignment has the pages that were asked for. */
	return !is_small(p) && !is_for_slabs(align, size) &&
	       (PAGE_ALIGN(size) == has || bytes_for(align, size) == has);
}

/* Objects for an alignment are of classes that have it; @p may have it by
 * chance. */
static bool is_of_alignment(const void *p, size_t align)
{
	if (!is_power_of_2(align) || (uintptr_t)p & (align - 1))
		return false;
	if (align <= 16 || !is_small(p) || slab_is_mixed())
		return true;
	return align <= PAGE_SIZE && mem_class(p) < SLAB_ID_FIRST_MALLOC &&
	       slab_ksize_fast(p) % align == 0;
}

/* There are programs that do it at every turn. */
static bool may_report(void)
{
	static u32 said; /* atomic */

	return atomic_read(&said) < REPORTS && atomic_fetch_add(&said, 1) < REPORTS;
}

static void __cold report_size(const void *p, size_t has, size_t size)
{
	if (may_report())
		pr_err("sized free of %p: %zu bytes, expected a size of a %zu-byte block",
		       p, size, has);
}

static void __cold report_alignment(const void *p, size_t align)
{
	if (may_report())
		pr_err("aligned free of %p: alignment %zu, expected that of the allocation",
		       p, align);
}

/* Bytes at @p; 0 if free itself is to say what @p is. */
static size_t known_size(void *p)
{
	size_t size = p && mem_is_ours(p) ? shim_usable_size(p) : 0;

	return size && is_fenced(p) ? kfence_usable(p) : size;
}

void sized_delete_slowpath(void *p, size_t align, size_t size)
{
	int saved = errno;
	size_t has;
	bool aligned, sized;

	if (!p)
		return;
	has = known_size(p);
	aligned = !has || !align || is_of_alignment(p, align);
	sized = !has || size == SIZE_UNKNOWN || is_of_size(p, has, align, size);
	if (unlikely(!aligned))
		report_alignment(p, align);
	else if (unlikely(!sized))
		report_size(p, has, size);
	shim_free(p);
	errno = saved;
}

/* Blocks that were resized may be twice as large as they must be, or larger
 * by what makes them grow less often (realloc, malloc_growing). */
static bool may_have(const void *p, size_t has, size_t size)
{
	if (is_fenced(p))
		has = kfence_ksize(p);
	if (size > has / 2 || has <= 64)
		return true;
	return size > KMALLOC_MAX_CACHE_SIZE &&
	       has <= ALIGN(size + size / 4, GROWING_MIN);
}

void sized_free(void *p, size_t align, size_t size)
{
	int saved = errno;
	size_t has = known_size(p), need = max(size, align);

	if (has && align &&
	    (!is_power_of_2(align) || (uintptr_t)p & (align - 1)))
		report_alignment(p, align);
	else if (has &&
		 (size > has || ((mem_is_phys(p) || mem_is_vmalloc(p)) &&
				 !slab_is_mixed() && !may_have(p, has, need))))
		report_size(p, has, size);
	shim_free(p);
	errno = saved;
}
