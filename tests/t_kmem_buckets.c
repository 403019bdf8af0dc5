/* SPDX-License-Identifier: MIT */
/*
 * kmem_buckets: blocks of a set are kmalloc's in all but their caches.
 */
#include "kmtest.h"

#include "bitops.h"
#include "kmalloc.h"
#include "kmem_cache.h"
#include "mm_boot.h"
#include "vmstat.h"

static void start(void)
{
	must(mm_boot());
}

static struct kmem_cache *cache_at(const void *p)
{
	return slab_cache_of(p, mem_class(p));
}

/* Size, alignment and name are those of the class. */
static void sizes(void)
{
	kmem_buckets *b;

	start();
	b = kmem_buckets_create("set", 0, 0, 0, NULL);
	must(b);
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE;
	     size += 1 + size / 9) {
		char *p = kmem_buckets_alloc(b, size, GFP_KERNEL);
		size_t got = ksize(p);
		char name[40];

		must(p && got == kmalloc_size_roundup(size));
		must(IS_ALIGNED((uintptr_t)p, got & -got));
		snprintf(name, sizeof(name), "set-%zu", got);
		must(!strcmp(cache_at(p)->name, name));
		memset(p, 1, got);
		kfree(p);
	}
}

/* No block of one set is where one of another was. */
static void apart(void)
{
	kmem_buckets *a, *b;
	void *p, *q;

	start();
	a = kmem_buckets_create("a", 0, 0, 0, NULL);
	b = kmem_buckets_create("b", 0, 0, 0, NULL);
	p = kmem_buckets_alloc(a, 64, GFP_KERNEL);
	q = kmem_buckets_alloc_track_caller(b, 64, GFP_KERNEL);
	must(cache_at(p) != cache_at(q));
	must(strncmp(cache_at(p)->name, "kmalloc", 7));
	kfree(p);
	must(kmem_buckets_alloc(b, 64, GFP_KERNEL) != p);
	must(kmalloc(64, GFP_KERNEL) != p);
	must(kmem_buckets_alloc(a, 64, GFP_KERNEL) == p);
}

static void edges(void)
{
	kmem_buckets *b;
	char *p;

	start();
	b = kmem_buckets_create("set", SLAB_ACCOUNT, 0, 16, NULL);
	must(kmem_buckets_alloc(b, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	must(kmem_buckets_valloc(b, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	p = kmem_buckets_alloc(b, 100, GFP_KERNEL);
	memset(p, 1, 100);
	kfree(p);
	p = kmem_buckets_alloc(b, 100, GFP_KERNEL | __GFP_ZERO);
	must(km_is_zero(p, 100));
	kvfree(p);
	/* Beyond the classes: pages and areas. */
	p = kmem_buckets_alloc(b, SZ_1M, GFP_KERNEL);
	must(p && ksize(p) == SZ_1M && mem_is_phys(p));
	kfree(p);
	must(!kmem_buckets_alloc(b, KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	p = kmem_buckets_valloc(b, KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	must(p && is_vmalloc_addr(p));
	kvfree(p);
	p = kmem_buckets_valloc(b, 100, GFP_KERNEL);
	must(p && !strcmp(cache_at(p)->name, "set-112"));
	kvfree(p);
	must(!kmem_buckets_valloc(b, km_hide(~0UL), GFP_KERNEL));
	/* No set is kmalloc's own. */
	p = kmem_buckets_alloc(NULL, 100, GFP_KERNEL);
	must(!strcmp(cache_at(p)->name, "kmalloc-112"));
	kfree(p);
	p = kmem_buckets_valloc(ZERO_SIZE_PTR, 100, GFP_KERNEL);
	must(!strcmp(cache_at(p)->name, "kmalloc-112"));
	kfree(p);
}

static void names(void *arg)
{
	kmem_buckets *b;
	void *p;

	start();
	must(!kmem_buckets_create(NULL, 0, 0, 0, NULL));
	must(!kmem_buckets_create("two words", 0, 0, 0, NULL));
	/* The name is cut, the size is not. */
	b = kmem_buckets_create(
		"a-name-of-more-than-forty-characters-as-they-are", 0, 0, 0,
		NULL);
	p = kmem_buckets_alloc(b, 32768, GFP_KERNEL);
	must(!strcmp(cache_at(p)->name + strlen(cache_at(p)->name) - 6,
		     "-32768"));
	kfree(p);
}

static void test_names(void **state)
{
	static struct km_child c;

	km_child(&c, names, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: kmem_buckets_create(NULL): expected a name without spaces\n"
		"kmalloc: kmem_buckets_create(two words): expected a name without spaces\n");
}

static void no_memory(void)
{
	kmem_buckets *b;
	void *p = ZERO_SIZE_PTR;

	start();
	b = kmem_buckets_create("set", 0, 0, 0, NULL);
	km_fail_growth(1);
	for (int i = 0; i < 10000 && p; i++)
		p = kmem_buckets_alloc(b, 20000, GFP_KERNEL);
	must(!p);
	km_fail_growth(0);
	must(kmem_buckets_alloc(b, 20000, GFP_KERNEL));
}

static kmem_buckets *shared;

/* All at once make the caches of all classes. */
static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		size_t size = km_any_size(&rng, 40000);
		void *p = kmem_buckets_alloc(shared, size, GFP_KERNEL);

		must(p && ksize(p) >= size);
		km_fill(p, size, i);
		must(km_intact(p, size, i));
		kfree(p);
	}
}

static void count_set(struct kmem_cache *s, void *arg)
{
	*(unsigned int *)arg += !strncmp(s->name, "shared-", 7);
}

static void stress(void)
{
	unsigned long rounds = km_load(3000);
	unsigned int n = 0;

	start();
	shared = kmem_buckets_create("shared", 0, 0, 0, NULL);
	km_threads(8, worker, &rounds);
	slab_for_each_cache(count_set, &n);
	must(n <= 40 && n > 5);
	slab_shrink_all();
	must(vmstat_read(VMSTAT_slab_alloc) - vmstat_read(VMSTAT_slab_free) <=
	     1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(sizes),	  km_unit_modes(apart),
		km_unit_modes(edges),	  cmocka_unit_test(test_names),
		km_unit_child(no_memory), km_unit_modes(stress),
	};

	return km_run_tests(tests);
}
