/* SPDX-License-Identifier: MIT */
/*
 * memcontrol: what is charged and to whom, limits, the tree, events,
 * reclaim, removal, forks, a storm.
 */
#include "kmtest.h"

#include "buddy.h"
#include "kmalloc.h"
#include "memcontrol.h"
#include "mm_init.h"
#include "slab_common.h"
#include "vmap_area.h"
#include "vmscan.h"

#define ACC GFP_KERNEL_ACCOUNT
#define QUIET (ACC | __GFP_NOWARN)

static struct mem_cgroup *make(struct mem_cgroup *parent, unsigned long most)
{
	struct mem_cgroup *m = kmalloc_group_create(parent, "test");

	must(m);
	must(!kmalloc_group_set(m, KMALLOC_GROUP_MAX, most));
	return m;
}

static unsigned long usage(struct mem_cgroup *m)
{
	return kmalloc_group_get(m, KMALLOC_GROUP_CURRENT);
}

/* ---- what is charged ---- */

static void every_kind(void)
{
	struct mem_cgroup *m = make(NULL, ~0UL);
	struct kmem_cache *s =
		kmem_cache_create("charged", 700, 0, SLAB_ACCOUNT, NULL);
	void *p, *many[10];
	struct page *page;

	must(!set_active_memcg(m));
	must((p = kmalloc(100, ACC)) && usage(m) == 112);
	must(mem_cgroup_from_obj(p) == m && ksize(p) == 112);
	kfree(p);
	must(!usage(m) && !mem_cgroup_from_obj(p));
	must((p = kzalloc(5000, ACC)) && usage(m) == 5120);
	must(km_is_zero(p, 5000));
	must((p = krealloc(p, 60000, ACC)) && usage(m) == 61440);
	must(km_is_zero(p, 5000));
	must(mem_cgroup_from_obj(p) == m);
	kfree(p);
	must(!usage(m));
	must((p = kvmalloc(SZ_1M, ACC)) && usage(m) == SZ_1M);
	must(is_vmalloc_addr(p) && mem_cgroup_from_obj(p) == m);
	must((p = kvrealloc(p, 3 * SZ_1M, ACC)) && usage(m) == 3 * SZ_1M);
	kvfree(p);
	must((p = __vmalloc(10000, ACC)) && usage(m) == 3 * PAGE_SIZE);
	vfree(p);
	must(!usage(m));
	must((p = alloc_pages_exact(20000, ACC)) && usage(m) == 5 * PAGE_SIZE);
	free_pages_exact(p, 20000);
	must((page = alloc_pages(ACC, 3)) && usage(m) == 8 * PAGE_SIZE);
	split_page(page, 3);
	for (int i = 0; i < 8; i++) {
		must(usage(m) == (8 - (size_t)i) * PAGE_SIZE);
		must(mem_cgroup_from_obj(page_address(page + i)) == m);
		__free_pages(page + i, 0);
	}
	must(!usage(m));
	must((p = kmem_cache_alloc(s, GFP_KERNEL)) && usage(m) == 704);
	must(mem_cgroup_from_obj(p) == m);
	kmem_cache_free(s, p);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10, many) == 10);
	must(usage(m) == 7040);
	kmem_cache_free_bulk(s, 10, many);
	must(!usage(m));
	kmem_cache_destroy(s);
	/* Neither without the flag, nor without a group. */
	must((p = kmalloc(100, GFP_KERNEL)) && !mem_cgroup_from_obj(p));
	kfree(p);
	must(set_active_memcg(NULL) == m);
	must((p = kmalloc(100, ACC)) && !mem_cgroup_from_obj(p));
	kfree(p);
	must(!usage(m) && kmalloc_group_get(m, KMALLOC_GROUP_PEAK));
	must(!kmalloc_group_remove(m));
	check_zone();
}

/* The slow paths of malloc, in a thread that says so. */
static void mallocs(void)
{
	struct mem_cgroup *m = make(NULL, SZ_1M);
	void *p[64];

	must(mm_boot());
	set_active_memcg(m);
	kmalloc_thread_gfp_set(QUIET);
	for (int i = 0; i < 64; i++) {
		must((p[i] = malloc_slowpath(i ? 200U * (unsigned int)i : 0,
					     true)));
		must(km_is_zero(p[i], 200U * (unsigned int)i));
		must(mem_cgroup_from_obj(p[i]) == m);
	}
	must(!malloc_slowpath(SZ_1M, false));
	must(!malloc_aligned(SZ_64K, SZ_1M));
	for (int i = 0; i < 64; i++)
		kfree(p[i]);
	must(!usage(m));
	for (size_t align = 32; align <= SZ_64K; align *= 2) {
		must((p[0] = malloc_aligned(align, 100)));
		must(IS_ALIGNED((uintptr_t)p[0], align));
		must(mem_cgroup_from_obj(p[0]) == m);
		kfree(p[0]);
		must(!usage(m));
	}
	must((p[0] = malloc_slowpath(SZ_1M - SZ_64K, false)));
	kfree(p[0]);
	must(!usage(m));
}

