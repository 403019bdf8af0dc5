/* SPDX-License-Identifier: MIT */
/*
 * zone: memory below 4 GiB, locked memory, nodes: by every interface, at the
 * limits, with calls that fail, after fork, in handlers and in threads.
 */
#include "kmtest.h"

#include <linux/capability.h>
#include <sys/syscall.h>

#include "buddy.h"
#include "gfp.h"
#include "kmalloc.h"
#include "mm_init.h"
#include "params.h"
#include "pcs.h"
#include "slab_common.h"
#include "slabinfo.h"
#include "spinlock.h"
#include "vmalloc.h"
#include "vmscan.h"
#include "vmstat.h"
#include "zone.h"

#define LOW (GFP_KERNEL | GFP_DMA32)
#define PIN (GFP_KERNEL | KMALLOC_GFP_PINNED)
#define QUIET __GFP_NOWARN
#define STRICT (GFP_KERNEL | __GFP_THISNODE | QUIET)

static bool is_below(const void *p, size_t size)
{
	return p && ((uintptr_t)p + size - 1) >> 32 == 0;
}

static void check_one(struct kmem_cache *s, void *arg)
{
	(void)arg;
	check_cache(s);
}

/* Every structure is whole, and no zone has anything in use. */
static void all_is_free(void)
{
	struct zones_stat own;

	mm_trim();
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_zones();
	zones_stat(&own);
	must(!own.resident_pages && !own.locked_pages);
	must(own.online_pages == own.zero_pages);
}

/* ---- below 4 GiB ---- */

static void low_sizes(void)
{
	struct km_rng rng = km_rng_of(1);
	size_t size[200];
	char *p[200];

	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		gfp_t gfp = LOW | (i % 2 ? __GFP_ZERO : 0);

		size[i] = km_any_size(&rng, i < 190 ? 100000 : 4 * SZ_1M);
		p[i] = kmalloc(size[i], gfp);
		must(is_below(p[i], size[i]) && ksize(p[i]) >= size[i]);
		must(ksize(p[i]) == kmalloc_size_roundup(size[i]) ||
		     size[i] > 8192);
		must(!(i % 2) || km_is_zero(p[i], size[i]));
		must(!(size[i] & (size[i] - 1)) ?
			     IS_ALIGNED((uintptr_t)p[i], size[i]) :
			     IS_ALIGNED((uintptr_t)p[i], 16UL));
		must(!is_vmalloc_addr(p[i]));
		km_fill(p[i], size[i], i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		must(km_intact(p[i], size[i], i));
		switch (i % 4) {
		case 0:
			kfree(p[i]);
			break;
		case 1:
			kvfree(p[i]);
			break;
		case 2:
			kfree_bulk(1, (void **)&p[i]);
			break;
		default:
			kfree_sensitive(p[i]);
		}
	}
	all_is_free();
}

/* The lowest zone there is, and what needs no memory or cannot have it. */
static void low_flags(void)
{
	void *p = kmalloc(100, GFP_KERNEL | GFP_DMA);

	must(is_below(p, 100));
	kfree(p);
	must(kmalloc(0, LOW) == ZERO_SIZE_PTR);
	must(!kmalloc(KMALLOC_MAX_SIZE + 1, LOW | QUIET));
	p = kcalloc(10, 10, LOW);
	must(is_below(p, 100) && km_is_zero(p, 100));
	kfree(p);
	/* A compiler that knows size and flags comes to the same. */
	p = (kmalloc)(64, LOW);
	must(is_below(p, 64));
	kfree(p);
	p = kmalloc(64, LOW);
	must(is_below(p, 64));
	kfree(p);
	p = (void *)__get_dma_pages(GFP_KERNEL, 2);
	must(is_below(p, 4 * PAGE_SIZE));
	free_pages((unsigned long)p, 2);
}

/* A program that limits itself later has what is online, and may get more. */
static void low_unreserved(void)
{
	void *p = (void *)__get_free_pages(LOW, 0), *q[4];

	must(is_below(p, PAGE_SIZE));
	memblock_unreserve();
	for (int i = 0; i < 4; i++) {
		q[i] = (void *)__get_free_pages(LOW, MAX_PAGE_ORDER);
		must(is_below(q[i], SZ_4M));
		memset(q[i], 1, SZ_4M);
	}
	free_page((unsigned long)p);
	for (int i = 0; i < 4; i++)
		free_pages((unsigned long)q[i], MAX_PAGE_ORDER);
}

/* What has a sheaf full of ordinary objects is not served from it. */
static void low_beside_others(void)
{
	void *p[64], *q;

	for (int i = 0; i < 64; i++)
		p[i] = kmalloc(128, GFP_KERNEL);
	for (int i = 0; i < 64; i++)
		kfree(p[i]);
	q = kmalloc(128, LOW);
	must(is_below(q, 128));
	kfree(q);
	q = kmalloc(128, GFP_KERNEL);
	must(q && !is_below(q, 128));
	kfree(q);
}

static void low_resize(void)
{
	char *p = krealloc(NULL, 100, LOW), *q;

	km_fill(p, 100, 7);
	p = krealloc(p, 20000, LOW | __GFP_ZERO);
	must(is_below(p, 20000) && km_intact(p, 100, 7));
	must(km_is_zero(p + 128, 20000 - 128));
	/* Where it is to go is up to who resizes. */
	q = krealloc(p, 200000, GFP_KERNEL);
	must(q && !is_below(q, 200000) && km_intact(q, 100, 7));
	kfree(q);
	p = vmalloc_32(SZ_1M);
	km_fill(p, SZ_1M, 8);
	must(vrealloc(p, SZ_64K, LOW) == p);
	p = vrealloc(p, 3 * SZ_1M, LOW | __GFP_ZERO);
	must(is_below(p, 3 * SZ_1M) && km_intact(p, SZ_1M, 8));
	must(km_is_zero(p + SZ_1M, 2 * SZ_1M));
	must(!vrealloc(p, 0, LOW));
	p = kvmalloc(SZ_1M, LOW);
	must(is_below(p, SZ_1M) && ksize(p) == SZ_1M);
	p = kvrealloc(p, 100, LOW);
	must(is_below(p, 100));
	kvfree(p);
	all_is_free();
}

