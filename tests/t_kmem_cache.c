/* SPDX-License-Identifier: MIT */
/*
 * kmem_cache: both forms make the same cache, wrong arguments are named,
 * caches that may share do and others do not, and what comes and goes leaves
 * nothing behind.
 */
#include "kmtest.h"

#include "buddy.h"
#include "kmalloc.h"
#include "kmem_cache.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "params.h"
#include "pcs.h"
#include "percpu.h"
#include "slub.h"
#include "vmstat.h"

static void start(void)
{
	const char *options = getenv("KMALLOC");

	must(mm_boot());
	if (options && strstr(options, "generic"))
		must(percpu_mode == PERCPU_GENERIC);
}

/* ---- making ---- */

struct wrong {
	const char *name;
	unsigned int size, align;
	const char *line;
};

static void create_wrong(void *arg)
{
	const struct wrong *w = arg;

	must(!kmem_cache_create(w->name, w->size, w->align, 0, NULL));
}

static void create_panic(void *arg)
{
	const struct wrong *w = arg;

	kmem_cache_create(w->name, w->size, w->align, SLAB_PANIC, NULL);
}

#define WANT_NAME "expected a name without spaces\n"
#define WANT_SIZE "expected a size from 8 to 4194304\n"
#define WANT_ALIGN "expected an alignment that is a power of two up to 4096\n"

static const struct wrong wrongs[] = {
	{ NULL, 64, 0, "(NULL, 64, 0): " WANT_NAME },
	{ "", 64, 0, "(, 64, 0): " WANT_NAME },
	{ "two words", 64, 0, "(two words, 64, 0): " WANT_NAME },
	{ "x", 0, 0, "(x, 0, 0): " WANT_SIZE },
	{ "x", 7, 0, "(x, 7, 0): " WANT_SIZE },
	{ "x", 4194305, 0, "(x, 4194305, 0): " WANT_SIZE },
	{ "x", ~0U, 0, "(x, 4294967295, 0): " WANT_SIZE },
	{ "x", 64, 3, "(x, 64, 3): " WANT_ALIGN },
	{ "x", 64, 8192, "(x, 64, 8192): " WANT_ALIGN },
	{ "x", 64, ~0U, "(x, 64, 4294967295): " WANT_ALIGN },
};

static void test_create_wrong(void **state)
{
	static struct km_child c;
	char want[200];

	for (unsigned int i = 0; i < ARRAY_SIZE(wrongs); i++) {
		km_child(&c, create_wrong, &wrongs[i]);
		assert_child_ok(&c);
		snprintf(want, sizeof(want), "kmalloc: kmem_cache_create%s",
			 wrongs[i].line);
		assert_string_equal(c.said, want);
	}
	assert_aborts(
		create_panic, &wrongs[3],
		"kmem_cache_create(x): no cache, and SLAB_PANIC is set\n");
}

/* No memory for the cache itself. */
static void create_fails(void)
{
	struct kmem_cache *s = NULL;

	start();
	km_fail_growth(1);
	for (int i = 0; i < 10000; i++) {
		s = kmem_cache_create("many", 64, 0, SLAB_NO_MERGE, NULL);
		if (!s)
			break;
	}
	must(!s);
	km_fail_growth(0);
	s = kmem_cache_create("one", 64, 0, 0, NULL);
	must(s && kmem_cache_alloc(s, GFP_KERNEL));
}

static void cache_alignment(void)
{
	static const struct {
		unsigned int size, align, flags, want;
	} rows[] = {
		{ 8, 0, 0, 8 },
		{ 100, 0, 0, 8 },
		{ 100, 64, 0, 64 },
		{ 100, 4096, 0, 4096 },
		{ 100, 0, SLAB_HWCACHE_ALIGN, 64 },
		{ 30, 0, SLAB_HWCACHE_ALIGN, 32 },
		{ 10, 0, SLAB_HWCACHE_ALIGN, 16 },
		{ 10, 128, SLAB_HWCACHE_ALIGN, 128 },
	};

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kmem_cache *s = kmem_cache_create(
			"a", rows[i].size, rows[i].align, rows[i].flags, NULL);
		void *p[100];

		must(s && kmem_cache_size(s) == rows[i].size);
		for (int k = 0; k < 100; k++) {
			p[k] = kmem_cache_alloc(s, GFP_KERNEL);
			must(IS_ALIGNED((uintptr_t)p[k], rows[i].want));
			must(ksize(p[k]) == rows[i].size);
		}
		for (int k = 0; k < 100; k++)
			kfree(p[k]); /* any free will do */
		kmem_cache_destroy(s);
	}
}