/* ---- limits ---- */

static unsigned int fill(void **p, unsigned int most, size_t size, gfp_t gfp)
{
	unsigned int n = 0;

	while (n < most && (p[n] = kmalloc(size, gfp)))
		n++;
	return n;
}

static void drop(void **p, unsigned int n)
{
	while (n)
		kfree(p[--n]);
}

static void *blocks[4096];

/* Without waiting: what is charged, or nothing. */
static void without_waiting(void)
{
	struct mem_cgroup *m = make(NULL, 8 * PAGE_SIZE);
	struct page *page;
	char *p;

	set_active_memcg(m);
	__free_pages(alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER), MAX_PAGE_ORDER);
	p = kmalloc(100, ACC);
	must((blocks[0] = kmalloc(100, ACC)) && usage(m) == 224);
	kfree(p);
	kfree(blocks[0]);
	p = kmalloc_nolock(100, __GFP_ACCOUNT | __GFP_ZERO, NUMA_NO_NODE);
	must(p && km_is_zero(p, 100) && usage(m) == 112);
	kfree_nolock(p);
	must(!usage(m));
	p = kmalloc_nolock(100, 0, NUMA_NO_NODE);
	must(p && !usage(m));
	kfree_nolock(p);
	page = alloc_pages_nolock(__GFP_ACCOUNT, 0, 3);
	must(page && usage(m) == 8 * PAGE_SIZE);
	must(!alloc_pages_nolock(__GFP_ACCOUNT, 0, 0));
	must(!kmalloc_nolock(100, __GFP_ACCOUNT, NUMA_NO_NODE));
	must((p = kmalloc_nolock(100, 0, NUMA_NO_NODE)));
	free_pages_nolock(page, 3);
	must(!usage(m));
	kfree(p);
	km_enter(page_fork_lock);
	for (unsigned int i = 0; i < 100; i++) {
		p = kmalloc_nolock(100, __GFP_ACCOUNT, NUMA_NO_NODE);
		must(!p || mem_cgroup_from_obj(p) == m);
		kfree_nolock(p);
		p = kmalloc_nolock(30000, __GFP_ACCOUNT, NUMA_NO_NODE);
		must(!p || !mem_cgroup_from_obj(p) || usage(m) >= 30000);
		kfree_nolock(p);
	}
	km_leave(page_fork_unlock);
	must(!usage(m));
	set_active_memcg(NULL);
}

static void max_holds(void)
{
	struct mem_cgroup *m = make(NULL, 100 * 1024);
	unsigned int n;

	set_active_memcg(m);
	n = fill(blocks, 4096, 1024, QUIET);
	must(n == 100 && usage(m) == 100 * 1024);
	must(kmalloc_group_events(m, MEMCG_MAX) > 0);
	must(kmalloc_group_events(m, MEMCG_OOM) > 0);
	must(!kmalloc(50000, QUIET) && !vmalloc(0) && !__vmalloc(SZ_1M, QUIET));
	must(!alloc_pages(QUIET, 0) && !alloc_pages_exact(4096, QUIET));
	/* Who may not sleep and has no claim fails, others exceed. */
	must(!kmalloc(1024, GFP_NOWAIT | __GFP_ACCOUNT));
	must((blocks[n++] = kmalloc(1024, GFP_ATOMIC | __GFP_ACCOUNT)));
	must((blocks[n++] = kmalloc(1024, QUIET | __GFP_NOFAIL)));
	must(usage(m) == 102 * 1024);
	must(kmalloc_group_get(m, KMALLOC_GROUP_PEAK) >= 102 * 1024);
	drop(blocks, n);
	must(!usage(m));
	/* There is as much as before. */
	n = fill(blocks, 4096, 1024, QUIET);
	must(n == 100);
	drop(blocks, n);
	must(kmalloc_group_set(m, KMALLOC_GROUP_CURRENT, 1) == -EINVAL);
}

