/* SPDX-License-Identifier: MIT */
/*
 * slab_common: each size finds its class, each pointer its way back, and
 * what a caller gets wrong is said in so many words.
 */
#include "kmlocks.h"
#include "kmtest.h"

#include "bitops.h"
#include "buddy.h"
#include "kmalloc.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "pcs.h"
#include "percpu.h"
#include "slab_common.h"
#include "vmap_area.h"
#include "vmstat.h"

static const unsigned int classes[] = {
#define SHARED(size, before) size,
#define SPLIT(size, before) size,
#include "kmalloc_sizes.def"
#undef SHARED
#undef SPLIT
};

/* Sizes from which malloc has classes of its own. */
#define SPLIT_FROM 256

static unsigned int class_of(size_t size)
{
	unsigned int i = 0;

	while (classes[i] < size)
		i++;
	return classes[i];
}

static size_t lowest_bit(size_t x)
{
	return x & -x;
}

static void start(void)
{
	const char *options = getenv("KMALLOC");

	must(mm_boot());
	if (options && strstr(options, "generic"))
		must(percpu_mode == PERCPU_GENERIC);
}

/* ---- sizes ---- */

static void classes_ordered(void)
{
	start();
	for (unsigned int i = 1; i < ARRAY_SIZE(classes); i++) {
		must(classes[i] > classes[i - 1]);
		must(classes[i] % 16 == 0);
		/* No more than a quarter is lost above 128 bytes. */
		must(classes[i] <= 128 ||
		     (classes[i] - classes[i - 1]) * 4 <= classes[i]);
	}
	must(classes[ARRAY_SIZE(classes) - 1] == KMALLOC_MAX_CACHE_SIZE);
}

/* What the class map's tables promise, from all sizes. */
static void kmalloc_sizes(void)
{
	start();
	for (size_t size = 1; size <= 40000; size++) {
		char *p = km_hide(kmalloc(size, GFP_KERNEL));
		size_t got = ksize(p), align;

		must(p);
		must(got == kmalloc_size_roundup(size));
		if (size <= KMALLOC_MAX_CACHE_SIZE)
			must(got == class_of(size));
		else
			must(got == PAGE_ALIGN(size));
		align = is_power_of_2(size) ? max(size, (size_t)8) :
					      min(lowest_bit(got), PAGE_SIZE);
		must(IS_ALIGNED((uintptr_t)p, align));
		/* All of it may be written, and no more is another's. */
		p[0] = 1;
		p[got - 1] = 2;
		kfree(p);
	}
}

static void malloc_sizes(void)
{
	start();
	for (size_t size = 1; size <= 40000; size++) {
		char *p = malloc_slowpath(size, false);
		size_t got = ksize(p);

		must(p && IS_ALIGNED((uintptr_t)p, 16));
		if (size <= KMALLOC_MAX_CACHE_SIZE)
			must(got == class_of(size));
		else
			must(got == PAGE_ALIGN(size));
		p[0] = 1;
		p[got - 1] = 2;
		kfree(p);
	}
}

#define NOTHINGS 5000

/* Blocks of no bytes: each its own, freed and given out again. */
static void nothings(void)
{
	static char *p[NOTHINGS];

	start();
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < NOTHINGS; i++) {
			p[i] = malloc_slowpath(0, i % 2);
			must(p[i] && IS_ALIGNED((uintptr_t)p[i], 16));
			must(!ksize(p[i]) && (!i || p[i] != p[i - 1]));
		}
		for (int i = 0; i < NOTHINGS; i++)
			kfree(p[i]);
		slab_shrink_all();
	}
	/* Where they were, others may be now. */
	for (int i = 0; i < NOTHINGS; i++) {
		p[i] = malloc_slowpath(100, false);
		memset(p[i], 1, 100);
	}
	for (int i = 0; i < NOTHINGS; i++)
		kfree(p[i]);
}

static void touch_nothing(void *arg)
{
	(void)arg;
	start();
	*(char *)km_hide(malloc_slowpath(0, false)) = 1;
}

static void test_nothing(void **state)
{
	static struct km_child c;

	km_child(&c, touch_nothing, NULL);
	assert_child_dies(&c, SIGSEGV, "");
}

/* Where misuse shall not end the program, it may be touched. */
static void something(void)
{
	char *p;

	setenv("KMALLOC", "on_error=warn", 1);
	start();
	p = malloc_slowpath(0, true);
	must(p && ksize(p) == 16 && !*p);
	*p = 1;
	kfree(p);
}