static void low_areas(void)
{
	char *p = vmalloc_32(20 * SZ_1M), *q = vmalloc_32_user(100);

	must(is_below(p, 20 * SZ_1M) && is_below(q, PAGE_SIZE));
	must(km_is_zero(km_hide(q), PAGE_SIZE));
	p[0] = p[20 * SZ_1M - 1] = 1;
	vfree(p);
	vfree(q);
	must(!vmalloc_32(0));
	must(!__vmalloc(SZ_1T, LOW | QUIET));
	all_is_free();
}

static void low_pages(void)
{
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		size_t size = PAGE_SIZE << order;
		struct page *page = alloc_pages(LOW, order);
		char *p = page_address(page);
		unsigned long pfn = page_to_pfn(page);

		must(is_below(p, size) && IS_ALIGNED((uintptr_t)p, size));
		must(virt_to_page(p) == page && pfn_to_page(pfn) == page);
		must(virt_to_page(p + size - 1) == page + (1UL << order) - 1);
		must(pfn_valid(pfn) && virt_addr_valid(p));
		must(virt_to_pfn(p + size - 1) == pfn + (1UL << order) - 1);
		memset(km_hide(p), 1, size);
		must(!ksize(p));
		if (order % 2) {
			__free_pages(page, order);
			continue;
		}
		split_page(page, order);
		for (size_t i = 0; i < 1UL << order; i++)
			free_page((unsigned long)p + i * PAGE_SIZE);
	}
	all_is_free();
}

static void low_exact(void)
{
	struct page *page[20] = { NULL };
	char *p = alloc_pages_exact(9 * PAGE_SIZE, LOW | __GFP_ZERO);

	must(is_below(p, 9 * PAGE_SIZE) && km_is_zero(p, 9 * PAGE_SIZE));
	must(ksize(p) == 9 * PAGE_SIZE);
	free_pages_exact(p, 9 * PAGE_SIZE);
	must(alloc_pages_bulk(LOW, 20, page) == 20);
	for (int i = 0; i < 20; i++) {
		must(is_below(page_address(page[i]), PAGE_SIZE));
		__free_page(page[i]);
	}
	p = (char *)get_zeroed_page(LOW);
	must(is_below(p, PAGE_SIZE) && km_is_zero(p, PAGE_SIZE));
	free_page((unsigned long)p);
	all_is_free();
}

static void low_fragments(void)
{
	struct page_frag_cache nc = { 0 };
	void *p[50];

	for (int i = 0; i < 50; i++) {
		p[i] = page_frag_alloc(&nc, 1000, LOW);
		must(is_below(p[i], 1000));
	}
	for (int i = 0; i < 50; i++)
		page_frag_free(p[i]);
	page_frag_cache_drain(&nc);
	all_is_free();
}

static unsigned int made;

static void construct(void *p)
{
	memset(p, 0x5a, 300);
	made++;
}

static void low_caches(void)
{
	struct kmem_cache *s =
		kmem_cache_create("low", 300, 0, SLAB_CACHE_DMA32, NULL);
	struct kmem_cache *same =
		kmem_cache_create("low_too", 300, 0, SLAB_CACHE_DMA32, NULL);
	struct kmem_cache *c =
		kmem_cache_create("built", 300, 0,
				  SLAB_CACHE_DMA | SLAB_TYPESAFE_BY_RCU,
				  construct);
	struct kmem_cache *usual = kmem_cache_create("usual", 300, 0, 0, NULL);
	void *p[100], *q;

	must(s == same && s != usual);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 100, p) == 100);
	for (int i = 0; i < 100; i++)
		must(is_below(p[i], 300) && ksize(p[i]) == 300);
	kmem_cache_free_bulk(s, 50, p);
	kmem_cache_free_bulk(NULL, 50, p + 50);
	q = kmem_cache_alloc(c, GFP_KERNEL);
	must(is_below(q, 300) && made && *(char *)q == 0x5a);
	kmem_cache_free(c, q);
	q = kmem_cache_zalloc(s, GFP_KERNEL);
	must(is_below(q, 300) && km_is_zero(q, 300));
	kmem_cache_free(s, q);
	q = kmem_cache_alloc(usual, LOW); /* the cache knows better */
	must(q && !is_below(q, 300));
	kmem_cache_free(usual, q);
	kmem_cache_destroy(s);
	kmem_cache_destroy(same);
	kmem_cache_destroy(usual);
}

/* Blocks cost their slab a bit, and their place nothing. */
static void low_misuse(void)
{
	struct kmem_cache *s =
		kmem_cache_create("low", 300, 0, SLAB_CACHE_DMA32, NULL);
	char *p, *q, *large;

	p = kmalloc(100, LOW);
	q = kmalloc(100, LOW);
	large = kmalloc(40000, LOW);
	kfree(km_hide(p) + 16);
	kfree(p);
	kfree(km_hide(p));
	kfree(km_hide(large) + PAGE_SIZE);
	kfree(large);
	kfree(km_hide(large));
	kmem_cache_free(s, q);
	kfree(q);
}

static void skip_tsan(void **state)
{
	(void)state;
	km_skip("under the thread sanitizer");
}

static void test_low_misuse(void **state)
{
	static const struct km_body body = { low_misuse, "on_error=warn" };
	static const char *const lines[] = {
		"interior pointer of a dma32-kmalloc-112 object",
		"double free of ",
		"interior pointer of a 40960-byte block",
		" pages)",
		"not an object of low",
	};
	static struct km_child c;
	const char *at = c.said;

	if (KM_TSAN) {
		skip_tsan(state);
		return;
	}
	km_child(&c, km_body_main, &body);
	assert_child_ok(&c);
	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++) {
		at = strstr(at, lines[i]);
		assert_non_null(at);
	}
}

/* ---- where there is nothing below 4 GiB ---- */

#define HOLE (4 * SZ_1M)
#define HOLES (4 * SZ_1G / HOLE)

static void *plug[HOLES];

/* A search that ends without a place makes many calls. */
static void skip_if_slow(void)
{
	if (km_valgrind())
		km_child_skip("valgrind takes long to map");
}

