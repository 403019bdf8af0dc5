/* SPDX-License-Identifier: MIT */
/*
 * contract: what all functions of the kernel have in common, for each of them:
 * the signature; and for those that allocate, what they return for no bytes,
 * for a size that overflows and without memory, how that is aligned, whether it
 * reads as zero, that nothing waits in the place of a signal handler, and that
 * errno stays as it was.
 */
#include "kmlocks.h"
#include "kmtest.h"

#include <kmalloc.h>

#include "bitops.h"
#include "buddy.h"
#include "mm_boot.h"
#include "page_alloc.h"
#include "slab_common.h"
#include "vmalloc.h"
#include "vmap_area.h"

/* ---- signatures ---- */

#define SAME(returns, name, args)                                        \
	_Static_assert(__builtin_types_compatible_p(__typeof__(&(name)), \
						    returns(*) args),    \
		       #name ": not the kernel's signature");
#include "contract.def"
#undef SAME

/* ---- functions that allocate ---- */

enum {
	ZEROED = 1,   /* reads as zero without being asked */
	PAGES = 2,    /* whole pages: of no bytes is NULL */
	COPY = 4,     /* returns what it is given, which is not written to */
	ERROR = 8,    /* fails by ERR_PTR */
	PRODUCT = 16, /* of an element of two bytes */
	CLASS = 32,   /* only up to KMALLOC_MAX_CACHE_SIZE */
	EXTRA = 64,   /* a byte more than asked for */
};

#define SIZE_MOST (4 * PAGE_SIZE)

/* What copies are made of; of a test's sizes, the largest is this. */
static char source[SIZE_MOST / 2 * 3];

static kmem_buckets *buckets;

#define MAKER(name, call)                             \
	static void *make_##name(size_t n, gfp_t gfp) \
	{                                             \
		(void)gfp;                            \
		return call;                          \
	}
#define HALF (n == SIZE_MAX ? n / 2 + 1 : n / 2)

MAKER(kmalloc, kmalloc(n, gfp))
MAKER(__kmalloc, __kmalloc(n, gfp))
MAKER(kzalloc, kzalloc(n, gfp))
MAKER(kmalloc_array, kmalloc_array(HALF, 2, gfp))
MAKER(kcalloc, kcalloc(HALF, 2, gfp))
MAKER(krealloc, krealloc(NULL, n, gfp))
MAKER(krealloc_array, krealloc_array(NULL, HALF, 2, gfp))
MAKER(krealloc_node_align, krealloc_node_align(NULL, n, 1, gfp, 0))
MAKER(kmalloc_track_caller, kmalloc_track_caller(n, gfp))
MAKER(kmalloc_node, kmalloc_node(n, gfp, 0))
MAKER(kzalloc_node, kzalloc_node(n, gfp, NUMA_NO_NODE))
MAKER(kmalloc_array_node, kmalloc_array_node(HALF, 2, gfp, 0))
MAKER(kcalloc_node, kcalloc_node(HALF, 2, gfp, 0))
MAKER(kmalloc_node_track_caller, kmalloc_node_track_caller(n, gfp, 0))
MAKER(kmalloc_nolock, kmalloc_nolock(n, gfp &__GFP_ZERO, 0))
MAKER(kvmalloc, kvmalloc(n, gfp))
MAKER(kvzalloc, kvzalloc(n, gfp))
MAKER(kvmalloc_array, kvmalloc_array(HALF, 2, gfp))
MAKER(kvcalloc, kvcalloc(HALF, 2, gfp))
MAKER(kvrealloc, kvrealloc(NULL, n, gfp))
MAKER(kvmalloc_node, kvmalloc_node(n, gfp, 0))
MAKER(kvzalloc_node, kvzalloc_node(n, gfp, 0))
MAKER(kvmalloc_array_node, kvmalloc_array_node(HALF, 2, gfp, 0))
MAKER(kvcalloc_node, kvcalloc_node(HALF, 2, gfp, 0))
MAKER(kvmalloc_node_align, kvmalloc_node_align(n, 1, gfp, 0))
MAKER(kvrealloc_node_align, kvrealloc_node_align(NULL, n, 1, gfp, 0))
MAKER(kmem_buckets_alloc, kmem_buckets_alloc(buckets, n, gfp))
MAKER(kmem_buckets_alloc_track_caller,
      kmem_buckets_alloc_track_caller(buckets, n, gfp))
MAKER(kmem_buckets_valloc, kmem_buckets_valloc(buckets, n, gfp))
MAKER(vmalloc, vmalloc(n))
MAKER(vzalloc, vzalloc(n))
MAKER(__vmalloc, __vmalloc(n, gfp))
MAKER(vmalloc_node, vmalloc_node(n, 0))
MAKER(vzalloc_node, vzalloc_node(n, 0))
MAKER(vmalloc_user, vmalloc_user(n))
MAKER(vmalloc_huge, vmalloc_huge(n, gfp))
MAKER(vmalloc_huge_node, vmalloc_huge_node(n, gfp, 0))
MAKER(vmalloc_array, vmalloc_array(HALF, 2))
MAKER(__vmalloc_array, __vmalloc_array(HALF, 2, gfp))
MAKER(vcalloc, vcalloc(HALF, 2))
MAKER(__vcalloc, __vcalloc(HALF, 2, gfp))
MAKER(vrealloc, vrealloc(NULL, n, gfp))
MAKER(vrealloc_node_align, vrealloc_node_align(NULL, n, 1, gfp, 0))
MAKER(alloc_pages_exact, alloc_pages_exact(n, gfp))
MAKER(alloc_pages_exact_nid, alloc_pages_exact_nid(0, n, gfp))
MAKER(kmemdup, kmemdup(source, n, gfp))
MAKER(kvmemdup, kvmemdup(source, n, gfp))
MAKER(kmemdup_array, kmemdup_array(source, HALF, 2, gfp))
MAKER(kmemdup_nul, kmemdup_nul(source, n, gfp))
MAKER(memdup_user, memdup_user(source, n))
MAKER(memdup_user_nul, memdup_user_nul(source, n))
MAKER(vmemdup_user, vmemdup_user(source, n))
MAKER(memdup_array_user, memdup_array_user(source, HALF, 2))
MAKER(vmemdup_array_user, vmemdup_array_user(source, HALF, 2))

static const struct maker {
	const char *name;
	void *(*make)(size_t n, gfp_t gfp);
	int is;
} makers[] = {
#define ROW(name, is)                  \
	{                              \
#name, make_##name, is \
	}
	ROW(kmalloc, 0),
	ROW(__kmalloc, 0),
	ROW(kzalloc, ZEROED),
	ROW(kmalloc_array, PRODUCT),
	ROW(kcalloc, PRODUCT | ZEROED),
	ROW(krealloc, 0),
	ROW(krealloc_array, PRODUCT),
	ROW(krealloc_node_align, 0),
	ROW(kmalloc_track_caller, 0),
	ROW(kmalloc_node, 0),
	ROW(kzalloc_node, ZEROED),
	ROW(kmalloc_array_node, PRODUCT),
	ROW(kcalloc_node, PRODUCT | ZEROED),
	ROW(kmalloc_node_track_caller, 0),
	ROW(kmalloc_nolock, CLASS),
	ROW(kvmalloc, 0),
	ROW(kvzalloc, ZEROED),
	ROW(kvmalloc_array, PRODUCT),
	ROW(kvcalloc, PRODUCT | ZEROED),
	ROW(kvrealloc, 0),
	ROW(kvmalloc_node, 0),
	ROW(kvzalloc_node, ZEROED),
	ROW(kvmalloc_array_node, PRODUCT),
	ROW(kvcalloc_node, PRODUCT | ZEROED),
	ROW(kvmalloc_node_align, 0),
	ROW(kvrealloc_node_align, 0),
	ROW(kmem_buckets_alloc, 0),
	ROW(kmem_buckets_alloc_track_caller, 0),
	ROW(kmem_buckets_valloc, 0),
	ROW(vmalloc, PAGES),
	ROW(vzalloc, PAGES | ZEROED),
	ROW(__vmalloc, PAGES),
	ROW(vmalloc_node, PAGES),
	ROW(vzalloc_node, PAGES | ZEROED),
	ROW(vmalloc_user, PAGES | ZEROED),
	ROW(vmalloc_huge, PAGES),
	ROW(vmalloc_huge_node, PAGES),
	ROW(vmalloc_array, PAGES | PRODUCT),
	ROW(__vmalloc_array, PAGES | PRODUCT),
	ROW(vcalloc, PAGES | PRODUCT | ZEROED),
	ROW(__vcalloc, PAGES | PRODUCT | ZEROED),
	ROW(vrealloc, PAGES),
	ROW(vrealloc_node_align, PAGES),
	ROW(alloc_pages_exact, PAGES),
	ROW(alloc_pages_exact_nid, PAGES),
	ROW(kmemdup, COPY),
	ROW(kvmemdup, COPY),
	ROW(kmemdup_array, COPY | PRODUCT),
	ROW(kmemdup_nul, COPY | EXTRA),
	ROW(memdup_user, COPY | ERROR),
	ROW(memdup_user_nul, COPY | EXTRA | ERROR),
	ROW(vmemdup_user, COPY | ERROR),
	ROW(memdup_array_user, COPY | ERROR | PRODUCT),
	ROW(vmemdup_array_user, COPY | ERROR | PRODUCT),
#undef ROW
};

#define holds(m, cond)                                                  \
	do {                                                            \
		if (!(cond)) {                                          \
			printf("%s: not true: %s\n", (m)->name, #cond); \
			fflush(stdout);                                 \
			_exit(1);                                       \
		}                                                       \
	} while (0)

static void start(void)
{
	must(mm_boot());
	buckets = kmem_buckets_create("contract", 0, 0, 0, NULL);
	must(buckets);
	memset(source, 'c', sizeof(source));
}

static bool has_failed(const struct maker *m, const void *p, int error)
{
	return m->is & ERROR ? PTR_ERR(p) == error : !p;
}

static bool takes_flags(const struct maker *m)
{
	return !(m->is & ERROR) &&
	       (!(m->is & PAGES) || strstr(m->name, "_exact") ||
		strstr(m->name, "__") || strstr(m->name, "realloc") ||
		strstr(m->name, "huge"));
}

static void no_bytes(void)
{
	start();
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		const struct maker *m = &makers[i];
		char *p = m->make(0, GFP_KERNEL);

		if (m->is & PAGES)
			holds(m, !p);
		else if (m->is & EXTRA)
			holds(m, ksize(p) >= 1 && !*p);
		else
			holds(m, p == ZERO_SIZE_PTR);
		kvfree(p);
	}
}

static void too_many_bytes(void)
{
	static size_t sizes[] = { SIZE_MAX, PTRDIFF_MAX, (size_t)1 << 62 };

	start();
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		const struct maker *m = &makers[i];

		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			bool wraps = m->is & PRODUCT && sizes[k] == SIZE_MAX;
			void *p = m->make(km_hide(sizes[k]),
					  GFP_KERNEL | __GFP_NOWARN);

			holds(m,
			      has_failed(m, p, wraps ? -EOVERFLOW : -ENOMEM));
		}
		if (m->is & CLASS)
			holds(m, !m->make(KMALLOC_MAX_CACHE_SIZE + 1, 0));
	}
}

