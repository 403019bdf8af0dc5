/* SPDX-License-Identifier: MIT */
/*
 * latency: how long malloc and free take in one thread while others are noisy.
 *
 *	LD_PRELOAD=... latency [NAME=VALUE ...]
 *
 *	ops=N		pairs that are timed (1000000)
 *	noise=N		other threads (8)
 *	mb=N		what they hold together, at most (256)
 *	size=N		bytes, at most; any size up to it is as likely (4096)
 *	held=N		blocks that the timed thread holds (256)
 *	touch=1		the first write to each page of a block is timed too
 *	floor=1		no malloc and no free: what else is in the numbers
 *	fifo=1		SCHED_FIFO for the timed thread, if that is allowed
 *
 * The timed thread is called "timed", so that under this library
 *
 *	KMALLOC='gfp_rules=comm:timed=GFP_ATOMIC mem=200M'
 *
 * makes its requests such as never sleep, under a limit that the others
 * reach.  It frees a random one of its blocks and allocates anew, and looks at
 * the clock before and after the two.  What fails counts as an operation and
 * is told; the clock itself is in all numbers, and its own cost is printed.
 *
 * A line of CSV: nanoseconds of p50, p99, p99.9, p99.99 and the longest; then
 * the histogram, with -h as first argument: nanoseconds, up to which, and how
 * many.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

static unsigned long ops = 1000000, noise = 8, mb = 256, size = 4096,
		     held = 256, fifo, touch, only_floor;
static atomic_int done;
static atomic_ulong noise_failed;
static unsigned long failed;

/* ---- the histogram: 16 bins for each power of two ---- */

#define BINS (64 * 16)

static unsigned long bins[BINS];
static unsigned long longest, nr_timed;

static unsigned int bin_of(unsigned long ns)
{
	unsigned int log;

	if (ns < 16)
		return (unsigned int)ns;
	log = 63U - (unsigned int)__builtin_clzl(ns);
	return (log - 3) * 16 + (unsigned int)(ns >> (log - 4) & 15);
}

/* The largest value of a bin. */
static unsigned long top_of(unsigned int bin)
{
	unsigned int log = bin / 16 + 3;

	if (bin < 16)
		return bin;
	return ((16UL + bin % 16 + 1) << (log - 4)) - 1;
}

static void note(unsigned long ns)
{
	bins[bin_of(ns)]++;
	nr_timed++;
	if (ns > longest)
		longest = ns;
}

static unsigned long percentile(double part)
{
	unsigned long seen = 0, want = (unsigned long)((double)nr_timed * part);

	for (unsigned int i = 0; i < BINS; i++) {
		seen += bins[i];
		if (seen > want)
			return top_of(i) < longest ? top_of(i) : longest;
	}
	return longest;
}

/* ---- work ---- */

static unsigned long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000000000UL +
	       (unsigned long)ts.tv_nsec;
}

static unsigned long next_random(unsigned long *seed)
{
	*seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
	return *seed >> 33;
}

static void touch_pages(char *p, size_t len)
{
	for (size_t i = 0; i < len; i += 4096)
		((volatile char *)p)[i] = 1;
}

static void replace(void **block, size_t len)
{
	if (only_floor)
		return;
	free(*block);
	*block = malloc(len);
}

static void *timed(void *arg)
{
	void **block = calloc(held, sizeof(*block));
	struct sched_param param = { .sched_priority = 1 };
	unsigned long seed = 1;

	for (unsigned long k = 0; only_floor && block && k < held; k++) {
		block[k] = malloc(size);
		if (block[k])
			memset(block[k], 1, size);
	}
	prctl(PR_SET_NAME, "timed", 0, 0, 0);
	if (fifo && pthread_setschedparam(pthread_self(), SCHED_FIFO, &param))
		fprintf(stderr, "latency: SCHED_FIFO is not allowed\n");
	for (unsigned long i = 0; block && i < ops; i++) {
		unsigned long k = next_random(&seed) % held, ns;
		size_t len = 1 + next_random(&seed) % size;

		ns = now_ns();
		replace(&block[k], len);
		if (touch && block[k])
			touch_pages(block[k], len);
		ns = now_ns() - ns;
		if (block[k])
			*(volatile char *)block[k] = 1;
		else
			failed++;
		note(ns);
	}
	done = 1;
	for (unsigned long k = 0; block && k < held; k++)
		free(block[k]);
	free(block);
	return arg;
}

/* Fills what it may hold and empties it again, in blocks of all sizes. */
static void *noisy(void *arg)
{
	size_t most = mb * 1024 * 1024 / (noise ? noise : 1), bytes = 0;
	unsigned long seed = (unsigned long)arg + 2, n = 0, room = 100000;
	void **block = malloc(room * sizeof(*block));

	while (block && !done) {
		size_t len = 16UL << next_random(&seed) % 16;
		void *p = n < room && bytes < most ? malloc(len) : NULL;

		if (p) {
			memset(p, 1, len);
			block[n++] = p;
			bytes += len;
			continue;
		}
		if (n < room && bytes < most)
			noise_failed++;
		while (n && next_random(&seed) % 1000)
			free(block[--n]);
		bytes = n ? bytes / 2 : 0;
	}
	while (n)
		free(block[--n]);
	free(block);
	return NULL;
}

/* ---- options, results ---- */

static int read_option(const char *s)
{
	static const struct {
		const char *name;
		unsigned long *value;
	} options[] = {
		{ "ops", &ops },     { "noise", &noise }, { "mb", &mb },
		{ "size", &size },   { "held", &held },	  { "fifo", &fifo },
		{ "touch", &touch },
		{ "floor", &only_floor },
	};
	size_t len = strcspn(s, "=");

	for (unsigned int i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (s[len] == '=' && strlen(options[i].name) == len &&
		    !strncmp(options[i].name, s, len)) {
			*options[i].value = strtoul(s + len + 1, NULL, 0);
			return 0;
		}
	}
	fprintf(stderr, "latency: no such option: %s\n", s);
	return 1;
}

static unsigned long cost_of_clock(void)
{
	unsigned long start = now_ns();

	for (int i = 0; i < 1000; i++)
		now_ns();
	return (now_ns() - start) / 1000;
}

static void print(int histogram)
{
	printf("p50_ns,p99_ns,p999_ns,p9999_ns,max_ns,failed,noise_failed,clock_ns\n");
	printf("%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu\n", percentile(0.5),
	       percentile(0.99), percentile(0.999), percentile(0.9999), longest,
	       failed, (unsigned long)noise_failed, cost_of_clock());
	for (unsigned int i = 0; histogram && i < BINS; i++) {
		if (bins[i])
			printf("%lu,%lu\n", top_of(i), bins[i]);
	}
}

int main(int argc, char **argv)
{
	int histogram = argc > 1 && !strcmp(argv[1], "-h");
	pthread_t t[64], timer;

	for (int i = 1 + histogram; i < argc; i++) {
		if (read_option(argv[i]))
			return 2;
	}
	if (noise > 64 || !held || !size)
		return 2;
	for (unsigned long i = 0; i < noise; i++) {
		if (pthread_create(&t[i], NULL, noisy, (void *)i))
			return 1;
	}
	if (pthread_create(&timer, NULL, timed, NULL))
		return 1;
	pthread_join(timer, NULL);
	for (unsigned long i = 0; i < noise; i++)
		pthread_join(t[i], NULL);
	print(histogram);
	return 0;
}
