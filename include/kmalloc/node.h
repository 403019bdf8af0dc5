/* SPDX-License-Identifier: MIT */
/*
 * kmalloc and kvmalloc with a node, and resizing with an alignment.
 *
 * The node is where the memory should come from: of the nodes that the machine
 * has, or the option numa=fake=N makes.  NUMA_NO_NODE is any; so is one that
 * there is not, and one that has no memory left, unless the flags have
 * __GFP_THISNODE: then the result is NULL.
 */
#ifndef KMALLOC_NODE_H
#define KMALLOC_NODE_H

#include <kmalloc/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NUMA_NO_NODE (-1)

/**
 * numa_node_id() - the node of this CPU
 *
 * Context: may make a system call, where there are several nodes.
 * Return: its number; of nodes that numa=fake=N made, one of them.
 */
int numa_node_id(void);
/** num_online_nodes() - how many nodes there are; at least 1 */
int num_online_nodes(void);

/**
 * kmalloc_node() - kmalloc, preferably from a node
 * @size: see kmalloc
 * @gfp:  see <kmalloc/gfp.h>
 * @node: where from
 *
 * Return: as kmalloc; what kfree frees.
 */
void *kmalloc_node(size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1);
/** kzalloc_node() - kmalloc_node of memory that reads as zero */
void *kzalloc_node(size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1);
/** kmalloc_array_node() - kmalloc_node of @n times @size bytes */
void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1, 2);
/** kcalloc_node() - kmalloc_array_node of memory that reads as zero */
void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1, 2);
/** kmalloc_node_track_caller() - kmalloc_track_caller with a node */
void *kmalloc_node_track_caller(size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1);

/** kvmalloc_node() - kvmalloc, preferably from a node */
void *kvmalloc_node(size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1);
/** kvzalloc_node() - kvmalloc_node of memory that reads as zero */
void *kvzalloc_node(size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1);

/** kvmalloc_array_node() - kvmalloc_node of @n times @size bytes */
void *kvmalloc_array_node(size_t n, size_t size, gfp_t gfp,
			  int node) __km_malloc __km_alloc_size(1, 2);
/** kvcalloc_node() - kvmalloc_array_node of memory that reads as zero */
void *kvcalloc_node(size_t n, size_t size, gfp_t gfp, int node) __km_malloc
	__km_alloc_size(1, 2);
/** kvmalloc_node_align() - kvmalloc_node at a multiple of @align, a power of
 * two up to 1 TiB */
void *kvmalloc_node_align(size_t size, unsigned long align, gfp_t gfp,
			  int node) __km_malloc __km_alloc_size(1);

/**
 * krealloc_node_align() - krealloc to an aligned address
 * @p:     see krealloc
 * @size:  see krealloc
 * @align: a power of two; if @p is not aligned to it, it moves, as far as
 *         KMALLOC_MAX_SIZE allows
 * @gfp:   see krealloc
 * @node:  where from, if it moves
 *
 * Return: as krealloc; NULL, with @p untouched, also if @align is no power
 *         of two.
 */
void *krealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node) __km_must_check
	__km_alloc_size(2);
#define krealloc_node(p, size, gfp, node) \
	krealloc_node_align(p, size, 1, gfp, node)

/** kvrealloc_node_align() - kvrealloc to an aligned address, as above */
void *kvrealloc_node_align(const void *p, size_t size, unsigned long align,
			   gfp_t gfp, int node) __km_must_check
	__km_alloc_size(2);
#define kvrealloc_node(p, size, gfp, node) \
	kvrealloc_node_align(p, size, 1, gfp, node)

#ifdef __cplusplus
}
#endif

#endif