/* Blocks of one class are beside each other, not over each other. */
static void neighbours(void)
{
	start();
	for (unsigned int c = 0; c < ARRAY_SIZE(classes); c++) {
		char *p[40];

		for (u64 i = 0; i < 40; i++) {
			p[i] = i % 2 ? kmalloc(classes[c], GFP_KERNEL) :
				       malloc_slowpath(classes[c], false);
			must(p[i]);
			km_fill(p[i], classes[c], i);
		}
		for (u64 i = 0; i < 40; i++)
			must(km_intact(p[i], classes[c], i));
		for (u64 i = 0; i < 40; i++)
			kfree(p[i]);
	}
}

static void large_sizes(void)
{
	struct km_rng rng = km_rng_of(1);

	start();
	for (int i = 0; i < 300; i++) {
		size_t size = KMALLOC_MAX_CACHE_SIZE +
			      km_any_size(&rng, KMALLOC_MAX_SIZE -
							KMALLOC_MAX_CACHE_SIZE);
		char *p;

		if (i % 5 == 0)
			size = (size_t)1 << (16 + km_below(&rng, 7));
		p = kmalloc(size, GFP_KERNEL);
		must(p && ksize(p) == PAGE_ALIGN(size));
		must(ksize(p) == kmalloc_size_roundup(size));
		must(IS_ALIGNED((uintptr_t)p,
				is_power_of_2(size) ? size : PAGE_SIZE));
		must(mem_is_phys(p) && !mem_class(p));
		km_fill(p, size, size);
		must(km_intact(p, size, size));
		kfree(p);
	}
	check_zone();
}

