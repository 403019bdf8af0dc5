/* SPDX-License-Identifier: MIT */
/*
 * util: krealloc, the array and node forms, kvmalloc, kmalloc_nolock.
 *
 * A block stays where it is while the new size is in its class, or not so
 * much smaller that half of it would be lost.
 *
 * kmalloc_nolock is kmalloc in the place of a signal handler that
 * interrupted a critical section: whatever lock it meets it only tries.
 *
 * Locks: none of its own.
 */
#include "util.h"

#include "bitops.h"
#include "gfp.h"
#include "kmalloc.h"
#include "memblock.h"
#include "mm_boot.h"
#include "moved.h"
#include "printk.h"
#include "spinlock.h"
#include "vmalloc.h"
#include "zone.h"

void *util_realloc_copy(void *p, size_t old, size_t size)
{
	void *to = slab_alloc_fast(slab_malloc_index, size);

	if (!to)
		to = size > old ? malloc_growing(size) :
				  malloc_slowpath(size, false);
	if (!to)
		return NULL;
	__builtin_memcpy(to, p, min(old, size));
	moved_free(p, old);
	return to;
}

/* A new block: of which kind, for resize.  @align: a power of two that
 * divides @size. */
typedef void *maker(size_t size, size_t align, gfp_t gfp, int node);

/* What a power of two divides is aligned to it (slab_common.h), and larger
 * blocks are to the power of two above their size. */
static void *make_k(size_t size, size_t align, gfp_t gfp, int node)
{
	(void)align;
	return likely(node == NUMA_NO_NODE) ? kmalloc(size, gfp) :
					      kmalloc_node(size, gfp, node);
}

static void *make_kv(size_t size, size_t align, gfp_t gfp, int node)
{
	if (size <= slab_vmap_threshold)
		return make_k(size, align, gfp, node);
	return size > PTRDIFF_MAX ? NULL :
				    vmalloc_align(size, align, gfp, node);
}

/* @room: @size, rounded up to a multiple of @align.  Where growth must read
 * as zero, the class's slack must as well. */
static void *resize(const void *p, size_t size, size_t room, size_t align,
		    gfp_t gfp, int node, maker *make)
{
	size_t old = ksize(p);
	void *to;

	if (size <= old && room > old / 2 &&
	    IS_ALIGNED((uintptr_t)p, (uintptr_t)align)) {
		if (gfp & __GFP_ZERO)
			__builtin_memset((char *)p + size, 0, old - size);
		return (void *)p;
	}
	to = make(room, align, gfp, node);
	if (!to)
		return NULL;
	__builtin_memcpy(to, p, min(old, size));
	kfree(p);
	return to;
}

/* False if there is no such alignment, or no such size. */
static bool round_to(size_t size, unsigned long *align, size_t *room)
{
	*align += !*align;
	if (!is_power_of_2(*align) ||
	    check_add_overflow(size, *align - 1, room))
		return false;
	*room &= ~(*align - 1);
	return true;
}

__export void *krealloc_node_align(const void *p, size_t size,
				   unsigned long align, gfp_t gfp, int node)
{
	size_t room;

	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (!round_to(size, &align, &room))
		return NULL;
	if (ZERO_OR_NULL_PTR(p))
		return make_k(room, align, gfp, node);
	return resize(p, size, room, align, gfp, node, make_k);
}

__export void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	return krealloc_node_align(p, size, 1, gfp, NUMA_NO_NODE);
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

/* The stores must not be dropped as dead. */
static void clear(const void *p, size_t len)
{
	__builtin_memset((void *)p, 0, len);
	__asm__ volatile("" : : "r"(p) : "memory");
}

__export void kfree_sensitive(const void *p)
{
	size_t size = ksize(p);

	if (size)
		clear(p, size);
	kfree(p);
}

__export void kfree_bulk(size_t n, void **p)
{
	kmem_cache_free_bulk(NULL, n, p);
}

__export void *kmalloc_track_caller(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp);
}

/* ---- nodes ---- */

