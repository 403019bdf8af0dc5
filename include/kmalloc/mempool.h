/* SPDX-License-Identifier: MIT */
/*
 * mempool: elements in reserve, so that an allocation that may wait never
 * fails.
 *
 * A pool stands between its user and an allocator, and keeps min_nr elements
 * for when the allocator has none.  When those are gone too, who may wait
 * does so until an element is freed; so elements must come back.
 */
#ifndef KMALLOC_MEMPOOL_H
#define KMALLOC_MEMPOOL_H

#include <stdbool.h>

#include <kmalloc/attr.h>
#include <kmalloc/gfp.h>
#include <kmalloc/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a pool gets and gives back an element; NULL: there is none. */
typedef void *(mempool_alloc_t)(gfp_t gfp, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);

/* All of it is the library's own. */
typedef struct mempool {
	int min_nr;	 /* elements that the reserve is to have */
	int curr_nr;	 /* elements that it has */
	void **elements; /* NULL: not initialised */
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	unsigned int freed;   /* counts what waiters wait for */
	unsigned int waiters; /* threads in mempool_alloc */
} mempool_t;

/** mempool_initialized() - whether the pool was made and not ended */
static inline bool mempool_initialized(mempool_t *pool)
{
	return pool->elements != NULL;
}

/** mempool_is_saturated() - whether the reserve is complete; racy */
static inline bool mempool_is_saturated(mempool_t *pool)
{
	return *(volatile int *)&pool->curr_nr >= pool->min_nr;
}

/**
 * mempool_init() - make a pool of @pool's memory
 * @pool:      the pool
 * @min_nr:    elements in reserve; with 0 there is still one, at first
 * @alloc:     gets an element
 * @free:      gives it back
 * @pool_data: what both are told
 *
 * The reserve is filled at once.
 *
 * Context: as @alloc with GFP_KERNEL.
 * Return: 0; -ENOMEM, or -EINVAL if @min_nr is negative.
 */
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc,
		 mempool_free_t *free, void *pool_data) __km_must_check;
/** mempool_init_node() - mempool_init with flags, and a node as a hint */
int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc,
		      mempool_free_t *free, void *pool_data, gfp_t gfp,
		      int node) __km_must_check;
/**
 * mempool_exit() - the end of a pool of mempool_init
 * @pool: the pool, to which all elements have come back; or zeroed memory,
 *        or a pool that has ended
 */
void mempool_exit(mempool_t *pool);

/**
 * mempool_create() - make a pool
 *
 * The arguments are those of mempool_init.
 *
 * Return: a pool for mempool_destroy, or NULL.
 */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc,
			  mempool_free_t *free, void *pool_data);
/** mempool_create_node() - mempool_create with flags and a node */
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc,
			       mempool_free_t *free, void *pool_data, gfp_t gfp,
			       int node);
/** mempool_destroy() - the end of a pool of mempool_create, or NULL */
void mempool_destroy(mempool_t *pool);

/**
 * mempool_resize() - change the reserve
 * @pool:   the pool, which others may be using
 * @min_nr: elements in reserve, 1 at least; less aborts with a message
 *
 * Surplus elements are given back.  If the allocator has too few for a
 * larger reserve, those that are freed fill it.
 *
 * Return: 0; -ENOMEM, with the pool as it was.
 */
int mempool_resize(mempool_t *pool, int min_nr) __km_must_check;

/**
 * mempool_alloc() - an element
 * @pool: the pool
 * @gfp:  see <kmalloc/gfp.h>; not __GFP_ZERO, which is reported once
 *
 * From the allocator, asked not to try hard; else from the reserve; else
 * from the allocator with all of @gfp; else, with __GFP_DIRECT_RECLAIM, it
 * waits until an element is freed.
 *
 * Context: as the pool's alloc.  A signal handler that interrupted the
 *          library does not wait.
 * Return: an element; with __GFP_DIRECT_RECLAIM never NULL but there.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp) __km_malloc;
/**
 * mempool_alloc_preallocated() - an element of the reserve
 *
 * Context: any; does not wait.
 * Return: an element, or NULL if there is none.
 */
void *mempool_alloc_preallocated(mempool_t *pool) __km_malloc;
/**
 * mempool_alloc_bulk() - several elements
 * @pool:  the pool
 * @elem:  where to store them
 * @count: how many, up to the pool's min_nr
 *
 * As mempool_alloc with GFP_KERNEL; what the allocator does not have comes
 * from the reserve all at once, so that two such calls do not wait for each
 * other.
 *
 * Return: 0; -EINVAL, with nothing allocated, if @count is above min_nr.
 */
int mempool_alloc_bulk(mempool_t *pool, void **elem, unsigned int count);
/**
 * mempool_free() - give an element back
 * @element: the element, or NULL
 * @pool:    its pool
 *
 * To the reserve if that is not complete, where one who waits finds it, or
 * to the allocator.
 *
 * Context: as the pool's free.  From a signal handler that interrupted a
 *          call with this pool it always is the allocator.
 */
void mempool_free(void *element, mempool_t *pool);
/**
 * mempool_free_bulk() - give several elements back to the reserve
 * @pool:  the pool
 * @elem:  the elements
 * @count: how many
 *
 * Return: how many of the first were taken; the caller gives the others
 *         back to the allocator.
 */
unsigned int mempool_free_bulk(mempool_t *pool, void **elem,
			       unsigned int count);

/* Objects of the struct kmem_cache that is pool_data, which has no ctor. */
mempool_alloc_t mempool_alloc_slab;
mempool_free_t mempool_free_slab;
/* Blocks of kmalloc, of as many bytes as pool_data says. */
mempool_alloc_t mempool_kmalloc;
mempool_free_t mempool_kfree;
/* Blocks of kvmalloc. */
mempool_alloc_t mempool_kvmalloc;
mempool_free_t mempool_kvfree;
/* Blocks of pages, struct page, of the order that pool_data says. */
mempool_alloc_t mempool_alloc_pages;
mempool_free_t mempool_free_pages;

#define mempool_init_slab_pool(pool, min_nr, cache) \
	mempool_init(pool, min_nr, mempool_alloc_slab, mempool_free_slab, cache)
#define mempool_create_slab_pool(min_nr, cache) \
	mempool_create(min_nr, mempool_alloc_slab, mempool_free_slab, cache)

#define mempool_init_kmalloc_pool(pool, min_nr, size)              \
	mempool_init(pool, min_nr, mempool_kmalloc, mempool_kfree, \
		     (void *)(size_t)(size))
#define mempool_create_kmalloc_pool(min_nr, size)              \
	mempool_create(min_nr, mempool_kmalloc, mempool_kfree, \
		       (void *)(size_t)(size))

#define mempool_init_kvmalloc_pool(pool, min_nr, size)               \
	mempool_init(pool, min_nr, mempool_kvmalloc, mempool_kvfree, \
		     (void *)(size_t)(size))
#define mempool_create_kvmalloc_pool(min_nr, size)               \
	mempool_create(min_nr, mempool_kvmalloc, mempool_kvfree, \
		       (void *)(size_t)(size))

#define mempool_init_page_pool(pool, min_nr, order)                         \
	mempool_init(pool, min_nr, mempool_alloc_pages, mempool_free_pages, \
		     (void *)(size_t)(order))
#define mempool_create_page_pool(min_nr, order)                         \
	mempool_create(min_nr, mempool_alloc_pages, mempool_free_pages, \
		       (void *)(size_t)(order))

#ifdef __cplusplus
}
#endif

#endif
