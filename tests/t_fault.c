/* SPDX-License-Identifier: MIT */
/*
 * Faults: each system call fails at each k-th use, from the first one on or
 * in a library that is up.  Callers get NULL and go on; what they hold stays
 * as it was; in the end every structure is whole and nothing is missing.
 */
#include "kmtest.h"

#include "buddy.h"
#include "kmalloc.h"
#include "mm_init.h"
#include "pcs.h"
#include "slab_common.h"
#include "vmap_area.h"
#include "vmstat.h"
#include "zone.h"

#define MOST 40 /* k */

/* ---- the workload ---- */

enum kind { NONE, KMALLOC, VMALLOC, PAGES, EXACT, OBJECT };

struct block {
	enum kind kind;
	char *p;
	size_t size;
	unsigned int order;
	u64 tag;
};

#define HELD 24

struct work {
	struct km_rng rng;
	struct kmem_cache *cache;
	struct block held[HELD];
	u64 made, failed;
};

/* Both ends and the middle: enough to find a page that is another's.  The
 * pages between are soiled. */
static void mark(struct block *b)
{
	size_t n = min(b->size, (size_t)64);

	for (size_t at = 0; at < b->size; at += PAGE_SIZE)
		b->p[at] = 1;
	km_fill(b->p, n, b->tag);
	if (b->size < 192)
		return;
	km_fill(b->p + ALIGN_DOWN(b->size / 2, 64UL), n, b->tag + 1);
	km_fill(b->p + b->size - n, n, b->tag + 2);
}

static void check(const struct block *b)
{
	size_t n = min(b->size, (size_t)64);

	must(km_intact(b->p, n, b->tag));
	if (b->size < 192)
		return;
	must(km_intact(b->p + ALIGN_DOWN(b->size / 2, 64UL), n, b->tag + 1));
	must(km_intact(b->p + b->size - n, n, b->tag + 2));
}

/* Some blocks are where they must be: below 4 GiB, or, not too large for what
 * may be locked, in memory. */
static gfp_t place(struct work *w, size_t most)
{
	struct rlimit lim;

	switch (km_below(&w->rng, 8)) {
	case 0:
		return KM_TSAN ? 0 : __GFP_DMA32;
	case 1:
		getrlimit(RLIMIT_MEMLOCK, &lim);
		return most <= SZ_64K && lim.rlim_cur >= 4 * SZ_1M ?
			       KMALLOC_GFP_PINNED :
			       0;
	default:
		return 0;
	}
}

static char *make(struct work *w, struct block *b)
{
	gfp_t gfp = GFP_KERNEL | (km_below(&w->rng, 2) ? __GFP_ZERO : 0);
	size_t size = km_any_size(&w->rng, SZ_1M);
	struct page *page;
	char *p = NULL;

	b->kind = (enum kind)(1 + km_below(&w->rng, 5));
	b->size = size;
	gfp |= place(w, b->kind == PAGES ? 512 * SZ_1K : size);
	switch (b->kind) {
	case VMALLOC:
		p = __vmalloc(size, gfp);
		break;
	case PAGES:
		b->order = (unsigned int)km_below(&w->rng, 8);
		b->size = PAGE_SIZE << b->order;
		page = alloc_pages(gfp, b->order);
		p = page ? page_address(page) : NULL;
		break;
	case EXACT:
		p = alloc_pages_exact(size, gfp);
		break;
	case OBJECT:
		b->size = 200;
		p = w->cache ? kmem_cache_alloc(w->cache, gfp) : NULL;
		break;
	default:
		b->size = size >> km_below(&w->rng, 12) | 1;
		p = kmalloc(b->size, gfp);
	}
	/* A page that was not given back must not pass for a zero one. */
	must(!p || !(gfp & __GFP_ZERO) || km_is_zero(p, b->size));
	return p;
}

