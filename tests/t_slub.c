/* SPDX-License-Identifier: MIT */
/*
 * slub: caches of every size keep objects apart, aligned and constructed;
 * all slabs come back; what is freed twice or wrongly is found.
 */
#include "kmtest.h"

#include "kmcache.h"
#include "vmstat.h"

/* ---- one cache ---- */

static void fill_cache(unsigned int size, unsigned int align, unsigned int nr)
{
	struct kmem_cache *s = cache_of(size, align, NULL);
	void *objs[600];

	must(nr <= ARRAY_SIZE(objs));
	for (unsigned int i = 0; i < nr; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		must(objs[i]);
		must(IS_ALIGNED((uintptr_t)objs[i], align ? align : 8));
		must(slab_cache_of(objs[i], mem_class(objs[i])) == s);
		km_fill(objs[i], size, (u64)size << 32 | i);
	}
	check_cache(s);
	for (unsigned int i = 0; i < nr; i++) {
		must(km_intact(objs[i], size, (u64)size << 32 | i));
		kmem_cache_free(s, objs[i]);
	}
	finish(s);
}

static void sizes(void)
{
	start();
	for (unsigned int size = 8; size <= 2048; size += size / 8 + 1)
		fill_cache(size, 0, 600);
	for (unsigned int size = 2049; size <= 40000; size += size / 5)
		fill_cache(size, 0, 60);
	for (unsigned int size = 40001; size < SZ_4M; size += size / 2)
		fill_cache(size, 0, 5);
	fill_cache(KMALLOC_MAX_CACHE_SIZE, 0, 40);
	fill_cache(KMALLOC_MAX_CACHE_SIZE + 1, 0, 10);
	fill_cache(SZ_64K, 0, 10);
	fill_cache(SZ_64K + 1, 0, 10);
	fill_cache(KMALLOC_MAX_SIZE, 0, 3);
}

static void alignments(void)
{
	start();
	for (unsigned int align = 1; align <= PAGE_SIZE; align *= 2) {
		fill_cache(8, align, 300);
		fill_cache(24, align, 300);
		fill_cache(100, align, 300);
		fill_cache(1000, align, 100);
		fill_cache(5000, align, 50);
		fill_cache(50000, align, 5);
	}
}

/* ---- pieces of a slab ---- */

/* Lowest address first, so that a new slab is touched from its start. */
static void address_order(void)
{
	struct kmem_cache *s;
	void *objs[50];

	start();
	s = cache_of(96, 0, NULL);
	take_direct(s, objs, 50);
	for (int i = 1; i < 50; i++)
		must((char *)objs[i - 1] == (char *)objs[i] + 96);
	must(slab_free_direct(s, objs + 10, 20));
	take_direct(s, objs + 10, 20);
	for (int i = 1; i < 50; i++)
		must((char *)objs[i - 1] == (char *)objs[i] + 96);
	must(slab_free_direct(s, objs, 50));
	finish(s);
}

/* In any order, with what else is free or not around them. */
static void runs(void)
{
	struct kmem_cache *s;
	void *objs[150];

	start();
	s = cache_of(16, 0, NULL);
	for (unsigned int seed = 1; seed < 200; seed++) {
		unsigned int nr = 4 + seed % 140, free;

		take_direct(s, objs, nr);
		for (unsigned int i = 0; i < nr; i++) {
			unsigned int k = (i * 2654435761U + seed) % nr;
			void *other = objs[k];

			objs[k] = objs[i];
			objs[i] = other;
		}
		free = s->nr_free;
		must(slab_free_direct(s, objs, nr / 2));
		must(s->nr_free == free + nr / 2);
		check_cache(s);
		must(slab_free_direct(s, objs + nr / 2, nr - nr / 2));
		check_cache(s);
	}
	finish(s);
}

