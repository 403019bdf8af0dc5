/* SPDX-License-Identifier: MIT */
/*
 * Memory that readers of RCU may still look at.
 *
 * The functions are those of libkmalloc-rcu, which stands on liburcu; its
 * struct rcu_head is what is meant here, so include <urcu.h> as well.  The
 * default flavor is that of <urcu.h>; kmalloc_rcu_use takes any other.
 *
 * Context: threads that may use call_rcu of the flavor; not signal handlers,
 * and, where a grace period is waited for, no RCU read-side section and no
 * callback of call_rcu.
 */
#ifndef KMALLOC_RCU_H
#define KMALLOC_RCU_H

#ifdef __cplusplus
extern "C" {
#endif

struct kmem_cache;
struct rcu_head;
struct rcu_flavor_struct;

/**
 * kvfree_call_rcu() - free memory once all readers of now are gone
 * @head: a head within the memory, which nobody else uses; NULL: without one
 *        this may wait for a grace period
 * @ptr:  what kvfree takes, objects of caches included
 */
void kvfree_call_rcu(struct rcu_head *head, void *ptr);

#if defined(__GNUC__)
/**
 * kvfree_rcu() - free memory once all readers of now are gone
 *
 *	kvfree_rcu(ptr, field)    @field: the struct rcu_head in *@ptr
 *	kvfree_rcu(ptr)           kvfree_rcu_mightsleep(ptr)
 *
 * NULL is ignored.
 */
#define kvfree_rcu(...) \
	__kvfree_rcu_pick(__VA_ARGS__, __kvfree_rcu_2, __kvfree_rcu_1, )(__VA_ARGS__)
/** kfree_rcu() - kvfree_rcu */
#define kfree_rcu(...) kvfree_rcu(__VA_ARGS__)
/**
 * kvfree_rcu_mightsleep() - kvfree_rcu without a head in the memory
 *
 * May wait for a grace period if there is no memory to note the pointer.
 */
#define kvfree_rcu_mightsleep(ptr) __kvfree_rcu_1(ptr)
/** kfree_rcu_mightsleep() - kvfree_rcu_mightsleep */
#define kfree_rcu_mightsleep(ptr) __kvfree_rcu_1(ptr)

#define __kvfree_rcu_pick(a, b, pick, ...) pick
#define __kvfree_rcu_1(ptr)                                   \
	do {                                                  \
		__typeof__(ptr) __km_ptr = (ptr);             \
		if (__km_ptr)                                 \
			kvfree_call_rcu(0, (void *)__km_ptr); \
	} while (0)
#define __kvfree_rcu_2(ptr, field)                                \
	do {                                                      \
		__typeof__(ptr) __km_ptr = (ptr);                 \
		if (__km_ptr)                                     \
			kvfree_call_rcu(&__km_ptr->field,         \
					(void *)__km_ptr);        \
	} while (0)
#endif

/**
 * kvfree_rcu_barrier() - wait until all that was handed over is freed
 */
void kvfree_rcu_barrier(void);
/** kvfree_rcu_barrier_on_cache() - the same, for the objects of a cache */
void kvfree_rcu_barrier_on_cache(struct kmem_cache *s);

/**
 * kmalloc_rcu_use() - choose the flavor of RCU that readers use
 * @flavor: such as &urcu_bp_flavor; NULL for that of <urcu.h>
 *
 * Call it before anything else is called; a program that has no other call
 * into libkmalloc-rcu, but caches with SLAB_TYPESAFE_BY_RCU, calls it too, so
 * that the library is linked.
 */
void kmalloc_rcu_use(const struct rcu_flavor_struct *flavor);

/**
 * struct kmalloc_rcu_ops - what caches with SLAB_TYPESAFE_BY_RCU need
 * @call:  runs @fn(@head) once all readers of now are gone; @head is room for
 *         a struct rcu_head of 16 bytes
 * @wait:  returns when all that was handed to @call has run
 * @flush: returns when all objects of a cache that wait to be freed are
 *
 * A source of grace periods other than libkmalloc-rcu has its own.
 */
struct kmalloc_rcu_ops {
	void (*call)(void *head, void (*fn)(void *head));
	void (*wait)(void);
	void (*flush)(struct kmem_cache *s);
};

/**
 * kmalloc_register_rcu() - name the source of grace periods; in libkmalloc
 * @ops: stays in use until the process ends
 *
 * Without one, caches with SLAB_TYPESAFE_BY_RCU never give memory back.
 * Context: any thread.
 * Return: false if there is one already, which stays.
 */
#ifdef __cplusplus
bool kmalloc_register_rcu(const struct kmalloc_rcu_ops *ops);
#else
_Bool kmalloc_register_rcu(const struct kmalloc_rcu_ops *ops);
#endif

#ifdef __cplusplus
}
#endif

#endif