static void check_one(const struct maker *m, size_t size, gfp_t gfp)
{
	char *p;

	errno = 77;
	p = m->make(size, gfp);
	holds(m, p && !IS_ERR(p));
	holds(m, IS_ALIGNED((uintptr_t)p, m->is & PAGES ? PAGE_SIZE : 16));
	if (is_power_of_2(size) && !(m->is & EXTRA))
		holds(m, IS_ALIGNED((uintptr_t)p, min(size, PAGE_SIZE)));
	if (m->is & COPY)
		holds(m, !memcmp(p, source, size));
	else if (m->is & ZEROED || gfp & __GFP_ZERO)
		holds(m, km_is_zero(p, size));
	if (m->is & EXTRA)
		holds(m, !p[size]);
	memset(p, 0xff, size);
	kvfree(p);
	holds(m, errno == 77);
}

/* Twice, so that the second finds what the first has written. */
static void some_bytes(void)
{
	start();
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		gfp_t zero = takes_flags(&makers[i]) ? __GFP_ZERO : 0;

		for (size_t size = 2; size <= SIZE_MOST; size *= 2) {
			check_one(&makers[i], size, GFP_KERNEL);
			check_one(&makers[i], size, GFP_KERNEL | zero);
			check_one(&makers[i], size / 2 * 3 & ~1UL, GFP_KERNEL);
			check_one(&makers[i], size, GFP_NOWAIT | zero);
		}
	}
}

