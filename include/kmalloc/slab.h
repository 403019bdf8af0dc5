/* SPDX-License-Identifier: MIT */
/*
 * kmalloc and kmem_cache.
 *
 * Alignment: at least 16 (objects of kmem_cache_create: at least 8); sizes
 * that are a power of two are aligned to their size, others to the largest
 * power of two that divides their size class.  Zero bytes: ZERO_SIZE_PTR,
 * which kfree accepts and any access faults on.  Failure: NULL; errno is never
 * set.
 *
 * Context, unless said otherwise: any thread; signal handlers too, even if
 * they interrupt the same call (then an allocation may fail for want of a
 * free lock).  May make system calls, whatever the flags.  After fork both
 * processes continue to allocate.
 */
#ifndef KMALLOC_SLAB_H
#define KMALLOC_SLAB_H

#include <stdbool.h>
#include <stddef.h>

#include <kmalloc/attr.h>
#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
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
/**
 * kmalloc_fixed() - what a kmalloc becomes whose size the compiler knows
 * @unit: (@size - 1) / 16
 * @gfp:  without __GFP_ZERO, __GFP_ACCOUNT and flags about the place
 * @size: 1 to KMALLOC_MAX_CACHE_SIZE
 *
 * Return: as kmalloc.
 */
void *kmalloc_fixed(size_t unit, gfp_t gfp, size_t size) __km_malloc
	__km_alloc_size(3);

/** __kmalloc() - kmalloc, as a function only */
void *__kmalloc(size_t size, gfp_t gfp) __km_malloc __km_alloc_size(1);

#if defined(__GNUC__) && !defined(KMALLOC_NO_INLINE)
extern __inline __attribute__((__always_inline__, __gnu_inline__)) void *
kmalloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && __builtin_constant_p(gfp) && size &&
	    size <= KMALLOC_MAX_CACHE_SIZE &&
	    !(gfp & (__GFP_ZERO | __GFP_ACCOUNT | __KM_GFP_PLACE)))
		return kmalloc_fixed((size - 1) / 16, gfp, size);
	return __kmalloc(size, gfp);
}
#endif

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
/** kfree_bulk() - kfree of the @n blocks of @p, of whatever caches */
void kfree_bulk(size_t n, void **p);
/**
 * kmalloc_track_caller() - kmalloc on behalf of the caller's caller
 * @size: see kmalloc
 * @gfp:  see <kmalloc/gfp.h>
 *
 * For helpers that allocate for others.  Today it is kmalloc.
 *
 * Return: as kmalloc.
 */
void *kmalloc_track_caller(size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(1);
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
/** kvfree_sensitive() - clear the first @len bytes, then kvfree */
void kvfree_sensitive(const void *p, size_t len);

/* ---- caches of equal objects ---- */

typedef unsigned int slab_flags_t;

/* Where objects lie, and what is theirs. */
#define SLAB_HWCACHE_ALIGN 0x2000u    /* align objects to cache lines */
#define SLAB_PANIC 0x40000u	      /* abort if the cache cannot be made */
#define SLAB_TYPESAFE_BY_RCU 0x80000u /* memory stays this type for readers */
#define SLAB_NO_MERGE 0x1000000u      /* never share slabs with another cache */
#define SLAB_CACHE_DMA 0x4000u	      /* as the next one */
#define SLAB_CACHE_DMA32 0x8000u      /* objects below 4 GiB */
#define KMALLOC_SLAB_PINNED 0x200u    /* objects are locked in memory */
/* Caches share slabs only if these, and those about the place, are the same;
 * no more follows from them. */
#define SLAB_RECLAIM_ACCOUNT 0x20000u
#define SLAB_TEMPORARY SLAB_RECLAIM_ACCOUNT
#define SLAB_ACCOUNT 0x4000000u
/* These keep a cache from sharing slabs; no more follows from them. */
#define SLAB_CONSISTENCY_CHECKS 0x100u
#define SLAB_RED_ZONE 0x400u
#define SLAB_POISON 0x800u
#define SLAB_STORE_USER 0x10000u
#define SLAB_TRACE 0x200000u
#define SLAB_NOLEAKTRACE 0x800000u
#define SLAB_FAILSLAB 0x2000000u
/* Accepted without effect. */
#define SLAB_NO_USER_FLAGS 0x10000000u
#define SLAB_SKIP_KFENCE 0x20000000u

struct kmem_cache;

/**
 * struct kmem_cache_args - what most caches do without; 0 is the default
 * @align:              a power of two up to 4096; 0 means 8
 * @useroffset:         start of the region that may be copied to and from
 *                      what is not trusted
 * @usersize:           its size; such a cache shares slabs with no other
 * @freeptr_offset:     with SLAB_TYPESAFE_BY_RCU: a word of the object that
 *                      readers do not look at; checked, and not needed
 * @use_freeptr_offset: whether @freeptr_offset is given
 * @ctor:               called once for each object when its slab is made;
 *                      objects must be freed in constructed state
 * @sheaf_capacity:     how many free objects one sheaf of a CPU holds, up to
 *                      126; 0 leaves it to the library; such a cache shares
 *                      slabs with no other
 */
struct kmem_cache_args {
	unsigned int align;
	unsigned int useroffset;
	unsigned int usersize;
	unsigned int freeptr_offset;
	bool use_freeptr_offset;
	void (*ctor)(void *);
	unsigned int sheaf_capacity;
};

/**
 * __kmem_cache_create_args() - make a cache of equal objects
 * @name:  a name for reports, without spaces; copied
 * @size:  bytes of an object, 8 to KMALLOC_MAX_SIZE
 * @args:  the rest, or NULL for defaults
 * @flags: SLAB_ flags
 *
 * A cache whose objects would be as good as an earlier one's is that one,
 * under its name, until both are destroyed: see kmem_cache_create(3).
 *
 * Context: may make system calls; not in signal handlers.
 * Return: the cache; NULL if there is no memory or, with a line that names
 *         it, if an argument is wrong (abort with SLAB_PANIC).
 */
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args,
					    slab_flags_t flags);

