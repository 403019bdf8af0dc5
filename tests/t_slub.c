/* SPDX-License-Identifier: MIT */
/*
 * slub: caches of every size keep objects apart, aligned and constructed;
 * all slabs come back; what is freed twice or wrongly is found.
 */
#include "kmtest.h"

#include "bitops.h"
#include "kmcache.h"
#include "slab_common.h"
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

/* The slab's start is where the class byte says so; its first object is a
 * multiple of cache lines, and of the alignment, behind that. */
static void colours_of(unsigned int size, unsigned int align, bool coloured)
{
	struct kmem_cache *s = cache_of(size, align, NULL);
	size_t bytes = PAGE_SIZE << s->order;
	unsigned int nr = s->objects * 8, differ = 0;
	void **objs = calloc(nr, sizeof(*objs));
	uintptr_t last = 0;

	take_direct(s, objs, nr);
	for (unsigned int i = 0; i < nr; i++) {
		struct slab *slab = (void *)mem_page(
			(void *)((uintptr_t)objs[i] & ~(bytes - 1)));
		uintptr_t colour = (uintptr_t)slab->base & (bytes - 1);

		must(slab->type == PG_SLAB && slab->cache == s);
		must(IS_ALIGNED(colour, max(align, 64U)));
		must(IS_ALIGNED((uintptr_t)objs[i], align));
		must(colour + (size_t)slab->objects * s->size <= bytes);
		differ += i && colour != last;
		last = colour;
	}
	must(coloured ? differ >= 4 : !differ);
	must(slab_free_direct(s, objs, nr));
	free(objs);
	finish(s);
}

static void colours(void)
{
	start();
	colours_of(200, 8, true);
	colours_of(64, 64, true);
	colours_of(128, 128, true);
	colours_of(512, 512, true);
	colours_of(1024, 1024, false);
	colours_of(4096, 4096, false);
	colours_of(8, 8, true);
}

/* Every address of a slab is judged rightly. */
static void is_object(unsigned int size)
{
	struct kmem_cache *s = cache_of(size, 0, NULL);
	unsigned int nr = s->objects, starts = 0;
	size_t bytes = PAGE_SIZE << s->order;
	void **objs = calloc(nr, sizeof(*objs)), *at;
	struct slab *slab;
	char *mem, *end;

	slab_alloc_bulk_direct(s, objs, nr);
	mem = (char *)((uintptr_t)objs[0] & ~(bytes - 1));
	slab = (struct slab *)mem_page(mem);
	end = slab->base + (size_t)slab->objects * s->size;
	for (char *p = mem; p < mem + bytes; p++) {
		size_t offset = (size_t)(p - slab->base);
		bool inside = p >= slab->base && p < end;
		bool is = inside && offset % s->size == 0;

		must(slab_is_object(s, p, &at) == is);
		must(at == (inside ? p - offset % s->size : NULL));
		starts += is;
	}
	must(starts == slab->objects);
	slab_free_direct(s, objs, nr);
	free(objs);
	finish(s);
}

static void objects_by_address(void)
{
	start();
	for (unsigned int size = 8; size <= KMALLOC_MAX_CACHE_SIZE;
	     size = size * 3 / 2 + 1)
		is_object(size);
}

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

/* ---- sheaves and barn ---- */

static void shrink_gives_back(void)
{
	static void *objs[5000];
	struct slab_stat stat;
	struct kmem_cache *s;

	start();
	s = cache_of(64, 64, NULL);
	for (int turn = 0; turn < 3; turn++) {
		u64 put = vmstat_read(VMSTAT_barn_put);

		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		slab_cache_stat(s, &stat);
		must(stat.active == ARRAY_SIZE(objs));
		must(slab_cache_shrink(s) >= ARRAY_SIZE(objs) / s->objects);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(s, objs[i]);
		must(vmstat_read(VMSTAT_barn_put) > put);
		slab_cache_stat(s, &stat);
		must(stat.active == 0 && stat.sheaf_objects > 0);
		must(slab_cache_shrink(s) == 0);
		slab_cache_stat(s, &stat);
		must(!stat.slabs && !stat.objects && !stat.sheaf_objects);
		must(vmstat_read(VMSTAT_slab_alloc) ==
		     vmstat_read(VMSTAT_slab_free));
	}
	finish(s);
}

