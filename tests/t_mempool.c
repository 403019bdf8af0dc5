/* SPDX-License-Identifier: MIT */
/*
 * mempool: the reserve, its order, those who wait, resizing, the ready-made
 * pools, threads, fork, handlers.
 */
#include "kmtest.h"

#include "kmalloc.h"
#include "mempool.h"
#include "mm_boot.h"
#include "mm_init.h"

/* ---- an allocator that has as much as it is told ---- */

struct supply {
	long left;   /* atomic: elements that alloc still has */
	long out;    /* atomic: elements that were not given back */
	gfp_t first; /* the flags of the first call, then 0 */
	gfp_t last;
	u32 calls; /* atomic */
};

static void *supply_alloc(gfp_t gfp, void *pool_data)
{
	struct supply *s = pool_data;

	if (!atomic_fetch_add(&s->calls, 1))
		WRITE_ONCE(s->first, gfp);
	WRITE_ONCE(s->last, gfp);
	if (atomic_fetch_add(&s->left, -1L) <= 0) {
		atomic_add(&s->left, 1L);
		return NULL;
	}
	atomic_add(&s->out, 1L);
	return kzalloc(64, GFP_KERNEL);
}

static void supply_free(void *element, void *pool_data)
{
	struct supply *s = pool_data;

	atomic_sub(&s->out, 1L);
	kfree(element);
}

static mempool_t *pool_of(struct supply *s, int min_nr, long left)
{
	mempool_t *pool;

	s->left = min_nr ? min_nr : 1;
	pool = mempool_create(min_nr, supply_alloc, supply_free, s);
	must(pool && mempool_initialized(pool) && mempool_is_saturated(pool));
	must(s->left == 0 && s->last == GFP_KERNEL);
	s->left = left;
	s->calls = 0;
	return pool;
}

/* ---- the reserve ---- */

/* First the allocator, quickly; then the reserve, the last element first;
 * then the allocator in earnest. */
static void order(void)
{
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 3, 1);
	void *held[3], *p = mempool_alloc(pool, GFP_KERNEL);

	must(p && s.calls == 1 && pool->curr_nr == 3);
	must(s.first == (__GFP_RECLAIM | __GFP_FS | __GFP_NOMEMALLOC |
			 __GFP_NORETRY | __GFP_NOWARN));
	memcpy(held, pool->elements, sizeof(held));
	for (int i = 2; i >= 0; i--)
		must(mempool_alloc(pool, GFP_KERNEL) == held[i]);
	must(s.calls == 4 && !pool->curr_nr && !mempool_is_saturated(pool));
	must(!mempool_alloc(pool, GFP_ATOMIC) && s.calls == 5);
	must(!mempool_alloc(pool, GFP_NOWAIT) && s.calls == 6);
	must(!mempool_alloc(pool, GFP_NOWAIT | __GFP_IO) && s.calls == 8);
	must(s.last & __GFP_IO);
	must(!mempool_alloc_preallocated(pool));
	/* What comes back is in reserve first. */
	mempool_free(p, pool);
	must(pool->curr_nr == 1 && s.out == 4);
	must(mempool_alloc_preallocated(pool) == p && s.calls == 8);
	mempool_free(p, pool);
	for (int i = 0; i < 3; i++)
		mempool_free(held[i], pool);
	must(mempool_is_saturated(pool) && s.out == 3);
	mempool_free(NULL, pool);
	must(pool->elements[0] == p && pool->elements[2] == held[1]);
	mempool_destroy(pool);
	must(!s.out);
}

/* A pool for none has one nevertheless. */
static void none_in_reserve(void)
{
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 0, 0);
	void *p = mempool_alloc(pool, GFP_KERNEL);

	must(p && !pool->curr_nr && mempool_is_saturated(pool));
	must(!mempool_alloc(pool, GFP_NOWAIT));
	mempool_free(p, pool);
	must(pool->curr_nr == 1);
	mempool_destroy(pool);
	must(!s.out);
}