static void drop(struct work *w, struct block *b)
{
	check(b);
	switch (b->kind) {
	case VMALLOC:
		vfree(b->p);
		break;
	case PAGES:
		free_pages((unsigned long)b->p, b->order);
		break;
	case EXACT:
		free_pages_exact(b->p, b->size);
		break;
	case OBJECT:
		kmem_cache_free(w->cache, b->p);
		break;
	default:
		kfree(b->p);
	}
	b->kind = NONE;
}

/* Keeps the block if there is no memory for another size. */
static void resize(struct work *w, struct block *b)
{
	size_t size = km_any_size(&w->rng, SZ_2M), head;
	char *to;

	check(b);
	head = min(size, b->size);
	head = min(head, (size_t)64);
	to = b->kind == VMALLOC ? vrealloc(b->p, size, GFP_KERNEL) :
				  krealloc(b->p, size, GFP_KERNEL);
	if (!to) {
		check(b);
		w->failed++;
		return;
	}
	must(km_intact(to, head, b->tag));
	b->p = to;
	b->size = size;
	mark(b);
}

static void work_step(struct work *w)
{
	struct block *b = &w->held[km_below(&w->rng, HELD)];

	if (!b->kind) {
		b->tag = km_random(&w->rng);
		b->p = make(w, b);
		w->made++;
		if (b->p) {
			mark(b);
		} else {
			b->kind = NONE;
			w->failed++;
		}
	} else if (b->kind <= VMALLOC && km_below(&w->rng, 2)) {
		resize(w, b);
	} else {
		drop(w, b);
	}
}

static void give_back(struct work *w)
{
	switch (km_below(&w->rng, 60)) {
	case 0:
		mm_trim();
		break;
	case 1:
		page_report(false);
		vmap_purge(false);
		break;
	case 2:
		if (w->cache)
			kmem_cache_shrink(w->cache);
		break;
	}
}

static void do_work(struct work *w, unsigned int steps)
{
	for (unsigned int i = 0; i < steps; i++) {
		if (!w->cache)
			w->cache = kmem_cache_create("fault", 200, 0, 0, NULL);
		work_step(w);
		give_back(w);
	}
}

/* ---- the end ---- */

static void check_one(struct kmem_cache *s, void *arg)
{
	check_cache(s);
}

static void check_all(void)
{
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_zones();
	check_vmap();
}

/* Without failures, all that was taken comes back. */
static void work_end(struct work *w)
{
	struct zones_stat own;
	struct zone_stat zone;
	struct vmap_stat vmap;

	for (int i = 0; i < HELD; i++) {
		if (w->held[i].kind)
			drop(w, &w->held[i]);
	}
	kmem_cache_destroy(w->cache);
	mm_trim();
	check_all();
	page_alloc_stat(&zone);
	vmap_stat(&vmap);
	must(zone.dirty_pages == 0);
	zones_stat(&own);
	must(!own.resident_pages && !own.locked_pages);
	must(zone.zero_pages + own.zero_pages ==
	     (mem_phys.online + mem_low.online) >> PAGE_SHIFT);
	must(vmap.areas == 0 && vmap.live_pages == 0 && vmap.dirty_pages == 0);
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
}

/* ---- one case: one call, one k ---- */

struct fault {
	const char *name;
	unsigned int every;
	bool warm;
	unsigned int threads;
};

static void threaded(unsigned int nr, void *arg)
{
	struct work w = { .rng = km_rng_of(nr + 1) };

	must(mm_boot());
	do_work(&w, 60);
	for (int i = 0; i < HELD; i++) {
		if (w.held[i].kind)
			drop(&w, &w.held[i]);
	}
	/* Its sheaves may be out of reach just now. */
	kmem_cache_shrink(w.cache);
}

/* From here on each range is given back by a call of its own, as before
 * Linux 6.13: then madvise is what can fail. */
static void without_vectors(void)
{
	struct arch_range ranges[2];

	for (int i = 0; i < 2; i++) {
		ranges[i].len = arch_page_size;
		ranges[i].addr = arch_mmap(NULL, arch_page_size,
					   PROT_READ | PROT_WRITE, 0);
	}
	km_fail("process_madvise", 1);
	must(!arch_discard_ranges(ranges, 2));
	km_fail("process_madvise", 0);
}

