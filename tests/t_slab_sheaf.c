/* SPDX-License-Identifier: MIT */
/*
 * slab_sheaf: what was fetched beforehand is there, whatever fails and
 * whatever the system forbids meanwhile.
 */
#include "kmtest.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "kmalloc.h"
#include "kmem_cache.h"
#include "mm_boot.h"
#include "pcs.h"
#include "vmstat.h"

static void start(void)
{
	must(mm_boot());
}

static struct kmem_cache *cache_of(unsigned int size)
{
	struct kmem_cache *s =
		kmem_cache_create("sheaf", size, 0, SLAB_NO_MERGE, NULL);

	must(s);
	return s;
}

static void take_all(struct kmem_cache *s, struct slab_sheaf *sheaf,
		     unsigned int nr, void **objs)
{
	unsigned int size = kmem_cache_size(s);

	for (unsigned int i = 0; i < nr; i++) {
		must(kmem_cache_sheaf_size(sheaf) == nr - i);
		objs[i] = kmem_cache_alloc_from_sheaf(s, GFP_NOWAIT, sheaf);
		must(objs[i]);
		km_fill(objs[i], size, i);
	}
	must(!kmem_cache_sheaf_size(sheaf));
	must(!kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf));
	for (unsigned int i = 0; i < nr; i++)
		must(km_intact(objs[i], size, i));
}

/* Up to a CPU's sheaf, and far beyond. */
static void sizes(void)
{
	static void *objs[20000];
	struct kmem_cache *s;

	start();
	s = cache_of(48);
	for (unsigned int nr = 1; nr <= ARRAY_SIZE(objs); nr = nr * 3 + 1) {
		struct slab_sheaf *sheaf =
			kmem_cache_prefill_sheaf(s, GFP_KERNEL, nr);

		must(sheaf);
		take_all(s, sheaf, nr, objs);
		kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
		kmem_cache_free_bulk(s, nr, objs);
		check_cache(s);
	}
	kmem_cache_destroy(s);
}

static void edges(void)
{
	struct slab_sheaf *sheaf = NULL, *old;
	struct kmem_cache *s;
	char *p;

	start();
	s = cache_of(100);
	must(!kmem_cache_prefill_sheaf(s, GFP_KERNEL, 0));
	must(!kmem_cache_prefill_sheaf(s, GFP_KERNEL, ~0U));
	must(kmem_cache_refill_sheaf(s, GFP_KERNEL, NULL, 1) == -EINVAL);
	must(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 1) == -EINVAL);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL | __GFP_ZERO, 10);
	must(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 5) == 0);
	must(kmem_cache_sheaf_size(sheaf) == 10);
	p = kmem_cache_alloc_from_sheaf(s, GFP_NOWAIT, sheaf);
	memset(p, 0xee, 100);
	kmem_cache_free(s, p);
	p = kmem_cache_alloc_from_sheaf(s, __GFP_ZERO, sheaf);
	must(km_is_zero(p, 100));
	kmem_cache_free(s, p);
	/* Topped up in place, then replaced by a larger one. */
	old = sheaf;
	must(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 20) == 0);
	must(sheaf == old && kmem_cache_sheaf_size(sheaf) == 20);
	must(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 1000) == 0);
	must(kmem_cache_sheaf_size(sheaf) == 1000);
	must(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, ~0U) == -ENOMEM);
	must(kmem_cache_sheaf_size(sheaf) == 1000);
	/* What it still holds goes back with it. */
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	must(kmem_cache_shrink(s) == 0);
	kmem_cache_destroy(s);
}

static void no_memory(void)
{
	struct slab_sheaf *sheaf;
	struct kmem_cache *s;
	struct slab_stat stat;
	void *objs[30];

	start();
	s = cache_of(4096);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 30);
	must(sheaf);
	km_fail_growth(1);
	must(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 3000) == -ENOMEM);
	must(!kmem_cache_prefill_sheaf(s, GFP_KERNEL, 3000));
	take_all(s, sheaf, 30, objs);
	km_fail_growth(0);
	slab_cache_stat(s, &stat);
	must(stat.active == 30);
	kmem_cache_free_bulk(s, 30, objs);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	kmem_cache_destroy(s);
}

/* In a handler above all of the library's locks. */
static void inside_locks(void)
{
	struct slab_sheaf *sheaf;
	struct kmem_cache *s;
	void *objs[300];

	start();
	s = cache_of(64);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 300);
	km_enter(slab_fork_lock);
	take_all(s, sheaf, 300, objs);
	km_leave(slab_fork_unlock);
	kmem_cache_free_bulk(s, 300, objs);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	kmem_cache_destroy(s);
}

/* Read, write and exit are all that this thread may call from here on. */
static void no_system_calls(void)
{
	static void *objs[500];
	struct slab_sheaf *sheaf;
	struct kmem_cache *s;

	if (km_valgrind() || CONFIG_SANITIZER)
		km_child_skip("the tool makes system calls of its own");
	start();
	s = cache_of(3000);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 500);
	must(sheaf);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		km_child_skip("the system has no seccomp");
	take_all(s, sheaf, 500, objs);
	syscall(SYS_exit, 0);
}

static void other_cache(void *arg)
{
	struct kmem_cache *a, *b;
	struct slab_sheaf *sheaf;

	start();
	a = cache_of(24);
	b = kmem_cache_create("other", 200, 0, 0, NULL);
	sheaf = kmem_cache_prefill_sheaf(a, GFP_KERNEL, 3);
	if (arg)
		kmem_cache_return_sheaf(b, GFP_KERNEL, sheaf);
	else
		kmem_cache_alloc_from_sheaf(b, GFP_KERNEL, sheaf);
}

static void test_misuse(void **state)
{
	assert_aborts(other_cache, NULL,
		      " is a sheaf of sheaf, not of other\n");
	assert_aborts(other_cache, "", "kmem_cache_return_sheaf: ");
}

static struct kmem_cache *shared;

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	void *objs[300];

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		unsigned int n = 1 + (unsigned int)km_below(&rng, 300), got;
		struct slab_sheaf *sheaf =
			kmem_cache_prefill_sheaf(shared, GFP_KERNEL, n);

		must(sheaf);
		got = (unsigned int)km_below(&rng, n + 1);
		for (unsigned int k = 0; k < got; k++) {
			objs[k] = kmem_cache_alloc_from_sheaf(shared, 0, sheaf);
			km_fill(objs[k], 40, (u64)nr << 32 | k);
		}
		for (unsigned int k = 0; k < got; k++)
			must(km_intact(objs[k], 40, (u64)nr << 32 | k));
		kmem_cache_return_sheaf(shared, GFP_KERNEL, sheaf);
		kmem_cache_free_bulk(shared, got, objs);
	}
}

static void stress(void)
{
	unsigned long rounds = km_load(3000);

	start();
	shared = cache_of(40);
	km_threads(8, worker, &rounds);
	check_cache(shared);
	must(kmem_cache_shrink(shared) == 0);
	kmem_cache_destroy(shared);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(sizes),		km_unit_modes(edges),
		km_unit_child(no_memory),	km_unit_modes(inside_locks),
		km_unit_modes(no_system_calls), cmocka_unit_test(test_misuse),
		km_unit_modes(stress),
	};

	return km_run_tests(tests);
}