static void fill_low(void)
{
	for (size_t i = 1; i < HOLES; i++) {
		void *at = (void *)(i * HOLE);

		plug[i] = mmap(at, 4096, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				       MAP_FIXED_NOREPLACE,
			       -1, 0);
		if (plug[i] != at)
			plug[i] = NULL;
	}
}

static void empty_low(void)
{
	for (size_t i = 1; i < HOLES; i++) {
		if (plug[i])
			munmap(plug[i], 4096);
	}
}

static unsigned long nobody_asks(struct shrinker *s, struct shrink_control *sc)
{
	(void)s, (void)sc;
	must(!"called");
	return 0;
}

static int nobody_notifies(struct notifier_block *nb, unsigned long a, void *b)
{
	(void)nb, (void)a, (void)b;
	must(!"called");
	return 0;
}

static void nothing_low(void)
{
	must(!kmalloc(100, LOW | QUIET));
	must(!kmalloc(100000, LOW | QUIET));
	must(!kmalloc(100, LOW | QUIET | __GFP_NOFAIL));
	must(!alloc_pages(LOW | QUIET, 0));
	must(!alloc_pages_exact(5000, LOW | QUIET));
	must(!__vmalloc(5000, LOW | QUIET));
	must(!kvmalloc(SZ_1M, LOW | QUIET));
}

/* One answer, NULL; nobody is asked to give up anything for it; and the next
 * request looks again. */
static void no_room(void)
{
	struct notifier_block nb = { .notifier_call = nobody_notifies };
	struct shrinker *sh = shrinker_alloc(0, "none");
	struct kmem_cache *s =
		kmem_cache_create("low", 300, 0, SLAB_CACHE_DMA32, NULL);
	void *p;

	skip_if_slow();
	sh->count_objects = nobody_asks;
	sh->scan_objects = nobody_asks;
	shrinker_register(sh);
	must(!register_oom_notifier(&nb));
	fill_low();
	nothing_low();
	must(!kmem_cache_alloc(s, GFP_KERNEL | QUIET));
	must(!kmem_cache_alloc_bulk(s, GFP_KERNEL | QUIET, 1, &p));
	check_zones();
	p = kmalloc(100, GFP_KERNEL);
	must(p);
	kfree(p);
	empty_low();
	p = kmem_cache_alloc(s, GFP_KERNEL);
	must(is_below(p, 300));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	shrinker_free(sh);
	unregister_oom_notifier(&nb);
	all_is_free();
}

static unsigned int asked;

static unsigned long has_some(struct shrinker *s, struct shrink_control *sc)
{
	(void)s, (void)sc;
	return 100;
}

static unsigned long gives_none(struct shrinker *s, struct shrink_control *sc)
{
	(void)s, (void)sc;
	asked++;
	return SHRINK_STOP;
}

/* Where there is memory in a place, but not enough, others are asked for it as
 * they are for ordinary memory. */
static void ladder(void)
{
	static const slab_flags_t kinds[] = { 0, SLAB_CACHE_DMA32 };
	const gfp_t gfp = GFP_KERNEL | QUIET | __GFP_RETRY_MAYFAIL;
	struct shrinker *sh = shrinker_alloc(0, "some");
	void *p[4], *many[4];

	skip_if_slow();
	sh->count_objects = has_some;
	sh->scan_objects = gives_none;
	shrinker_register(sh);
	kfree(kmalloc(100, LOW));
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct kmem_cache *s = kmem_cache_create("large", 4 * SZ_1M, 0,
							 kinds[i], NULL);
		unsigned int n = 0;

		asked = 0;
		km_fail_growth(1);
		while (n < 4 && (p[n] = kmem_cache_alloc(s, gfp)))
			n++;
		must(n < 4 && asked);
		asked = 0;
		must(!kmem_cache_alloc_bulk(s, gfp, 4, many) && asked);
		asked = 0;
		must(!kmalloc(4 * SZ_1M, gfp | (i ? GFP_DMA32 : 0)) && asked);
		asked = 0;
		must(!alloc_pages(gfp | (i ? GFP_DMA32 : 0), 10) && asked);
		km_fail_growth(0);
		while (n)
			kmem_cache_free(s, p[--n]);
		kmem_cache_destroy(s);
	}
	shrinker_free(sh);
	all_is_free();
}

static void failing_calls(void)
{
	static const char *const calls[] = { "mmap", "mprotect" };
	void *p;

	must(mm_boot());
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		km_fail(calls[i], 1);
		p = kmalloc(100, LOW | QUIET);
		/* One of the two brings it online, as it was laid out. */
		must(!p || is_below(p, 100));
		kfree(p);
		km_fail(calls[i], 0);
	}
	p = kmalloc(100, LOW);
	must(is_below(p, 100));
	kfree(p);
	all_is_free();
}

static void first_mmap_fails(void)
{
	must(mm_boot());
	km_fail("mmap", 1);
	nothing_low();
	km_fail("mmap", 0);
	low_sizes();
}

/* What describes the pages has one place only. */
static void descriptors_in_the_way(void)
{
	size_t len = (4 * SZ_1G / PAGE_SIZE) * sizeof(struct page);
	uintptr_t from;
	void *at, *p;

	skip_if_slow();
	must(mm_boot());
	from = (uintptr_t)mem_page((void *)0);
	at = mmap((void *)ALIGN_DOWN(from, arch_page_size), len, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			  MAP_FIXED_NOREPLACE,
		  -1, 0);
	must((uintptr_t)at == ALIGN_DOWN(from, arch_page_size));
	nothing_low();
	munmap(at, len);
	p = kmalloc(100, LOW);
	must(is_below(p, 100));
	kfree(p);
}

/* All of it, and not a byte more; then all of it again. */
static void exhaust_low(void)
{
	static void *p[4 * SZ_1G / (4 * SZ_1M)];
	unsigned int nr[2] = { 0, 0 };

	for (int round = 0; round < 2; round++) {
		unsigned int n = 0;

		while (n < ARRAY_SIZE(p) &&
		       (p[n] = kmalloc(4 * SZ_1M, LOW | QUIET | __GFP_NORETRY)))
			must(is_below(p[n++], 4 * SZ_1M));
		must(n && n < ARRAY_SIZE(p));
		nr[round] = n;
		must(!__vmalloc(SZ_1M * 4, LOW | QUIET | __GFP_NORETRY));
		while (n)
			kfree(p[--n]);
		check_zones();
	}
	must(nr[0] == nr[1]);
	all_is_free();
}