/* Without memory each fails as it says, and works again afterwards. */
static void no_memory(void)
{
	start();
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		const struct maker *m = &makers[i];
		void **p, **all = NULL;

		must(m->make(PAGE_SIZE, GFP_KERNEL));
		km_fail_growth(1);
		errno = 77;
		do {
			p = m->make(4 * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
			if (p && !IS_ERR(p)) {
				*p = all;
				all = p;
			}
		} while (p && !IS_ERR(p));
		holds(m, has_failed(m, p, -ENOMEM) && errno == 77);
		km_fail_growth(0);
		for (; all; all = p) {
			p = *all;
			kvfree(all);
		}
		check_one(m, 64, GFP_KERNEL);
	}
}

/* In the place of a handler that interrupted the library: something, or the
 * failure; no wait. */
static void in_a_handler(void)
{
	start();
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		check_one(&makers[i], 100, GFP_KERNEL);
	km_enter(lock_all);
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		const struct maker *m = &makers[i];

		for (size_t size = 2; size <= SIZE_MOST; size *= 4) {
			char *p = m->make(size, GFP_ATOMIC | __GFP_NOWARN);

			if (has_failed(m, p, -ENOMEM))
				continue;
			if (m->is & ZEROED)
				holds(m, km_is_zero(p, size));
			memset(p, 0xff, size);
			kvfree(p);
		}
	}
	km_leave(unlock_all);
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		check_one(&makers[i], 100, GFP_KERNEL);
	check_zone();
	check_vmap();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(no_bytes),     km_unit_modes(too_many_bytes),
		km_unit_modes(some_bytes),   km_unit_modes(no_memory),
		km_unit_modes(in_a_handler),
	};

	return km_run_tests(tests);
}