static void leftovers(void *arg)
{
	struct kmem_cache *s;
	void *p[3];

	start();
	s = kmem_cache_create("full", 100, 0, 0, NULL);
	for (int i = 0; i < 3; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_destroy(NULL);
	must(kmem_cache_shrink(s) == 1);
	kmem_cache_destroy(s);
	/* The cache stays in use. */
	must(kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, p[0]);
	kmem_cache_destroy(s);
}

static void test_leftovers(void **state)
{
	static struct km_child c;

	km_child(&c, leftovers, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: kmem_cache_destroy full: 3 objects remain; the cache stays\n"
		"kmalloc: kmem_cache_destroy full: 3 objects remain; the cache stays\n");
}

#define MANY 400

static struct kmem_cache *many[MANY];
static void *many_objs[MANY][20];

static unsigned int many_size(int i)
{
	return 8 + (unsigned int)i * 8;
}

static void fill_many(int i)
{
	char name[20];

	snprintf(name, sizeof(name), "many-%d", i);
	many[i] = kmem_cache_create(name, many_size(i), 0, 0, NULL);
	must(many[i]);
	for (u64 k = 0; k < 20; k++) {
		many_objs[i][k] = kmem_cache_alloc(many[i], GFP_KERNEL);
		must(many_objs[i][k]);
		must(ksize(many_objs[i][k]) == many_size(i));
		km_fill(many_objs[i][k], many_size(i), (u64)i << 8 | k);
	}
}

static void empty_many(int i)
{
	for (u64 k = 0; k < 20; k++) {
		must(km_intact(many_objs[i][k], many_size(i), (u64)i << 8 | k));
		must(ksize(many_objs[i][k]) == many_size(i));
		if (k % 2)
			kmem_cache_free(many[i], many_objs[i][k]);
		else
			kfree(many_objs[i][k]);
	}
	check_cache(many[i]);
	must(kmem_cache_shrink(many[i]) == 0);
	kmem_cache_destroy(many[i]);
}

/* More caches than ids: the last ones do without sheaves. */
static void many_caches(void)
{
	unsigned int without = 0;
	size_t boot = 0;

	start();
	for (int i = 0; i < MANY; i++) {
		fill_many(i);
		without += many[i]->id == CACHE_ID_NONE;
	}
	must(without > MANY - 255);
	for (int i = 0; i < MANY; i++)
		empty_many(i);
	/* Ids and the caches' own memory serve again. */
	for (int turn = 0; turn < 3; turn++) {
		boot = turn == 1 ? memblock_boot_bytes() : boot;
		for (int i = MANY; i-- > 0;) {
			fill_many(i);
			without -= many[i]->id == CACHE_ID_NONE;
		}
		must(without == 0);
		for (int i = 0; i < MANY; i++)
			empty_many(i);
		for (int i = 0; i < MANY; i++)
			without += many[i]->id == CACHE_ID_NONE;
	}
	must(memblock_boot_bytes() == boot);
	check_zone();
}

/* A new cache with an old id: none of the old one's objects or sizes. */
static void id_reuse(void)
{
	struct kmem_cache *s;
	unsigned int id = 0;

	start();
	for (unsigned int i = 0; i < 50; i++) {
		unsigned int size = 16 + i % 7 * 1000;
		void *p[200];

		s = kmem_cache_create("again", size, 0, 0, NULL);
		must(!i || s->id == id);
		id = s->id;
		for (int k = 0; k < 200; k++) {
			p[k] = kmem_cache_alloc(s, GFP_KERNEL);
			must(p[k] && ksize(p[k]) == size);
			km_fill(p[k], size, (u64)k);
		}
		for (int k = 0; k < 200; k++) {
			must(km_intact(p[k], size, (u64)k));
			kmem_cache_free(s, p[k]);
		}
		check_cache(s);
		kmem_cache_destroy(s);
	}
}

static void count_cache(struct kmem_cache *s, void *arg)
{
	unsigned int *n = arg;

	must(s->size && s->name[0]);
	n[!strcmp(s->name, "kmalloc-64")]++;
	n[2] += !strcmp(s->name, "mine");
	n[3] += !strcmp(s->name, "malloc-1024");
}

static void each_cache(void)
{
	unsigned int n[4] = { 0 };
	struct kmem_cache *mine;

	start();
	kfree(kmalloc(64, GFP_KERNEL));
	kfree(malloc_slowpath(1000, false));
	mine = kmem_cache_create("mine", 64, 0, 0, NULL);
	slab_for_each_cache(count_cache, n);
	must(n[1] == 1 && n[2] == 1 && n[3] == 1);
	kmem_cache_destroy(mine);
	slab_for_each_cache(count_cache, n);
	must(n[1] == 2 && n[2] == 1 && n[3] == 2);
}

/* Names longer than there is room for are cut. */
static void long_name(void)
{
	struct kmem_cache *s;

	start();
	s = kmem_cache_create(
		"a-name-of-more-than-forty-characters-as-they-are", 64, 0, 0,
		NULL);
	must(s && strlen(s->name) == CACHE_NAME_LEN - 1);
	must(!strncmp(s->name, "a-name-of-more-than-forty-", 26));
}

/* ---- the forms ---- */

static unsigned int nr_built;

static void build(void *p)
{
	*(u64 *)p = 0x123456789abcdefULL;
	nr_built++;
}

struct thing {
	u64 key;
	char text[50];
	long align;
} __aligned(32);

static void forms(void)
{
	struct kmem_cache_args args = { .align = 64, .ctor = build };
	struct kmem_cache *(*function)(const char *, unsigned int, unsigned int,
				       slab_flags_t, void (*)(void *)) =
		&kmem_cache_create;
	struct kmem_cache *s;
	u64 *p;

	start();
	s = kmem_cache_create("with-args", 100, &args, SLAB_NO_MERGE);
	must(s && s->align == 64 && s->ctor == build && s->size == 128);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	must(p && *p == 0x123456789abcdefULL && IS_ALIGNED((uintptr_t)p, 64));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	s = kmem_cache_create("default", 100, NULL, SLAB_NO_MERGE);
	must(s && s->align == 8 && !s->ctor);
	kmem_cache_destroy(s);
	s = kmem_cache_create("legacy", 100, 16, 0, build);
	must(s && s->align == 16 && s->ctor == build);
	kmem_cache_destroy(s);
	s = function("function", 100, 32, 0, NULL);
	must(s && s->align == 32);
	kmem_cache_destroy(s);
	s = KMEM_CACHE(thing, SLAB_NO_MERGE);
	must(s && !strcmp(s->name, "thing") && s->align == 32 &&
	     kmem_cache_size(s) == sizeof(struct thing));
	kmem_cache_destroy(s);
	s = KMEM_CACHE_USERCOPY(thing, 0, text);
	must(s && !s->shared && !strcmp(s->name, "thing"));
	kmem_cache_destroy(s);
}

static void arguments_wrong(void)
{
	struct kmem_cache_args args = { .use_freeptr_offset = true };
	struct kmem_cache *s;

	start();
	must(!kmem_cache_create("flags", 64, 0, 1, NULL));
	must(!kmem_cache_create("flags", 64, 0, 0x80000000u, NULL));
	must(!kmem_cache_create("link", 64, &args, 0));
	args.freeptr_offset = 64 - 4;
	must(!kmem_cache_create("link", 64, &args, SLAB_TYPESAFE_BY_RCU));
	args.freeptr_offset = 64 - 8;
	s = kmem_cache_create("link", 64, &args, SLAB_TYPESAFE_BY_RCU);
	must(s);
	kmem_cache_destroy(s);
	s = kmem_cache_create_usercopy("user", 64, 8, 0, 60, 8, NULL);
	must(s);
	kmem_cache_destroy(s);
	s = kmem_cache_create_usercopy("user", 64, 8, 0, ~0U, ~0U, NULL);
	must(s);
	kmem_cache_destroy(s);
	s = kmem_cache_create_usercopy("user", 64, 8, 0, 56, 8, NULL);
	must(s);
	kmem_cache_destroy(s);
}

static void arguments_wrong_main(void *arg)
{
	arguments_wrong();
}

static void test_arguments_wrong(void **state)
{
	static struct km_child c;

	km_child(&c, arguments_wrong_main, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: kmem_cache_create(flags, 64, 0): expected SLAB_ flags and no others\n"
		"kmalloc: kmem_cache_create(flags, 64, 0): expected SLAB_ flags and no others\n"
		"kmalloc: kmem_cache_create(link, 64, 0): expected a freeptr_offset with SLAB_TYPESAFE_BY_RCU, a multiple of 8 in the object\n"
		"kmalloc: kmem_cache_create(link, 64, 0): expected a freeptr_offset with SLAB_TYPESAFE_BY_RCU, a multiple of 8 in the object\n"
		"kmalloc: kmem_cache_create(user): user region of 8 bytes at 60 ignored: not in the object\n"
		"kmalloc: kmem_cache_create(user): user region of 4294967295 bytes at 4294967295 ignored: not in the object\n");
}

/* Each flag is taken, with its value as the kernel had it. */
static void flags_accepted(void)
{
	static const slab_flags_t flags[] = {
		SLAB_CONSISTENCY_CHECKS,
		SLAB_RED_ZONE,
		SLAB_POISON,
		SLAB_HWCACHE_ALIGN,
		SLAB_CACHE_DMA,
		SLAB_CACHE_DMA32,
		SLAB_STORE_USER,
		SLAB_PANIC,
		SLAB_TYPESAFE_BY_RCU,
		SLAB_TRACE,
		SLAB_NOLEAKTRACE,
		SLAB_NO_MERGE,
		SLAB_FAILSLAB,
		SLAB_ACCOUNT,
		SLAB_NO_USER_FLAGS,
		SLAB_SKIP_KFENCE,
		SLAB_RECLAIM_ACCOUNT,
	};
	slab_flags_t seen = 0;

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct kmem_cache *s =
			kmem_cache_create("flag", 72, 0, flags[i], NULL);

		must(s && !(seen & flags[i]));
		seen |= flags[i];
		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		kmem_cache_destroy(s);
	}
	must(SLAB_TEMPORARY == SLAB_RECLAIM_ACCOUNT);
}