static void low_limit(void)
{
	size_t total = 0;
	void *p;

	setenv("KMALLOC", "mem=24M", 1);
	while ((p = kmalloc(SZ_1M, LOW | QUIET)))
		total += SZ_1M;
	must(total >= 8 * SZ_1M && total <= 24 * SZ_1M);
}

static void scarce_address_space(void)
{
	struct rlimit lim = { SZ_1G, SZ_1G };
	void *p;

	if (CONFIG_SANITIZER)
		km_child_skip("a sanitizer needs terabytes");
	must(!setrlimit(RLIMIT_AS, &lim));
	p = kmalloc(100, LOW);
	must(is_below(p, 100));
	kfree(p);
	low_sizes();
}

/* ---- who may not sleep ---- */

static void at_hand_only(void)
{
	const gfp_t atomic = GFP_ATOMIC | GFP_DMA32 | QUIET;
	struct zones_stat own;
	void *p;

	must(mm_boot());
	must(!kmalloc(5000, atomic) && !alloc_pages(atomic, 0));
	must(!kmalloc(5000, GFP_DMA32));
	must(!kmalloc(5000, GFP_ATOMIC | KMALLOC_GFP_PINNED | QUIET));
	zones_stat(&own);
	must(!own.online_pages);
	p = alloc_pages_exact(SZ_64K, LOW);
	memset(km_hide(p), 1, SZ_64K);
	kfree(p);
	p = kmalloc(5000, atomic);
	must(is_below(p, 5000));
	kfree(p);
	p = alloc_pages_exact(SZ_64K, PIN);
	kfree(p);
	p = alloc_pages_exact(SZ_64K, GFP_ATOMIC | KMALLOC_GFP_PINNED);
	must(p);
	kfree(p);
	mm_trim();
	must(!kmalloc(5000, atomic));
	all_is_free();
}

/* A handler above a critical section: what it frees is put aside. */
static void in_handler(void)
{
	void *p = kmalloc(100, LOW), *large = kmalloc(100000, LOW), *q;
	struct page *page = alloc_pages(LOW, 3);

	nmi_enter();
	kfree(p);
	kfree(large);
	__free_pages(page, 3);
	q = kmalloc(100, LOW | QUIET);
	must(!q || is_below(q, 100));
	kfree(q);
	nmi_exit();
	must((q = kmalloc(100000, LOW)));
	kfree(q);
	all_is_free();
}

/* ---- locked ---- */

static size_t status_kb(const char *key)
{
	char line[200];
	size_t kb = 0;
	FILE *f = fopen("/proc/self/status", "r");

	must(f);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, key, strlen(key)))
			kb = strtoul(line + strlen(key), NULL, 10);
	}
	fclose(f);
	return kb;
}

static size_t locked_kb(void)
{
	return status_kb("VmLck:");
}

static size_t counted_kb(void)
{
	struct zones_stat own;

	zones_stat(&own);
	return own.locked_pages * PAGE_SIZE / 1024;
}

static bool is_resident(const void *p, size_t size)
{
	char *from = (char *)ALIGN_DOWN((uintptr_t)p, arch_page_size);
	size_t nr =
		DIV_ROUND_UP((size_t)((char *)p + size - from), arch_page_size);
	unsigned char vec[1024];

	must(nr <= sizeof(vec) && !mincore(from, nr * arch_page_size, vec));
	for (size_t i = 0; i < nr; i++) {
		if (!(vec[i] & 1))
			return false;
	}
	return true;
}

/* False where the system lets nobody lock a megabyte. */
static bool can_lock(void)
{
	static char mem[SZ_1M] __aligned(SZ_64K);
	bool ok = !mlock(mem, sizeof(mem));

	munlock(mem, sizeof(mem));
	return ok;
}

static void pinned_blocks(void)
{
	struct km_rng rng = km_rng_of(2);
	size_t size[60];
	char *p[60];

	if (!can_lock())
		km_child_skip("RLIMIT_MEMLOCK is too low");
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		size[i] = km_any_size(&rng, 20000);
		p[i] = kmalloc(size[i], PIN | (i % 2 ? __GFP_ZERO : 0));
		must(p[i] && is_resident(p[i], size[i]));
		must(!(i % 2) || km_is_zero(p[i], size[i]));
		km_fill(p[i], size[i], i);
	}
	must(locked_kb() == counted_kb() && locked_kb());
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		must(km_intact(p[i], size[i], i));
		kfree(p[i]);
	}
	check_zones();
	all_is_free();
	must(!locked_kb());
}

static void pinned_kinds(void)
{
	struct kmem_cache *s =
		kmem_cache_create("pins", 100, 0, KMALLOC_SLAB_PINNED, NULL);
	struct page *page;
	void *p;

	if (!can_lock())
		km_child_skip("RLIMIT_MEMLOCK is too low");
	p = kmem_cache_alloc(s, GFP_KERNEL);
	must(p && locked_kb() == 64 && is_resident(p, 100));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	page = alloc_pages(PIN, 6);
	must(page && is_resident(page_address(page), PAGE_SIZE << 6));
	must(locked_kb() >= 256);
	__free_pages(page, 6);
	p = kmalloc(100, PIN | GFP_DMA32);
	must(is_below(p, 100) && is_resident(p, 100));
	kfree(p);
	p = __vmalloc(5 * PAGE_SIZE, PIN);
	must(p && is_resident(p, 5 * PAGE_SIZE));
	vfree(p);
	all_is_free();
	must(!locked_kb());
}

/* Much that is free does not stay locked, and a little does. */
static void pinned_keeps_little(void)
{
	struct rlimit lim;
	void *p[3];

	getrlimit(RLIMIT_MEMLOCK, &lim);
	if (!can_lock() || (lim.rlim_cur < 8 * SZ_1M && geteuid()))
		km_child_skip("RLIMIT_MEMLOCK is too low");
	for (int i = 0; i < 3; i++)
		must((p[i] = alloc_pages_exact(2 * SZ_1M, PIN)));
	must(locked_kb() >= 6 * 1024);
	for (int i = 0; i < 3; i++)
		kfree(p[i]);
	must(locked_kb() == counted_kb() && locked_kb() <= 1024);
	all_is_free();
	must(!locked_kb());
}