/* Objects come from the fullest slab, so that others can become empty. */
static void fullest_first(void)
{
	struct kmem_cache *s;
	void *objs[300];
	unsigned int per;
	size_t bytes;

	start();
	s = cache_of(1000, 0, NULL);
	per = s->objects;
	bytes = PAGE_SIZE << s->order;
	must(per > 30 && per < 100);
	for (unsigned int i = 0; i < per * 2; i++)
		objs[i] = slab_alloc_direct(s);
	/* The first slab keeps two objects, the second loses two. */
	must(slab_free_direct(s, objs + 2, per - 2));
	must(slab_free_direct(s, objs + 2 * per - 2, 2));
	check_cache(s);
	for (int i = 0; i < 2; i++) {
		uintptr_t at = (uintptr_t)slab_alloc_direct(s);

		must(at / bytes == (uintptr_t)objs[per + 5] / bytes);
	}
	must((uintptr_t)slab_alloc_direct(s) / bytes ==
	     (uintptr_t)objs[0] / bytes);
	check_cache(s);
}

/* One empty slab is kept of many, the others go; shrinking takes that one
 * too.  Of few, none is kept. */
static void empty_slabs(void)
{
	static void *objs[2000];
	struct kmem_cache *s;
	u64 made;

	start();
	made = vmstat_read(VMSTAT_slab_alloc);
	s = cache_of(1000, 0, NULL);
	take_direct(s, objs, 2000);
	made = vmstat_read(VMSTAT_slab_alloc) - made;
	must(s->nr_slabs == made && made >= 2000 * 1000 / SZ_64K);
	for (int i = 0; i < 2000; i++)
		must(mem_class(objs[i]) == s->id);
	must(slab_free_direct(s, objs, 2000));
	check_cache(s);
	must(s->nr_slabs == 1 && s->nr_empty == 1);
	must(vmstat_read(VMSTAT_slab_free) == made - 1);
	must(slab_cache_shrink(s) == 0);
	for (int i = 0; i < 2000; i++)
		must(mem_class(objs[i]) == 0);
	take_direct(s, objs, 2);
	must(slab_free_direct(s, objs, 2));
	must(s->nr_slabs == 0 && s->nr_empty == 0);
	check_zone();
	finish(s);
}

/* ---- constructors ---- */

/* Each object is built when its slab is made, and never again. */
static void constructor(void)
{
	static u64 *objs[1000];
	struct slab_stat stat;
	struct kmem_cache *s;

	start();
	s = cache_of(24, 0, build);
	for (int turn = 0; turn < 4; turn++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
			must(is_built(objs[i]));
			objs[i][1] = i;
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
			must(is_built(objs[i]) && objs[i][1] == i);
			kmem_cache_free(s, objs[i]);
		}
		slab_cache_stat(s, &stat);
		must(nr_built == stat.objects);
	}
	finish(s);
}

/* ---- inside the lock, as a signal handler may be ---- */

static void deferred(void)
{
	struct kmem_cache *s;
	void *objs[40];
	u64 was;

	start();
	s = cache_of(64, 0, NULL);
	take_direct(s, objs, 40);
	was = vmstat_read(VMSTAT_deferred_free);
	must(spin_lock(&s->lock));
	must(!slab_alloc_direct(s));
	must(!slab_free_direct(s, objs, 10));
	must(!slab_free_direct(s, objs + 10, 20));
	spin_unlock(&s->lock);
	must(vmstat_read(VMSTAT_deferred_free) == was + 30);
	check_cache(s);
	/* The next one that frees takes them along. */
	must(slab_free_direct(s, objs + 30, 10));
	must(!s->deferred);
	finish(s);
}

/* Nobody frees after the handler: shrinking finds them as well. */
static void deferred_shrink(void)
{
	struct kmem_cache *s;
	void *objs[10];

	start();
	s = cache_of(64, 0, NULL);
	take_direct(s, objs, 10);
	must(spin_lock(&s->lock));
	must(!slab_free_direct(s, objs, 10));
	spin_unlock(&s->lock);
	must(slab_cache_shrink(s) == 0);
}

