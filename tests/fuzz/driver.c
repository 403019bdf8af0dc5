/* SPDX-License-Identifier: MIT */
/*
 * The inputs of a bounded run: fuzz_runs of them, random by seed, made of
 * bytes, of the target's words, and of pieces of the input before.
 *
 *	KM_SEED=n repeats a run, KM_STRESS=n multiplies its inputs;
 *	PROGRAM FILE... runs the target on files instead.
 *
 * When the target aborts, the input is on stderr in hexadecimal.
 */
#include "fuzz.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;
static uint8_t input[65536];
static size_t input_len;
static unsigned int run;

static uint64_t next_random(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static size_t below(size_t n)
{
	return next_random() % n;
}

static void put_bytes(size_t n)
{
	while (n-- && input_len < fuzz_max_len)
		input[input_len++] = (uint8_t)next_random();
}

static void put_word(void)
{
	size_t n = 0;
	const char *word;

	while (fuzz_words[n])
		n++;
	if (!n)
		return;
	word = fuzz_words[below(n)];
	for (; *word && input_len < fuzz_max_len; word++)
		input[input_len++] = (uint8_t)*word;
}

/* Every third input keeps most of the one before. */
static void make_input(void)
{
	size_t want = 1 + below(fuzz_max_len);

	if (input_len && !below(3)) {
		for (size_t i = 1 + below(8); i > 0; i--)
			input[below(input_len)] = (uint8_t)next_random();
		return;
	}
	input_len = 0;
	while (input_len < want) {
		if (fuzz_words[0] && below(4))
			put_word();
		else
			put_bytes(1 + below(8));
	}
}

static void say_input(int sig)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2];

	if (write(2, "input: ", 7) < 0)
		_exit(1);
	for (size_t i = 0; i < input_len; i++) {
		hex[0] = digits[input[i] >> 4];
		hex[1] = digits[input[i] & 15];
		if (write(2, hex, 2) < 0)
			break;
	}
	if (write(2, "\n", 1) == 1)
		signal(sig, SIG_DFL);
	raise(sig);
}

static int run_file(const char *name)
{
	FILE *f = fopen(name, "rb");

	if (!f)
		return 1;
	input_len = fread(input, 1, sizeof(input), f);
	fclose(f);
	LLVMFuzzerTestOneInput(input, input_len);
	return 0;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("KM_SEED"), *stress = getenv("KM_STRESS");
	double runs = fuzz_runs * (stress ? strtod(stress, NULL) : 1.0);
	int failed = 0;

	LLVMFuzzerInitialize(&argc, &argv);
	signal(SIGABRT, say_input);
	signal(SIGSEGV, say_input);
	if (argc > 1) {
		while (--argc)
			failed |= run_file(*++argv);
		return failed;
	}
	state = seed ? strtoull(seed, NULL, 0) :
		       (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
	printf("# KM_SEED=%llu\n", (unsigned long long)state);
	fflush(stdout);
	for (; run < runs; run++) {
		make_input();
		LLVMFuzzerTestOneInput(input, input_len);
	}
	printf("# bad inputs: %u random ones\n", run);
	printf("# faults injected: %lu system calls\n", fuzz_faults());
	printf("ok 1 - %u inputs\n1..1\n", run);
	return 0;
}