/**
 * kmem_cache_create() - make a cache of equal objects, in either form
 *
 *	kmem_cache_create(name, size, args, flags)
 *	kmem_cache_create(name, size, align, flags, ctor)
 *
 * @args is a pointer to struct kmem_cache_args, or NULL.  As a function, and
 * before C11, it has the five arguments.
 *
 * Context, Return: as __kmem_cache_create_args.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *));

#ifdef __cplusplus
extern "C++" {
static inline struct kmem_cache *kmem_cache_create(const char *name,
						   unsigned int size,
						   struct kmem_cache_args *args,
						   slab_flags_t flags)
{
	return __kmem_cache_create_args(name, size, args, flags);
}
}
#else
static inline struct kmem_cache *__kmem_cache_create_default(const char *name,
							     unsigned int size,
							     const void *args,
							     slab_flags_t flags)
{
	(void)args;
	return __kmem_cache_create_args(name, size, NULL, flags);
}

static inline struct kmem_cache *
__kmem_cache_create_legacy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   void (*ctor)(void *))
{
	return kmem_cache_create(name, size, align, flags, ctor);
}

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define kmem_cache_create(name, size, args, ...) \
	_Generic((args),                                                \
		struct kmem_cache_args *: __kmem_cache_create_args,     \
		void *: __kmem_cache_create_default,                    \
		default: __kmem_cache_create_legacy)(name, size, args,  \
						     __VA_ARGS__)
#endif
#endif

/**
 * kmem_cache_create_usercopy() - make a cache with a user region
 * @name:       see __kmem_cache_create_args
 * @size:       see __kmem_cache_create_args
 * @align:      see struct kmem_cache_args
 * @flags:      see __kmem_cache_create_args
 * @useroffset: see struct kmem_cache_args
 * @usersize:   see struct kmem_cache_args; a region that is not in the
 *              object is reported and left out
 * @ctor:       see struct kmem_cache_args
 *
 * Context, Return: as __kmem_cache_create_args.
 */
struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *));

#if defined(__GNUC__)
/** KMEM_CACHE() - a cache of struct @type, named after it, aligned like it */
#define KMEM_CACHE(type, flags)                                            \
	(kmem_cache_create)(#type, (unsigned int)sizeof(struct type),      \
			    (unsigned int)__alignof__(struct type), flags, \
			    NULL)
/** KMEM_CACHE_USERCOPY() - the same, with @field as its user region */
#define KMEM_CACHE_USERCOPY(type, flags, field)                \
	kmem_cache_create_usercopy(                            \
		#type, (unsigned int)sizeof(struct type),      \
		(unsigned int)__alignof__(struct type), flags, \
		(unsigned int)offsetof(struct type, field),    \
		(unsigned int)sizeof(((struct type *)0)->field), NULL)
#endif

/** kmem_cache_alloc() - an object of the cache, or NULL */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp) __km_malloc;
/**
 * kmem_cache_zalloc() - an object that reads as zero
 *
 * With a ctor, whose work is lost, this is reported once.
 */
void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp) __km_malloc;
/** kmem_cache_alloc_node() - kmem_cache_alloc, preferably from a node, or,
 * with __GFP_THISNODE, from no other one */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp,
			    int node) __km_malloc;