/* Objects that wait stay as their constructor, and the user, left them. */
static void deferred_constructed(void)
{
	struct kmem_cache *s;
	void *objs[40];

	start();
	s = cache_of(24, 0, build);
	take_direct(s, objs, 40);
	must(spin_lock(&s->lock));
	must(!slab_free_direct(s, objs, 39));
	spin_unlock(&s->lock);
	must(slab_free_direct(s, objs + 39, 1));
	take_direct(s, objs, 40);
	for (int i = 0; i < 40; i++)
		must(is_built(objs[i]));
}

/* ---- misuse ---- */

struct crime {
	void (*commit)(struct kmem_cache *s, char *p);
	const char *text; /* with %p for the object of 96 bytes */
};

/* At once if it is the object freed last... */
static void free_twice(struct kmem_cache *s, char *p)
{
	kmem_cache_free(s, p);
	kmem_cache_free(s, p);
}

/* ...else when it reaches its slab. */
static void free_twice_later(struct kmem_cache *s, char *p)
{
	void *other = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, p);
	kmem_cache_free(s, other);
	kmem_cache_free(s, p);
	slab_cache_shrink(s);
}

static void free_direct_twice(struct kmem_cache *s, char *p)
{
	slab_free_direct(s, (void **)&p, 1);
	slab_free_direct(s, (void **)&p, 1);
}

static void free_inside(struct kmem_cache *s, char *p)
{
	kmem_cache_free(s, p + 8);
	slab_cache_shrink(s);
}

static void free_unaligned(struct kmem_cache *s, char *p)
{
	kmem_cache_free(s, p + 1);
}

/* The page before the first object: the gap that colours leave, or the
 * next slab's end. */
static void free_gap(struct kmem_cache *s, char *p)
{
	size_t bytes = PAGE_SIZE << s->order;
	char *mem = (char *)((uintptr_t)p & ~(bytes - 1));

	kmem_cache_free(s, mem + bytes - 8);
	slab_cache_shrink(s);
}

static void free_to_other(struct kmem_cache *s, char *p)
{
	struct kmem_cache *other = cache_of(104, 0, NULL);

	kmem_cache_free(other, p);
}

static void free_elsewhere(struct kmem_cache *s, char *p)
{
	kmem_cache_free(s, &p);
}

/* What waits for its slab when that is another cache's: @p is no multiple of
 * the other's size in it, nor is its bit that one's to set. */
static void free_to_other_slab(struct kmem_cache *s, char *p)
{
	struct kmem_cache *other = cache_of(104, 0, NULL);
	void *objs[4] = { p, p, p, p };

	slab_free_direct(other, objs, 1);
	slab_free_direct(other, objs, 4); /* as a run */
	check_cache(other);
	must(other->nr_free == 0);
}

/* Of a batch from one slab all is put back but what is not right. */
static void free_run(struct kmem_cache *s, void **objs, unsigned int nr,
		     unsigned int right)
{
	size_t free = s->nr_free;

	slab_free_direct(s, objs, nr);
	must(s->nr_free == free + right);
	check_cache(s);
}

static void free_twice_in_run(struct kmem_cache *s, char *p)
{
	void *objs[10];

	take_direct(s, objs, 8);
	objs[8] = objs[9] = p;
	free_run(s, objs, 10, 9);
}

static void free_inside_in_run(struct kmem_cache *s, char *p)
{
	void *objs[10];

	take_direct(s, objs, 10);
	objs[4] = p + 8;
	free_run(s, objs, 10, 9);
}

static void free_gap_before_run(struct kmem_cache *s, char *p)
{
	size_t bytes = PAGE_SIZE << s->order;
	void *objs[10];

	take_direct(s, objs, 10);
	objs[0] = (char *)((uintptr_t)p & ~(bytes - 1)) + bytes - 8;
	free_run(s, objs, 10, 9);
}

static void free_large_twice(struct kmem_cache *s, char *p)
{
	struct kmem_cache *large = cache_of(100000, 0, NULL);
	char *q = kmem_cache_alloc(large, GFP_KERNEL);

	q = memset(q, 1, 100);
	kmem_cache_free(large, q);
	kmem_cache_free(large, q);
}