static void embedded(void)
{
	struct supply s = { .left = 5 };
	mempool_t pool = { 0 };

	must(!mempool_initialized(&pool));
	mempool_exit(&pool);
	must(!mempool_init(&pool, 4, supply_alloc, supply_free, &s));
	must(mempool_initialized(&pool) && s.out == 4);
	mempool_exit(&pool);
	must(!mempool_initialized(&pool) && !s.out);
	mempool_exit(&pool);
	must(mempool_init(&pool, 6, supply_alloc, supply_free, &s) == -ENOMEM);
	must(!mempool_initialized(&pool) && !s.out && !s.left);
	must(mempool_init(&pool, -1, supply_alloc, supply_free, &s) == -EINVAL);
	s.left = 3;
	must(!mempool_init_node(&pool, 3, supply_alloc, supply_free, &s,
				GFP_NOIO, 0));
	must(s.last == GFP_NOIO);
	mempool_exit(&pool);
	must(!mempool_create(1, supply_alloc, supply_free, &s));
	must(!mempool_create(km_hide(0x7fffffff), supply_alloc, supply_free,
			     &s));
	mempool_destroy(NULL);
}

static void bulk(void)
{
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 4, 2);
	void *p[6] = { NULL };

	must(!mempool_alloc_bulk(pool, p, 0));
	must(mempool_alloc_bulk(pool, p, 5) == -EINVAL && !p[0]);
	/* Two of the allocator's, two of the reserve's. */
	must(!mempool_alloc_bulk(pool, p, 4));
	must(p[0] && p[1] && p[2] && p[3] && pool->curr_nr == 2);
	must(mempool_free_bulk(pool, p, 4) == 2 && pool->curr_nr == 4);
	must(mempool_free_bulk(pool, p + 2, 2) == 0);
	supply_free(p[2], &s);
	supply_free(p[3], &s);
	mempool_destroy(pool);
	must(!s.out);
}

static void resizing(void)
{
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 4, 100);
	void *p;

	must(!mempool_resize(pool, 10));
	must(pool->min_nr == 10 && pool->curr_nr == 10 && s.out == 10);
	must(!mempool_resize(pool, 2));
	must(pool->min_nr == 2 && pool->curr_nr == 2 && s.out == 2);
	must(!mempool_resize(pool, 2));
	/* What is missing comes when it is free. */
	p = mempool_alloc(pool, GFP_KERNEL);
	s.left = 1;
	must(!mempool_resize(pool, 8));
	must(pool->min_nr == 8 && pool->curr_nr == 3);
	mempool_free(p, pool);
	must(pool->curr_nr == 4);
	/* As the kernel has it: as many as are in use do not count. */
	must(!mempool_resize(pool, 1) && pool->curr_nr == 1 && s.out == 1);
	must(mempool_resize(pool, km_hide(0x7fffffff)) == -ENOMEM);
	must(pool->min_nr == 1 && pool->curr_nr == 1);
	mempool_destroy(pool);
	must(!s.out);
}

static void resize_to_nothing(void *arg)
{
	struct supply s = { .left = 1 };

	(void)arg;
	(void)!mempool_resize(mempool_create(1, supply_alloc, supply_free, &s),
			      0);
}

static void test_resize_to_nothing(void **state)
{
	(void)state;
	assert_aborts(resize_to_nothing, NULL, " to 0: expected at least 1");
}

static void zeroed(void *arg)
{
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 1, 9);

	(void)arg;
	must(mempool_alloc(pool, GFP_KERNEL | __GFP_ZERO));
	must(mempool_alloc(pool, GFP_KERNEL | __GFP_ZERO));
}

