/* SPDX-License-Identifier: MIT */
/*
 * util: what a block holds survives every change of its size, a product that
 * overflows is refused, and what must be cleared is.
 */
#include "kmlocks.h"
#include "kmtest.h"

#include "bitops.h"
#include "buddy.h"
#include "kmalloc.h"
#include "mm_boot.h"
#include "pcs.h"
#include "slab_common.h"
#include "util.h"
#include "vmalloc.h"
#include "vmap_area.h"

#define GFP_0 (GFP_KERNEL | __GFP_ZERO)

static void start(void)
{
	must(mm_boot());
}

/* ---- krealloc ---- */

static void krealloc_edges(void)
{
	char *p, *q;

	start();
	p = krealloc(NULL, 100, GFP_KERNEL);
	must(p && ksize(p) == 112);
	must(krealloc(p, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	/* It was freed: it is the next one of its class. */
	q = kmalloc(100, GFP_KERNEL);
	must(q == p);
	must(krealloc(ZERO_SIZE_PTR, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	p = krealloc(ZERO_SIZE_PTR, 50, GFP_0);
	must(p && km_is_zero(p, 50));
	km_fill(p, 50, 1);
	must(!krealloc(p, km_hide(KMALLOC_MAX_SIZE + 1), GFP_KERNEL));
	must(!krealloc(p, km_hide(~0UL), GFP_KERNEL));
	must(km_intact(p, 50, 1));
}

/* In place while it is in its class, or more than half full. */
static void krealloc_in_place(void)
{
	char *p, *q;

	start();
	p = kmalloc(1000, GFP_KERNEL);
	must(ksize(p) == 1024);
	for (size_t size = 1024; size > 512; size--)
		must((q = krealloc(p, size, GFP_KERNEL)) == p);
	km_fill(p, 512, 1);
	q = krealloc(p, 512, GFP_KERNEL);
	must(q != p && ksize(q) == 512 && km_intact(q, 512, 1));
	p = krealloc(q, 513, GFP_KERNEL);
	must(p != q && ksize(p) == 640 && km_intact(p, 512, 1));
}

/* From each size to each other. */
static void krealloc_content(void)
{
	static const size_t steps[] = { 1, 8, 17, 100, 128, 129, 1000, 4096,
					4097, 30000, 32768, 32769, 65536,
					200000, SZ_1M, SZ_4M };

	start();
	for (u64 a = 0; a < ARRAY_SIZE(steps); a++) {
		for (u64 b = 0; b < ARRAY_SIZE(steps); b++) {
			size_t both = min(steps[a], steps[b]);
			char *p = kmalloc(steps[a], GFP_KERNEL);

			km_fill(p, steps[a], a);
			p = krealloc(p, steps[b], GFP_KERNEL);
			must(p && ksize(p) >= steps[b]);
			must(km_intact(p, both, a));
			km_fill(p, steps[b], b);
			must(km_intact(p, steps[b], b));
			kfree(p);
		}
	}
	check_zone();
}

/* No memory: the block is as it was. */
static void krealloc_fails(void)
{
	char *p;

	start();
	p = kmalloc(100, GFP_KERNEL);
	km_fill(p, 100, 1);
	km_fail_growth(1);
	must(!krealloc(p, SZ_4M, GFP_KERNEL));
	must(ksize(p) == 112 && km_intact(p, 100, 1));
	must(!kvrealloc(p, 300 * SZ_1M, GFP_KERNEL));
	must(km_intact(p, 100, 1));
	km_fail_growth(0);
	p = krealloc(p, SZ_4M, GFP_KERNEL);
	must(p && km_intact(p, 100, 1));
}

/* Blocks that come next have been used, and hold what they held. */
static void soil(size_t size)
{
	void *p[8];

	for (int i = 0; i < 8; i++) {
		p[i] = km_hide(kvmalloc(size, GFP_KERNEL));
		memset(p[i], 0xbb, ksize(p[i]));
	}
	for (int i = 0; i < 8; i++)
		kvfree(p[i]);
}

/* Through these sizes, with __GFP_ZERO each time: what was never written
 * reads as zero. */
static void grow_zero(void *(*resize)(const void *, size_t, gfp_t),
		      const size_t *size, unsigned int nr)
{
	char *p = NULL;

	for (unsigned int i = 0; i < nr; i++)
		soil(size[i]);
	for (unsigned int i = 0; i < nr; i++) {
		p = km_hide(resize(p, size[i], GFP_0));
		must(p && km_is_zero(p, size[i]));
	}
	kvfree(p);
}

static void krealloc_zero(void)
{
	static const size_t within[] = { 20, 30, 32, 33, 48 };
	static const size_t wide[] = { 5, 100, 112, 150, 1000, 5000, 32000,
				       32768, 33000, 36864, 40000, 300000 };
	static const size_t down[] = { 1000, 600, 1000, 513, 1024, 100, 112 };

	start();
	grow_zero(krealloc, within, ARRAY_SIZE(within));
	grow_zero(krealloc, wide, ARRAY_SIZE(wide));
	grow_zero(krealloc, down, ARRAY_SIZE(down));
}

static void kvrealloc_zero(void)
{
	static const size_t wide[] = { 30, 5000, 100000, 524288, 524289,
				       600000, 700001, SZ_1M, 3 * SZ_1M,
				       20 * SZ_1M };
	static const size_t down[] = { SZ_1M, 600001, SZ_1M, 300001, SZ_1M,
				       100, 112, SZ_1M };

	start();
	grow_zero(kvrealloc, wide, ARRAY_SIZE(wide));
	grow_zero(kvrealloc, down, ARRAY_SIZE(down));
}

/* Cut off, written before: grown again it must not be seen. */
static void zero_after_shrink(void)
{
	static const size_t sizes[][2] = { { 1000, 700 }, { 30, 20 },
					   { 40000, 37000 }, { SZ_1M, 600000 } };

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t large = sizes[i][0], small = sizes[i][1];
		char *p = km_hide(kvzalloc(large, GFP_KERNEL));

		memset(p, 0xdd, large);
		p = km_hide(kvrealloc(p, small, GFP_0));
		p = km_hide(kvrealloc(p, large, GFP_0));
		must(km_is_zero(p + small, large - small));
		kvfree(p);
	}
}

/* ---- arrays ---- */

static void arrays(void)
{
	size_t half = km_hide((size_t)1 << 32), most = km_hide(~(size_t)0);
	char *p;

	start();
	p = kmalloc_array(30, 10, GFP_KERNEL);
	must(p && ksize(p) == 320);
	km_fill(p, 300, 1);
	p = krealloc_array(p, 3, 1000, GFP_KERNEL);
	must(p && ksize(p) == 3072 && km_intact(p, 300, 1));
	must(!krealloc_array(p, half, half, GFP_KERNEL));
	must(!krealloc_array(p, most, 2, GFP_KERNEL));
	must(km_intact(p, 300, 1));
	kfree(p);
	must(!kmalloc_array(half, half, GFP_KERNEL));
	must(!kmalloc_array(most, most, GFP_KERNEL));
	must(!kcalloc(most / 2 + 1, 2, GFP_KERNEL));
	must(!kvmalloc_array(half, half, GFP_KERNEL));
	must(!kvcalloc(most / 3, 4, GFP_KERNEL));
	/* 2^64 + 16: what is left after the overflow would fit. */
	must(!kmalloc_array((most >> 4) + 2, 16, GFP_KERNEL));
	must(kmalloc_array(0, 8, GFP_KERNEL) == ZERO_SIZE_PTR);
	must(kmalloc_array(8, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	must(kcalloc(most, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
}

static void arrays_zero(void)
{
	start();
	for (size_t n = 1; n < 300000; n = n * 3 + 1) {
		char *p;

		soil(n * 4);
		p = km_hide(kvcalloc(n, 4, GFP_KERNEL));
		must(p && km_is_zero(p, n * 4));
		kvfree(p);
		if (n * 4 > KMALLOC_MAX_SIZE)
			continue;
		p = km_hide(kcalloc(4, n, GFP_KERNEL));
		must(p && km_is_zero(p, n * 4));
		kfree(p);
	}
}

/* ---- kvmalloc ---- */

static void kv_edges(void)
{
	size_t limit = slab_vmap_threshold;
	char *p;

	start();
	must(kvmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	must(kvzalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	kvfree(NULL);
	kvfree(ZERO_SIZE_PTR);
	must(!kvmalloc(km_hide(~0UL), GFP_KERNEL));
	must(!kvmalloc(km_hide((size_t)PTRDIFF_MAX + 1), GFP_KERNEL));
	p = kvmalloc(limit, GFP_KERNEL);
	must(p && !is_vmalloc_addr(p));
	kvfree(p);
	p = kvmalloc(limit + 1, GFP_KERNEL);
	must(p && is_vmalloc_addr(p) && ksize(p) == limit + PAGE_SIZE);
	must(kvrealloc(p, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	must(vmap_size(p) == 0);
	p = kvrealloc(ZERO_SIZE_PTR, 10, GFP_KERNEL);
	must(p && ksize(p) == 16);
}

/* Up and down over all that a block may be. */
static void kv_content(void)
{
	static const size_t steps[] = { 10, 3000, 40000, 524288, 524289,
					SZ_1M, 5 * SZ_1M, 64 * SZ_1M,
					9 * SZ_1M, 524288, 270000, 262144,
					100000, 700000, 50, 2 * SZ_1M, 1 };
	char *p = NULL;
	size_t old = 0;

	start();
	for (u64 i = 0; i < ARRAY_SIZE(steps); i++) {
		p = km_hide(kvrealloc(p, steps[i], GFP_KERNEL));
		must(p && ksize(p) >= steps[i]);
		must(!i || km_intact(p, min(old, steps[i]), i - 1));
		old = steps[i];
		km_fill(p, old, i);
		check_vmap();
		check_zone();
	}
	kvfree(p);
}

static void realloc_copy(void)
{
	char *p;

	start();
	p = km_hide(kmalloc(100, GFP_KERNEL));
	km_fill(p, 100, 1);
	p = util_realloc_copy(p, 100, SZ_1M);
	must(p && ksize(p) >= SZ_1M && km_intact(p, 100, 1));
	p = util_realloc_copy(p, SZ_1M, 50);
	must(p && km_intact(p, 50, 1));
	must(!util_realloc_copy(p, 50, (size_t)PTRDIFF_MAX + 1));
	must(km_intact(p, 50, 1));
}

/* ---- the rest ---- */

/* All of the block, not just what was asked for. */
static void sensitive(void)
{
	static const size_t sizes[] = { 1, 100, 1000, 5000, 40000, 300000,
					SZ_1M };

	start();
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = km_hide(kvmalloc(sizes[i], GFP_KERNEL));
		size_t all = ksize(p);

		memset(p, 0x99, all);
		kfree_sensitive(p);
		/* The memory is still there, if not ours any more. */
		must(km_is_zero(km_hide(p), all));
	}
}

static void version(void)
{
	must(!strcmp(kmalloc_version(), PACKAGE_VERSION));
}

/* ---- at random ---- */

#define HELD 50

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	size_t size[HELD] = { 0 };
	char *held[HELD] = { NULL };

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		u64 k = km_below(&rng, HELD), tag = (u64)nr << 32 | k;
		size_t next = km_any_size(&rng, km_below(&rng, 20) ? 20000 :
								 3 * SZ_1M);
		char *p;

		if (held[k] && !km_below(&rng, 4)) {
			must(km_intact(held[k], size[k], tag));
			kvfree(held[k]);
			held[k] = NULL;
			size[k] = 0;
			continue;
		}
		p = kvrealloc(held[k], next, GFP_KERNEL);
		must(p && km_intact(p, min(size[k], next), tag));
		must(ksize(p) >= next);
		held[k] = p;
		size[k] = next;
		km_fill(p, next, tag);
	}
	for (u64 k = 0; k < HELD; k++) {
		must(!held[k] || km_intact(held[k], size[k],
					   (u64)nr << 32 | k));
		kvfree(held[k]);
	}
}

static void check_one(struct kmem_cache *s, void *arg)
{
	check_cache(s);
}

static void stress(void)
{
	unsigned long rounds = km_load(3000);

	start();
	km_threads(8, worker, &rounds);
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_vmap();
}

/* ---- nodes, bulk, callers ---- */

static const int nodes[] = { NUMA_NO_NODE, 0, 1, 1000 };

static void on_nodes(void)
{
	size_t most = km_hide(~0UL);

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(nodes); i++) {
		int node = nodes[i];
		void *p[] = {
			kmalloc_node(100, GFP_KERNEL, node),
			kzalloc_node(100, GFP_KERNEL, node),
			kmalloc_array_node(10, 10, GFP_KERNEL, node),
			kcalloc_node(10, 10, GFP_KERNEL, node),
			kmalloc_node_track_caller(100, GFP_KERNEL, node),
			kvmalloc_node(SZ_1M, GFP_KERNEL, node),
			kvzalloc_node(SZ_1M, GFP_KERNEL, node),
			kmalloc_track_caller(100, GFP_KERNEL),
			kvmalloc_array_node(10, 10, GFP_KERNEL, node),
			kvcalloc_node(10, 10, GFP_KERNEL, node),
		};

		must(km_is_zero(p[1], 100) && km_is_zero(p[3], 100) &&
		     km_is_zero(p[9], 100) &&
		     km_is_zero(p[6], SZ_1M));
		for (unsigned int k = 0; k < ARRAY_SIZE(p); k++) {
			must(ksize(p[k]) == (k == 5 || k == 6 ? SZ_1M : 112));
			km_fill(p[k], 100, k);
		}
		for (unsigned int k = 0; k < ARRAY_SIZE(p); k++) {
			must(km_intact(p[k], 100, k));
			kvfree(p[k]);
		}
		must(kmalloc_node(0, GFP_KERNEL, node) == ZERO_SIZE_PTR);
		must(!kmalloc_node(most, GFP_KERNEL, node));
		must(!kvmalloc_array_node(most, 2, GFP_KERNEL, node));
		must(!kvcalloc_node(2, most, GFP_KERNEL, node));
		must(!kmalloc_array_node(most, 2, GFP_KERNEL, node));
		must(!kcalloc_node(2, most, GFP_KERNEL, node));
		must(!kvmalloc_node(most, GFP_KERNEL, node));
	}
}

/* Of several caches, pages and areas, with what is no block among them. */
static void bulk(void)
{
	void *p[] = {
		kmalloc(8, GFP_KERNEL),	    NULL,
		kmalloc(3000, GFP_KERNEL),  ZERO_SIZE_PTR,
		kmalloc(SZ_1M, GFP_KERNEL), vmalloc(SZ_1M),
		kmalloc(8, GFP_KERNEL),
	};
	void *last = p[6];

	start();
	kfree_bulk(0, NULL);
	kfree_bulk(ARRAY_SIZE(p), p);
	must(kmalloc(8, GFP_KERNEL) == last);
}

/* ---- resizing with an alignment ---- */

typedef void *aligner(const void *p, size_t size, unsigned long align,
		      gfp_t gfp, int node);

static bool is_aligned(const void *p, size_t align)
{
	return IS_ALIGNED((uintptr_t)p, (uintptr_t)align);
}

/* Every size, each alignment: the content moves along and what is behind it
 * is zero. */
static void align_all(aligner *resize, unsigned int shift_max, size_t size_max)
{
	struct km_rng rng = km_rng_of(shift_max);
	unsigned long rounds = km_load(3000);
	size_t size = 0;
	char *p = NULL;

	while (rounds--) {
		size_t align = 1UL << km_below(&rng, shift_max + 1);
		size_t next = km_any_size(&rng, size_max);
		char *to = km_hide(
			resize(p, next, align, GFP_0, NUMA_NO_NODE));

		must(to && is_aligned(to, align));
		must(km_intact(to, min(size, next), 7));
		must(next <= size || km_is_zero(to + size, next - size));
		km_fill(to, next, 7);
		p = to;
		size = next;
	}
	kvfree(p);
}

static void realloc_aligned(void)
{
	start();
	align_all(krealloc_node_align, 16, 100000);
	align_all(krealloc_node_align, 20, SZ_1M);
	align_all(kvrealloc_node_align, 18, 2 * SZ_1M);
	check_vmap();
	check_zone();
}

static void realloc_aligned_edges(void)
{
	char *p, *q;

	start();
	kmalloc(100, GFP_KERNEL); /* the heap begins at a round address */
	p = krealloc_node_align(NULL, 100, 64, GFP_KERNEL, 0);
	must(p && is_aligned(p, 64));
	km_fill(p, 100, 1);
	/* What is aligned stays. */
	q = krealloc_node_align(p, 100, 64, GFP_KERNEL, 0);
	must(q == p);
	q = krealloc_node(p, 101, GFP_KERNEL, 0);
	must(q == p);
	must(!krealloc_node_align(p, 100, 3, GFP_KERNEL, 0));
	must(!krealloc_node_align(p, 100, 8 * SZ_1M, GFP_KERNEL, 0));
	must(!krealloc_node_align(p, km_hide(~0UL), 64, GFP_KERNEL, 0));
	must(!kvrealloc_node_align(p, 100, 3, GFP_KERNEL, 0));
	must(!kvrealloc_node_align(p, km_hide(~0UL), 64, GFP_KERNEL, 0));
	must(km_intact(p, 100, 1));
	q = krealloc_node_align(p, 100, SZ_4M, GFP_KERNEL, 0);
	must(q != p && is_aligned(q, SZ_4M) && km_intact(q, 100, 1));
	p = kvrealloc_node_align(q, 100, 8 * SZ_1M, GFP_KERNEL, 0);
	must(p && is_aligned(p, 8 * SZ_1M) && km_intact(p, 100, 1));
	must(kvrealloc_node_align(p, 0, 16, GFP_KERNEL, 0) == ZERO_SIZE_PTR);
	p = kvrealloc_node(NULL, 10, GFP_KERNEL, 0);
	must(krealloc_node_align(p, 0, 16, GFP_KERNEL, 0) == ZERO_SIZE_PTR);
}

static void kv_aligned(void)
{
	start();
	for (size_t align = 1; align <= 4 * SZ_1M; align *= 2) {
		char *p = kvmalloc_node_align(100, align, GFP_KERNEL, 0);
		char *q = kvmalloc_node_align(SZ_1M + 1, align, GFP_0, 0);

		must(p && is_aligned(p, align) && ksize(p) >= 100);
		must(q && is_aligned(q, align) && km_is_zero(q, SZ_1M + 1));
		kvfree(p);
		kvfree(q);
	}
	must(kvmalloc_node_align(0, 64, GFP_KERNEL, 0) == ZERO_SIZE_PTR);
	must(!kvmalloc_node_align(100, 3, GFP_KERNEL, 0));
	must(!kvmalloc_node_align(km_hide(~0UL), 64, GFP_KERNEL, 0));
	must(!kvmalloc_node_align(100, 2 * SZ_1T, GFP_KERNEL, 0));
}

/* ---- without waiting ---- */

static void nolock_sizes(void)
{
	static const size_t size[] = { 1, 16, 100, 4096, 32768 };

	for (unsigned int i = 0; i < ARRAY_SIZE(size); i++) {
		char *p = kmalloc_nolock(size[i], __GFP_ZERO, NUMA_NO_NODE);
		char *q = kmalloc_nolock(size[i], __GFP_ACCOUNT, 0);

		must(p && q && km_is_zero(p, size[i]));
		must(!is_power_of_2(size[i]) || is_aligned(p, size[i]));
		km_fill(p, size[i], 1);
		km_fill(q, size[i], 2);
		must(km_intact(p, size[i], 1));
		kfree_nolock(p);
		kfree_nolock(q);
	}
	must(kmalloc_nolock(0, 0, NUMA_NO_NODE) == ZERO_SIZE_PTR);
	must(!kmalloc_nolock(KMALLOC_MAX_CACHE_SIZE + 1, 0, NUMA_NO_NODE));
	must(!kmalloc_nolock(km_hide(~0UL), 0, NUMA_NO_NODE));
	kfree_nolock(NULL);
	kfree_nolock(ZERO_SIZE_PTR);
}

static void nolock_first(void)
{
	nolock_sizes();
	must(!in_nmi());
}

/* With every lock of the library held, as by others and as by this thread:
 * neither waits, and all is well afterwards. */
static void nolock_thread(unsigned int nr, void *arg)
{
	(void)nr;
	(void)arg;
	must(!in_nmi());
	for (int i = 0; i < 20; i++)
		nolock_sizes();
	must(!in_nmi());
}

static void nolock_locked(void)
{
	start();
	kfree(kmalloc(100, GFP_KERNEL));
	km_enter(lock_all);
	nolock_sizes();
	km_threads(2, nolock_thread, NULL);
	km_leave(unlock_all);
	nolock_sizes();
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_vmap();
}

#define NOLOCK_HELD 40

/* Both ways of allocating and of freeing, on blocks of all threads. */
static void nolock_worker(unsigned int nr, void *arg)
{
	static char *shared[NOLOCK_HELD]; /* atomic */
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		size_t size = 8 + km_any_size(&rng, 8000);
		char *p = km_below(&rng, 2) ?
				  kmalloc_nolock(size, 0, NUMA_NO_NODE) :
				  kmalloc(size, GFP_KERNEL);

		if (p) {
			memcpy(p, &size, 8);
			km_fill(p + 8, size - 8, size);
		}
		p = xchg(&shared[km_below(&rng, NOLOCK_HELD)], p);
		if (!p)
			continue;
		memcpy(&size, p, 8);
		must(km_intact(p + 8, size - 8, size));
		if (km_below(&rng, 2))
			kfree_nolock(p);
		else
			kfree(p);
	}
	must(!in_nmi());
}

static void nolock_stress(void)
{
	unsigned long rounds = km_load(20000);

	start();
	km_threads(8, nolock_worker, &rounds);
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_vmap();
}

static void other_flags(void *arg)
{
	void *p = kmalloc_nolock(10, GFP_KERNEL, NUMA_NO_NODE);

	(void)arg;
	must(p);
	kfree_nolock(p);
	kfree_nolock(kmalloc_nolock(10, GFP_ATOMIC, NUMA_NO_NODE));
}

static void test_nolock_flags(void **state)
{
	static const char text[] =
		"kmalloc: kmalloc_nolock: flags 0xcc0: expected __GFP_ZERO or __GFP_ACCOUNT (reported once)\n";
	struct km_child c;

	(void)state;
	km_child(&c, other_flags, NULL);
	assert_child_ok(&c);
	assert_string_equal(c.said, text);
}

static void nolock_misuse(void *arg)
{
	char *p;

	(void)arg;
	start();
	kfree(kmalloc(4096, GFP_KERNEL)); /* there is a slab */
	p = kmalloc_nolock(4096, 0, NUMA_NO_NODE);
	kfree_nolock(p + 8);
	slab_shrink_all();
}

static void test_nolock_misuse(void **state)
{
	(void)state;
	assert_aborts(nolock_misuse, NULL, "interior pointer of a kmalloc-4096");
}

/* ---- secrets ---- */

static void kv_sensitive(void)
{
	char *p;

	start();
	kvfree_sensitive(NULL, 10);
	kvfree_sensitive(ZERO_SIZE_PTR, 10);
	p = kvmalloc(64, GFP_KERNEL);
	km_fill(p, 64, 1);
	kvfree_sensitive(p, 40);
	p = km_hide(p);
	must(km_is_zero(p, 40) && !km_is_zero(p, 64));
	p = kvmalloc(SZ_1M, GFP_KERNEL);
	km_fill(p, SZ_1M, 1);
	kvfree_sensitive(p, SZ_1M);
	must(km_is_zero(km_hide(p), SZ_1M));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(krealloc_edges),
		km_unit_child(krealloc_in_place),
		km_unit_child(krealloc_content),
		km_unit_child(krealloc_fails),
		km_unit_child(krealloc_zero),
		km_unit_child(kvrealloc_zero),
		km_unit_child(zero_after_shrink),
		km_unit_child(arrays),
		km_unit_child(arrays_zero),
		km_unit_child(kv_edges),
		km_unit_child(kv_content),
		km_unit_child(realloc_copy),
		km_unit_child(sensitive),
		km_unit_child(version),
		km_unit_child(on_nodes),
		km_unit_child(bulk),
		km_unit_child(realloc_aligned),
		km_unit_child(realloc_aligned_edges),
		km_unit_modes(nolock_first),
		km_unit_modes(nolock_locked),
		km_unit_modes(nolock_stress),
		km_unit_child(kv_aligned),
		cmocka_unit_test(test_nolock_flags),
		cmocka_unit_test(test_nolock_misuse),
		km_unit_child(kv_sensitive),
		km_unit_modes(stress),
	};

	return km_run_tests(tests);
}