/* The last freed comes first: it is the one in the processor's cache. */
static void last_in_first_out(void)
{
	struct kmem_cache *s;
	void *objs[20];

	start();
	s = cache_of(64, 0, NULL);
	for (int i = 0; i < 20; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 20; i++)
		kmem_cache_free(s, objs[i]);
	for (int i = 20; i-- > 0;)
		must(kmem_cache_alloc(s, GFP_KERNEL) == objs[i]);
}

/* However many objects are freed, few of them wait outside their slabs. */
static void sheaves_bounded(void)
{
	static void *objs[20000];
	struct slab_stat stat;
	struct kmem_cache *s;

	start();
	s = cache_of(32, 0, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	slab_cache_stat(s, &stat);
	must(stat.sheaf_objects <=
	     (size_t)s->capacity * (s->barn_most + 2 * percpu_nr_areas()));
	finish(s);
}

/* A barn that was too small for what comes and goes becomes larger, and then
 * nothing goes to the slabs; idle, it is as it was. */
static void barns_grow(void)
{
	static void *objs[3000];
	struct kmem_cache *s;
	unsigned int rounds = 0;
	u64 flushed;

	start();
	km_stay();
	s = cache_of(64, 0, NULL);
	must(s->barn_least < s->barn_most && s->barn_max == s->barn_least);
	do {
		flushed = vmstat_read(VMSTAT_sheaf_flush);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(s, objs[i]);
		must(s->barn_max <= s->barn_most);
	} while (vmstat_read(VMSTAT_sheaf_flush) > flushed && rounds++ < 10);
	must(rounds >= 1 && rounds < 10);
	must(s->barn_max > s->barn_least);
	check_cache(s);
	slab_cache_shrink(s);
	must(s->barn_max == s->barn_least);
	/* What is freed once and for all is no reason to grow. */
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	must(s->barn_max == s->barn_least);
	finish(s);
}

static void bulk(void)
{
	static void *objs[1000];
	struct kmem_cache *s;

	start();
	s = cache_of(48, 0, NULL);
	for (size_t nr = 0; nr <= ARRAY_SIZE(objs); nr = nr * 2 + 1) {
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, nr, objs) == (int)nr);
		for (size_t i = 0; i < nr; i++)
			km_fill(objs[i], 48, i);
		for (size_t i = 0; i < nr; i++)
			must(km_intact(objs[i], 48, i));
		check_cache(s);
		kmem_cache_free_bulk(s, nr, objs);
	}
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO, 100, objs) ==
	     100);
	for (int i = 0; i < 100; i++)
		must(km_is_zero(objs[i], 48));
	/* Without a cache: each goes to its own. */
	for (size_t i = 50; i < 100; i++) {
		kmem_cache_free(s, objs[i]);
		objs[i] = kmalloc(i * 100, GFP_KERNEL);
	}
	kmem_cache_free_bulk(NULL, 100, objs);
	finish(s);
}

/* All or nothing. */
static void bulk_fails(void)
{
	static void *objs[500];
	struct slab_stat stat;
	struct kmem_cache *s;

	setenv("KMALLOC", "mem=4M", 1);
	start();
	s = cache_of(SZ_64K - 64, 0, NULL);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 500, objs) == 0);
	slab_cache_stat(s, &stat);
	must(stat.active == 0);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10, objs) == 10);
	kmem_cache_free_bulk(s, 10, objs);
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