static void test_zeroed(void **state)
{
	struct km_child c;

	(void)state;
	km_child(&c, zeroed, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: mempool_alloc: __GFP_ZERO: elements of a reserve are not cleared (reported once)\n");
}

/* ---- ready-made ones ---- */

static void use(mempool_t *pool, void *(*memory)(void *), size_t size)
{
	void *p[8];

	must(pool && pool->curr_nr == 4);
	for (u64 i = 0; i < 8; i++) {
		p[i] = mempool_alloc(pool, GFP_KERNEL);
		must(p[i]);
		km_fill(memory(p[i]), size, i);
	}
	must(pool->curr_nr == 4);
	for (u64 i = 0; i < 8; i++) {
		must(km_intact(memory(p[i]), size, i));
		mempool_free(p[i], pool);
	}
	must(pool->curr_nr == 4);
	mempool_destroy(pool);
}

static void *itself(void *p)
{
	return p;
}

static void *of_page(void *p)
{
	return page_address(p);
}

static void ready_made(void)
{
	struct kmem_cache *s = kmem_cache_create("element", 200, 0, 0, NULL);
	mempool_t pool;

	use(mempool_create_slab_pool(4, s), itself, 200);
	use(mempool_create_kmalloc_pool(4, 3000), itself, 3000);
	use(mempool_create_kvmalloc_pool(4, SZ_1M), itself, SZ_1M);
	use(mempool_create_page_pool(4, 2), of_page, 16384);
	must(!mempool_init_slab_pool(&pool, 2, s));
	mempool_exit(&pool);
	must(!mempool_init_kmalloc_pool(&pool, 2, 100));
	mempool_exit(&pool);
	must(!mempool_init_kvmalloc_pool(&pool, 2, SZ_1M));
	mempool_exit(&pool);
	must(!mempool_init_page_pool(&pool, 2, 0));
	mempool_exit(&pool);
	kmem_cache_destroy(s);
	must(!mempool_create_kmalloc_pool(1, KMALLOC_MAX_SIZE + 1));
	must(!mempool_create_page_pool(1, 10 + 1));
}

/* The functions that these are made of, called alone. */
static void callbacks(void)
{
	struct kmem_cache *s = kmem_cache_create("element", 200, 0, 0, NULL);
	void *size = (void *)3000UL, *order = (void *)2UL;
	mempool_t *pool;
	char *p;

	p = mempool_alloc_slab(GFP_KERNEL | __GFP_ZERO, s);
	must(p && km_is_zero(p, 200));
	mempool_free_slab(p, s);
	p = mempool_kmalloc(GFP_KERNEL | __GFP_ZERO, size);
	must(p && ksize(p) >= 3000 && km_is_zero(p, 3000));
	mempool_kfree(p, size);
	p = mempool_kvmalloc(GFP_KERNEL, (void *)(SZ_4M + 1UL));
	must(p && is_vmalloc_addr(p));
	memset(p, 1, SZ_4M + 1);
	mempool_kvfree(p, NULL);
	p = mempool_alloc_pages(GFP_KERNEL, order);
	must(p && PAGE_ALIGNED(page_address((struct page *)p)));
	mempool_free_pages(p, order);
	must(!mempool_kmalloc(GFP_KERNEL, (void *)~0UL));
	must(!mempool_alloc_pages(GFP_KERNEL, (void *)11UL));

	pool = mempool_create_node(3, mempool_kmalloc, mempool_kfree, size,
				   GFP_NOIO, NUMA_NO_NODE);
	must(pool && pool->curr_nr == 3);
	mempool_destroy(pool);
	must(!mempool_create_node(-1, mempool_kmalloc, mempool_kfree, size,
				  GFP_KERNEL, 0));
	kmem_cache_destroy(s);
}

/* ---- waiting ---- */

struct waiter {
	mempool_t *pool;
	unsigned int nr;
	void *got[4];
	u32 done; /* atomic */
};

static void wait_for_one(unsigned int nr, void *arg)
{
	struct waiter *w = (struct waiter *)arg + nr;

	if (w->nr > 1)
		must(!mempool_alloc_bulk(w->pool, w->got, w->nr));
	else
		must((w->got[0] = mempool_alloc(w->pool, GFP_NOIO)));
	smp_store_release(&w->done, 1);
}

static void until_waiting(mempool_t *pool, unsigned int nr)
{
	while (atomic_read(&pool->waiters) != nr)
		sched_yield();
}

/* Free elements reach those who sleep; without a wake it would take five
 * seconds a round, and the test would be killed. */
static void woken(void)
{
	unsigned long rounds = km_load(400);
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 2, 0);
	void *p[2];

	must(!mempool_alloc_bulk(pool, p, 2));
	while (rounds--) {
		struct waiter w[2] = { { pool, 1 }, { pool, 1 } };
		struct km_thread t[2];

		km_threads_start(t, 2, wait_for_one, w);
		until_waiting(pool, 2);
		must(!mempool_alloc(pool, GFP_NOWAIT));
		mempool_free(p[0], pool);
		mempool_free(p[1], pool);
		km_threads_join(t, 2);
		must(w[0].got[0] != w[1].got[0] && !pool->curr_nr);
		p[0] = w[0].got[0];
		p[1] = w[1].got[0];
	}
	mempool_free(p[0], pool);
	mempool_free(p[1], pool);
	mempool_destroy(pool);
	must(!s.out);
}

