/* SPDX-License-Identifier: MIT */
/*
 * kernel: what the kernel's tests of its trees ask an allocator of that no
 * allocator of the kernel has: counts of objects, and failure on demand.
 *
 *   test -> kmem_cache_alloc -> (ld --wrap) -> __wrap_kmem_cache_alloc
 *                                                  |  count, or refuse
 *                               libkmalloc <- __real_kmem_cache_alloc
 *
 * It takes the place of the tests' own shim, which has these names besides
 * an allocator over malloc; here every allocation is libkmalloc's.
 *
 * The rules of the tests: who may not sleep gets NULL, unless so many such
 * allocations were allowed before (kmem_cache_set_non_kernel); the first
 * allocation after a refused one calls back, once.
 *
 * Locks: one mutex for the table of caches; counts are atomic.
 */
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/slab.h>

int nr_allocated;
int preempt_count;
int test_verbose;
int kmalloc_nr_allocated;
int kmalloc_verbose;

void *__real_kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);
void *__real_kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru,
				  gfp_t gfp);
int __real_kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
				 void **p);
void __real_kmem_cache_free(struct kmem_cache *s, void *p);
void __real_kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p);
void *__real_kmalloc(size_t size, gfp_t gfp);
void *__real_kzalloc(size_t size, gfp_t gfp);
void __real_kfree(const void *p);
int __real_usleep(unsigned int us);

#define NR_CACHES 32

struct hooks {
	struct kmem_cache *cache;
	unsigned int non_kernel;
	long allocated, total;
	bool call_back;
	void (*callback)(void *arg);
	void *arg;
};

static struct hooks hooks[NR_CACHES];
static int nr_hooks;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct hooks *hooks_of(struct kmem_cache *s)
{
	int i;

	assert(s);
	pthread_mutex_lock(&lock);
	for (i = 0; i < nr_hooks && hooks[i].cache != s; i++)
		;
	assert(i < NR_CACHES);
	if (i == nr_hooks)
		hooks[nr_hooks++].cache = s;
	pthread_mutex_unlock(&lock);
	return &hooks[i];
}

void kmem_cache_set_callback(struct kmem_cache *s, void (*callback)(void *))
{
	hooks_of(s)->callback = callback;
}

void kmem_cache_set_private(struct kmem_cache *s, void *arg)
{
	hooks_of(s)->arg = arg;
}

void kmem_cache_set_non_kernel(struct kmem_cache *s, unsigned int val)
{
	hooks_of(s)->non_kernel = val;
}

unsigned long kmem_cache_get_alloc(struct kmem_cache *s)
{
	return kmem_cache_size(s) * (unsigned long)hooks_of(s)->allocated;
}

unsigned long kmem_cache_nr_allocated(struct kmem_cache *s)
{
	return (unsigned long)hooks_of(s)->allocated;
}

unsigned long kmem_cache_nr_tallocated(struct kmem_cache *s)
{
	return (unsigned long)hooks_of(s)->total;
}

void kmem_cache_zero_nr_tallocated(struct kmem_cache *s)
{
	hooks_of(s)->total = 0;
}

static void count(struct hooks *h, long nr)
{
	__atomic_fetch_add(&nr_allocated, (int)nr, __ATOMIC_RELAXED);
	__atomic_fetch_add(&h->allocated, nr, __ATOMIC_RELAXED);
	if (nr > 0)
		__atomic_fetch_add(&h->total, nr, __ATOMIC_RELAXED);
}

static void call_back(struct hooks *h)
{
	if (!h->call_back)
		return;
	if (h->callback)
		h->callback(h->arg);
	h->call_back = false;
}

static bool refuse(struct hooks *h, gfp_t gfp)
{
	if (gfp & __GFP_DIRECT_RECLAIM)
		return false;
	if (h->non_kernel) {
		h->non_kernel--;
		return false;
	}
	return true;
}

void *__wrap_kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru,
				  gfp_t gfp)
{
	struct hooks *h = hooks_of(s);
	void *p;

	call_back(h);
	if (refuse(h, gfp)) {
		h->call_back = true;
		return NULL;
	}
	p = lru ? __real_kmem_cache_alloc_lru(s, lru, gfp) :
		  __real_kmem_cache_alloc(s, gfp);
	assert(p);
	count(h, 1);
	return p;
}

void *__wrap_kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	return __wrap_kmem_cache_alloc_lru(s, NULL, gfp);
}

int __wrap_kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
				 void **p)
{
	struct hooks *h = hooks_of(s);

	for (size_t i = 0; i < nr; i++) {
		if (refuse(h, gfp))
			return 0;
	}
	assert(__real_kmem_cache_alloc_bulk(s, gfp, nr, p) == (int)nr);
	count(h, (long)nr);
	return (int)nr;
}

void __wrap_kmem_cache_free(struct kmem_cache *s, void *p)
{
	assert(p);
	count(hooks_of(s), -1);
	__real_kmem_cache_free(s, p);
}

void __wrap_kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p)
{
	count(hooks_of(s), -(long)nr);
	__real_kmem_cache_free_bulk(s, nr, p);
}

static void *count_block(void *p)
{
	assert(p);
	__atomic_fetch_add(&kmalloc_nr_allocated, 1, __ATOMIC_RELAXED);
	return p;
}

void *__wrap_kmalloc(size_t size, gfp_t gfp)
{
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return NULL;
	return count_block(__real_kmalloc(size, gfp));
}

void *__wrap_kzalloc(size_t size, gfp_t gfp)
{
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return NULL;
	return count_block(__real_kzalloc(size, gfp));
}

void __wrap_kfree(const void *p)
{
	if (p)
		__atomic_fetch_sub(&kmalloc_nr_allocated, 1, __ATOMIC_RELAXED);
	__real_kfree(p);
}

/* Writers of the tests pause for 5 us, for 20 readers to see every change.
 * Where there are fewer CPUs, that takes longer. */
#define LEAST_PAUSE 1000

int __wrap_usleep(unsigned int us)
{
	return __real_usleep(us < LEAST_PAUSE ? LEAST_PAUSE : us);
}

/* The tests try their shim by this; here it tries bulk calls on a cache
 * without and on one with an alignment. */
void test_kmem_cache_bulk(void)
{
	static const unsigned int sizes[] = { 256, 128 }, aligns[] = { 0, 128 };
	void *list[200];

	for (int c = 0; c < 2; c++) {
		struct kmem_cache *s =
			kmem_cache_create("test_cache", sizes[c], aligns[c],
					  SLAB_PANIC | SLAB_NO_MERGE, NULL);

		for (int round = 0; round < 20; round++) {
			int nr = 1 + round * 10;

			assert(kmem_cache_alloc_bulk(s, GFP_KERNEL, (size_t)nr,
						     list) == nr);
			for (int i = 0; i < nr; i++) {
				assert(!aligns[c] ||
				       (uintptr_t)list[i] % aligns[c] == 0);
				memset(list[i], i, sizes[c]);
			}
			for (int i = 0; i < nr; i++)
				assert(*(unsigned char *)list[i] == i);
			kmem_cache_free_bulk(s, (size_t)nr, list);
		}
		assert(!kmem_cache_nr_allocated(s));
		kmem_cache_destroy(s);
		hooks_of(s)->cache = NULL;
	}
}