/* ---- sharing ---- */

struct kind {
	unsigned int size, align;
	slab_flags_t flags;
	void (*ctor)(void *);
	unsigned int usersize, capacity;
	bool same; /* as a cache of 100 bytes with no more said */
};

static const struct kind kinds[] = {
	{ 100, 0, 0, .same = true },
	{ 97, 0, 0, .same = true },
	{ 104, 0, 0, .same = true },
	{ 100, 4, SLAB_PANIC, .same = true },
	{ 100, 0, SLAB_SKIP_KFENCE, .same = true },
	{ 105, 0, 0 },
	{ 96, 0, 0 },
	{ 100, 16, 0 },
	{ 100, 0, SLAB_HWCACHE_ALIGN },
	{ 100, 0, SLAB_NO_MERGE },
	{ 100, 0, SLAB_ACCOUNT },
	{ 100, 0, SLAB_RECLAIM_ACCOUNT },
	{ 100, 0, SLAB_CACHE_DMA },
	{ 100, 0, SLAB_CACHE_DMA32 },
	{ 100, 0, SLAB_RED_ZONE },
	{ 100, 0, SLAB_POISON },
	{ 100, 0, SLAB_STORE_USER },
	{ 100, 0, SLAB_TRACE },
	{ 100, 0, SLAB_CONSISTENCY_CHECKS },
	{ 100, 0, SLAB_TYPESAFE_BY_RCU },
	{ 100, 0, SLAB_NOLEAKTRACE },
	{ 100, 0, SLAB_FAILSLAB },
	{ 100, 0, 0, build },
	{ 100, 0, 0, NULL, 8 },
	{ 100, 0, 0, NULL, 0, 20 },
};