/* Who may lock as much as he likes may no more. */
static bool drop_rights(size_t limit)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct rlimit lim = { limit, limit };

	return !syscall(SYS_capset, &head, none) &&
	       !setrlimit(RLIMIT_MEMLOCK, &lim);
}

static void at_the_limit(void)
{
	void *p, *q, *r;

	if (!can_lock() || !drop_rights(2 * SZ_64K))
		km_child_skip("RLIMIT_MEMLOCK is too low");
	must((p = kmalloc(5000, PIN)));
	must((q = alloc_pages_exact(SZ_64K, PIN)));
	must(!alloc_pages_exact(SZ_64K, PIN | QUIET));
	must(!alloc_pages(PIN | QUIET, 6) && !__vmalloc(SZ_1M, PIN | QUIET));
	must((r = kmalloc(5000, PIN))); /* of what is locked already */
	memset(q, 1, SZ_64K);
	kfree(q);
	must((q = alloc_pages_exact(SZ_64K, PIN)));
	kfree(q);
	kfree(r);
	kfree(p);
	/* What is free and locked makes room for what is not. */
	must((p = alloc_pages_exact(2 * SZ_64K, PIN)));
	kfree(p);
	all_is_free();
	must(!locked_kb());
}

static void test_at_the_limit(void **state)
{
	static const struct km_body body = { at_the_limit, NULL };
	static struct km_child c;
	char *line;

	(void)state;
	km_child(&c, km_body_main, &body);
	if (WIFEXITED(c.status) && WEXITSTATUS(c.status) == KM_CHILD_SKIP) {
		km_skip("the limit cannot be set");
		return;
	}
	assert_child_ok(&c);
	line = strstr(c.said, "pinned memory: ");
	assert_non_null(line);
	assert_null(strstr(line + 1, "pinned memory: "));
}

static void failing_locks(void)
{
	void *p, *q;

	if (!can_lock())
		km_child_skip("RLIMIT_MEMLOCK is too low");
	km_fail("mlock", 1);
	must(!kmalloc(100, PIN | QUIET) && !alloc_pages(PIN | QUIET, 0));
	must(!locked_kb() && !counted_kb());
	km_fail("mlock", 2);
	p = kmalloc(100, PIN);
	must(p && locked_kb() == 64);
	kfree(p);
	km_fail("mlock", 0);
	/* What cannot be unlocked stays the zone's, locked. */
	must((p = alloc_pages_exact(SZ_2M, PIN)));
	must((q = kmalloc(100, PIN)));
	km_fail("munlock", 1);
	kfree(p);
	must(locked_kb() == counted_kb() && locked_kb() >= 2048);
	km_fail("munlock", 0);
	km_fail("madvise", 1);
	mm_trim();
	must(locked_kb() == counted_kb() && locked_kb() >= 2048);
	km_fail("madvise", 0);
	kfree(q);
	all_is_free();
	must(!locked_kb());
}

/* ---- fork ---- */

static void wait_for(pid_t pid)
{
	int status;

	must(pid > 0);
	must(waitpid(pid, &status, 0) == pid);
	must(WIFEXITED(status) && !WEXITSTATUS(status));
}

/* As the C library's handlers do it; a child that hangs ends. */
static pid_t do_fork(void)
{
	pid_t pid;

	mm_fork_prepare();
	pid = fork();
	if (pid) {
		mm_fork_parent();
		return pid;
	}
	mm_fork_child();
	alarm(KM_CHILD_SECONDS);
	return 0;
}

static void locks_after_fork(void)
{
	char *p, *q;
	pid_t pid;

	if (!can_lock())
		km_child_skip("RLIMIT_MEMLOCK is too low");
	p = kmalloc(100, PIN);
	q = alloc_pages_exact(3 * SZ_64K, PIN);
	km_fill(q, 3 * SZ_64K, 5);
	must(locked_kb() == 256);
	pid = do_fork();
	if (!pid) {
		void *more;

		must(!locked_kb() && km_intact(q, 3 * SZ_64K, 5));
		km_fail("mlock", 1);
		must(!kmalloc(100, PIN | QUIET));
		must(!kmalloc(100, GFP_ATOMIC | KMALLOC_GFP_PINNED | QUIET));
		km_fail("mlock", 0);
		must((more = kmalloc(100, PIN)));
		must(locked_kb() == 256 && counted_kb() == 256);
		must(is_resident(q, 3 * SZ_64K));
		must(km_intact(q, 3 * SZ_64K, 5));
		kfree(more);
		kfree(p);
		kfree(q);
		all_is_free();
		must(!locked_kb());
		_exit(0);
	}
	wait_for(pid);
	must(locked_kb() == 256 && km_intact(q, 3 * SZ_64K, 5));
	/* A child that frees first. */
	pid = do_fork();
	if (!pid) {
		kfree(q);
		kfree(p);
		all_is_free();
		_exit(0);
	}
	wait_for(pid);
	kfree(p);
	kfree(q);
	all_is_free();
}

static u32 stop; /* atomic */

static void churn(unsigned int nr, void *arg)
{
	static const gfp_t places[] = { GFP_DMA32, KMALLOC_GFP_PINNED, 0,
					GFP_DMA32 };
	struct km_rng rng = km_rng_of(nr + 10);
	void *held[16] = { NULL };
	size_t size[16];
	u64 tag[16];

	(void)arg;
	for (unsigned long n = 0; n < km_load(20000) && !atomic_read(&stop);
	     n++) {
		unsigned int i = (unsigned int)km_below(&rng, 16);
		gfp_t place = places[km_below(&rng, 4)];

		if (held[i]) {
			must(km_intact(held[i], size[i], tag[i]));
			kfree(held[i]);
			held[i] = NULL;
			continue;
		}
		size[i] = km_any_size(&rng, 30000);
		tag[i] = km_random(&rng);
		held[i] = km_below(&rng, 2) ?
				  kmalloc(size[i], GFP_KERNEL | QUIET | place) :
				  kmalloc_node(size[i], GFP_KERNEL | QUIET,
					       (int)km_below(&rng, 5) - 1);
		if (held[i])
			km_fill(held[i], size[i], tag[i]);
	}
	for (int i = 0; i < 16; i++)
		kfree(held[i]);
}

