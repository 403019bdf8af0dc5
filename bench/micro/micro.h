/* SPDX-License-Identifier: MIT */
/*
 * What the microbenchmarks share: random numbers, touching an object, and
 * the meter of page faults and peak memory that each of them reports.
 */
#ifndef MICRO_H
#define MICRO_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gbench.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define KIB ((int64_t)1024)
#define MIB (1024 * KIB)
#define PAGE 4096

#if defined(__x86_64__) || defined(__i386__)
#define cpu_relax() __builtin_ia32_pause()
#else
#define cpu_relax() __asm__ volatile("" : : : "memory")
#endif

/* xorshift64: a nanosecond, and the same sequence in each run. */
struct rng {
	uint64_t state;
};

#define RNG_INIT                            \
	(struct rng)                        \
	{                                   \
		UINT64_C(88172645463325252) \
	}

static inline uint64_t rng_next(struct rng *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state;
}

/* 0 to @n - 1, from 32 bits of @random; no division */
static inline uint32_t below(uint32_t random, uint32_t n)
{
	return (uint64_t)random * n >> 32;
}

/*
 * A program writes to what it allocates, at least to the first line of it.
 * Memory that has run out ends the program: no figure would mean anything.
 */
static inline void *touch(void *p)
{
	if (__builtin_expect(!p, 0))
		abort();
	*(volatile char *)p = 1;
	return p;
}

/* ... and here to each page of it. */
static inline void *touch_pages(void *p, size_t size)
{
	touch(p);
	for (size_t at = PAGE; at < size; at += PAGE)
		((volatile char *)p)[at] = 1;
	return p;
}

static inline void *xmalloc(size_t size)
{
	return touch(malloc(size));
}

struct meter {
	long faults;
};

/* Before the loop, and after it: counters "faults" and "peak_rss". */
void meter_start(struct meter *m, const struct gb_state *s);
void meter_stop(const struct meter *m, struct gb_state *s);
/* The greatest resident set since meter_start, in bytes */
int64_t meter_peak_rss(void);
long meter_faults(void);

/* Each file's benchmarks */
void register_pairs(void);
void register_batches(void);
void register_replacement(void);
void register_growth(void);
void register_large(void);
void register_threads(void);
void register_first_touch(void);

/*
 * If the program was started by a first-touch benchmark to be the fresh
 * process that it measures, do that, and do not return.
 */
void first_touch_child(int argc, char **argv);

#endif