struct list_lru;
/** kmem_cache_alloc_lru() - kmem_cache_alloc; @lru is not looked at */
void *kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru,
			   gfp_t gfp) __km_malloc;
/** kmem_cache_charge() - true, and nothing is charged: an object is charged
 * to a group when it is allocated, or never */
bool kmem_cache_charge(void *obj, gfp_t gfp);
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
/**
 * kmem_cache_free_bulk() - free many objects
 * @s:  their cache, or NULL: whatever kfree takes, of any caches
 * @nr: how many
 * @p:  where they are stored; those of one cache one after another are freed
 *      at once
 */
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
 *     cache stays, so that they can still be freed; one that others share
 *     goes with the last of them
 *
 * Context: may make system calls; not in signal handlers.
 */
void kmem_cache_destroy(struct kmem_cache *s);
/**
 * kmem_cache_size() - the size of an object
 *
 * Return: what the cache was made with; of a cache that is shared, the
 *         largest that it was asked for.
 */
unsigned int kmem_cache_size(struct kmem_cache *s);
/**
 * kmem_dump_obj() - print what is known of an address, in one line
 * @p: any address
 *
 * Return: false, with nothing printed, if it is in no slab.
 */
bool kmem_dump_obj(void *p);

/* ---- objects fetched beforehand ---- */

struct slab_sheaf;

/**
 * kmem_cache_prefill_sheaf() - fetch objects that are certain to be there
 * @s:    the cache
 * @gfp:  see <kmalloc/gfp.h>; for the fetching
 * @size: how many, 1 or more; any number, whatever a CPU's sheaf holds
 *
 * Return: a sheaf that holds @size objects, for one thread at a time; NULL
 *         if there is no memory or @size is 0.
 */
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned int size) __km_must_check;
/**
 * kmem_cache_refill_sheaf() - fetch what is missing
 * @s:     the cache that the sheaf was made for
 * @gfp:   see kmem_cache_prefill_sheaf
 * @sheaf: where the sheaf is stored; another one may take its place
 * @size:  how many objects it is to hold at least
 *
 * Return: 0; -ENOMEM, or -EINVAL if there is no sheaf of @s, with what there
 *         is untouched.
 */
int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp,
			    struct slab_sheaf **sheaf,
			    unsigned int size) __km_must_check;
/**
 * kmem_cache_alloc_from_sheaf() - take one of the objects
 * @s:     the cache that the sheaf was made for
 * @gfp:   __GFP_ZERO clears the object; nothing else is looked at
 * @sheaf: the sheaf
 *
 * Context: any; no lock, no system call.  Cannot fail while
 *          kmem_cache_sheaf_size is above 0.
 * Return: an object as of kmem_cache_alloc; NULL if the sheaf is empty.
 */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf) __km_malloc;
/**
 * kmem_cache_return_sheaf() - the end of a sheaf
 * @s:     the cache that the sheaf was made for
 * @gfp:   see <kmalloc/gfp.h>
 * @sheaf: the sheaf; the objects left in it are freed
 */
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf);
/** kmem_cache_sheaf_size() - the objects left in a sheaf */
unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf);

/* ---- size classes of one's own ---- */

typedef struct kmem_buckets kmem_buckets;

/**
 * kmem_buckets_create() - kmalloc caches that nobody else's blocks are in
 * @name:       the caches are called NAME-16 and so on; copied
 * @flags:      SLAB_ flags of the caches
 * @useroffset: accepted, see struct kmem_cache_args
 * @usersize:   accepted
 * @ctor:       as of kmem_cache_create
 *
 * There is no way to destroy them.
 * Return: the set; NULL if there is no memory or, with a line, if @name is
 *         none.
 */
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags,
				  unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *));
/**
 * kmem_buckets_alloc() - kmalloc from a set of caches
 * @b:    the set; NULL and ZERO_SIZE_PTR stand for kmalloc's own caches
 * @size: as of kmalloc; above KMALLOC_MAX_CACHE_SIZE it is kmalloc
 * @gfp:  see <kmalloc/gfp.h>
 *
 * Return: as kmalloc; for kfree.
 */
void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(2);
/** kmem_buckets_alloc_track_caller() - kmem_buckets_alloc */
void *kmem_buckets_alloc_track_caller(kmem_buckets *b, size_t size,
				      gfp_t gfp) __km_malloc __km_alloc_size(2);
/** kmem_buckets_valloc() - the same, as kvmalloc; for kvfree */
void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t gfp) __km_malloc
	__km_alloc_size(2);

#ifdef __cplusplus
}
#endif

#endif
