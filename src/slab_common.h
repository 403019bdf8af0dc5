/* SPDX-License-Identifier: MIT */
/*
 * slab_common: which caches there are, size to cache, kmalloc and kfree.
 *
 *   size -> index table (an entry for each 16 bytes of size) -> offset of
 *        the class's word in a per-CPU area -> this CPU's sheaf (percpu.h)
 *
 * Two tables: kmalloc's, whose classes are naturally aligned, and malloc's,
 * whose classes of 256 bytes and more are caches of their own, coloured by
 * cache lines: malloc promises 16-byte alignment only, and equal low
 * address bits in all slabs would use a few cache sets.
 *
 * The fast paths are here, inline, because the rooms above consist of
 * them; everything unlikely is one call of a _slowpath function.
 */
#ifndef KM_SLAB_COMMON_H
#define KM_SLAB_COMMON_H

#include "memblock.h"
#include "memcontrol.h"
#include "page_alloc.h"
#include "slab.h"

#define SIZE_SHIFT 4
#define SIZE_INDEXES (KMALLOC_MAX_CACHE_SIZE >> SIZE_SHIFT)

/* Per-CPU ids: 0 none, then the page lists, then these. */
enum slab_id {
	SLAB_ID_BEFORE = PCP_NR_IDS,
#define SHARED(size, before) SLAB_ID_KMALLOC_##size,
#define SPLIT(size, before) SLAB_ID_KMALLOC_##size,
#include "kmalloc_sizes.def"
#undef SPLIT
#define SPLIT(size, before) SLAB_ID_MALLOC_##size,
#undef SHARED
#define SHARED(size, before)
#include "kmalloc_sizes.def"
#undef SHARED
#undef SPLIT
	SLAB_ID_MALLOC_0,
	SLAB_ID_FIRST_NAMED,
};
#define SLAB_ID_FIRST_KMALLOC SLAB_ID_KMALLOC_16
#define SLAB_ID_FIRST_MALLOC SLAB_ID_MALLOC_256

/* Blocks above this are vmalloc's where the caller leaves the choice. */
#define VMAP_THRESHOLD_DEFAULT (512 * SZ_1K)
extern size_t slab_vmap_threshold __hidden; /* racy; mallopt may change it */

/* From here on a block that grows becomes an area. */
#define GROWING_MIN SZ_64K

/* Sizes up to this may take the fast path: 0 until the library is up, then
 * KMALLOC_MAX_CACHE_SIZE.  Read first, with acquire. */
extern size_t slab_fast_limit __hidden;

extern const u16 slab_kmalloc_index[SIZE_INDEXES] __hidden;
extern const u16 slab_malloc_index[SIZE_INDEXES] __hidden;
extern size_t slab_object_size[NR_PERCPU_IDS] __hidden; /* usable; by id */

/* @size: up to KMALLOC_MAX_CACHE_SIZE. */
static inline unsigned int slab_index_id(const u16 *index, size_t size)
{
	return index[(size - !!size) >> SIZE_SHIFT] / PERCPU_OFF(1);
}

/* What may be large: any size, whole blocks zeroed on request. */
void *kmalloc_slowpath(size_t size, gfp_t gfp);
/* A block in a zone that is not ZONE_NORMAL, of up to KMALLOC_MAX_SIZE, not 0,
 * bytes; NULL, without a line, if it has none. */
void *kmalloc_zoned(size_t size, gfp_t gfp, unsigned int zone);
/* An object of @s, from @zone, charged to @memcg; NULL: no memory, or it may
 * have no more.  For the request at hand. */
void *slab_alloc_charged(struct kmem_cache *s, struct mem_cgroup *memcg,
			 unsigned int zone);
/* As malloc wants it: 0 bytes are a block, any size up to PTRDIFF_MAX. */
void *malloc_slowpath(size_t size, bool zero);
void *malloc_aligned(size_t align, size_t size);
/* For a block that was resized before, and may be again. */
void *malloc_growing(size_t size);
/* @p: NULL, ZERO_SIZE_PTR, large, misaligned, at a full sheaf, or wrong. */
void kfree_slowpath(void *p);
size_t ksize_slowpath(const void *p);
/* Some object was taken from a larger class than its own. */
bool slab_is_mixed(void);
/* True, with *to set (NULL: no memory), if the block was resized in place
 * or by moving page tables; false if it must be copied. */
bool krealloc_large(void *p, size_t size, void **to);

/* Pops an object of the class of @size; NULL if the slow path must look,
 * which is so for 0 as well.  Cost: 20 instructions, no atomic. */
static __always_inline void *slab_alloc_fast(const u16 *index, size_t size)
{
	/* pairs with the release in slab_common_up */
	if (unlikely(size - 1 >= READ_FAST_ACQUIRE(slab_fast_limit)))
		return NULL;
	barrier();
	return percpu_pop(index[(size - 1) >> SIZE_SHIFT]);
}

/* Pushes @p; false if the slow path must look.  Misaligned pointers, the
 * object freed last, and whatever is no slab's all look wrong here.
 * Cost: 26 instructions, no atomic; @p's memory is prefetched, not touched. */
static __always_inline bool slab_free_fast(void *p)
{
	u16 off;

	return likely(mem_class_fast(p, &off)) &&
	       likely(percpu_push(off, p) == RSEQ_DONE);
}

/* Usable bytes at @p; 0 if it is no small object. */
static __always_inline size_t slab_ksize_fast(const void *p)
{
	return *(size_t *)((char *)slab_object_size + mem_class_off(p));
}

/* Boot, last of all: opens the fast paths. */
void slab_common_up(void);

/*
 * What kmem_cache.c needs of the list of caches; __ functions need its lock,
 * which no walk of the list lets go.
 */
bool slab_caches_lock(void);
void slab_caches_unlock(void);
/* The first that @is says true of. */
struct kmem_cache *__slab_find_cache(bool (*is)(struct kmem_cache *,
						const void *),
				     const void *arg);
/* A per-CPU id, CACHE_ID_NONE if there is none left, and back. */
u8 __slab_take_id(void);
void __slab_give_id(u8 id);
/* Makes one and puts it on the list; NULL if there is no memory. */
struct kmem_cache *__slab_make_cache(const struct cache_plan *plan);
/* Off the list; its memory and its id may be used again. */
void __slab_remove_cache(struct kmem_cache *s);
void __slab_recycle_cache(struct kmem_cache *s);
/* Objects of @s may be asked for as larger ones, within its slots. */
void __slab_grow_object_size(struct kmem_cache *s, u32 size);

/* Calls @fn for each cache.  Context: takes the slab mutex. */
void slab_for_each_cache(void (*fn)(struct kmem_cache *, void *), void *arg);
/* Gives all unused slabs back. */
void slab_shrink_all(void);
/* Those of caches that nobody used since the last such call, and some calls
 * later unused pages of slabs in use, up to @most pages.  Returns how many
 * caches were used.  Context: takes DRAIN; a barrier for each 64 sheaves. */
unsigned int slab_shrink_idle(enum slab_idle by, size_t most);

/* An unknown pointer: who else may know it (registered by preload/). */
extern bool (*slab_foreign_free)(void *p);

void slab_fork_lock(void);
void slab_fork_unlock(void);
void slab_fork_child(void);

#endif
