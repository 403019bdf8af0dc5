/* SPDX-License-Identifier: MIT */
/*
 * params: every type of option, right and wrong, and the exact words that
 * follow what is wrong.  params_parse writes a page that boot seals, so each
 * string is read in a child.
 */
#include "kmtest.h"

#include "params.h"
#include "printk.h"

/* Reads @text in a child; what it printed is in c.said, its exit status is
 * the number of wrong options. */
static struct km_child c;

static void parse(void *text)
{
	_exit((int)params_parse(text));
}

static void assert_wrong(const char *text, const char *line)
{
	char want[400];

	km_child(&c, parse, text);
	assert_true(km_child_exited(&c, 1));
	snprintf(want, sizeof(want), "kmalloc: KMALLOC: %s\n", line);
	assert_string_equal(c.said, want);
}

struct expect {
	const char *text;
	struct kmalloc_params want;
};

static const struct kmalloc_params defaults = {
#define PARAM(name, type, def, lo, hi, help) .name = (def),
#include "params.def"
#undef PARAM
};

static void parse_and_compare(void *arg)
{
	const struct expect *e = arg;

	must(!params_parse(e->text));
	must(!memcmp(&params_page.p, &e->want, sizeof(e->want)));
}

static void assert_parsed(const char *text, struct kmalloc_params want)
{
	struct expect e = { text, want };

	km_child(&c, parse_and_compare, &e);
	assert_child_ok(&c);
	assert_string_equal(c.said, "");
}

/* The defaults but for one option. */
#define assert_sets(text, name, value)                          \
	do {                                                    \
		struct kmalloc_params __want = defaults;        \
								\
		__want.name = (value);                          \
		assert_parsed(text, __want);                    \
	} while (0)

static void test_defaults(void **state)
{
	assert_memory_equal(&params_page.p, &defaults, sizeof(defaults));
	assert_parsed("", defaults);
	assert_parsed("  \t\n ", defaults);
	assert_int_equal(param(percpu), PERCPU_PARAM_RSEQ);
	assert_int_equal(param(on_error), ON_ERROR_ABORT);
	assert_int_equal(param(stats), STATS_NONE);
}

static void test_choice(void **state)
{
	assert_sets("percpu=generic", percpu, PERCPU_PARAM_GENERIC);
	assert_sets("percpu=rseq", percpu, PERCPU_PARAM_RSEQ);
	assert_sets("on_error=warn", on_error, ON_ERROR_WARN);
	assert_sets("stats=exit", stats, STATS_EXIT);
	assert_sets("thp=never", thp, THP_NEVER);
	assert_sets("thp=madvise", thp, THP_MADVISE);
	assert_sets("thp=always", thp, THP_ALWAYS);
}

static void test_choice_wrong(void **state)
{
	assert_wrong("percpu=rse", "percpu=rse: expected rseq or generic");
	assert_wrong("percpu=rseqs", "percpu=rseqs: expected rseq or generic");
	assert_wrong("percpu=RSEQ", "percpu=RSEQ: expected rseq or generic");
	assert_wrong("percpu=", "percpu=: expected rseq or generic");
	assert_wrong("percpu", "percpu: expected rseq or generic");
	assert_wrong("percpu=0", "percpu=0: expected rseq or generic");
	assert_wrong("thp=sometimes",
		     "thp=sometimes: expected never, madvise or always");
	assert_wrong("on_error=warn,abort",
		     "on_error=warn,abort: expected abort or warn");
}

/* The name alone is as good as =1. */
static void test_flag(void **state)
{
	assert_sets("slub_tiny", slub_tiny, 1);
	assert_sets("slub_tiny=1", slub_tiny, 1);
	assert_sets("slub_tiny slub_tiny=0", slub_tiny, 0);
	assert_sets("slab_nomerge", slab_nomerge, 1);
	assert_sets("slub_nomerge", slub_nomerge, 1);
	assert_wrong("slub_tiny=", "slub_tiny=: expected 0 or 1");
	assert_wrong("slub_tiny=2", "slub_tiny=2: expected 0 or 1");
	assert_wrong("slub_tiny=yes", "slub_tiny=yes: expected 0 or 1");
}

static void test_uint(void **state)
{
	assert_sets("kfence.sample_interval=5", kfence_sample_interval, 5);
	assert_sets("page_reporting_delay=0", page_reporting_delay, 0);
	assert_sets("page_reporting_delay=1", page_reporting_delay, 1);
	assert_sets("page_reporting_delay=0017", page_reporting_delay, 17);
	assert_sets("page_reporting_delay=3600000", page_reporting_delay,
		    3600000);
}

#define UINT_WANT ": expected a number from 0 to 3600000"
#define assert_uint_wrong(value)                                  \
	assert_wrong("page_reporting_delay=" value,               \
		     "page_reporting_delay=" value UINT_WANT)

