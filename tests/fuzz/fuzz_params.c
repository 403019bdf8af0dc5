/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: an option string.  Whatever it says, each option is within its
 * range afterwards, a second reading changes nothing, and no more options are
 * wrong than there are words.
 */
#include "fuzz.h"

#include <unistd.h>

#include "arch.h"
#include "params.h"
#include "printk.h"

const size_t fuzz_max_len = 200;
const unsigned int fuzz_runs = 100000;

const char *const fuzz_words[] = {
#define PARAM(name, type, def, lo, hi, help) #name,
#include "params.def"
#undef PARAM
	"=",
	"=",
	" ",
	" ",
	"\t",
	"\n",
	":",
	"|",
	"0",
	"1",
	"-1",
	"64",
	"1000000",
	"K",
	"M",
	"G",
	"T",
	"abort",
	"warn",
	"rseq",
	"generic",
	"mmap",
	"none",
	"exit",
	"madvise",
	"never",
	"always",
	"18446744073709551615",
	"18446744073709551616",
	"9223372036854775807",
	"16777216T",
	"k",
	NULL
};

/* The reports of wrong options are not looked at: there is no stderr while
 * the library looks for one. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int err = dup(2);

	(void)argc, (void)argv;
	arch_init();
	close(2);
	printk_init();
	if (dup2(err, 2) < 0)
		return 1;
	close(err);
	return 0;
}

unsigned long fuzz_faults(void)
{
	return 0;
}

static void reset(void)
{
#define PARAM(name, type, def, lo, hi, help) params_page.p.name = (def);
#include "params.def"
#undef PARAM
}

static void check_ranges(void)
{
#define PARAM(name, type, def, lo, hi, help)   \
	fuzz_must(param(name) == (u64)(def) || \
		  (param(name) - (u64)(lo) <= (u64)(hi) - (u64)(lo)));
#include "params.def"
#undef PARAM
}

static unsigned int count_words(const char *s)
{
	unsigned int n = 0;

	while (*(s += strspn(s, " \t\n"))) {
		s += strcspn(s, " \t\n");
		n++;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[65536];
	struct kmalloc_params first;
	unsigned int wrong;

	size = min(size, sizeof(text) - 1);
	memcpy(text, data, size);
	text[size] = '\0';
	reset();
	wrong = params_parse(text);
	check_ranges();
	fuzz_must(wrong <= count_words(text));
	first = params_page.p;
	fuzz_must(params_parse(text) == wrong);
	fuzz_must(!memcmp(&first, &params_page.p, sizeof(first)));
	return 0;
}