/* Two that want three of four do not take two each. */
static void bulk_woken(void)
{
	unsigned long rounds = km_load(200);
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 4, 0);

	while (rounds--) {
		struct waiter w[2] = { { pool, 3 }, { pool, 3 } };
		struct km_thread t[2];
		int first;

		km_threads_start(t, 2, wait_for_one, w);
		until_waiting(pool, 1);
		must(READ_ONCE(pool->curr_nr) == 1);
		while (!smp_load_acquire(&w[0].done) &&
		       !smp_load_acquire(&w[1].done))
			sched_yield();
		first = smp_load_acquire(&w[0].done) ? 0 : 1;
		km_threads_join(t + first, 1);
		must(mempool_free_bulk(pool, w[first].got, 3) == 3);
		km_threads_join(t + !first, 1);
		must(mempool_free_bulk(pool, w[!first].got, 3) == 3);
	}
	mempool_destroy(pool);
	must(!s.out);
}

/* ---- threads ---- */

#define NR_HELD 6

struct storm {
	struct supply s;
	mempool_t *pool;
	unsigned long rounds;
};

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	struct storm *storm = arg;

	for (unsigned long i = 0; i < storm->rounds; i++) {
		void *p = mempool_alloc(storm->pool,
					i % 2 ? GFP_KERNEL : GFP_NOWAIT);

		must(p || i % 2 == 0);
		if (!p)
			continue;
		/* Nobody else has it. */
		must(!xchg((u32 *)p, nr + 1));
		if (km_below(&rng, 64) == 0)
			sched_yield();
		must(xchg((u32 *)p, 0U) == nr + 1);
		mempool_free(p, storm->pool);
		if (nr == 0 && i % 64 == 0)
			must(!mempool_resize(storm->pool,
					     1 + (int)km_below(&rng, 5)));
	}
}

static void stress(void)
{
	struct storm storm = { .rounds = km_load(20000) };

	storm.pool = pool_of(&storm.s, 2, 3);
	km_threads(8, worker, &storm);
	must(!storm.pool->waiters);
	must(storm.s.out == storm.pool->curr_nr);
	mempool_destroy(storm.pool);
	must(!storm.s.out);
}

/* ---- fork, handlers ---- */

static void fork_child(void)
{
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 2, 0);
	int status;
	pid_t pid;

	mm_fork_prepare();
	pid = fork();
	if (!pid) {
		mm_fork_child();
		must(!in_nmi());
		must(mempool_alloc(pool, GFP_KERNEL));
		_exit(0);
	}
	mm_fork_parent();
	must(!in_nmi() && waitpid(pid, &status, 0) == pid && !status);
	must(mempool_alloc(pool, GFP_KERNEL));
}

/* In the place of a handler above the pool's lock: the reserve is out of
 * reach, nobody waits, and what is freed is not lost. */
static void handler(void)
{
	struct supply s = { 0 };
	mempool_t *pool = pool_of(&s, 2, 1);
	void *p = mempool_alloc_preallocated(pool), *q;

	km_enter(mempool_fork_lock);
	q = mempool_alloc(pool, GFP_KERNEL);
	must(q && s.out == 3);
	must(!mempool_alloc(pool, GFP_KERNEL));
	must(!mempool_alloc_preallocated(pool));
	mempool_free(p, pool);
	must(s.out == 2 && pool->curr_nr == 1);
	must(mempool_resize(pool, 1) == -ENOMEM && pool->min_nr == 2);
	km_leave(mempool_fork_unlock);
	mempool_free(q, pool);
	must(s.out == 2 && mempool_is_saturated(pool));
	mempool_destroy(pool);
	must(!s.out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(order),
		km_unit_child(none_in_reserve),
		km_unit_child(embedded),
		km_unit_child(bulk),
		km_unit_child(resizing),
		cmocka_unit_test(test_resize_to_nothing),
		cmocka_unit_test(test_zeroed),
		km_unit_child(ready_made),
		km_unit_child(callbacks),
		km_unit_child(woken),
		km_unit_child(bulk_woken),
		km_unit_modes(stress),
		km_unit_child(fork_child),
		km_unit_child(handler),
	};

	return km_run_tests(tests);
}