/* Through the front door, with a sheaf that is empty or full. */
static void from_handler(void)
{
	static void *objs[3000], *inside[3000];
	struct kmem_cache *s;
	unsigned int nr = 0;

	start();
	s = cache_of(64, 0, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	must(spin_lock(&s->lock));
	while (nr < ARRAY_SIZE(inside) &&
	       (inside[nr] = kmem_cache_alloc(s, GFP_KERNEL)))
		nr++;
	must(nr < ARRAY_SIZE(inside)); /* what the sheaves had */
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	spin_unlock(&s->lock);
	check_cache(s);
	must(vmstat_read(VMSTAT_deferred_free) > 0);
	/* The next free that reaches the slabs brings the rest home. */
	must(slab_free_direct(s, inside, nr));
	objs[0] = slab_alloc_direct(s);
	must(slab_free_direct(s, objs, 1));
	finish(s);
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

/* ---- at random ---- */

#define NR_CACHES 12
#define NR_SLOTS 2000

static struct kmem_cache *caches[NR_CACHES];

/* A block that any thread may take over: 0 none, 1 being changed. */
static struct slot {
	uintptr_t obj; /* atomic */
	unsigned int cache;
} slots[NR_SLOTS];

static void make_caches(void)
{
	static const unsigned int object_sizes[NR_CACHES] = {
		24, 8, 16, 40, 64, 136, 520, 1000, 4096, 10000, 33000, 200000,
	};

	for (unsigned int i = 0; i < NR_CACHES; i++)
		caches[i] = cache_of(object_sizes[i], i % 3 ? 0 : 8,
				     i ? NULL : build);
}

/* Its first bytes say which slot has it; a built object keeps its words. */
static void label(char *obj, unsigned int cache, u64 tag)
{
	if (cache)
		km_fill(obj, min(caches[cache]->object_size, 64U), tag);
	else
		((u64 *)obj)[1] = tag;
}

static void check_label(char *obj, unsigned int cache, u64 tag)
{
	if (cache)
		must(km_intact(obj, min(caches[cache]->object_size, 64U), tag));
	else
		must(is_built((u64 *)obj) && ((u64 *)obj)[1] == tag);
}

static void fill_slot(struct slot *slot, unsigned int cache, u64 tag)
{
	char *obj = kmem_cache_alloc(caches[cache], GFP_KERNEL);

	if (obj) {
		if (!cache)
			must(is_built((u64 *)obj));
		label(obj, cache, tag);
		slot->cache = cache;
	}
	smp_store_release(&slot->obj, (uintptr_t)obj);
}

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		struct slot *slot = &slots[km_below(&rng, NR_SLOTS)];
		u64 tag = (u64)(slot - slots) << 8;
		unsigned int cache = (unsigned int)
			__ffs(km_random(&rng) | 1U << (NR_CACHES - 1));
		uintptr_t obj = xchg(&slot->obj, 1);

		if (obj == 1)
			continue; /* whoever changes it stores it back */
		if (!obj) {
			fill_slot(slot, cache, tag);
		} else {
			check_label((char *)obj, slot->cache, tag);
			kmem_cache_free(caches[slot->cache], (void *)obj);
			smp_store_release(&slot->obj, 0);
		}
		if (!km_below(&rng, 5000))
			check_cache(caches[km_below(&rng, NR_CACHES)]);
		if (!km_below(&rng, 5000))
			slab_cache_shrink(caches[km_below(&rng, NR_CACHES)]);
		if (!km_below(&rng, 5000))
			purge(caches[km_below(&rng, NR_CACHES)]);
	}
}

static void end_of_stress(void)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		if (!slots[i].obj)
			continue;
		check_label((char *)slots[i].obj, slots[i].cache, (u64)i << 8);
		kmem_cache_free(caches[slots[i].cache], (void *)slots[i].obj);
		slots[i].obj = 0;
	}
	for (unsigned int i = 0; i < NR_CACHES; i++)
		finish(caches[i]);
	check_zone();
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
}

static void stress_one_thread(void)
{
	unsigned long rounds = km_load(500000);

	start();
	make_caches();
	worker(0, &rounds);
	end_of_stress();
}

static void stress(void)
{
	unsigned long rounds = km_load(400000);

	start();
	make_caches();
	km_threads(8, worker, &rounds);
	end_of_stress();
}

/* Sheaves stay with their CPUs at times, and pages at others. */
static void stress_failing(void)
{
	static const char *const names[] = { "membarrier", "madvise",
					     "mprotect" };
	unsigned long rounds = km_load(100000);

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		make_caches();
		km_fail(names[i], 2);
		km_threads(8, worker, &rounds);
		km_fail(names[i], 0);
		end_of_stress();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(sizes),
		km_unit_child(alignments),
		km_unit_child(colours),
		km_unit_child(objects_by_address),
		km_unit_child(address_order),
		km_unit_child(fullest_first),
		km_unit_child(empty_slabs),
		km_unit_modes(shrink_gives_back),
		km_unit_modes(last_in_first_out),
		km_unit_modes(sheaves_bounded),
		km_unit_child(barns_grow),     km_unit_modes(bulk),
		km_unit_child(bulk_fails),
		km_unit_modes(constructor),
		km_unit_child(deferred),
		km_unit_child(deferred_shrink),
		km_unit_child(deferred_constructed),
		km_unit_modes(from_handler),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_misuse_generic),
		cmocka_unit_test(test_misuse_warned),
		km_unit_child(no_memory),
		km_unit_modes(stress_one_thread),
		km_unit_modes(stress),
		km_unit_modes(stress_failing),
	};

	return km_run_tests(tests);
}