static void edges(void)
{
	void *p;

	start();
	must(kmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	must(kzalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	must(ksize(ZERO_SIZE_PTR) == 0 && ksize(NULL) == 0);
	must(kmalloc_size_roundup(0) == 0);
	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
	p = kmalloc(KMALLOC_MAX_SIZE, GFP_KERNEL);
	must(p && IS_ALIGNED((uintptr_t)p, KMALLOC_MAX_SIZE));
	kfree(p);
	must(!kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	must(!kmalloc(km_hide(~0UL), GFP_KERNEL) &&
	     !kmalloc(km_hide(PTRDIFF_MAX), GFP_KERNEL));
	must(!kmalloc(km_hide(~0UL - 15), GFP_KERNEL) &&
	     !kzalloc(km_hide(~0UL), GFP_KERNEL));
	must(!malloc_slowpath((size_t)PTRDIFF_MAX + 1, false));
	must(!malloc_slowpath(~0UL, true));
	must(vmstat_read(VMSTAT_foreign_free) == 0);
}

/* The tables, before anything uses them and behind their last entry. */
static void indexes(void)
{
	must(slab_fast_limit == 0);
	start();
	must(slab_fast_limit == KMALLOC_MAX_CACHE_SIZE);
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		unsigned int k = slab_index_id(slab_kmalloc_index, size);
		unsigned int m = slab_index_id(slab_malloc_index, size);

		must(slab_object_size[k] == class_of(size));
		must(slab_object_size[m] == class_of(size));
		must((k != m) == (class_of(size) >= SPLIT_FROM));
		must(k >= SLAB_ID_FIRST_KMALLOC && m < SLAB_ID_FIRST_NAMED);
	}
}

static void zero(void)
{
	start();
	for (int turn = 0; turn < 3; turn++) {
		for (size_t size = 1; size < SZ_1M; size += size / 7 + 1) {
			char *p = km_hide(kzalloc(size, GFP_KERNEL));

			must(km_is_zero(p, size));
			memset(p, 0xaa, ksize(p));
			kfree(km_hide(p));
			p = malloc_slowpath(size, true);
			must(km_is_zero(p, size));
			memset(p, 0xaa, ksize(p));
			kfree(km_hide(p));
			p = kcalloc(size, 1, GFP_KERNEL);
			must(km_is_zero(p, size));
			kfree(p);
		}
	}
}

/* Malloc's way: pages up to the threshold, areas above. */
static void thresholds(void)
{
	/* valgrind notes the state of each byte. */
	size_t huge = km_valgrind() ? SZ_1G / 8 : 3 * SZ_1G;
	char *p;

	start();
	p = malloc_slowpath(slab_vmap_threshold, false);
	must(p && mem_is_phys(p));
	kfree(p);
	p = malloc_slowpath(slab_vmap_threshold + 1, false);
	must(p && is_vmalloc_addr(p));
	must(ksize(p) == PAGE_ALIGN(slab_vmap_threshold + 1));
	km_fill(p, ksize(p), 1);
	must(km_intact(p, ksize(p), 1));
	kfree(p);
	p = malloc_slowpath(huge, true);
	must(p && p[0] == 0 && p[huge - 1] == 0);
	kfree(p);
}

static void aligned(void)
{
	size_t most = km_valgrind() ? SZ_1G / 64 : SZ_1G;
	struct km_rng rng = km_rng_of(2);

	start();
	for (size_t align = 1; align <= most; align *= 2) {
		for (int i = 0; i < 60; i++) {
			size_t size = i ? km_any_size(&rng, SZ_1M) : 0;
			char *p = malloc_aligned(align, size);

			must(p && IS_ALIGNED((uintptr_t)p, align));
			must(ksize(p) >= size);
			if (size) {
				p[0] = 1;
				p[size - 1] = 2;
			}
			kfree(p);
		}
	}
	must(!malloc_aligned(64, ~0UL) && !malloc_aligned(64, PTRDIFF_MAX));
	must(!malloc_aligned(1UL << 62, 1) && !malloc_aligned(1UL << 63, 1));
	check_vmap();
	check_zone();
}

/* Small blocks of every alignment at once do not lie in each other. */
static void aligned_together(void)
{
	static char *p[13][40];

	start();
	for (u64 k = 0; k < 40; k++) {
		for (u64 a = 0; a < 13; a++) {
			p[a][k] = malloc_aligned(1UL << a, k * 37 + 1);
			km_fill(p[a][k], k * 37 + 1, a << 8 | k);
		}
	}
	for (u64 k = 0; k < 40; k++) {
		for (u64 a = 0; a < 13; a++) {
			must(IS_ALIGNED((uintptr_t)p[a][k], 1UL << a));
			must(km_intact(p[a][k], k * 37 + 1, a << 8 | k));
			kfree(p[a][k]);
		}
	}
}

/* ---- giving back ---- */

static void shrink_all(void)
{
	static void *p[3000];
	struct km_rng rng = km_rng_of(3);
	struct kmem_cache *large;

	start();
	large = kmem_cache_create("large", 50000, 0, 0, NULL);
	kmem_cache_free(large, kmem_cache_alloc(large, GFP_KERNEL));
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = kmalloc(km_any_size(&rng, 5000), GFP_KERNEL);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
	must(vmstat_read(VMSTAT_slab_alloc) > vmstat_read(VMSTAT_slab_free));
	slab_shrink_all();
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
	check_zone();
}

/* ---- idle caches ---- */

static struct kmem_cache *cache_for(size_t size)
{
	return slab_caches[slab_index_id(slab_malloc_index, size)];
}

/* Twice the same count of locks: idle; sheaves, barn and slabs go. */
static void reaped(void)
{
	static void *p[3000], *busy[200];
	struct kmem_cache *s;

	setenv("KMALLOC", "page_reporting_delay=0", 1);
	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = malloc_slowpath(600, false);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
	s = cache_for(600);
	must(s && s->nr_slabs > 0);
	page_reaper();
	must(s->nr_slabs > 0); /* it was busy */
	for (unsigned int i = 0; i < ARRAY_SIZE(busy); i++)
		busy[i] = malloc_slowpath(100, false);
	page_reaper();
	/* The sheaves of a CPU that this thread left are there still. */
	must(s->nr_slabs == 0 || percpu_count(s->id) > 0);
	must(cache_for(100)->nr_slabs > 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(busy); i++)
		kfree(busy[i]);
	must(malloc_slowpath(600, false));
	check_cache(s);
	check_cache(cache_for(100));
}

/* Freeing pages is what looks, twice a second at most. */
static void reaped_by_pages(void)
{
	struct kmem_cache *s;
	void *p;

	setenv("KMALLOC", "page_reporting_delay=0", 1);
	start();
	kfree(malloc_slowpath(600, false));
	s = cache_for(600);
	for (int i = 0; i < 20 && s->nr_slabs && !km_valgrind(); i++) {
		p = malloc_slowpath(200000, false);
		must(p);
		kfree(p);
		usleep(300000);
	}
	must(km_valgrind() || s->nr_slabs == 0 || percpu_count(s->id) > 0);
}

#define SURVIVORS 1000
#define FREED_FOR_EACH 64

/* A heap that grows in one class takes what another one holds for little. */
static void growth_purges(void)
{
	static char *kept[SURVIVORS], *freed[SURVIVORS * FREED_FOR_EACH];
	struct kmem_cache *s;
	unsigned int slabs;
	size_t n = 0;

	start();
	for (size_t i = 0; i < SURVIVORS; i++) {
		km_fill(kept[i] = malloc_slowpath(250, false), 250, i);
		for (size_t k = 0; k < FREED_FOR_EACH; k++)
			freed[n++] = malloc_slowpath(250, false);
	}
	while (n)
		kfree(freed[--n]);
	s = cache_for(250);
	slabs = s->nr_slabs;
	must(vmstat_read(VMSTAT_pgreported) == 0);
	while (n < ARRAY_SIZE(freed) / 2)
		freed[n++] = malloc_slowpath(900, false);
	/* 15 MiB, of which survivors are on 4 at most. */
	must(vmstat_read(VMSTAT_pgreported) >
	     2000 * PAGE_SIZE / arch_page_size);
	must(s->nr_slabs && s->nr_slabs <= slabs);
	for (size_t i = 0; i < SURVIVORS; i++)
		must(km_intact(kept[i], 250, i));
	must(cache_for(900)->nr_slabs);
	check_cache(s);
	check_zone();
}

/* ---- inside a lock, as a signal handler may be ---- */

/* The class is out of reach: larger blocks serve, as aligned as its own. */
static void larger_serve(void)
{
	static char *p[2000], *larger[50];
	struct kmem_cache *s;

	start();
	kfree(kmalloc(64, GFP_KERNEL));
	for (int i = 0; i < 50; i++)
		larger[i] = kmalloc(128, GFP_KERNEL);
	for (int i = 0; i < 50; i++)
		kfree(larger[i]);
	s = slab_caches[slab_index_id(slab_kmalloc_index, 64)];
	must(s && spin_lock(&s->lock));
	for (u64 i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = kmalloc(64, GFP_KERNEL);
		must(p[i] && IS_ALIGNED((uintptr_t)p[i], 64));
		must(ksize(p[i]) >= 64);
		km_fill(p[i], 64, i);
	}
	must(vmstat_read(VMSTAT_nolock_alloc) == 0); /* pages were left */
	for (u64 i = 0; i < ARRAY_SIZE(p); i++) {
		must(km_intact(p[i], 64, i));
		kfree(p[i]);
	}
	spin_unlock(&s->lock);
	must(kmalloc(64, GFP_KERNEL));
	check_cache(s);
	check_zone();
}

/* All is out of reach: there is memory without locks, of any size, which
 * is a block as good as any. */
static void nolock(void)
{
	static char *p[300], *before[300];
	struct km_rng rng = km_rng_of(9);

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		before[i] = malloc_slowpath(km_any_size(&rng, SZ_1M), false);
	km_enter(lock_all);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		size_t size = km_any_size(&rng, i % 8 ? 9000 : 3 * SZ_1M);

		p[i] = i % 3 ? malloc_slowpath(size, i % 3 == 1) :
			       malloc_aligned(1UL << i % 18, size);
		must(p[i] && ksize(p[i]) >= size);
		must(i % 3 || IS_ALIGNED((uintptr_t)p[i], 1UL << i % 18));
		must(i % 3 != 1 || km_is_zero(p[i], size));
		km_fill(p[i], ksize(p[i]), i);
		kfree(before[i]);
	}
	must(vmstat_read(VMSTAT_nolock_alloc) > 30);
	must(vmstat_read(VMSTAT_deferred_free) > 0);
	must(kmalloc(SZ_64K, GFP_KERNEL) && vmalloc(1) == NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(p) / 2; i++)
		kfree(p[i]);
	km_leave(unlock_all);
	for (unsigned int i = ARRAY_SIZE(p) / 2; i < ARRAY_SIZE(p); i++) {
		must(km_intact(p[i], ksize(p[i]), i));
		kfree(p[i]);
	}
	must(vmstat_read(VMSTAT_nolock_alloc) ==
	     vmstat_read(VMSTAT_nolock_free) + 1);
	/* What was deferred comes home with the next. */
	kfree(malloc_slowpath(SZ_1M, false));
	kfree(malloc_slowpath(100000, false));
	slab_shrink_all();
	page_drain_pcp();
	must(vmstat_read(VMSTAT_pgalloc) <=
	     vmstat_read(VMSTAT_pgfree) + vmstat_read(VMSTAT_deferred_free));
	check_zone();
	check_vmap();
}

/* ---- foreign pointers ---- */

static unsigned int nr_foreign;
static bool foreign_known;

static bool on_foreign(void *p)
{
	nr_foreign++;
	return foreign_known;
}

static void foreign(void *arg)
{
	static char in_data[100];
	int on_stack;

	start();
	foreign_known = arg;
	slab_foreign_free = on_foreign;
	dprintf(2, "stack %p\n", (void *)&on_stack);
	kfree(km_hide(&on_stack));
	kfree(km_hide(&in_data[0]));
	kfree((void *)0x100000);
	kfree((void *)0xdeadbeefdeadbee8);
	must(nr_foreign == 4);
	must(vmstat_read(VMSTAT_foreign_free) == 4);
	must(ksize(km_hide(&on_stack)) == 0);
}

static void test_foreign(void **state)
{
	static struct km_child c;
	char want[200];
	void *p = NULL;

	km_child(&c, foreign, NULL);
	assert_child_ok(&c);
	assert_int_equal(sscanf(c.said, "stack %p\n", &p), 1);
	snprintf(
		want, sizeof(want),
		"stack %p\nkmalloc: free of foreign pointer %p ignored (reported once)\n",
		p, p);
	assert_string_equal(c.said, want);
	km_child(&c, foreign, "known");
	assert_child_ok(&c);
	assert_null(strstr(c.said, "kmalloc"));
}

/* ---- misuse ---- */

struct crime {
	size_t size;
	void (*commit)(char *p);
	const char *text; /* with %p for the block */
};

static void free_twice(char *p)
{
	kfree(km_hide(p));
	kfree(km_hide(p));
}

static void free_page_inside(char *p)
{
	kfree(km_hide(p + PAGE_SIZE));
}

static void free_byte_inside(char *p)
{
	kfree(km_hide(p + 1));
}

static void free_16_inside(char *p)
{
	kfree(km_hide(p + 16));
	slab_shrink_all();
}

static void free_pages_block(char *p)
{
	kfree(page_address(alloc_pages(GFP_KERNEL, 3)));
}

/* The block is split when it merges: somewhere in free memory. */
static void free_twice_merged(char *p)
{
	char *q = kmalloc(SZ_1M, GFP_KERNEL);

	kfree(km_hide(p));
	kfree(km_hide(q));
	page_report(true);
	kfree(km_hide(q));
}

static void free_never(char *p)
{
	kfree(mem_phys.base + mem_phys.online - PAGE_SIZE);
}

static const struct crime crimes[] = {
	{ 100, free_twice, "double free of %p (kmalloc-112)\n" },
	{ 5000, free_twice, "double free of %p (kmalloc-5120)\n" },
	{ 100, free_byte_inside,
	  ": interior pointer of a kmalloc-112 object at %p\n" },
	{ 100, free_16_inside,
	  ": interior pointer of a kmalloc-112 object at %p\n" },
	{ 32768, free_byte_inside,
	  ": interior pointer of a kmalloc-32768 object at %p\n" },
	{ 65536, free_twice, "free of %p" },
	{ 100000, free_twice, "free of %p" },
	{ 65536, free_byte_inside,
	  ": interior pointer of a 65536-byte block at %p\n" },
	{ 100000, free_page_inside,
	  ": interior pointer of a 102400-byte block at %p\n" },
	{ SZ_4M, free_page_inside,
	  ": interior pointer of a 4194304-byte block at %p\n" },
	{ 65536, free_pages_block, ": not an allocated block\n" },
	{ SZ_1M, free_twice_merged, "free of 0x" },
	{ 100, free_never, ": not an allocated block\n" },
};

static void commit(void *arg)
{
	const struct crime *crime = arg;
	char *p;

	start();
	p = kmalloc(crime->size, GFP_KERNEL);
	must(p);
	dprintf(2, "block %p\n", (void *)p);
	crime->commit(p);
	check_zone();
	dprintf(2, "went on\n");
}

static void expected_line(const struct km_child *c, const char *fmt, char *want,
			  size_t size)
{
	const char *at = strstr(fmt, "%p");
	void *p = NULL;

	assert_int_equal(sscanf(c->said, "block %p\n", &p), 1);
	if (at)
		snprintf(want, size, "%.*s%p%s", (int)(at - fmt), fmt, p,
			 at + 2);
	else
		snprintf(want, size, "%s", fmt);
}

static void test_misuse(void **state)
{
	static struct km_child c;
	unsigned int wrong = 0;
	char want[200];

	for (unsigned int i = 0; i < ARRAY_SIZE(crimes); i++) {
		km_child(&c, commit, &crimes[i]);
		expected_line(&c, crimes[i].text, want, sizeof(want));
		wrong += !km_child_died(&c, SIGABRT, want);
	}
	assert_int_equal(wrong, 0);
}

static void test_misuse_warned(void **state)
{
	static struct km_child c;
	unsigned int wrong = 0;
	char want[200];

	setenv("KMALLOC", "on_error=warn", 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(crimes); i++) {
		km_child(&c, commit, &crimes[i]);
		expected_line(&c, crimes[i].text, want, sizeof(want));
		if (strstr(c.said, want) && strstr(c.said, "went on\n"))
			continue;
		km_diag("not as expected: ", c.said);
		wrong++;
	}
	unsetenv("KMALLOC");
	assert_int_equal(wrong, 0);
}

/* ---- at random ---- */

#define NR_SLOTS 1000

static struct slot {
	uintptr_t p; /* atomic: 0 none, 1 being changed */
	size_t size;
} slots[NR_SLOTS];

static void *any_block(struct km_rng *rng, size_t size)
{
	switch (km_below(rng, 5)) {
	case 0:
		return kzalloc(size, GFP_KERNEL);
	case 1:
		return malloc_slowpath(size, false);
	case 2:
		return malloc_aligned(1UL << km_below(rng, 13), size);
	default:
		return kmalloc(size, GFP_KERNEL);
	}
}

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		struct slot *slot = &slots[km_below(&rng, NR_SLOTS)];
		uintptr_t p = xchg(&slot->p, 1);
		u64 tag = (u64)(slot - slots);

		if (p == 1)
			continue;
		if (p) {
			must(km_intact((void *)p, slot->size, tag));
			kfree((void *)p);
			p = 0;
		} else {
			slot->size = km_any_size(
				&rng, km_below(&rng, 50) ? 4000 : SZ_1M);
			p = (uintptr_t)any_block(&rng, slot->size);
			must(p && ksize((void *)p) >= slot->size);
			km_fill((void *)p, slot->size, tag);
		}
		smp_store_release(&slot->p, p);
		if (!km_below(&rng, 20000))
			slab_shrink_all();
	}
}