static void storm(void)
{
	setenv("KMALLOC", "numa=fake=3", 1);
	must(mm_boot());
	km_threads(4, churn, NULL);
	mm_trim();
	slab_shrink_all();
	all_is_free();
}

static void storm_generic(void)
{
	setenv("KMALLOC", "numa=fake=3 percpu=generic", 1);
	must(mm_boot());
	km_threads(4, churn, NULL);
	mm_trim();
	slab_for_each_cache(check_one, NULL);
	check_zones();
}

static void forks_in_a_storm(void)
{
	struct km_thread t[3];

	setenv("KMALLOC", "numa=fake=3", 1);
	must(mm_boot());
	km_threads_start(t, 3, churn, NULL);
	for (int i = 0; i < 10; i++) {
		pid_t pid = do_fork();

		if (!pid) {
			atomic_set(&stop, 0);
			churn(9, NULL);
			check_zones();
			_exit(0);
		}
		wait_for(pid);
	}
	atomic_set(&stop, 1);
	km_threads_join(t, 3);
	check_zones();
}

/* ---- nodes ---- */

static void one_node(void)
{
	static const int wrong[] = { 1, 5, 63, 64, 1000, -2 };
	void *p;

	setenv("KMALLOC", "numa=off", 1);
	must(num_online_nodes() == 1 && numa_node_id() == 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		must(!kmalloc_node(100, STRICT, wrong[i]));
		must(!alloc_pages_node(wrong[i], STRICT, 0));
		must(!kvmalloc_node(SZ_1M, STRICT, wrong[i]));
		must((p = kmalloc_node(100, GFP_KERNEL, wrong[i])));
		kfree(p);
	}
	must((p = kmalloc_node(100, STRICT, 0)));
	kfree(p);
	must((p = kmalloc(100, STRICT)));
	kfree(p);
	must((p = kmalloc(100, STRICT | GFP_DMA32)) && is_below(p, 100));
	kfree(p);
}

static int node_of(const void *p)
{
	return page_to_nid(virt_to_page(p));
}

/* Pages of one node are no neighbours of another's, within a section. */
static void nodes_are_apart(void)
{
	struct page *page[30];

	for (int i = 0; i < 30; i++) {
		page[i] = alloc_pages_node(i % 3, STRICT, (unsigned int)i % 6);
		must(page[i] && page_to_nid(page[i]) == i % 3);
	}
	for (int i = 0; i < 30; i++) {
		for (int k = 0; k < 30; k++)
			must(i % 3 == k % 3 ||
			     (uintptr_t)page_address(page[i]) / SECTION_SIZE !=
				     (uintptr_t)page_address(page[k]) /
					     SECTION_SIZE);
	}
	for (int i = 0; i < 30; i++)
		__free_pages(page[i], (unsigned int)i % 6);
}

static void nodes_everywhere(void)
{
	void *p[12];

	for (int node = 0; node < 3; node++) {
		p[0] = kmalloc_node(100000, STRICT, node);
		p[1] = kzalloc_node(100000, STRICT, node);
		p[2] = kmalloc_array_node(1000, 100, STRICT, node);
		p[3] = kcalloc_node(1000, 100, STRICT, node);
		p[4] = kvmalloc_node(100000, STRICT, node);
		p[5] = kvzalloc_node(SZ_1M, STRICT, node);
		p[6] = vmalloc_node(SZ_1M, node);
		p[7] = vzalloc_node(SZ_1M, node);
		p[8] = vmalloc_huge_node(3 * SZ_1M, GFP_KERNEL, node);
		p[9] = alloc_pages_exact_nid(node, 100000, STRICT);
		p[10] = krealloc_node(NULL, 100000, STRICT, node);
		p[11] = kvrealloc_node(NULL, SZ_1M, STRICT, node);
		must(km_is_zero(p[1], 100000) && km_is_zero(p[3], 100000));
		must(km_is_zero(p[5], SZ_1M) && km_is_zero(p[7], SZ_1M));
		for (unsigned int i = 0; i < 12; i++) {
			must(p[i] && node_of(p[i]) == node);
			kvfree(p[i]);
		}
	}
}