static void test_uint_wrong(void **state)
{
	assert_uint_wrong("");
	assert_uint_wrong("3600001");
	assert_uint_wrong("-1");
	assert_uint_wrong("+1");
	assert_uint_wrong("1K");
	assert_uint_wrong("0x10");
	assert_uint_wrong("1.");
	assert_uint_wrong("18446744073709551616");
	assert_uint_wrong("99999999999999999999999999");
	assert_wrong("page_reporting_delay", "page_reporting_delay" UINT_WANT);
}

static void test_size(void **state)
{
	assert_sets("mem=0", mem, 0);
	assert_sets("mem=4096", mem, 4096);
	assert_sets("mem=1K", mem, 1UL << 10);
	assert_sets("mem=3k", mem, 3UL << 10);
	assert_sets("mem=512M", mem, 512UL << 20);
	assert_sets("mem=7g", mem, 7UL << 30);
	assert_sets("mem=2T", mem, 2UL << 40);
	assert_sets("mem=9223372036854775807", mem, INT64_MAX);
	assert_sets("mem=8388607T", mem, 8388607UL << 40);
}

#define assert_size_wrong(value)                                      \
	assert_wrong("mem=" value,                                    \
		     "mem=" value ": expected a number from 0 to "    \
		     "9223372036854775807 with K, M, G or T")

static void test_size_wrong(void **state)
{
	assert_size_wrong("");
	assert_size_wrong("K");
	assert_size_wrong("1KB");
	assert_size_wrong("1P");
	assert_size_wrong("1.5G");
	assert_size_wrong("9223372036854775808");
	assert_size_wrong("8388608T");
	assert_size_wrong("16777216T"); /* 2^64 */
	assert_size_wrong("18446744073709551615K");
}

/* ---- failing calls ---- */

static void call_set(void *arg)
{
	must(!params_parse("fail_syscall=mmap:2"));
	must(param(fail_syscall) == 2);
	must(!IS_ERR(arch_mmap(NULL, 4096, PROT_NONE, 0)));
	must(IS_ERR(arch_mmap(NULL, 4096, PROT_NONE, 0)));
	must(!params_parse("fail_syscall=mmap:0"));
	must(!IS_ERR(arch_mmap(NULL, 4096, PROT_NONE, 0)));
	must(!IS_ERR(arch_mmap(NULL, 4096, PROT_NONE, 0)));
}

static void test_call(void **state)
{
	km_child(&c, call_set, NULL);
	assert_child_ok(&c);
}

#define assert_call_wrong(value)                                     \
	assert_wrong("fail_syscall=" value, "fail_syscall=" value    \
		     ": expected a system call and a number, NAME:K")

static void test_call_wrong(void **state)
{
	assert_call_wrong("");
	assert_call_wrong("mmap");
	assert_call_wrong("mmap:");
	assert_call_wrong(":3");
	assert_call_wrong("mmap:x");
	assert_call_wrong("mmap:3K");
	assert_call_wrong("mmap:3:4");
	assert_call_wrong("brk:3");
	assert_call_wrong("mma:3");
	assert_call_wrong("mmap:1000001");
	assert_call_wrong("mmap:4294967297");
}

/* What is wrong is ignored: no call fails because of it. */
static void call_ignored(void *text)
{
	must(params_parse(text) == 1);
	for (int i = 0; i < 4; i++)
		must(!IS_ERR(arch_mmap(NULL, 4096, PROT_NONE, 0)));
	must(param(fail_syscall) == 0);
}

static void test_call_ignored(void **state)
{
	km_child(&c, call_ignored, "fail_syscall=mmap:x");
	assert_child_ok(&c);
	km_child(&c, call_ignored, "fail_syscall=mmap:4294967297");
	assert_child_ok(&c);
}

/* ---- names and lists ---- */

static void test_unknown(void **state)
{
	assert_wrong("frobnicate=1", "unknown option \"frobnicate\"");
	assert_wrong("Percpu=rseq", "unknown option \"Percpu\"");
	assert_wrong("percp=rseq", "unknown option \"percp\"");
	assert_wrong("=1", "unknown option \"\"");
	/* A name of any length is cut, not overrun. */
	km_child(&c, parse,
		 "a123456789b123456789c123456789d123456789e123456789f123456789");
	assert_true(km_child_exited(&c, 1));
	assert_string_equal(c.said,
			    "kmalloc: KMALLOC: unknown option "
			    "\"a123456789b123456789c123456789d123456789e123456\"\n");
}

static void test_long_value(void **state)
{
	km_child(&c, parse,
		 "percpu=a123456789b123456789c123456789d123456789e123456789");
	assert_true(km_child_exited(&c, 1));
	assert_string_equal(c.said,
			    "kmalloc: KMALLOC: percpu="
			    "a123456789b123456789c123456789d123456789e123456"
			    ": expected rseq or generic\n");
}