static void sharing(void)
{
	bool off = param(slab_nomerge) || param(slub_nomerge);
	struct kmem_cache *first;

	start();
	off = param(slab_nomerge) || param(slub_nomerge);
	first = kmem_cache_create("first", 100, 0, 0, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];
		struct kmem_cache_args args = {
			.align = k->align,
			.ctor = k->ctor,
			.usersize = k->usersize,
			.sheaf_capacity = k->capacity,
		};
		struct kmem_cache *s =
			kmem_cache_create("second", k->size, &args, k->flags);

		must(s);
		must((s == first) == (k->same && !off));
		kmem_cache_destroy(s);
	}
	must(first->refs == 1);
	kmem_cache_destroy(first);
}

static void sharing_off(void)
{
	setenv("KMALLOC", "slab_nomerge", 1);
	sharing();
}

static void sharing_off_slub(void)
{
	setenv("KMALLOC", "slub_nomerge", 1);
	sharing();
}

static void count_mine(struct kmem_cache *s, void *arg)
{
	*(unsigned int *)arg += !strncmp(s->name, "name-", 5);
}

/* One cache, under the first's name, until the last of them goes. */
static void shared_life(void)
{
	struct kmem_cache *a, *b;
	unsigned int n = 0;
	char *p, *q;

	start();
	a = kmem_cache_create("name-a", 57, 0, 0, NULL);
	p = kmem_cache_alloc(a, GFP_KERNEL);
	must(ksize(p) == 57);
	b = kmem_cache_create("name-b", 63, 0, 0, NULL);
	must(a == b && kmem_cache_size(a) == 63 && ksize(p) == 63);
	q = kmem_cache_zalloc(b, GFP_KERNEL);
	must(q && km_is_zero(q, 63));
	slab_for_each_cache(count_mine, &n);
	must(n == 1);
	/* The objects are anybody's. */
	kmem_cache_free(b, p);
	kmem_cache_destroy(a);
	kmem_cache_free(b, q);
	check_cache(b);
	p = kmem_cache_alloc(b, GFP_KERNEL);
	kmem_cache_free(b, p);
	kmem_cache_destroy(b);
	n = 0;
	slab_for_each_cache(count_mine, &n);
	must(n == 0);
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
}

