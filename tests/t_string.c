/* SPDX-License-Identifier: MIT */
/*
 * string, rodata: copies are what they are copies of, end where they should,
 * and are none of what cannot change.
 */
#include "kmtest.h"

#include <wchar.h>

#include "kmalloc.h"
#include "page_alloc.h"
#include "rodata.h"

static const char constant[] = "a string that does not change";
static char variable[] = "a string that may";

static size_t too_many = SIZE_MAX / 2;

static void strings(void)
{
	char *p = kstrdup(variable, GFP_KERNEL);

	must(p && p != variable && !strcmp(p, variable));
	kfree(p);
	p = kstrdup("", GFP_KERNEL);
	must(p && !*p && ksize(p) == 16);
	kfree(p);
	must(!kstrdup(NULL, GFP_KERNEL));
	must(!kstrndup(NULL, 3, GFP_KERNEL));
	must(!kmemdup_nul(NULL, 3, GFP_KERNEL));
	for (size_t n = 0; n < sizeof(variable) + 10; n++) {
		size_t len = min(n, sizeof(variable) - 1);

		p = kstrndup(variable, n, GFP_KERNEL);
		must(p && strlen(p) == len && !memcmp(p, variable, len));
		kfree(p);
	}
}

/* Not a byte beyond what was said is looked at. */
static void not_terminated(void)
{
	char *page = mmap(NULL, 2 * arch_page_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = page + arch_page_size - 5, *p;

	must(!mprotect(page + arch_page_size, arch_page_size, PROT_NONE));
	memcpy(end, "12345", 5);
	p = kstrndup(end, 5, GFP_KERNEL);
	must(p && !strcmp(p, "12345"));
	kfree(p);
	p = kmemdup_nul(end, 5, GFP_KERNEL);
	must(p && !strcmp(p, "12345"));
	kfree(p);
	p = memdup_user_nul(end, 5);
	must(!IS_ERR(p) && !strcmp(p, "12345"));
	kfree(p);
	must(strndup_user(end, 5) == ERR_PTR(-EINVAL));
}

static void memory(void)
{
	char from[300];
	void *p;

	km_fill(from, sizeof(from), 1);
	p = kmemdup(from, 300, GFP_KERNEL);
	must(p && km_intact(p, 300, 1));
	kfree(p);
	must(kmemdup(from, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	p = kmemdup_array(from, 30, 10, GFP_KERNEL);
	must(p && km_intact(p, 300, 1));
	kfree(p);
	must(!kmemdup_array(from, km_hide(too_many), 10, GFP_KERNEL));
	must(!kmemdup(from, km_hide(too_many), GFP_KERNEL));
	must(!kmemdup_nul(from, km_hide(SIZE_MAX), GFP_KERNEL));
	p = kmemdup_nul(from, 300, GFP_KERNEL);
	must(p && km_intact(p, 300, 1) && !((char *)p)[300]);
	kfree(p);
}

static void large(void)
{
	char *from = vmalloc(SZ_4M), *p;

	km_fill(from, SZ_4M, 1);
	p = kvmemdup(from, SZ_4M, GFP_KERNEL);
	must(p && is_vmalloc_addr(p) && km_intact(p, SZ_4M, 1));
	kvfree(p);
	p = kvmemdup(from, 100, GFP_KERNEL);
	must(p && !is_vmalloc_addr(p) && km_intact(p, 100, 1));
	kvfree(p);
	must(!kvmemdup(from, km_hide(too_many), GFP_KERNEL));
	p = vmemdup_user(from, SZ_4M);
	must(!IS_ERR(p) && km_intact(p, SZ_4M, 1));
	kvfree(p);
	vfree(from);
}

static void user(void)
{
	char from[64], *p;

	km_fill(from, sizeof(from), 1);
	p = memdup_user(from, 64);
	must(!IS_ERR(p) && km_intact(p, 64, 1));
	kfree(p);
	p = memdup_array_user(from, 4, 16);
	must(!IS_ERR(p) && km_intact(p, 64, 1));
	kfree(p);
	p = vmemdup_array_user(from, 4, 16);
	must(!IS_ERR(p) && km_intact(p, 64, 1));
	kvfree(p);
	must(memdup_user(from, km_hide(too_many)) == ERR_PTR(-ENOMEM));
	must(memdup_user_nul(from, km_hide(SIZE_MAX)) == ERR_PTR(-ENOMEM));
	must(vmemdup_user(from, km_hide(too_many)) == ERR_PTR(-ENOMEM));
	must(memdup_array_user(from, km_hide(too_many), 3) ==
	     ERR_PTR(-EOVERFLOW));
	must(vmemdup_array_user(from, km_hide(too_many), 3) ==
	     ERR_PTR(-EOVERFLOW));
	p = strndup_user("12345", 6);
	must(!IS_ERR(p) && !strcmp(p, "12345"));
	kfree(p);
	must(strndup_user("12345", 0) == ERR_PTR(-EINVAL));
	must(strndup_user("12345", -1) == ERR_PTR(-EINVAL));
}

/* ---- constants ---- */

static void constants(void)
{
	const char *p = kstrdup_const(constant, GFP_KERNEL);
	char local[] = "here", *heap = kstrdup("there", GFP_KERNEL);

	must(is_kernel_rodata(constant));
	must(is_kernel_rodata((void *)constants));
	must(p == constant);
	kfree_const(p);
	p = kstrdup_const(variable, GFP_KERNEL);
	must(p && p != variable && !strcmp(p, variable));
	kfree_const(p);
	must(!is_kernel_rodata(variable) && !is_kernel_rodata(local) &&
	     !is_kernel_rodata(heap) && !is_kernel_rodata(NULL) &&
	     !is_kernel_rodata((void *)~0UL));
	/* A library's is none: it may go away. */
	must(!is_kernel_rodata(strerror(ENOMEM)));
	must(!is_kernel_rodata((void *)getenv));
	must(!kstrdup_const(NULL, GFP_KERNEL));
	kfree_const(NULL);
	kfree_const(ZERO_SIZE_PTR);
	kfree(heap);
}

static void look(unsigned int nr, void *arg)
{
	(void)nr;
	(void)arg;
	must(rodata_has(constant) && !rodata_has(variable));
}

static void constants_at_once(void)
{
	km_threads(8, look, NULL);
}

/* ---- printing ---- */

static const char *print_const(gfp_t gfp, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = kvasprintf_const(gfp, fmt, args);
	va_end(args);
	return text;
}

static char *print_list(const char *fmt, ...)
{
	va_list args, again;
	char *p, *q;

	va_start(args, fmt);
	va_copy(again, args);
	p = kvasprintf(GFP_KERNEL, fmt, args);
	q = kvasprintf(GFP_KERNEL, fmt, again);
	must(p && q && p != q && !strcmp(p, q));
	kfree(q);
	va_end(again);
	va_end(args);
	return p;
}

static void printing(void)
{
	static const wchar_t none[] = { 0x7fffffff, 0 }; /* no character */
	char *p = kasprintf(GFP_KERNEL, "%d %s %5.2f", 42, variable, 3.14159);

	must(p && !strcmp(p, "42 a string that may  3.14"));
	kfree(p);
	p = kasprintf(GFP_KERNEL, "%s", "");
	must(p && !*p);
	kfree(p);
	p = kasprintf(GFP_KERNEL, "%05000d|", 7);
	must(p && strlen(p) == 5001 && !strcmp(p + 4999, "7|"));
	kfree(p);
	must(!kasprintf(GFP_KERNEL, "%ls", none));
	p = print_list("%s-%d", "x", 5);
	must(p && !strcmp(p, "x-5"));
	kfree(p);
}

static void printing_const(void)
{
	char *heap = kstrdup("there", GFP_KERNEL);
	const char *p = print_const(GFP_KERNEL, "no conversion");

	must(is_kernel_rodata(p) && !strcmp(p, "no conversion"));
	kfree_const(p);
	must(print_const(GFP_KERNEL, "%s", constant) == constant);
	p = print_const(GFP_KERNEL, "%s", heap);
	must(p && p != heap && !strcmp(p, "there"));
	kfree_const(p);
	p = print_const(GFP_KERNEL, "%s!", constant);
	must(p && !is_kernel_rodata(p) && p[strlen(constant)] == '!');
	kfree_const(p);
	kfree(heap);
}

/* ---- no memory ---- */

static void no_memory(void)
{
	char *from = kmalloc(SZ_4M, GFP_KERNEL);

	memset(from, 'x', SZ_4M - 1);
	from[SZ_4M - 1] = '\0';
	km_fail_growth(1);
	while (kmalloc(SZ_1M, GFP_KERNEL))
		;
	while (alloc_pages(GFP_KERNEL, 0))
		;
	must(!kstrdup(from, GFP_KERNEL) && !kstrdup_const(from, GFP_KERNEL));
	must(!kstrndup(from, SZ_4M, GFP_KERNEL));
	must(!kmemdup(from, SZ_1M, GFP_KERNEL));
	must(!kmemdup_nul(from, SZ_1M, GFP_KERNEL));
	must(!kasprintf(GFP_KERNEL, "%s", from));
	must(memdup_user(from, SZ_1M) == ERR_PTR(-ENOMEM));
	must(memdup_user_nul(from, SZ_1M) == ERR_PTR(-ENOMEM));
	must(strndup_user(from, SZ_4M) == ERR_PTR(-ENOMEM));
	km_fail_growth(0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(strings),	  km_unit_child(not_terminated),
		km_unit_child(memory),	  km_unit_child(large),
		km_unit_child(user),	  km_unit_child(constants),
		km_unit_child(printing),  km_unit_child(printing_const),
		km_unit_child(no_memory), km_unit_child(constants_at_once),
	};

	return km_run_tests(tests);
}