static void test_several(void **state)
{
	struct kmalloc_params want = defaults;

	want.percpu = PERCPU_PARAM_GENERIC;
	want.mem = 1UL << 30;
	want.page_reporting_delay = 5;
	assert_parsed("percpu=generic mem=1G page_reporting_delay=5", want);
	assert_parsed(" \tmem=1G\n\npage_reporting_delay=5\tpercpu=generic ",
		      want);
	/* The last one counts. */
	assert_parsed("mem=3 percpu=generic mem=1G page_reporting_delay=9 "
		      "page_reporting_delay=5", want);
}

/* Each wrong option costs a line; the right ones beside it count. */
static void several_wrong(void *arg)
{
	must(params_parse("percpu=x mem=1G nonsense thp=never stats") == 3);
	must(param(percpu) == PERCPU_PARAM_RSEQ);
	must(param(mem) == 1UL << 30);
	must(param(thp) == THP_NEVER);
	must(param(stats) == STATS_NONE);
}

static void test_several_wrong(void **state)
{
	km_child(&c, several_wrong, NULL);
	assert_child_ok(&c);
	assert_string_equal(c.said,
			    "kmalloc: KMALLOC: percpu=x: expected rseq or generic\n"
			    "kmalloc: KMALLOC: unknown option \"nonsense\"\n"
			    "kmalloc: KMALLOC: stats: expected none or exit\n");
}

/* ---- every row ---- */

enum param_type {
	PARAM_choice,
	PARAM_flag,
	PARAM_uint,
	PARAM_size,
	PARAM_call,
	PARAM_gfp,
	PARAM_rules,
	PARAM_numa
};

static const struct row {
	const char *name;
	enum param_type type;
	u64 lo, hi;
	const char *help;
} rows[] = {
#define PARAM(name, type, def, lo, hi, help) \
	{ #name, PARAM_##type, lo, hi, help },
#include "params.def"
#undef PARAM
};

static bool has_words(const struct row *row)
{
	return row->type == PARAM_choice || row->type == PARAM_flag;
}

static void parse_row(void *arg)
{
	const struct row *row = arg;
	const u64 *value = (const u64 *)&params_page.p + (row - rows);
	const char *word = row->help;
	char text[100];

	for (u64 v = row->lo; has_words(row) && v <= row->hi; v++) {
		size_t len = strcspn(word, "|:");

		snprintf(text, sizeof(text), "%s=%.*s", row->name, (int)len,
			 word);
		must(!params_parse(text) && *value == v);
		/* The last word ends at the colon. */
		must((word[len] == ':') == (v == row->hi));
		word += len + 1;
	}
	for (int i = 0; !has_words(row) && i < 2; i++) {
		u64 v = i ? row->hi : row->lo;

		snprintf(text, sizeof(text), "%s=%s%llu", row->name,
			 row->type == PARAM_call ? "mremap:" : "",
			 (unsigned long long)v);
		if (row->type == PARAM_rules)
			snprintf(text, sizeof(text), "%s=%s", row->name,
				 v ? "sched:rt=GFP_ATOMIC" : "");
		if (row->type == PARAM_numa && !v)
			continue; /* what it is without the option */
		if (row->type == PARAM_numa)
			snprintf(text, sizeof(text), "%s=fake=%d", row->name,
				 (int)v);
		must(!params_parse(text) && *value == v);
	}
}

static void test_every_row(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		km_child(&c, parse_row, &rows[i]);
		assert_child_ok(&c);
		assert_string_equal(c.said, "");
	}
	assert_int_equal(sizeof(defaults), ARRAY_SIZE(rows) * sizeof(u64));
}

/* ---- the environment, the seal ---- */

static void from_environment(void *arg)
{
	setenv("KMALLOCX", "mem=1", 1);
	setenv("KMALLOC", "mem=2M percpu=generic", 1);
	params_init();
	must(param(mem) == 2UL << 20);
	must(param(percpu) == PERCPU_PARAM_GENERIC);
}

static void no_environment(void *arg)
{
	clearenv();
	params_init();
	must(!memcmp(&params_page.p, &defaults, sizeof(defaults)));
}

static void test_environment(void **state)
{
	km_child(&c, from_environment, NULL);
	assert_child_ok(&c);
	km_child(&c, no_environment, NULL);
	assert_child_ok(&c);
}

static void write_sealed(void *arg)
{
	params_parse("mem=5");
	params_seal();
	must(param(mem) == 5);
	*(volatile u64 *)&params_page.p.mem = 6;
}

static void test_seal(void **state)
{
	arch_init();
	if (arch_page_size != PAGE_SIZE) {
		km_skip("on larger pages nothing is sealed");
		return;
	}
	km_child(&c, write_sealed, NULL);
	assert_child_dies(&c, SIGSEGV, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_choice_wrong),
		cmocka_unit_test(test_flag),
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_uint_wrong),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_size_wrong),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_call_wrong),
		cmocka_unit_test(test_call_ignored),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_several_wrong),
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_seal),
	};

	km_params_kept = true;
	return km_run_tests(tests);
}
