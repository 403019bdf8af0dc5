/* SPDX-License-Identifier: MIT */
/*
 * classic.h - what the classic workloads share
 *
 * Each program of this folder repeats the pattern of a well-known allocator
 * benchmark, written anew from its published description. All do a fixed
 * amount of work, so that CPU time can be compared, and print one checksum
 * that depends on the parameters alone: neither on the allocator nor on how
 * the threads were scheduled. Blocks carry a tag; what a thread finds in
 * blocks of others enters the checksum only as a sum over all of them.
 *
 * A program knows nothing of the allocator: it is linked with libc and libm
 * and takes whatever malloc is preloaded. It is compiled such that the
 * compiler does not know what malloc is.
 */
#ifndef BENCH_CLASSIC_H
#define BENCH_CLASSIC_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS 256
#define CACHE_LINE 64

/* -- Parameters ----------------------------------------------------------- */

/* A table of these ends with a row of no name. */
struct parameter {
	const char *name;
	long *value;
	long least;
	long most;
};

static inline void usage(const char *program, const struct parameter *p)
{
	fprintf(stderr, "usage: %s [NAME=VALUE ...]\n", program);
	for (; p->name; p++)
		fprintf(stderr, "\t%s=%ld\t(%ld to %ld)\n", p->name, *p->value,
			p->least, p->most);
	exit(2);
}

static inline bool parse_argument(const char *arg, const struct parameter *p)
{
	size_t length = strcspn(arg, "=");
	char *end;
	long value;

	while (p->name &&
	       (strlen(p->name) != length || strncmp(p->name, arg, length)))
		p++;
	if (!p->name || !arg[length] || !arg[length + 1])
		return false;
	errno = 0;
	value = strtol(arg + length + 1, &end, 0);
	if (*end || errno || value < p->least || value > p->most)
		return false;
	*p->value = value;
	return true;
}

static inline void parse_arguments(char **argv, const struct parameter *p)
{
	for (int i = 1; argv[i]; i++)
		if (!parse_argument(argv[i], p))
			usage(argv[0], p);
}

/* -- Random numbers ------------------------------------------------------- */

struct rng {
	uint64_t state;
};

/* Splitmix: any seed will do, and neighbours have nothing in common. */
static inline uint64_t mix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static inline void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = mix64(seed) | 1;
}

/* xorshift64*: the upper half is the good one. */
static inline uint32_t rng_next(struct rng *rng)
{
	uint64_t x = rng->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rng->state = x;
	return x * 0x2545f4914f6cdd1du >> 32;
}

/* Below @n, by a multiplication: a division would cost as much as a malloc. */
static inline uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return (uint64_t)rng_next(rng) * n >> 32;
}

static inline long rng_range(struct rng *rng, long least, long most)
{
	return least + rng_below(rng, most - least + 1);
}

/* In [0, 1). */
static inline double rng_unit(struct rng *rng)
{
	return rng_next(rng) / 4294967296.0;
}

/* -- Memory --------------------------------------------------------------- */

static inline void *checked(void *p)
{
	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static inline void *must_malloc(size_t size)
{
	return checked(malloc(size));
}

static inline void *must_calloc(size_t n, size_t size)
{
	return checked(calloc(n, size));
}

static inline void *must_realloc(void *p, size_t size)
{
	return checked(realloc(p, size));
}

/*
 * A block that says what it is. The least is 8 bytes, which hold the tag;
 * most programs allocate more than they touch, as programs do.
 */
struct block {
	uint64_t tag;
};

static inline struct block *block_new(size_t size, uint64_t tag)
{
	struct block *b = must_malloc(
		size < sizeof(struct block) ? sizeof(struct block) : size);

	b->tag = tag;
	return b;
}

/* Of @least to @most bytes. */
static inline struct block *block_draw(struct rng *rng, long least, long most)
{
	size_t size = rng_range(rng, least, most);

	return block_new(size, rng_next(rng));
}

/* Frees @b, which may be NULL, and returns its tag, or 0. */
static inline uint64_t block_end(struct block *b)
{
	uint64_t tag;

	if (!b)
		return 0;
	tag = b->tag;
	free(b);
	return tag;
}

/* -- Threads -------------------------------------------------------------- */

static inline pthread_t thread_start(void *(*run)(void *), void *arg)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run, arg);

	if (error) {
		fprintf(stderr, "no thread: %s\n", strerror(error));
		exit(1);
	}
	return thread;
}

/* One thread for each of the @n elements, of @size bytes, of @args. */
static inline void run_threads(long n, void *(*run)(void *), void *args,
			       size_t size)
{
	pthread_t thread[MAX_THREADS];

	for (long i = 0; i < n; i++)
		thread[i] = thread_start(run, (char *)args + i * size);
	for (long i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

/* -- The result ----------------------------------------------------------- */

static inline int print_checksum(const char *program, uint64_t sum)
{
	printf("%s %016llx\n", program, (unsigned long long)sum);
	return 0;
}

#endif
