/* SPDX-License-Identifier: MIT */
/*
 * base: arithmetic, bits and lists, at the ends of their ranges.
 */
#include "kmtest.h"

#include "atomic.h"
#include "bitops.h"
#include "bug.h"
#include "list.h"

static void test_align(void **state)
{
	assert_int_equal(ALIGN(0, 8), 0);
	assert_int_equal(ALIGN(1, 8), 8);
	assert_int_equal(ALIGN(8, 8), 8);
	assert_int_equal(ALIGN_DOWN(15, 8), 8);
	assert_true(IS_ALIGNED(64UL, 64) && !IS_ALIGNED(65UL, 64));
	/* The mask is as wide as the value. */
	assert_true(ALIGN(0x100000001UL, 16) == 0x100000010UL);
	assert_true(ALIGN_DOWN(0x1ffffffffUL, 4096) == 0x1fffff000UL);
	assert_int_equal(PAGE_ALIGN(4097UL), 8192);
	assert_int_equal(DIV_ROUND_UP(9, 4), 3);
	assert_int_equal(DIV_ROUND_UP(8, 4), 2);
}

/* Each argument is evaluated once. */
static void test_min_max(void **state)
{
	int i = 1;

	assert_int_equal(min(i++, 10), 1);
	assert_int_equal(max(i++, 0), 2);
	assert_int_equal(i, 3);
	assert_int_equal(clamp(5, 1, 3), 3);
	assert_int_equal(clamp(0, 1, 3), 1);
	assert_int_equal(clamp(2, 1, 3), 2);
}

static void test_errors(void **state)
{
	assert_true(IS_ERR((void *)-1L) && IS_ERR((void *)-4095L));
	assert_false(IS_ERR((void *)-4096L) || IS_ERR(NULL));
	assert_false(IS_ERR(state));
	assert_int_equal(PTR_ERR((void *)-12L), -12);
}

static void test_bits(void **state)
{
	for (unsigned int i = 0; i < 64; i++) {
		u64 bit = 1ULL << i;

		assert_int_equal(__ffs(bit), i);
		assert_int_equal(__fls(bit), i);
		assert_int_equal(__ffs(bit | 1ULL << 63), i);
		assert_int_equal(__fls(bit | 1), i);
		assert_int_equal(hweight64(bit - 1), i);
		assert_true(is_power_of_2(bit));
		assert_int_equal(is_power_of_2(bit | 1ULL << 20), i == 20);
		assert_int_equal(order_base_2(bit), i);
	}
	assert_false(is_power_of_2(0));
	assert_int_equal(hweight64(~0ULL), 64);
}

/* Against one bit after the other, and where fields of the sum are full. */
static void test_weight(void **state)
{
	struct km_rng rng = km_rng_of(0);

	assert_int_equal(hweight64(0), 0);
	for (unsigned int i = 0; i < 10000; i++) {
		u64 x = km_random(&rng);
		unsigned int nr = 0;

		for (unsigned int bit = 0; bit < 64; bit++)
			nr += x >> bit & 1;
		assert_int_equal(hweight64(x), nr);
		assert_int_equal(hweight64(~x), 64 - nr);
	}
	for (unsigned int i = 1; i < 64; i *= 2)
		assert_int_equal(hweight64(~0ULL / ((1ULL << i) + 1)), 32);
}

static void test_orders(void **state)
{
	for (u64 x = 1; x < 5000; x++) {
		assert_true((1ULL << order_base_2(x)) >= x);
		assert_true(x == 1 || (1ULL << order_base_2(x)) / 2 < x);
		assert_true(roundup_pow_of_two(x) == 1ULL << order_base_2(x));
	}
	assert_int_equal(order_base_2((1ULL << 40) + 1), 41);
}

static void test_overflow(void **state)
{
	size_t r;

	assert_false(check_mul_overflow((size_t)1 << 31, (size_t)1 << 32, &r));
	assert_true(r == 1UL << 63);
	assert_true(check_mul_overflow((size_t)1 << 32, (size_t)1 << 32, &r));
	assert_true(check_add_overflow(~(size_t)0, (size_t)1, &r));
	assert_false(check_add_overflow(~(size_t)0, (size_t)0, &r));
}

struct item {
	int value;
	struct list_head list;
};

/* The list as a string of digits, forwards and backwards. */
static const char *digits(struct list_head *head)
{
	static char text[20];
	struct item *item;
	struct list_head *p;
	int n = 0;

	list_for_each_entry(item, head, list)
		text[n++] = (char)('0' + item->value);
	text[n] = '\0';
	for (p = head->prev; p != head; p = p->prev)
		assert_int_equal(list_entry(p, struct item, list)->value,
				 text[--n] - '0');
	assert_int_equal(n, 0);
	return text;
}

static void test_list(void **state)
{
	struct item items[6], *item, *next;
	LIST_HEAD(head);

	assert_true(list_empty(&head));
	for (int i = 0; i < 6; i++) {
		items[i].value = i;
		if (i % 2)
			list_add(&items[i].list, &head);
		else
			list_add_tail(&items[i].list, &head);
	}
	assert_string_equal(digits(&head), "531024");
	assert_ptr_equal(list_first_entry(&head, struct item, list), &items[5]);
	assert_ptr_equal(list_last_entry(&head, struct item, list), &items[4]);
	list_del(&items[1].list);
	assert_null(items[1].list.next);
	assert_string_equal(digits(&head), "53024");
	list_for_each_entry_safe(item, next, &head, list) {
		if (item->value < 4)
			list_del(&item->list);
	}
	assert_string_equal(digits(&head), "54");
	list_del(&items[5].list);
	list_del(&items[4].list);
	assert_true(list_empty(&head));
}

static void count(unsigned int nr, void *arg)
{
	unsigned long *sum = arg;

	for (int i = 0; i < 1000; i++) {
		unsigned long old = atomic_read(&sum[1]);

		atomic_add(&sum[0], 2);
		atomic_sub(&sum[0], 1);
		while (!try_cmpxchg(&sum[1], &old, old + 1))
			;
	}
}

static void test_atomic(void **state)
{
	unsigned long sum[2] = { 0 };
	u32 word = 5, old = 4;

	km_threads(8, count, sum);
	assert_int_equal(sum[0], 8000);
	assert_int_equal(sum[1], 8000);
	assert_false(try_cmpxchg(&word, &old, 9));
	assert_int_equal(old, 5);
	assert_true(try_cmpxchg_release(&word, &old, 9));
	assert_int_equal(xchg(&word, 7), 9);
	assert_int_equal(atomic_fetch_add(&word, 3), 7);
	assert_int_equal(smp_load_acquire(&word), 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_min_max),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_weight),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_atomic),
	};

	return km_run_tests(tests);
}