static void tree(void)
{
	struct mem_cgroup *top = make(NULL, 200 * 1024);
	struct mem_cgroup *a = make(top, 150 * 1024), *b = make(top, ~0UL);
	unsigned int n, k;

	must(parent_mem_cgroup(a) == top && !parent_mem_cgroup(top));
	must(!strcmp(kmalloc_group_name(a), "test"));
	set_active_memcg(a);
	n = fill(blocks, 4096, 1024, QUIET);
	must(n == 150 && usage(top) == 150 * 1024);
	set_active_memcg(b);
	k = fill(blocks + n, 4096 - n, 1024, QUIET);
	must(k == 50 && usage(b) == 50 * 1024 && usage(top) == 200 * 1024);
	must(kmalloc_group_events(top, MEMCG_MAX));
	must(!kmalloc_group_events(b, MEMCG_MAX));
	drop(blocks, n + k);
	must(!usage(a) && !usage(b) && !usage(top));
	set_active_memcg(NULL);
	must(kmalloc_group_remove(top) == -EBUSY);
	must(!kmalloc_group_remove(a) && !kmalloc_group_remove(b));
	must(!kmalloc_group_remove(top) && !kmalloc_group_remove(NULL));
}

/* What a removed group has is its parent's, and goes on to be charged. */
static void removal(void)
{
	struct mem_cgroup *top = make(NULL, SZ_1M), *a = make(top, SZ_1M);
	struct mem_cgroup *b;
	void *p, *q;

	set_active_memcg(a);
	must((p = kmalloc(1000, ACC)));
	must(mem_cgroup_from_obj(p) == a);
	must(!kmalloc_group_remove(a));
	must(!kmalloc_group_create(a, "of a dead one"));
	must(mem_cgroup_from_obj(p) == top);
	must(usage(top) == 1024);
	must((q = kmalloc(1000, ACC)));
	must(mem_cgroup_from_obj(q) == top && usage(top) == 2048);
	/* Its place is not taken while anybody may ask for it. */
	b = make(top, SZ_1M);
	must(b != a);
	kfree(p);
	must(usage(top) == 1024);
	must(make(top, SZ_1M) != a); /* it is active still */
	set_active_memcg(NULL);
	must(make(top, SZ_1M) == a);
	kfree(q);
	must(!usage(top) && !usage(b));
	/* Without a parent, nobody is charged. */
	a = make(NULL, SZ_1M);
	set_active_memcg(a);
	must((p = kmalloc(1000, ACC)));
	must(!kmalloc_group_remove(a));
	must((q = kmalloc(1000, ACC)));
	must(!mem_cgroup_from_obj(p) && !mem_cgroup_from_obj(q));
	kfree(p);
	kfree(q);
}

/* More than there may be at a time, one after another. */
static void many(void)
{
	unsigned int n = 0;

	for (int i = 0; i < 20000; i++) {
		struct mem_cgroup *m = make(NULL, SZ_1M);

		set_active_memcg(m);
		kfree(kmalloc(100, ACC));
		set_active_memcg(NULL);
		must(!kmalloc_group_remove(m));
	}
	while (kmalloc_group_create(NULL, "one of many"))
		n++;
	must(n == 4095);
}

/* ---- reclaim, events ---- */

static struct {
	struct mem_cgroup *memcg;
	unsigned int nr;
	void *p[1000];
	unsigned int asked;
} store[3];

static unsigned long store_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	for (unsigned int i = 0; i < 3; i++) {
		if (store[i].memcg == sc->memcg && store[i].nr)
			return store[i].nr;
	}
	return SHRINK_EMPTY;
}

static unsigned long store_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = 0;

	(void)s;
	for (unsigned int i = 0; i < 3; i++) {
		if (store[i].memcg != sc->memcg)
			continue;
		store[i].asked++;
		for (; n < sc->nr_to_scan && store[i].nr; n++)
			kfree(store[i].p[--store[i].nr]);
	}
	return n;
}

static void store_fill(unsigned int i, struct mem_cgroup *m, unsigned int nr)
{
	struct mem_cgroup *old = set_active_memcg(m);

	store[i].memcg = m;
	for (; store[i].nr < nr; store[i].nr++)
		must((store[i].p[store[i].nr] = kmalloc(1024, ACC)));
	set_active_memcg(old);
}

static struct shrinker *store_shrinker(void)
{
	struct shrinker *s = shrinker_alloc(SHRINKER_MEMCG_AWARE, "stores");

	must(s);
	s->count_objects = store_count;
	s->scan_objects = store_scan;
	shrinker_register(s);
	return s;
}

/* A group at its limit has its own objects given up, and its children's, but
 * not what these are promised, nor anybody else's. */