/* Objects of one cache, of slabs from different nodes. */
static void nodes_in_caches(void)
{
	struct kmem_cache *s = kmem_cache_create("nodes", 200, 0, 0, NULL);
	struct zones_stat own, none;
	void *p[3][100], *q;

	mm_trim();
	zones_stat(&none);
	for (int i = 0; i < 300; i++) {
		q = kmem_cache_alloc_node(s, STRICT | __GFP_ZERO, i % 3);
		must(q && km_is_zero(q, 200));
		p[i % 3][i / 3] = q;
	}
	zones_stat(&own);
	/* 100 objects of 200 bytes are two slabs, not one each. */
	must(own.online_pages - own.zero_pages - own.resident_pages <= 3 * 8);
	for (int i = 0; i < 300; i++) {
		must((uintptr_t)p[i % 3][i / 3] / SECTION_SIZE ==
		     (uintptr_t)p[i % 3][0] / SECTION_SIZE);
		memset(p[i % 3][i / 3], i, 200);
	}
	for (int i = 0; i < 300; i++)
		kmem_cache_free(s, p[i % 3][i / 3]);
	check_cache(s);
	must(!kmem_cache_alloc_node(s, STRICT, 3));
	must((q = kmem_cache_alloc_node(s, GFP_KERNEL, 3)));
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

static void fake_nodes(void)
{
	struct zones_stat own;
	void *p;

	setenv("KMALLOC", "numa=fake=3", 1);
	must(num_online_nodes() == 3);
	must(numa_node_id() >= 0 && numa_node_id() < 3);
	must((p = kmalloc_node(100, GFP_KERNEL, NUMA_NO_NODE)));
	kfree(p);
	zones_stat(&own);
	must(!own.online_pages); /* who asks for no node pays for none */
	nodes_are_apart();
	nodes_everywhere();
	nodes_in_caches();
	must((p = kmalloc(100, STRICT))); /* this CPU's */
	kfree(p);
	must(!kmalloc_node(100, STRICT | GFP_DMA32, 1));
	must(!kmalloc_node(100, STRICT | KMALLOC_GFP_PINNED, 1));
	must((p = kmalloc_node(100, LOW, 1)) && is_below(p, 100));
	kfree(p);
	must(!kmalloc_node(100, STRICT, 3));
	must(kmalloc_node(0, STRICT, 3) == ZERO_SIZE_PTR);
	all_is_free();
}

/* A hint that has no memory is none; what is strict fails. */
static void node_is_full(void)
{
	unsigned int n = 0;
	void *p[64], *q;

	setenv("KMALLOC", "numa=fake=2 mem=32M", 1);
	must((q = kmalloc(100, GFP_KERNEL)));
	kfree(q);
	while (n < 64 && (p[n] = alloc_pages_exact_nid(1, SZ_1M, STRICT)))
		n++;
	must(n >= 8 && n <= 32);
	must((q = kmalloc(100, GFP_KERNEL)));
	kfree(q);
	while (n)
		kfree(p[--n]);
	must((q = alloc_pages_exact_nid(1, SZ_1M, STRICT)));
	kfree(q);
}

/* The node can get no memory, but the heap has some. */
static void hint_falls_back(void)
{
	void *p, *q;

	setenv("KMALLOC", "numa=fake=2", 1);
	must(mm_boot());
	p = alloc_pages_exact(SZ_1M, GFP_KERNEL);
	memset(km_hide(p), 1, SZ_1M);
	kfree(p);
	km_fail_growth(1);
	must(!alloc_pages_exact_nid(1, SZ_64K, STRICT));
	must((q = alloc_pages_exact_nid(1, SZ_64K, GFP_KERNEL)));
	must(!node_of(q));
	kfree(q);
	must((q = kmalloc_node(100, GFP_KERNEL, 1)));
	kfree(q);
	km_fail_growth(0);
	all_is_free();
}

/* ---- a machine that says it has two nodes ---- */

#define MPOL_OF_ADDRESS 2 /* MPOL_F_ADDR */
#define MPOL_IS_PREFERRED 1
#define MPOL_IS_BIND 2

static char node_file[] = "/tmp/km-nodes-XXXXXX";

static void pretend(const char *nodes)
{
	int fd = mkstemp(node_file);

	must(fd >= 0);
	must(write(fd, nodes, strlen(nodes)) == (ssize_t)strlen(nodes));
	close(fd);
	arch_node_file = node_file;
}

static int policy_of(const void *p)
{
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, NULL, 0UL, p, MPOL_OF_ADDRESS))
		return -1;
	return mode;
}