/* What kmalloc has is nobody else's. */
static void kmalloc_not_shared(void)
{
	struct kmem_cache *s;
	void *p;

	start();
	kfree(km_hide(kmalloc(64, GFP_KERNEL)));
	s = kmem_cache_create("sixty-four", 64, 64, 0, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	must(!strcmp(slab_cache_of(p, mem_class(p))->name, "sixty-four"));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* ---- constructors ---- */

/* Once for each object, when its slab is made; a free in a handler above the
 * cache's lock is no reason for another. */
static void built_once(void)
{
	struct slab_stat stat;
	struct kmem_cache *s;
	void *objs[300], *stays;

	start();
	s = kmem_cache_create("built", 40, 0, 0, build);
	must(slab_alloc_bulk_direct(s, &stays, 1) == 1); /* and its slab */
	for (int turn = 0; turn < 3; turn++) {
		must(slab_alloc_bulk_direct(s, objs, 300) == 300);
		for (int i = 0; i < 300; i++) {
			must(*(u64 *)objs[i] == 0x123456789abcdefULL);
			((u64 *)objs[i])[1] = 77;
		}
		must(spin_lock(&s->lock));
		must(!slab_free_direct(s, objs, 299));
		spin_unlock(&s->lock);
		must(slab_free_direct(s, objs + 299, 1));
		slab_cache_stat(s, &stat);
		must(nr_built == stat.objects && stat.active == 1);
	}
	must(slab_free_direct(s, &stays, 1));
	check_cache(s);
	kmem_cache_destroy(s);
	must(vmstat_read(VMSTAT_nolock_alloc) ==
	     vmstat_read(VMSTAT_nolock_free));
}

static void zero_with_ctor(void *arg)
{
	struct kmem_cache *s;
	void *p;

	start();
	s = kmem_cache_create("built", 40, 0, 0, build);
	for (int i = 0; i < 3; i++) {
		p = kmem_cache_zalloc(s, GFP_KERNEL);
		must(p && km_is_zero(p, 40));
	}
}

static void test_zero_with_ctor(void **state)
{
	static struct km_child c;

	km_child(&c, zero_with_ctor, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: __GFP_ZERO with built, which has a constructor (reported once)\n");
}

/* ---- objects ---- */

static void other_forms(void)
{
	struct kmem_cache *s;
	char *p;

	start();
	s = kmem_cache_create("forms", 80, 0, 0, NULL);
	p = kmem_cache_alloc_node(s, GFP_KERNEL | __GFP_ZERO, 0);
	must(p && km_is_zero(p, 80));
	must(kmem_cache_charge(p, GFP_KERNEL_ACCOUNT));
	memset(p, 1, 80);
	kmem_cache_free(s, p);
	p = kmem_cache_alloc_lru(s, NULL, GFP_KERNEL);
	must(p);
	kmem_cache_free(s, p);
	kmem_cache_free(s, NULL);
	kmem_cache_destroy(s);
}

static void dump(void *arg)
{
	static char in_data[8];
	struct kmem_cache *s;
	char *p, *large;

	start();
	s = kmem_cache_create("dumped", 80, 0, SLAB_NO_MERGE, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	large = kmalloc(SZ_1M, GFP_KERNEL);
	must(!kmem_dump_obj(NULL) && !kmem_dump_obj(ZERO_SIZE_PTR));
	must(!kmem_dump_obj(in_data) && !kmem_dump_obj(large));
	dprintf(2, "object %p\n", (void *)p);
	must(kmem_dump_obj(p) && kmem_dump_obj(p + 33));
	kmem_cache_free(s, p);
	must(slab_alloc_direct(s));
	kmem_cache_shrink(s);
	must(kmem_dump_obj(p));
}

static void test_dump(void **state)
{
	static struct km_child c;
	char want[600];
	char *p = NULL;

	km_child(&c, dump, NULL);
	assert_child_ok(&c);
	assert_int_equal(sscanf(c.said, "object %p\n", (void **)&p), 1);
	snprintf(
		want, sizeof(want),
		"object %p\n"
		"kmalloc: %p: 0 bytes into the object of dumped at %p, 80 bytes, in use or at hand for the next allocation\n"
		"kmalloc: %p: 33 bytes into the object of dumped at %p, 80 bytes, in use or at hand for the next allocation\n"
		"kmalloc: %p: 0 bytes into the object of dumped at %p, 80 bytes, free\n",
		p, p, p, p + 33, p, p, p);
	assert_string_equal(c.said, want);
}

/* ---- types that stay ---- */

static unsigned int nr_called, nr_waited, nr_flushed;
static struct {
	void *head;
	void (*fn)(void *);
} called[1000];

static void on_call(void *head, void (*fn)(void *))
{
	must(nr_called < ARRAY_SIZE(called));
	called[nr_called].head = head;
	called[nr_called++].fn = fn;
}

static void on_wait(void)
{
	for (unsigned int i = 0; i < nr_called; i++)
		called[i].fn(called[i].head);
	nr_called = 0;
	nr_waited++;
}

static void on_flush(struct kmem_cache *s)
{
	nr_flushed++;
}

static const struct kmalloc_rcu_ops rcu = { on_call, on_wait, on_flush };

#define NR_TYPED 5000

static void churn_typed(struct kmem_cache *s)
{
	static u64 *objs[NR_TYPED];

	for (unsigned int i = 0; i < NR_TYPED; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		must(objs[i][0] == 0x123456789abcdefULL);
		objs[i][1] = i;
	}
	for (unsigned int i = 0; i < NR_TYPED; i++)
		kmem_cache_free(s, objs[i]);
}

/* Nobody knows of readers: the memory keeps its type for good. */
static void typesafe_alone(void)
{
	struct kmem_cache *s;
	u64 made;

	start();
	s = kmem_cache_create("typed", 64, 0, SLAB_TYPESAFE_BY_RCU, build);
	churn_typed(s);
	made = vmstat_read(VMSTAT_slab_alloc);
	must(made >= NR_TYPED * 64 / SZ_64K);
	for (int turn = 0; turn < 3; turn++) {
		must(kmem_cache_shrink(s) == 1);
		check_cache(s);
		churn_typed(s);
	}
	must(vmstat_read(VMSTAT_slab_alloc) == made);
	must(vmstat_read(VMSTAT_slab_free) == 0);
	must(nr_built == s->nr_objects);
	kmem_cache_destroy(s);
	must(vmstat_read(VMSTAT_slab_free) == 0);
	/* Neither the id nor the struct is anybody else's. */
	must(kmem_cache_create("other", 64, 0, 0, NULL) != s);
}

/* With a grace period the slabs wait for it, the cache's end too. */
static void typesafe_rcu(void)
{
	struct kmem_cache *s;
	u64 made;

	start();
	must(kmalloc_register_rcu(&rcu) && !kmalloc_register_rcu(&rcu));
	s = kmem_cache_create("typed", 64, 0, SLAB_TYPESAFE_BY_RCU, build);
	churn_typed(s);
	made = vmstat_read(VMSTAT_slab_alloc);
	must(kmem_cache_shrink(s) == 0);
	must(vmstat_read(VMSTAT_slab_free) == 0);
	must(nr_called == made && s->nr_dying == made);
	on_wait();
	must(vmstat_read(VMSTAT_slab_free) == made && !s->nr_dying);
	churn_typed(s);
	kmem_cache_destroy(s);
	must(nr_waited == 2 && nr_flushed == 1);
	must(vmstat_read(VMSTAT_slab_free) == vmstat_read(VMSTAT_slab_alloc));
	check_zone();
}

/* Readers look at objects that are free: no link of ours lies in them. */
static void typesafe_untouched(void)
{
	struct kmem_cache *s;
	u64 *objs[40];

	start();
	s = kmem_cache_create("typed", 64, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	must(slab_alloc_bulk_direct(s, (void **)objs, 40) == 40);
	for (u64 i = 0; i < 40; i++)
		km_fill(objs[i], 64, i);
	must(spin_lock(&s->lock));
	must(!slab_free_direct(s, (void **)objs, 39));
	spin_unlock(&s->lock);
	for (u64 i = 0; i < 40; i++)
		must(km_intact(objs[i], 64, i));
	must(slab_free_direct(s, (void **)objs + 39, 1));
	for (u64 i = 0; i < 40; i++)
		must(km_intact(objs[i], 64, i));
	check_cache(s);
}

/* ---- as small as can be ---- */

static void tiny(void)
{
	struct kmem_cache_args args = { .sheaf_capacity = 30 };
	static void *objs[3000];
	struct kmem_cache *s;
	struct slab_stat stat;

	setenv("KMALLOC", "slub_tiny", 1);
	start();
	for (unsigned int size = 8; size <= 40000; size = size * 3 / 2) {
		unsigned int nr = clamp(SZ_1M / size, 1U, 3000U);

		s = kmem_cache_create("tiny", size, &args, 0);
		must(s && !s->capacity);
		must(s->order == SLAB_MIN_ORDER || s->objects == 1);
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, nr, objs) == (int)nr);
		for (unsigned int i = 0; i < nr; i++)
			km_fill(objs[i], size, i);
		check_cache(s);
		for (unsigned int i = 0; i < nr; i++)
			must(km_intact(objs[i], size, i));
		kmem_cache_free_bulk(s, nr / 2, objs);
		for (unsigned int i = nr / 2; i < nr; i++)
			kmem_cache_free(s, objs[i]);
		/* Nothing waits anywhere. */
		slab_cache_stat(s, &stat);
		must(!stat.slabs && !stat.sheaf_objects);
		kmem_cache_destroy(s);
	}
	for (size_t size = 1; size < 40000; size += 99)
		kfree(kmalloc(size, GFP_KERNEL));
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
	must(vmstat_read(VMSTAT_sheaf_refill) == 0);
	check_zone();
}

static void sheaf_capacity(void)
{
	struct kmem_cache_args args = { 0 };
	struct kmem_cache *s;
	void *objs[300];

	start();
	for (unsigned int capacity = 0; capacity < 300; capacity += 29) {
		args.sheaf_capacity = capacity;
		s = kmem_cache_create("sheaves", 64, &args, 0);
		must(s);
		must(!capacity ? s->capacity > 0 :
				 s->capacity == min(capacity, 126U));
		for (int i = 0; i < 300; i++)
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		for (int i = 0; i < 300; i++)
			kmem_cache_free(s, objs[i]);
		must(percpu_count(s->id) <=
		     2 * (size_t)s->capacity * percpu_nr_areas());
		check_cache(s);
		kmem_cache_destroy(s);
	}
}

/* ---- at random ---- */

/* Caches come and go while others use theirs. */
static void create_destroy(unsigned int nr, void *arg)
{
	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		unsigned int size = 16 << nr;
		struct kmem_cache *s =
			kmem_cache_create("mine", size, 0, 0, NULL);
		void *p[30];

		must(s);
		for (u64 k = 0; k < 30; k++) {
			p[k] = kmem_cache_alloc(s, GFP_KERNEL);
			km_fill(p[k], size, k);
		}
		for (u64 k = 0; k < 30; k++) {
			must(ksize(p[k]) == size && km_intact(p[k], size, k));
			kmem_cache_free(s, p[k]);
		}
		kmem_cache_destroy(s);
	}
}

static void stress_create(void)
{
	unsigned long rounds = km_load(300);
	unsigned int n[4] = { 0 };

	start();
	km_threads(8, create_destroy, &rounds);
	slab_for_each_cache(count_cache, n);
	must(n[2] == 0);
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
}

/* While caches end, others walk over all of them: none is taken for what it
 * was before, and none that is empty seems not to be. */
static void create_end(unsigned int nr, void *arg)
{
	static const unsigned int sizes[] = { 64, 30000, 256, 8000, 50000 };
	static u64 ended; /* atomic */
	unsigned long rounds = *(unsigned long *)arg;
	struct kmem_cache *s;
	void *p[20];

	for (unsigned long i = 0; nr < 5 && i < rounds; i++) {
		s = kmem_cache_create("ends", sizes[(nr + i) % 5], 0,
				      SLAB_NO_MERGE, NULL);
		must(s);
		must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 20, p) == 20);
		for (u64 k = 0; k < 20; k++)
			km_fill(p[k], 64, k);
		for (u64 k = 0; k < 20; k++)
			must(km_intact(p[k], 64, k));
		kmem_cache_free_bulk(s, 20, p);
		kmem_cache_destroy(s);
	}
	if (nr < 5)
		atomic_add(&ended, 1);
	/* With pauses: who walks holds the locks that the others need. */
	while (atomic_read(&ended) < 5) {
		slab_shrink_all();
		usleep(50);
	}
}

