/* SPDX-License-Identifier: MIT */
/*
 * gen_pool: an allocator over memory of the caller's, which it does not
 * touch: shared memory, a device's window, numbers of any kind.
 */
#ifndef KMALLOC_GENALLOC_H
#define KMALLOC_GENALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmalloc/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gen_pool;

typedef uint64_t phys_addr_t;

/*
 * Looks for @nr clear bits in a row in the @size bits of @map, from @start
 * on; returns the first, or @size or more if there are none.  @data is what
 * the pool, or the call, was told; @start_addr the address of the first bit.
 */
typedef unsigned long (*genpool_algo_t)(unsigned long *map, unsigned long size,
					unsigned long start, unsigned int nr,
					void *data, struct gen_pool *pool,
					unsigned long start_addr);

/* For gen_pool_first_fit_align: bytes, a power of two. */
struct genpool_data_align {
	int align;
};

/* For gen_pool_fixed_alloc: bytes from the start of a chunk. */
struct genpool_data_fixed {
	unsigned long offset;
};

/**
 * gen_pool_create() - make a pool without memory
 * @order: log2 of the bytes of a unit, which each allocation is a multiple of
 * @node:  a hint, not acted on
 *
 * Return: a pool for gen_pool_destroy, or NULL.
 */
struct gen_pool *gen_pool_create(int order, int node);
/**
 * gen_pool_destroy() - the end of a pool
 * @pool: the pool, or NULL; if something is allocated, this aborts with a
 *        message
 */
void gen_pool_destroy(struct gen_pool *pool);
/**
 * gen_pool_add() - give a pool a chunk of memory
 * @pool: the pool
 * @addr: its start, not 0
 * @size: bytes
 * @node: a hint
 *
 * Context: any thread, others may be using the pool.
 * Return: 0 or -ENOMEM.
 */
int gen_pool_add(struct gen_pool *pool, unsigned long addr, size_t size,
		 int node) __km_must_check;
/** gen_pool_add_virt() - gen_pool_add of a chunk with a second address */
int gen_pool_add_virt(struct gen_pool *pool, unsigned long addr,
		      phys_addr_t phys, size_t size, int node) __km_must_check;
/** gen_pool_virt_to_phys() - the second address; ~0 if there is none */
phys_addr_t gen_pool_virt_to_phys(struct gen_pool *pool, unsigned long addr);

/**
 * gen_pool_alloc() - allocate
 * @pool: the pool
 * @size: bytes
 *
 * Context: any; takes no lock.
 * Return: an address; 0 if there is no room or @size is 0.
 */
unsigned long gen_pool_alloc(struct gen_pool *pool, size_t size);
/** gen_pool_alloc_algo() - gen_pool_alloc, where @algo says */
unsigned long gen_pool_alloc_algo(struct gen_pool *pool, size_t size,
				  genpool_algo_t algo, void *data);
/**
 * gen_pool_free() - free
 * @pool: the pool
 * @addr: what gen_pool_alloc returned
 * @size: the same size; what is not allocated aborts with a message
 *
 * Context: any; takes no lock.
 */
void gen_pool_free(struct gen_pool *pool, unsigned long addr, size_t size);

/** gen_pool_avail() - bytes that are free, racy */
size_t gen_pool_avail(struct gen_pool *pool);
/** gen_pool_size() - bytes of all chunks */
size_t gen_pool_size(struct gen_pool *pool);
/** gen_pool_has_addr() - whether one chunk has all of @size bytes at @addr */
bool gen_pool_has_addr(struct gen_pool *pool, unsigned long addr, size_t size);
/**
 * gen_pool_set_algo() - where gen_pool_alloc looks
 * @pool: the pool, which nobody else is using
 * @algo: one of those below, or the caller's; NULL: gen_pool_first_fit
 * @data: what it is told
 */
void gen_pool_set_algo(struct gen_pool *pool, genpool_algo_t algo, void *data);

/** gen_pool_first_fit() - the first room that is large enough */
unsigned long gen_pool_first_fit(unsigned long *map, unsigned long size,
				 unsigned long start, unsigned int nr,
				 void *data, struct gen_pool *pool,
				 unsigned long start_addr);
/** gen_pool_best_fit() - the smallest of them */
unsigned long gen_pool_best_fit(unsigned long *map, unsigned long size,
				unsigned long start, unsigned int nr,
				void *data, struct gen_pool *pool,
				unsigned long start_addr);
/** gen_pool_first_fit_align() - the first that is aligned */
unsigned long gen_pool_first_fit_align(unsigned long *map, unsigned long size,
				       unsigned long start, unsigned int nr,
				       void *data, struct gen_pool *pool,
				       unsigned long start_addr);
/** gen_pool_first_fit_order_align() - aligned, in its chunk, to the power of
 * two above its size */
unsigned long
gen_pool_first_fit_order_align(unsigned long *map, unsigned long size,
			       unsigned long start, unsigned int nr, void *data,
			       struct gen_pool *pool, unsigned long start_addr);
/** gen_pool_fixed_alloc() - at one place only */
unsigned long gen_pool_fixed_alloc(unsigned long *map, unsigned long size,
				   unsigned long start, unsigned int nr,
				   void *data, struct gen_pool *pool,
				   unsigned long start_addr);

#ifdef __cplusplus
}
#endif

#endif