static const struct crime crimes[] = {
	{ free_twice, "double free of %p (t-96)\n" },
	{ free_twice_later, "double free of %p (t-96)\n" },
	{ free_direct_twice, "double free of %p (t-96)\n" },
	{ free_inside, ": interior pointer of a t-96 object at %p\n" },
	{ free_unaligned, ": interior pointer of a t-96 object at %p\n" },
	{ free_gap, ": not an allocated block\n" },
	{ free_twice_in_run, "double free of %p (t-96)\n" },
	{ free_inside_in_run, ": interior pointer of a t-96 object at %p\n" },
	{ free_gap_before_run, ": not an allocated block\n" },
	{ free_to_other, "kmem_cache_free of %p: not an object of t-104\n" },
	{ free_to_other_slab, "free of %p: not an allocated block\n" },
	{ free_elsewhere, ": not an object of t-96\n" },
	{ free_large_twice, "free of " },
};

static void commit(void *arg)
{
	const struct crime *crime = arg;
	struct kmem_cache *s;
	char *p;

	start();
	s = cache_of(96, 0, NULL);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	p = kmem_cache_alloc(s, GFP_KERNEL);
	dprintf(2, "object %p\n", (void *)p);
	crime->commit(s, p);
	check_cache(s);
	check_zone();
	for (int i = 0; i < 1000; i++)
		must(kmem_cache_alloc(s, GFP_KERNEL));
	check_cache(s);
	dprintf(2, "went on\n");
}

static void expected_line(const struct km_child *c, const char *fmt, char *want,
			  size_t size)
{
	const char *at = strstr(fmt, "%p");
	void *p = NULL;

	assert_int_equal(sscanf(c->said, "object %p\n", &p), 1);
	if (at)
		snprintf(want, size, "%.*s%p%s", (int)(at - fmt), fmt, p,
			 at + 2);
	else
		snprintf(want, size, "%s", fmt);
}

static void misuse(const char *options)
{
	static struct km_child c;
	char want[200];

	if (options)
		setenv("KMALLOC", options, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(crimes); i++) {
		km_child(&c, commit, &crimes[i]);
		expected_line(&c, crimes[i].text, want, sizeof(want));
		assert_child_dies(&c, SIGABRT, want);
	}
	unsetenv("KMALLOC");
}

static void test_misuse(void **state)
{
	misuse(NULL);
}

static void test_misuse_generic(void **state)
{
	misuse("percpu=generic");
}

static void test_misuse_warned(void **state)
{
	static struct km_child c;
	char want[200];

	setenv("KMALLOC", "on_error=warn", 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(crimes); i++) {
		km_child(&c, commit, &crimes[i]);
		assert_child_ok(&c);
		expected_line(&c, crimes[i].text, want, sizeof(want));
		assert_non_null(strstr(c.said, want));
		assert_non_null(strstr(c.said, "went on\n"));
	}
	unsetenv("KMALLOC");
}

/* ---- failing calls ---- */

static void no_memory(void)
{
	struct kmem_cache *s;
	void *p;

	start();
	s = cache_of(64, 0, NULL);
	km_fail_growth(1);
	must(!kmem_cache_alloc(s, GFP_KERNEL));
	must(!kmem_cache_zalloc(s, GFP_KERNEL));
	check_cache(s);
	km_fail_growth(0);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	must(p);
	kmem_cache_free(s, p);
	finish(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(sizes),
		km_unit_child(alignments),
		km_unit_child(address_order),
		km_unit_child(runs),
		km_unit_child(fullest_first),
		km_unit_child(empty_slabs),
		km_unit_modes(constructor),
		km_unit_child(deferred),
		km_unit_child(deferred_shrink),
		km_unit_child(deferred_constructed),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_misuse_generic),
		cmocka_unit_test(test_misuse_warned),
		km_unit_child(no_memory),
	};

	return km_run_tests(tests);
}
