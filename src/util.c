/* SPDX-License-Identifier: MIT */
/*
 * util: krealloc, the array forms, kvmalloc.
 *
 * A block stays where it is while the new size is in its class, or not so
 * much smaller that half of it would be lost.  Locks: none of its own.
 */
#include "util.h"

#include "kmalloc.h"
#include "memblock.h"

void *util_realloc_copy(void *p, size_t old, size_t size)
{
	void *to = slab_alloc_fast(slab_malloc_index, size);

	if (!to)
		to = size > old ? malloc_growing(size) :
				  malloc_slowpath(size, false);
	if (!to)
		return NULL;
	__builtin_memcpy(to, p, min(old, size));
	kfree(p);
	return to;
}

/* Where growth must read as zero, the class's slack must as well. */
static void *resize(const void *p, size_t size, gfp_t gfp,
		    void *(*alloc)(size_t, gfp_t))
{
	size_t old = ksize(p);
	void *to;

	if (size <= old && size > old / 2) {
		if (gfp & __GFP_ZERO)
			__builtin_memset((char *)p + size, 0, old - size);
		return (void *)p;
	}
	to = alloc(size, gfp);
	if (!to)
		return NULL;
	__builtin_memcpy(to, p, min(old, size));
	kfree(p);
	return to;
}

__export void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	return ZERO_OR_NULL_PTR(p) ? kmalloc(size, gfp) :
				     resize(p, size, gfp, kmalloc);
}

__export void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(p, bytes, gfp);
}

__export void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

__export void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

__export void kfree_sensitive(const void *p)
{
	size_t size = ksize(p);

	if (size)
		__builtin_memset((void *)p, 0, size);
	/* The store must not be dropped as dead. */
	__asm__ volatile("" : : "r"(p) : "memory");
	kfree(p);
}

__export void *kvmalloc(size_t size, gfp_t gfp)
{
	if (size <= slab_vmap_threshold)
		return kmalloc(size, gfp);
	return size > PTRDIFF_MAX ? NULL : __vmalloc(size, gfp);
}

__export void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

__export void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kvmalloc(bytes, gfp);
}

__export void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

__export void *kvrealloc(const void *p, size_t size, gfp_t gfp)
{
	void *to;

	if (ZERO_OR_NULL_PTR(p))
		return kvmalloc(size, gfp);
	if (!size) {
		kvfree(p);
		return ZERO_SIZE_PTR;
	}
	if (is_vmalloc_addr(p) && size > slab_vmap_threshold / 2)
		return vrealloc(p, size, gfp);
	to = resize(p, size, gfp, kvmalloc);
	return to;
}

__export void kvfree(const void *p)
{
	kfree(p);
}

__export const char *kmalloc_version(void)
{
	return PACKAGE_VERSION;
}