static void reclaims(void)
{
	struct mem_cgroup *top = make(NULL, 1024 * 1024);
	struct mem_cgroup *a = make(top, ~0UL), *b = make(top, ~0UL);
	struct mem_cgroup *other = make(NULL, ~0UL);
	struct shrinker *s = store_shrinker();
	unsigned int n;

	store_fill(0, a, 500);
	store_fill(1, b, 500);
	store_fill(2, other, 500);
	must(!kmalloc_group_set(b, KMALLOC_GROUP_MIN, SZ_1M));
	set_active_memcg(top);
	n = fill(blocks, 4096, 1024, QUIET);
	must(n == 524); /* 24, and all of a's 500 */
	must(!store[0].nr && store[1].nr == 500 && store[2].nr == 500);
	must(!kmalloc_group_events(b, MEMCG_LOW));
	drop(blocks, n);
	/* A low is kept while there is anything else. */
	must(!kmalloc_group_set(b, KMALLOC_GROUP_MIN, 0));
	must(!kmalloc_group_set(b, KMALLOC_GROUP_LOW, SZ_1M));
	store_fill(0, a, 500);
	n = fill(blocks, 400, 1024, QUIET);
	must(n == 400 && store[1].nr == 500);
	n += fill(blocks + n, 4096, 1024, QUIET);
	must(n == 1024 && !store[1].nr && store[2].nr == 500);
	must(kmalloc_group_events(b, MEMCG_LOW) > 0);
	drop(blocks, n);
	/* Not for who may not call back. */
	store_fill(0, a, 500);
	n = fill(blocks, 4096, 1024, GFP_NOFS | __GFP_ACCOUNT | __GFP_NOWARN);
	must(n == 524 && store[0].nr == 500);
	drop(blocks, n);
	drop(store[0].p, store[0].nr);
	drop(store[2].p, store[2].nr);
	shrinker_free(s);
	set_active_memcg(NULL);
	must(!usage(top) && !usage(other));
}

/* The process's own ladder reaches groups as well. */
static void global_reclaim(void)
{
	struct mem_cgroup *a = make(NULL, ~0UL), *b = make(NULL, ~0UL);
	struct shrinker *s = store_shrinker();

	store_fill(0, a, 500);
	store_fill(1, b, 500);
	must(!kmalloc_group_set(b, KMALLOC_GROUP_MIN, SZ_1M));
	for (int prio = DEF_PRIORITY; prio >= 0; prio--)
		shrink_slab(GFP_KERNEL, prio);
	must(!store[0].nr && store[1].nr == 500);
	shrinker_free(s);
}

static unsigned int notes[MEMCG_NR_MEMORY_EVENTS];

static int note(struct mem_cgroup *m, enum memcg_memory_event event, void *arg)
{
	must(m == arg);
	must(current_gfp_context(GFP_KERNEL) == GFP_NOFS);
	notes[event]++;
	if (event != MEMCG_OOM || notes[event] > 3)
		return 0;
	kfree(blocks[4000 + notes[event]]);
	return 1;
}

static void callbacks(void)
{
	struct mem_cgroup *m = make(NULL, 100 * 1024);
	unsigned int n;

	kmalloc_group_notify(m, note, m);
	set_active_memcg(m);
	for (int i = 1; i <= 3; i++)
		must((blocks[4000 + i] = kmalloc(1024, ACC)));
	n = fill(blocks, 4000, 1024, QUIET);
	must(n == 100 && notes[MEMCG_OOM] == 4 && !notes[MEMCG_HIGH]);
	must(!kmalloc(1024, QUIET | __GFP_RETRY_MAYFAIL));
	must(notes[MEMCG_OOM] == 4);
	drop(blocks, n);
	must(!kmalloc_group_set(m, KMALLOC_GROUP_HIGH, 50 * 1024));
	n = fill(blocks, 60, 1024, QUIET);
	must(n == 60);
	must(notes[MEMCG_HIGH] > 0);
	must(kmalloc_group_events(m, MEMCG_HIGH) >= notes[MEMCG_HIGH]);
	drop(blocks, n);
}

/* ---- no memory, no calls, forks ---- */

static void growth_fails(void)
{
	struct mem_cgroup *m = make(NULL, ~0UL);
	unsigned int n;

	set_active_memcg(m);
	kfree(kmalloc(100, ACC));
	km_fail_growth(1);
	n = fill(blocks, 4096, 8000, QUIET | __GFP_NORETRY);
	must(!__vmalloc(SZ_64K * 1024UL, QUIET | __GFP_NORETRY));
	must(!alloc_pages(QUIET | __GFP_NORETRY, 10));
	must(usage(m) == n * 8192UL);
	drop(blocks, n);
	must(!usage(m));
}

