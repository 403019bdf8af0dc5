/* SPDX-License-Identifier: MIT */
/*
 * obj, overflow, cleanup: the public headers that are macros.  Types, sizes
 * that saturate, and scopes that free.
 */
#include "kmtest.h"

#include "kmalloc.h"

struct point {
	long x, y;
};

struct msg {
	unsigned int len;
	u16 data[];
};

#define is_type(p, type) \
	__builtin_types_compatible_p(__typeof__(p), __typeof__(type))

/* ---- sizes ---- */

static void test_overflow(void **state)
{
	struct msg *m = NULL;
	int i;

	(void)state;
	assert_true(size_mul(6, 7) == 42 && size_mul(0, SIZE_MAX) == 0);
	assert_true(size_mul(SIZE_MAX / 2 + 1, 2) == SIZE_MAX);
	assert_true(size_add(40, 2) == 42);
	assert_true(size_add(SIZE_MAX, 1) == SIZE_MAX);
	assert_true(size_add(SIZE_MAX - 1, 1) == SIZE_MAX);
	assert_true(size_sub(44, 2) == 42 && size_sub(2, 2) == 0);
	assert_true(size_sub(1, 2) == SIZE_MAX);
	assert_true(size_sub(SIZE_MAX, 2) == SIZE_MAX);
	assert_true(array_size(3, 14) == 42);
	assert_true(array3_size(2, 3, 7) == 42);
	assert_true(array3_size(SIZE_MAX / 2, 3, 0) == 0);
	assert_true(array3_size(SIZE_MAX / 2, 3, 1) == SIZE_MAX);
	assert_true(flex_array_size(m, data, 5) == 10);
	assert_true(struct_size(m, data, 5) == 4 + 10);
	assert_true(struct_size(m, data, SIZE_MAX / 2) == SIZE_MAX);
	assert_true(struct_size_t(struct msg, data, 0) == sizeof(struct msg));
	assert_true(check_add_overflow(2147483647, 1, &i));
	assert_true(check_sub_overflow(-2147483647, 2, &i));
	assert_true(check_mul_overflow(1 << 30, 2, &i));
	assert_false(check_mul_overflow(1 << 20, 2, &i) || i != 1 << 21);
}

/* ---- objects ---- */

static void objects(void)
{
	struct point *p = kmalloc_obj(*p), *q;

	must(is_type(kmalloc_obj(*p), struct point *));
	must(is_type(kzalloc_obj(struct point), struct point *));
	must(p && ksize(p) == 16);
	km_fill(p, sizeof(*p), 1);
	kfree(p);
	q = kzalloc_obj(struct point, GFP_NOWAIT);
	must(q == p && km_is_zero(q, sizeof(*q)));
	kfree(q);
	p = kvmalloc_obj(*p);
	q = kvzalloc_obj(*q, GFP_ATOMIC);
	must(p && q && km_is_zero(q, sizeof(*q)));
	kvfree(p);
	kvfree(q);
}

static void arrays(void)
{
	size_t many = km_hide(SIZE_MAX / 2);
	struct point *p = kmalloc_objs(*p, 10), *q;

	must(is_type(kmalloc_objs(*p, 10), struct point *));
	must(p && ksize(p) == 160);
	q = kzalloc_objs(*q, 10, GFP_NOWAIT);
	must(q && km_is_zero(q, 160));
	kfree(p);
	kfree(q);
	p = kvmalloc_objs(*p, 100000);
	q = kvzalloc_objs(struct point, 100000, GFP_KERNEL);
	must(p && q && km_is_zero(q, 1600000) && is_vmalloc_addr(q));
	kvfree(p);
	kvfree(q);
	must(!kmalloc_objs(*p, many) && !kzalloc_objs(*p, many));
	must(!kvmalloc_objs(*p, many) && !kvzalloc_objs(*p, many));
	must(kmalloc_objs(*p, 0) == ZERO_SIZE_PTR);
}

static void flexible(void)
{
	size_t many = km_hide(SIZE_MAX / 2);
	struct msg *m = kmalloc_flex(*m, data, 50), *n;

	must(is_type(kmalloc_flex(*m, data, 50), struct msg *));
	must(m && ksize(m) == 112);
	n = kzalloc_flex(struct msg, data, 50, GFP_NOWAIT);
	must(n && km_is_zero(n, 104));
	kfree(m);
	kfree(n);
	m = kvmalloc_flex(*m, data, SZ_1M);
	n = kvzalloc_flex(*n, data, SZ_1M, GFP_KERNEL);
	must(m && n && km_is_zero(n, 2 * SZ_1M + 4));
	kvfree(m);
	kvfree(n);
	must(!kmalloc_flex(*m, data, many) && !kzalloc_flex(*m, data, many));
	must(!kvmalloc_flex(*m, data, many));
	must(!kvzalloc_flex(*m, data, many));
}

/* An argument with an effect has it once. */
static void once(void)
{
	unsigned int n = 3;
	struct point *p = kmalloc_objs(*p, n++);
	struct msg *m = kmalloc_flex(*m, data, n++);

	must(n == 5);
	kfree(p);
	kfree(m);
}

/* ---- errors in pointers ---- */

static void test_err(void **state)
{
	char c;

	(void)state;
	assert_true(IS_ERR(ERR_PTR(-ENOMEM)) && IS_ERR(ERR_PTR(-MAX_ERRNO)));
	assert_int_equal(PTR_ERR(ERR_PTR(-ENOMEM)), -ENOMEM);
	assert_false(IS_ERR(NULL) || IS_ERR(&c) || IS_ERR_OR_NULL(&c));
	assert_true(IS_ERR_OR_NULL(NULL) && IS_ERR_OR_NULL(ERR_PTR(-1)));
	assert_int_equal(PTR_ERR_OR_ZERO(ERR_PTR(-EINVAL)), -EINVAL);
	assert_int_equal(PTR_ERR_OR_ZERO(&c), 0);
}

/* ---- scopes ---- */

static unsigned int closed;

DEFINE_FREE(close_it, unsigned int, if (_T) closed += _T)

static struct point *made_or_not(bool keep)
{
	struct point *p __free(kfree) = kzalloc_obj(*p);
	unsigned int token __free(close_it) = 1;

	must(token);
	if (!keep)
		return NULL;
	p->x = 42;
	return_ptr(p);
}

static void scopes(void)
{
	struct point *p = made_or_not(true), *q;
	void *was;

	must(p && p->x == 42 && closed == 1);
	q = made_or_not(true);
	must(q != p);
	was = km_hide(q);
	kfree(q);
	must(!made_or_not(false) && closed == 3);
	/* It was freed: it comes again. */
	q = made_or_not(true);
	must(km_hide(q) == was);
	{
		char *none __free(kfree) = NULL;
		char *err __free(kvfree) = ERR_PTR(-ENOMEM);
		char *big __free(kvfree) = kvmalloc(SZ_1M, GFP_KERNEL);
		char *area __free(vfree) = vmalloc(SZ_1M);
		char *key __free(kfree_sensitive) = kzalloc(64, GFP_KERNEL);
		struct point *gone __free(kfree) = p;
		struct point *kept __free(kfree) = q;

		must(!none && err && big && area && key && gone);
		retain_and_null_ptr(gone);
		must(!gone && no_free_ptr(kept) == q && !kept);
	}
	must(p->x == 42 && q->x == 42);
	kfree(p);
	kfree(q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow),
		km_unit_child(objects),
		km_unit_child(arrays),
		km_unit_child(flexible),
		km_unit_child(once),
		cmocka_unit_test(test_err),
		km_unit_child(scopes),
	};

	return km_run_tests(tests);
}
