/* SPDX-License-Identifier: MIT */
/*
 * slab_common: a kmalloc whose size the compiler knows is a kmalloc.
 */
#include "kmtest.h"

#include <kmalloc.h>

#include "mm_boot.h"

/* The first call of all finds the library down. */
static void first(void)
{
	char *p = kmalloc(100, GFP_KERNEL);

	must(p && ksize(p) == 112);
	kfree(p);
}

/* Each class, by its least and its largest size. */
static void every_class(void)
{
	must(mm_boot());
#define SHARED(size, before)                                            \
	do {                                                            \
		char *p = kmalloc(size, GFP_KERNEL);                    \
		char *q = kmalloc((before) + 1, GFP_NOWAIT);            \
		char *r = kmalloc(km_hide(size), GFP_KERNEL);           \
                                                                        \
		must(p &&q &&ksize(p) == (size) && ksize(q) == (size)); \
		must(r &&ksize(r) == (size) && p != q && q != r);       \
		must(IS_ALIGNED((uintptr_t)p, (size) & -(size)));       \
		memset(p, 1, size);                                     \
		memset(q, 2, (before) + 1);                             \
		must(p[0] == 1 && p[(size)-1] == 1);                    \
		kfree(p);                                               \
		kfree(q);                                               \
		kfree(r);                                               \
	} while (0);
#define SPLIT SHARED
#include "kmalloc_sizes.def"
#undef SHARED
#undef SPLIT
}

static void edges(void)
{
	static const gfp_t gfp = GFP_KERNEL | __GFP_ZERO;
	char *p;

	must(kmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	p = kmalloc(KMALLOC_MAX_CACHE_SIZE + 1, GFP_KERNEL);
	must(p && ksize(p) == PAGE_ALIGN(KMALLOC_MAX_CACHE_SIZE + 1));
	kfree(p);
	must(!kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	for (int i = 0; i < 3; i++) {
		p = kmalloc(200, gfp);
		must(p && km_is_zero(p, 200));
		memset(p, 1, 200);
		kfree(p);
		p = kmalloc(300, __GFP_ZERO);
		must(p && km_is_zero(p, 300));
		memset(p, 1, 300);
		kfree(p);
	}
}

/* It has an address, the library's, and can be called by it. */
static void by_address(void)
{
	void *(*const volatile fn)(size_t, gfp_t) = kmalloc;
	void *p = fn(64, GFP_KERNEL);

	must(p && ksize(p) == 64);
	kfree(p);
	must(km_hide(&__kmalloc) == km_hide(&kmalloc));
}

static void no_memory(void)
{
	void *p = ZERO_SIZE_PTR;

	must(mm_boot());
	km_fail_growth(1);
	for (int i = 0; i < 100000 && p; i++)
		p = kmalloc(20000, GFP_KERNEL);
	must(!p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(first),	  km_unit_modes(every_class),
		km_unit_modes(edges),	  km_unit_child(by_address),
		km_unit_child(no_memory),
	};

	return km_run_tests(tests);
}