static void one_case(void *arg)
{
	const struct fault *f = arg;
	struct work w = { .rng = km_rng_of(f->every) };

	if (f->warm) {
		without_vectors();
		do_work(&w, 40);
	}
	km_fail(f->name, f->every);
	do_work(&w, f->warm ? 90 : 70);
	km_fail(f->name, 0);
	if (mm_state == MM_UP)
		check_all();
	w.failed = 0;
	do_work(&w, 20);
	must(!w.failed);
	work_end(&w);
}

/* Under a tool each case takes long. */
static unsigned int first_k(void)
{
	return km_valgrind() ? 3 : 1;
}

static unsigned int next_k(unsigned int k)
{
	if (km_valgrind())
		return k + MOST;
	return CONFIG_SANITIZER && k > 2 ? k * 2 : k + 1;
}

static void every_call(bool warm)
{
	static struct km_child c;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(km_calls); i++) {
		for (unsigned int k = first_k(); k <= MOST; k = next_k(k)) {
			struct fault f = { km_calls[i], k, warm, 0 };

			km_child(&c, one_case, &f);
			if (km_child_exited(&c, 0))
				continue;
			print_message("# with %s failing at every %u. use\n",
				      km_calls[i], k);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void test_cold(void **state)
{
	every_call(false);
}

static void test_warm(void **state)
{
	every_call(true);
}

/* ---- threads ---- */

static void threads_case(void *arg)
{
	const struct fault *f = arg;
	struct work w = { .rng = km_rng_of(f->every) };

	do_work(&w, 10);
	km_fail(f->name, f->every);
	km_threads(f->threads, threaded, NULL);
	km_fail(f->name, 0);
	check_all();
	do_work(&w, 10);
	slab_shrink_all();
	check_all();
}

static void test_threads(void **state)
{
	static struct km_child c;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(km_calls); i++) {
		for (unsigned int k = first_k(); k <= 9; k = next_k(k) + 1) {
			struct fault f = { km_calls[i], k, true, 4 };

			km_child(&c, threads_case, &f);
			if (km_child_exited(&c, 0))
				continue;
			print_message("# with %s failing at every %u. use\n",
				      km_calls[i], k);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* ---- the workload itself ---- */

/* Without a fault it gets all it asks for, or it would prove nothing. */
static void no_fault(void)
{
	struct work w = { .rng = km_rng_of(1) };
	char *in_the_way, *p = vmalloc(SZ_1M);

	in_the_way = vmalloc(1);
	p = vrealloc(p, SZ_4M, GFP_KERNEL);
	must(p);
	vfree(in_the_way);
	vfree(p);
	do_work(&w, 500);
	must(!w.failed && w.made > 100);
	must(!km_can_move() || vmstat_read(VMSTAT_vmap_move) > 0);
	must(vmstat_read(VMSTAT_pgreported) > 0);
	work_end(&w);
}

/* The calls that it is about are made, often enough to fail. */
static void calls_made(void)
{
	static const char *const used[] = { "madvise", "mremap" };

	for (unsigned int i = 0; i < ARRAY_SIZE(used); i++) {
		struct work w = { .rng = km_rng_of(2) };

		do_work(&w, 20);
		km_fail(used[i], 1);
		for (int n = 0; n < 20 && !arch_fail_count; n++) {
			do_work(&w, 300);
			mm_trim();
		}
		if (!arch_fail_count)
			dprintf(2, "%s was not called\n", used[i]);
		must(arch_fail_count > 0);
		km_fail(used[i], 0);
		work_end(&w);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(no_fault),	km_unit_child(calls_made),
		cmocka_unit_test(test_cold),	cmocka_unit_test(test_warm),
		cmocka_unit_test(test_threads),
	};

	return km_run_tests(tests);
}