static void check_one(struct kmem_cache *s, void *arg)
{
	check_cache(s);
}

static void stress(void)
{
	unsigned long rounds = km_load(100000);

	start();
	km_threads(8, worker, &rounds);
	for (int i = 0; i < NR_SLOTS; i++)
		kfree((void *)slots[i].p);
	slab_for_each_cache(check_one, NULL);
	slab_shrink_all();
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
	check_zone();
	check_vmap();
}

/* Only slabs of small objects make a heap that is worth 2 MiB pages. */
static void dense(void)
{
	static void *p[1000];
	size_t before;

	must(mm_boot());
	slab_shrink_all();
	before = mem_dense_pages;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		must((p[i] = kmalloc(256, GFP_KERNEL)));
	must(mem_dense_pages >= before + ARRAY_SIZE(p) * 256 / PAGE_SIZE);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
	slab_shrink_all();
	must(mem_dense_pages == before);
	for (unsigned int i = 0; i < 100; i++)
		must((p[i] = kmalloc(2 * PAGE_SIZE, GFP_KERNEL)));
	must(mem_dense_pages == before);
	for (unsigned int i = 0; i < 100; i++)
		kfree(p[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(classes_ordered),
		km_unit_modes(kmalloc_sizes),
		km_unit_modes(malloc_sizes),
		km_unit_modes(nothings),
		cmocka_unit_test(test_nothing),
		km_unit_child(something),
		km_unit_modes(neighbours),
		km_unit_child(large_sizes),
		km_unit_child(edges),
		km_unit_child(indexes),
		km_unit_modes(zero),
		km_unit_child(thresholds),
		km_unit_modes(aligned),
		km_unit_child(aligned_together),
		km_unit_modes(shrink_all),
		km_unit_modes(reaped),
		km_unit_modes(reaped_by_pages),
		km_unit_modes(growth_purges),
		km_unit_modes(larger_serve),
		km_unit_modes(nolock),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_misuse_warned),
		km_unit_modes(stress),
		km_unit_modes(dense),
	};

	return km_run_tests(tests);
}
