/* SPDX-License-Identifier: MIT */
/*
 * kmalloc and kmem_cache.
 *
 * Alignment: at least 16 (objects of kmem_cache_create: at least 8); sizes
 * that are a power of two are aligned to their size, others to the largest
 * power of two that divides their size class.  Zero bytes: ZERO_SIZE_PTR, which kfree accepts and any access
 * faults on.  Failure: NULL; errno is never set.
 *
 * Context, unless said otherwise: any thread; signal handlers too, even if
 * they interrupt the same call (then an allocation may fail for want of a
 * free lock).  May make system calls, whatever the flags.  After fork both
 * processes continue to allocate.
 */
#ifndef KMALLOC_SLAB_H
#define KMALLOC_SLAB_H

#include <stddef.h>

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define __km_alloc_size(...) __attribute__((__alloc_size__(__VA_ARGS__)))
#define __km_malloc __attribute__((__malloc__))
#define __km_must_check __attribute__((__warn_unused_result__))
#else
#define __km_alloc_size(...)
#define __km_malloc
#define __km_must_check
#endif

#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((size_t)(p) <= (size_t)ZERO_SIZE_PTR)

#define KMALLOC_MAX_CACHE_SIZE 32768UL /* larger blocks are whole pages */
#define KMALLOC_MAX_SIZE 4194304UL	/* kmalloc refuses more */

/**
 * kmalloc() - allocate memory
 * @size: bytes, up to KMALLOC_MAX_SIZE
 * @gfp:  see <kmalloc/gfp.h>
 *
 * Return: memory, ZERO_SIZE_PTR for 0 bytes, NULL on failure.
 */
void *kmalloc(size_t size, gfp_t gfp) __km_malloc __km_alloc_size(1);
/** kzalloc() - kmalloc of memory that reads as zero */
void *kzalloc(size_t size, gfp_t gfp) __km_malloc __km_alloc_size(1);
/**
 * kmalloc_array() - kmalloc of @n times @size bytes
 *
 * Return: as kmalloc; NULL also if the product overflows.
 */
void *kmalloc_array(size_t n, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(1, 2);
/** kcalloc() - kmalloc_array of memory that reads as zero */
void *kcalloc(size_t n, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(1, 2);

/**
 * krealloc() - resize
 * @p:    memory from kmalloc, NULL or ZERO_SIZE_PTR
 * @size: bytes; 0 frees @p and returns ZERO_SIZE_PTR
 * @gfp:  __GFP_ZERO clears the growth if all earlier calls had it too
 *
 * Return: memory with the old content up to the smaller size; NULL, with
 *         @p untouched, on failure.
 */
void *krealloc(const void *p, size_t size, gfp_t gfp) __km_must_check
	__km_alloc_size(2);
/** krealloc_array() - krealloc to @n times @size bytes; overflow is NULL */
void *krealloc_array(void *p, size_t n, size_t size,
		     gfp_t gfp) __km_must_check __km_alloc_size(2, 3);

/**
 * kfree() - free memory of any function of this library, or of malloc
 * @p: the memory, NULL or ZERO_SIZE_PTR
 *
 * A pointer that is ours but no live block is reported on one line, and
 * the process aborts (or goes on, with KMALLOC=on_error=warn): large
 * blocks, misaligned pointers and the object freed last at once; other
 * small objects no later than when their sheaf is emptied.
 */
void kfree(const void *p);
/** kfree_sensitive() - clear the whole block, then free it */
void kfree_sensitive(const void *p);
/**
 * ksize() - usable bytes of a block
 * @p: memory of kmalloc, NULL or ZERO_SIZE_PTR
 *
 * Context: any; no lock.
 * Return: bytes; 0 for NULL and ZERO_SIZE_PTR.
 */
size_t ksize(const void *p);
/** kmalloc_size_roundup() - the ksize that a kmalloc of @size would have */
size_t kmalloc_size_roundup(size_t size);

/**
 * kvmalloc() - kmalloc if that is cheap, else vmalloc
 * @size: bytes; above 512 KiB it is vmalloc's, up to 4 TiB
 * @gfp:  see <kmalloc/gfp.h>
 *
 * Return: memory for kvfree; ZERO_SIZE_PTR for 0 bytes; NULL on failure.
 */
void *kvmalloc(size_t size, gfp_t gfp) __km_malloc __km_alloc_size(1);
/** kvzalloc() - kvmalloc of memory that reads as zero */
void *kvzalloc(size_t size, gfp_t gfp) __km_malloc __km_alloc_size(1);
/** kvmalloc_array() - kvmalloc of @n times @size bytes; overflow is NULL */
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(1, 2);
/** kvcalloc() - kvmalloc_array of memory that reads as zero */
void *kvcalloc(size_t n, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(1, 2);
/** kvrealloc() - krealloc across kmalloc and vmalloc memory */
void *kvrealloc(const void *p, size_t size, gfp_t gfp) __km_must_check
	__km_alloc_size(2);
/** kvfree() - free memory of kvmalloc, kmalloc or vmalloc */
void kvfree(const void *p);

/* ---- caches of equal objects ---- */

typedef unsigned int slab_flags_t;

#define SLAB_HWCACHE_ALIGN 0x2000u /* align objects to cache lines */
#define SLAB_PANIC 0x40000u	    /* abort if the cache cannot be made */
#define SLAB_NO_MERGE 0x1000000u   /* never share slabs with another cache */
#define SLAB_ACCOUNT 0x4000000u
#define SLAB_RECLAIM_ACCOUNT 0x20000u

struct kmem_cache;

/**
 * kmem_cache_create() - make a cache of equal objects
 * @name:  a name for reports, without spaces; copied
 * @size:  bytes of an object, 8 to KMALLOC_MAX_SIZE
 * @align: a power of two up to 4096; 0 means 8
 * @flags: SLAB_ flags
 * @ctor:  called once for each object when its slab is made, or NULL;
 *         objects must be freed in constructed state
 *
 * Return: the cache; NULL if there is no memory or, with a line that names
 *         it, if an argument is wrong (abort with SLAB_PANIC).
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *));
/** kmem_cache_alloc() - an object of the cache, or NULL */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp) __km_malloc;
/** kmem_cache_zalloc() - an object that reads as zero; not with a ctor */
void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp) __km_malloc;
/**
 * kmem_cache_free() - free an object
 * @s: its cache; another one is reported, and the process aborts, or the
 *     object leaks with KMALLOC=on_error=warn
 * @p: the object, or NULL
 */
void kmem_cache_free(struct kmem_cache *s, void *p);
/**
 * kmem_cache_alloc_bulk() - all or nothing
 * @s:   the cache
 * @gfp: see <kmalloc/gfp.h>
 * @nr:  how many
 * @p:   where to store them
 *
 * Return: @nr, or 0.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr, void **p);
/** kmem_cache_free_bulk() - free @nr objects; @s may be NULL: mixed caches */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p);
/**
 * kmem_cache_shrink() - give unused slabs back
 *
 * Return: 0 if none remains, 1 otherwise.
 */
int kmem_cache_shrink(struct kmem_cache *s);
/**
 * kmem_cache_destroy() - the end of a cache
 * @s: the cache, or NULL; if objects are left, this is reported and the
 *     cache stays, so that they can still be freed
 */
void kmem_cache_destroy(struct kmem_cache *s);
/** kmem_cache_size() - the size that the cache was made with */
unsigned int kmem_cache_size(struct kmem_cache *s);

#ifdef __cplusplus
}
#endif

#endif
