/* SPDX-License-Identifier: MIT */
/*
 * printk: the formatter against expected strings, and what reaches the
 * standard error: whole lines, one write each, never a file of the program's.
 */
#include "kmtest.h"

#include <sys/socket.h>

#include "printk.h"

/* Formats into a buffer with a fence behind it. */
static char text[64];
static size_t __printf(2, 3) format(size_t size, const char *fmt, ...)
{
	va_list args;
	size_t n;

	memset(text, '#', sizeof(text));
	va_start(args, fmt);
	n = vscnprintf(text, size, fmt, args);
	va_end(args);
	return n;
}

#define assert_format(want, ...)                                       \
	do {                                                           \
		assert_int_equal(format(sizeof(text), __VA_ARGS__),    \
				 strlen(want));                        \
		assert_string_equal(text, want);                       \
	} while (0)

static void test_strings(void **state)
{
	assert_format("", "%s", "");
	assert_format("plain", "plain");
	assert_format("a\tb\n", "a\tb\n");
	assert_format("[kmalloc-16]", "[%s]", "kmalloc-16");
	assert_format("xyz", "%c%c%c", 'x', 'y', 'z');
	assert_format("100%", "%d%%", 100);
	assert_format("ab", "%s%s%s", "a", "", "b");
}

static void test_null_string(void **state)
{
	const char *volatile none = NULL; /* hidden from the compiler */

	assert_format("(null)", "%s", none);
}

static void test_numbers(void **state)
{
	assert_format("0 0 0", "%d %u %x", 0, 0U, 0U);
	assert_format("-1 4294967295 ffffffff", "%d %u %x", -1, -1U, -1U);
	assert_format("-2147483648 2147483647", "%d %d", INT32_MIN, INT32_MAX);
	assert_format("-9223372036854775808", "%ld", (long)INT64_MIN);
	assert_format("9223372036854775807", "%ld", (long)INT64_MAX);
	assert_format("18446744073709551615", "%lu", ~0UL);
	assert_format("18446744073709551615", "%zu", ~(size_t)0);
	assert_format("18446744073709551615", "%llu", ~0ULL);
	assert_format("deadbeefcafe", "%lx", 0xdeadbeefcafeUL);
	/* Each argument is taken in its own width. */
	assert_format("1 2 3 4", "%d %lu %u %zu", 1, 2UL, 3U, (size_t)4);
}

static void test_pointers(void **state)
{
	assert_format("0x0", "%p", (void *)0);
	assert_format("0x7f0012345678", "%p", (void *)0x7f0012345678);
	assert_format("0xffffffffffffffff.", "%p.", (void *)~0UL);
}

static void test_width(void **state)
{
	assert_format("    7|", "%5d|", 7);
	assert_format("00007|", "%05d|", 7);
	assert_format("1234567|", "%5u|", 1234567U);
	assert_format("  ff|00ff", "%4x|%04x", 255U, 255U);
	assert_format("         1", "%10lu", 1UL);
	assert_format("    0", "%5u", 0U);
}

/* The sign belongs to the number, and counts. */
static void test_width_negative(void **state)
{
	assert_format("   -7|", "%5d|", -7);
	assert_format("-0007|", "%05d|", -7);
	assert_format("-1234567|", "%5d|", -1234567);
}

static void test_against_libc(void **state)
{
	struct km_rng rng = km_rng_of(1);
	char want[64];

	for (int i = 0; i < 10000; i++) {
		long v = (long)(km_random(&rng) >> km_below(&rng, 64));

		snprintf(want, sizeof(want), "%ld %lu %lx %d %u %x", v,
			 (unsigned long)v, (unsigned long)v, (int)v,
			 (unsigned int)v, (unsigned int)v);
		format(sizeof(text), "%ld %lu %lx %d %u %x", v,
		       (unsigned long)v, (unsigned long)v, (int)v,
		       (unsigned int)v, (unsigned int)v);
		/* 63 characters: what is longer is cut alike */
		assert_string_equal(text, want);
	}
}