static void stress_walk(void *arg)
{
	unsigned long rounds = km_load(4000);

	start();
	km_threads(8, create_end, &rounds);
	slab_shrink_all();
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
	page_drain_pcp();
	check_zone();
}

/* "N objects remain" would be said. */
static void test_stress_walk(void **state)
{
	static const char *const options[] = { "percpu=rseq",
					       "percpu=generic" };
	static struct km_child c;

	for (unsigned int i = 0; i < ARRAY_SIZE(options); i++) {
		setenv("KMALLOC", options[i], 1);
		km_child(&c, stress_walk, NULL);
		assert_child_ok(&c);
		assert_string_equal(c.said, "");
	}
	unsetenv("KMALLOC");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_wrong),
		cmocka_unit_test(test_arguments_wrong),
		km_unit_child(create_fails),
		km_unit_child(cache_alignment),
		cmocka_unit_test(test_leftovers),
		km_unit_modes(many_caches),
		km_unit_modes(id_reuse),
		km_unit_child(each_cache),
		km_unit_child(long_name),
		km_unit_child(forms),
		km_unit_child(flags_accepted),
		km_unit_child(sharing),
		km_unit_child(sharing_off),
		km_unit_child(sharing_off_slub),
		km_unit_modes(shared_life),
		km_unit_child(kmalloc_not_shared),
		km_unit_child(built_once),
		cmocka_unit_test(test_zero_with_ctor),
		km_unit_modes(other_forms),
		cmocka_unit_test(test_dump),
		km_unit_modes(typesafe_alone),
		km_unit_modes(typesafe_rcu),
		km_unit_child(typesafe_untouched),
		km_unit_child(tiny),
		km_unit_modes(sheaf_capacity),
		km_unit_modes(stress_create),
		cmocka_unit_test(test_stress_walk),
	};

	return km_run_tests(tests);
}