__export void *kmalloc_node(size_t size, gfp_t gfp, int node)
{
	unsigned int zone;
	void *p = NULL;

	if (!size)
		return ZERO_SIZE_PTR;
	if (!mm_boot())
		return NULL;
	zone = zone_of(gfp, node);
	if (likely(zone == ZONE_NORMAL))
		return kmalloc(size, gfp & ~__GFP_THISNODE);
	if (size <= KMALLOC_MAX_SIZE)
		p = kmalloc_zoned(size, gfp, zone);
	if (p)
		return p;
	return zone_is_hint(zone) ? kmalloc(size, gfp) : gfp_failed(gfp, size);
}

__export int numa_node_id(void)
{
	return mm_boot() ? (int)zone_this_node() : 0;
}

__export int num_online_nodes(void)
{
	return mm_boot() ? (int)hweight64(zone_nodes()) : 1;
}

__export void *kzalloc_node(size_t size, gfp_t gfp, int node)
{
	return kmalloc_node(size, gfp | __GFP_ZERO, node);
}

__export void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_node(bytes, gfp, node);
}

__export void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return kmalloc_array_node(n, size, gfp | __GFP_ZERO, node);
}

__export void *kmalloc_node_track_caller(size_t size, gfp_t gfp, int node)
{
	return kmalloc_node(size, gfp, node);
}

__export void *kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	return make_kv(size, 1, gfp, node);
}

__export void *kvzalloc_node(size_t size, gfp_t gfp, int node)
{
	return kvmalloc_node(size, gfp | __GFP_ZERO, node);
}

__export void *kvmalloc_node_align(size_t size, unsigned long align, gfp_t gfp,
				   int node)
{
	size_t room;

	return round_to(size, &align, &room) ? make_kv(room, align, gfp, node) :
					       NULL;
}

__export void *kvmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kvmalloc_node(bytes, gfp, node);
}

__export void *kvcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return kvmalloc_array_node(n, size, gfp | __GFP_ZERO, node);
}

/* ---- without waiting ---- */

static void __cold warn_nolock_flags(gfp_t gfp)
{
	static bool reported; /* atomic */

	if (!xchg(&reported, true))
		pr_warn("kmalloc_nolock: flags 0x%x: expected __GFP_ZERO or __GFP_ACCOUNT (reported once)",
			gfp);
}

/* The first use of all starts the library; who finds another thread at
 * that does not wait for it. */
__export void *kmalloc_nolock(size_t size, gfp_t gfp, int node)
{
	void *p;

	(void)node;
	if (unlikely(gfp & ~(__GFP_ZERO | __GFP_ACCOUNT)))
		warn_nolock_flags(gfp);
	if (size > KMALLOC_MAX_CACHE_SIZE ||
	    smp_load_acquire(&mm_state) == MM_PARTIAL || !mm_boot())
		return NULL;
	nmi_enter();
	p = kmalloc(size, (gfp & (__GFP_ZERO | __GFP_ACCOUNT)) | GFP_NOLOCK);
	nmi_exit();
	return p;
}

__export void kfree_nolock(const void *p)
{
	nmi_enter();
	kfree(p);
	nmi_exit();
}

/* ---- kmalloc or vmalloc ---- */

__export void *kvmalloc(size_t size, gfp_t gfp)
{
	return make_kv(size, 1, gfp, NUMA_NO_NODE);
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

__export void *kvrealloc_node_align(const void *p, size_t size,
				    unsigned long align, gfp_t gfp, int node)
{
	size_t room;

	if (!size) {
		kvfree(p);
		return ZERO_SIZE_PTR;
	}
	if (!round_to(size, &align, &room))
		return NULL;
	if (ZERO_OR_NULL_PTR(p))
		return make_kv(room, align, gfp, node);
	if (is_vmalloc_addr(p) && room > slab_vmap_threshold / 2)
		return vrealloc_node_align(p, size, align, gfp, node);
	return resize(p, size, room, align, gfp, node, make_kv);
}

__export void *kvrealloc(const void *p, size_t size, gfp_t gfp)
{
	return kvrealloc_node_align(p, size, 1, gfp, NUMA_NO_NODE);
}

__export void kvfree(const void *p)
{
	kfree(p);
}

__export void kvfree_sensitive(const void *p, size_t len)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	clear(p, len);
	kvfree(p);
}

__export const char *kmalloc_version(void)
{
	return PACKAGE_VERSION;
}