static void test_truncation(void **state)
{
	for (size_t size = 1; size < 20; size++) {
		size_t fits = min(size - 1, strlen("abc 12345 0x6789"));

		assert_int_equal(format(size, "%s %d %p", "abc", 12345,
					(void *)0x6789), fits);
		assert_int_equal(strlen(text), fits);
		assert_memory_equal(text, "abc 12345 0x6789", fits);
		assert_int_equal(text[size], '#');
	}
}

/* As the kernel's: no room, nothing written. */
static void test_no_room(void **state)
{
	assert_int_equal(format(0, "abc"), 0);
	assert_int_equal(text[0], '#');
}

static void test_scnprintf(void **state)
{
	char buf[16];
	size_t n = scnprintf(buf, sizeof(buf), "%s", "one");

	n += scnprintf(buf + n, sizeof(buf) - n, "-%u", 2U);
	assert_int_equal(n, 5);
	assert_string_equal(buf, "one-2");
}

/* ---- lines ---- */

/* Each write to this descriptor comes out as one message. */
static int packets[2];

static void packets_open(void)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets), 0);
}

static void say(void *arg)
{
	char longest[400];

	dup2(packets[1], 2);
	printk_init();
	pr_info("free of %p: %s", (void *)0x1000, "not an allocated block");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	pr_err("%s", longest);
}

static void test_lines(void **state)
{
	static const char first[] =
		"kmalloc: free of 0x1000: not an allocated block\n";
	static struct km_child c;
	char got[1024];
	ssize_t n;

	packets_open();
	km_child(&c, say, NULL);
	assert_child_ok(&c);
	n = recv(packets[0], got, sizeof(got), MSG_DONTWAIT);
	assert_int_equal(n, sizeof(first) - 1);
	assert_memory_equal(got, first, sizeof(first) - 1);
	/* A line that is too long is cut, and is still one line. */
	n = recv(packets[0], got, sizeof(got), MSG_DONTWAIT);
	assert_in_range(n, 200, 256);
	assert_memory_equal(got, "kmalloc: xxx", 12);
	assert_ptr_equal(memchr(got, '\n', (size_t)n), got + n - 1);
	assert_int_equal(recv(packets[0], got, sizeof(got), MSG_DONTWAIT), -1);
	close(packets[0]);
	close(packets[1]);
}

/* The number of the closed descriptor is the program's to give away. */
static void say_closed(void *arg)
{
	close(2);
	printk_init();
	must(dup2(packets[1], 2) == 2);
	pr_info("into somebody's file");
}

static void test_closed(void **state)
{
	static struct km_child c;
	char got[64];

	packets_open();
	km_child(&c, say_closed, NULL);
	assert_child_ok(&c);
	assert_int_equal(recv(packets[0], got, sizeof(got), MSG_DONTWAIT), -1);
	assert_int_equal(c.len, 0);
	close(packets[0]);
	close(packets[1]);
}

static void keep_errno(void *arg)
{
	errno = 77;
	pr_info("line");
	must(errno == 77);
	close(2);
	pr_info("line");
	must(errno == 77);
}

static void test_errno(void **state)
{
	static struct km_child c;

	km_child(&c, keep_errno, NULL);
	assert_child_ok(&c);
	assert_string_equal(c.said, "kmalloc: line\n");
}

/* ---- the end ---- */

static void do_panic(void *arg)
{
	panic("%s of %u", "the end", 3U);
}

static void do_bug(void *arg)
{
	int two = 2;

	BUG_ON(two == 3);
	BUG_ON(two == 2);
}

static void do_vm_bug(void *arg)
{
	VM_BUG_ON(arg == NULL);
}

static void test_panic(void **state)
{
	assert_aborts(do_panic, NULL, "kmalloc: the end of 3\n");
}

static void test_bug(void **state)
{
	assert_aborts(do_bug, NULL, "kmalloc: BUG at t_printk.c:");
	assert_aborts(do_bug, NULL, ": two == 2\n");
	assert_aborts(do_vm_bug, NULL, ": arg == NULL\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_null_string),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_width_negative),
		cmocka_unit_test(test_against_libc),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_scnprintf),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_bug),
	};

	return km_run_tests(tests);
}