static void node_lists(void)
{
	static const struct {
		const char *text;
		u64 mask;
	} lists[] = {
		{ "0\n", 1 },
		{ "0-1\n", 3 },
		{ "0,2-3\n", 13 },
		{ "1\n", 2 },
		{ "60-63\n", 15ULL << 60 },
		{ "62-70\n", 3ULL << 62 },
		{ "\n", 1 },
		{ "0-63\n", ~0ULL },
		{ "64\n", 1 },
		{ "junk", 1 },
		{ "0-1000000000\n", ~0ULL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(lists); i++) {
		strcpy(node_file, "/tmp/km-nodes-XXXXXX");
		pretend(lists[i].text);
		must(arch_node_mask() == lists[i].mask);
		unlink(node_file);
	}
	must(arch_node_mask() == 1); /* no such file */
}

/* Node 0 is there, so it is bound; node 1 is not, so the system refuses. */
static void bound(void)
{
	struct page *page;
	void *p, *q;

	pretend("0-1\n");
	must(num_online_nodes() == 2);
	unlink(node_file);
	page = alloc_pages_node(0, STRICT, 4);
	if (!page)
		km_child_skip("the system refuses mbind");
	p = page_address(page);
	must(policy_of(p) == MPOL_IS_BIND);
	memset(p, 1, SZ_64K);
	must((q = kmalloc_node(100000, GFP_KERNEL, 0)));
	must(policy_of(q) == MPOL_IS_PREFERRED && node_of(q) == 0);
	kfree(q);
	must((q = kmalloc(100000, GFP_KERNEL)));
	must(policy_of(q) == 0);
	kfree(q);
	__free_pages(page, 4);
	all_is_free();
}

static void bind_fails(void)
{
	struct zones_stat own;
	void *p;

	pretend("0-1\n");
	must(num_online_nodes() == 2);
	unlink(node_file);
	km_fail("mbind", 1);
	for (int i = 0; i < 20; i++) {
		must(!kmalloc_node(100000, STRICT, 0));
		must(!kmalloc_node(100, STRICT, 0));
		must((p = kmalloc_node(100000, GFP_KERNEL, 0)));
		kfree(p);
	}
	zones_stat(&own);
	/* What was refused once is not had twice: a section for who insists,
	 * one for who hints. */
	must(own.online_pages <= 2 * SECTION_SIZE / PAGE_SIZE);
	km_fail("mbind", 0);
	check_zones();
}

static void test_bind_fails(void **state)
{
	static const struct km_body body = { bind_fails, NULL };
	static struct km_child c;
	const char *line;

	(void)state;
	km_child(&c, km_body_main, &body);
	assert_child_ok(&c);
	line = strstr(c.said, "memory of node 0: mbind fails");
	assert_non_null(line);
	assert_null(strstr(line + 1, "memory of node"));
}

/* ---- groups, names, reports ---- */

static void charged(void)
{
	const gfp_t acc = LOW | __GFP_ACCOUNT | QUIET;
	struct mem_cgroup *m = kmalloc_group_create(NULL, "low");
	unsigned long most = SZ_1M;
	struct page *page;
	void *p;

	must(m && !kmalloc_group_set(m, KMALLOC_GROUP_MAX, most));
	must(!set_active_memcg(m));
	must((p = kmalloc(100, acc)) && is_below(p, 100));
	must(mem_cgroup_from_obj(p) == m);
	must(kmalloc_group_get(m, KMALLOC_GROUP_CURRENT) == 112);
	kfree(p);
	must((p = kmalloc(100000, acc)) && is_below(p, 100000));
	must(mem_cgroup_from_obj(p) == m);
	must(kmalloc_group_get(m, KMALLOC_GROUP_CURRENT) == 102400);
	kfree(p);
	must((page = alloc_pages(acc, 2)));
	must(kmalloc_group_get(m, KMALLOC_GROUP_CURRENT) == 16384);
	__free_pages(page, 2);
	must((p = __vmalloc(SZ_1M, acc)));
	must(!__vmalloc(PAGE_SIZE, acc) && !kmalloc(100, acc));
	vfree(p);
	must((p = kmalloc(100, LOW)) && !mem_cgroup_from_obj(p));
	kfree(p);
	must(!kmalloc_group_get(m, KMALLOC_GROUP_CURRENT));
	set_active_memcg(NULL);
	all_is_free();
}

static void names(void)
{
	gfp_t gfp;

	must(gfp_parse("GFP_KERNEL|KMALLOC_GFP_PINNED", 29, &gfp));
	must(gfp == PIN);
	/* malloc comes from where it always does. */
	kmalloc_thread_gfp_set(LOW);
	free(malloc(100));
	kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
}

static void totals(void)
{
	struct slab_totals was, is;
	void *p;

	must(mm_boot());
	slabinfo_totals(&was);
	p = kmalloc(SZ_1M, LOW);
	slabinfo_totals(&is);
	must(is.used_bytes == was.used_bytes + SZ_1M);
	must(is.online_bytes >= was.online_bytes + SZ_1M);
	kfree(p);
	slabinfo_totals(&is);
	must(is.used_bytes == was.used_bytes);
	must(is.free_bytes >= was.free_bytes + SZ_1M);
}

/* vmap's pages are private again when they are free; these would be neither
 * locked nor bound then. */
static void not_for_vmap(void)
{
	struct page *page = alloc_pages(LOW, 0);

	must(page && !vmap(&page, 1, VM_MAP, PAGE_KERNEL));
	__free_page(page);
}

/* ---- the reserve ---- */

static void locked_reserve(void)
{
	struct zone_stat zone;
	void *p[3];
	pid_t pid;

	if (!can_lock())
		km_child_skip("RLIMIT_MEMLOCK is too low");
	setenv("KMALLOC", "mlock=reserve min_free_kbytes=512", 1);
	must(mm_boot());
	must(locked_kb() >= 512 && locked_kb() < 1024);
	/* Of it, and back; what wandered off is given back like the rest. */
	for (int i = 0; i < 3; i++)
		must((p[i] = alloc_pages_exact(SZ_64K, GFP_ATOMIC | QUIET)));
	for (int i = 0; i < 3; i++)
		kfree(p[i]);
	mm_trim();
	page_alloc_stat(&zone);
	must(zone.dirty_pages == zone.reserve_pages);
	pid = do_fork();
	if (!pid) {
		must(!locked_kb());
		kfree(alloc_pages_exact(SZ_64K, GFP_KERNEL));
		must(locked_kb() >= 512);
		check_zone();
		_exit(0);
	}
	wait_for(pid);
	check_zone();
}

static void reserve_takes_what_there_is(void)
{
	must(locked_kb() == 0);
	setenv("KMALLOC",
	       "mlock=reserve min_free_kbytes=512 fail_syscall=mlock:1", 1);
	must(mm_boot());
	must(!locked_kb());
	must(page_reserve_min() == 128);
	must(alloc_pages_exact(SZ_64K, GFP_ATOMIC | QUIET));
	check_zone();
}

static void test_reserve_unlocked(void **state)
{
	static const struct km_body body = { reserve_takes_what_there_is,
					     NULL };
	static struct km_child c;
	const char *line;

	(void)state;
	km_child(&c, km_body_main, &body);
	assert_child_ok(&c);
	line = strstr(c.said, "mlock=reserve: ");
	assert_non_null(line);
	assert_null(strstr(line + 1, "mlock=reserve: "));
}

#define not_under_tsan(f)                                                    \
	{                                                                    \
		.name = #f, .test_func = KM_TSAN ? skip_tsan : km_run_child, \
		.initial_state = (void *)(f)                                 \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		not_under_tsan(low_sizes),
		not_under_tsan(low_flags),
		not_under_tsan(low_unreserved),
		not_under_tsan(low_beside_others),
		not_under_tsan(low_resize),
		not_under_tsan(low_areas),
		not_under_tsan(low_pages),
		not_under_tsan(low_exact),
		not_under_tsan(low_fragments),
		not_under_tsan(low_caches),
		cmocka_unit_test(test_low_misuse),
		not_under_tsan(no_room),
		not_under_tsan(ladder),
		not_under_tsan(failing_calls),
		not_under_tsan(first_mmap_fails),
		not_under_tsan(descriptors_in_the_way),
		not_under_tsan(exhaust_low),
		not_under_tsan(low_limit),
		not_under_tsan(scarce_address_space),
		not_under_tsan(at_hand_only),
		not_under_tsan(in_handler),
		km_unit_child(pinned_blocks),
		not_under_tsan(pinned_kinds),
		km_unit_child(pinned_keeps_little),
		cmocka_unit_test(test_at_the_limit),
		km_unit_child(failing_locks),
		km_unit_child(locks_after_fork),
		km_unit_child(storm),
		km_unit_child(storm_generic),
		not_under_tsan(forks_in_a_storm),
		not_under_tsan(one_node),
		not_under_tsan(fake_nodes),
		km_unit_child(node_is_full),
		km_unit_child(hint_falls_back),
		km_unit_child(node_lists),
		km_unit_child(bound),
		cmocka_unit_test(test_bind_fails),
		not_under_tsan(charged),
		km_unit_child(names),
		not_under_tsan(totals),
		not_under_tsan(not_for_vmap),
		km_unit_child(locked_reserve),
		cmocka_unit_test(test_reserve_unlocked),
	};

	return km_run_tests(tests);
}