static void forks(void)
{
	struct mem_cgroup *m = make(NULL, SZ_1M);
	int status;
	void *p;
	pid_t pid;

	set_active_memcg(m);
	must((p = kmalloc(1000, ACC)));
	mm_fork_prepare();
	pid = fork();
	if (!pid) {
		mm_fork_child();
		kfree(p);
		must(!usage(m));
		must(make(m, SZ_1M));
		_exit(0);
	}
	mm_fork_parent();
	must(waitpid(pid, &status, 0) == pid && !status);
	must(usage(m) == 1024);
	kfree(p);
}

/* ---- a storm ---- */

#define STORM_THREADS 4
#define STORM_GROUPS 8

static struct mem_cgroup *storm_groups[STORM_GROUPS];
static void *handed[STORM_THREADS * 16]; /* atomic: freed by whoever comes */

static void *storm_alloc(struct km_rng *rng, size_t size)
{
	gfp_t gfp = QUIET | (km_below(rng, 2) ? __GFP_ZERO : 0) |
		    (km_below(rng, 4) ? 0 : __GFP_NORETRY);

	if (!km_below(rng, 8))
		return __vmalloc(size, gfp);
	if (!km_below(rng, 4))
		gfp = GFP_NOWAIT | __GFP_ACCOUNT;
	return kmalloc(size, gfp);
}

static void storm(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	unsigned long load = km_load(40000);

	for (unsigned long i = 0; i < load; i++) {
		size_t size = km_any_size(&rng, 100000);
		void *p;

		if (!km_below(&rng, 16))
			set_active_memcg(
				storm_groups[km_below(&rng, STORM_GROUPS)]);
		p = storm_alloc(&rng, size);
		if (p)
			*(volatile char *)p = 1;
		p = xchg(&handed[km_below(&rng, ARRAY_SIZE(handed))], p);
		kvfree(p);
		/* Transient: charges that are about to be undone. */
		must(atomic_read(&storm_groups[0]->usage) <=
		     *(u64 *)arg + STORM_THREADS * SZ_1M);
	}
	set_active_memcg(NULL);
}

static void storms(void)
{
	u64 most = 3 * SZ_1M;

	storm_groups[0] = make(NULL, most);
	for (int i = 1; i < STORM_GROUPS; i++)
		storm_groups[i] = make(storm_groups[(i - 1) / 2], SZ_1M);
	km_threads(STORM_THREADS, storm, &most);
	must(usage(storm_groups[0]) <= most);
	for (unsigned int i = 0; i < ARRAY_SIZE(handed); i++)
		kvfree(handed[i]);
	for (int i = STORM_GROUPS; i-- > 0;) {
		must(!usage(storm_groups[i]));
		must(!kmalloc_group_remove(storm_groups[i]));
	}
	check_zone();
	check_vmap();
}

/* Groups come and go, while threads charge them. */
static void removers(unsigned int nr, void *arg)
{
	struct mem_cgroup *top = arg;
	unsigned long load = km_load(3000);
	void *p[8] = { NULL };

	for (unsigned long i = 0; i < load; i++) {
		struct mem_cgroup *m = kmalloc_group_create(top, "passing");

		must(m);
		set_active_memcg(m);
		for (unsigned int k = 0; k < 8; k++) {
			kfree(p[k]);
			p[k] = kmalloc(64U << k, ACC);
			must(p[k]);
		}
		must(!kmalloc_group_remove(m));
		if (i % 3)
			set_active_memcg(NULL);
	}
	set_active_memcg(NULL);
	for (unsigned int k = 0; k < 8; k++)
		kfree(p[k]);
	(void)nr;
}

static void passing(void)
{
	struct mem_cgroup *top = make(NULL, 64 * SZ_1M);

	km_threads(4, removers, top);
	must(!usage(top));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(every_kind),
		km_unit_modes(mallocs),
		km_unit_child(without_waiting),
		km_unit_child(max_holds),
		km_unit_child(tree),
		km_unit_child(removal),
		km_unit_child(many),
		km_unit_child(reclaims),
		km_unit_child(global_reclaim),
		km_unit_child(callbacks),
		km_unit_child(growth_fails),
		km_unit_child(forks),
		km_unit_modes(storms),
		km_unit_modes(passing),
	};

	return km_run_tests(tests);
}
