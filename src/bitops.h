/* SPDX-License-Identifier: MIT */
/*
 * base: single-bit questions, and a sum of many.
 */
#ifndef KM_BITOPS_H
#define KM_BITOPS_H

#include "compiler.h"

/* Index of the lowest set bit; @x is not 0. */
static inline unsigned int __ffs(u64 x)
{
	return (unsigned int)__builtin_ctzll(x);
}

/* Index of the highest set bit; @x is not 0. */
static inline unsigned int __fls(u64 x)
{
	return 63U - (unsigned int)__builtin_clzll(x);
}

/* A compiler that may use no instruction for it calls a function of its
 * library. */
#if defined(__POPCNT__) || defined(__aarch64__)
#define HAVE_POPCNT 1
#else
#define HAVE_POPCNT 0
#endif

/* How many bits are set: of each pair of bits, then of each 4, of each 8, and
 * the sum of all bytes in the highest one. */
static inline unsigned int hweight64(u64 x)
{
	if (HAVE_POPCNT)
		return (unsigned int)__builtin_popcountll(x);
	x -= x >> 1 & ~0ULL / 3;
	x = (x & ~0ULL / 5) + (x >> 2 & ~0ULL / 5);
	x = (x + (x >> 4)) & ~0ULL / 17;
	return (unsigned int)(x * (~0ULL / 255) >> 56);
}

static inline bool is_power_of_2(u64 x)
{
	return x && !(x & (x - 1));
}

/* log2 of @x rounded up; @x is not 0. */
static inline unsigned int order_base_2(u64 x)
{
	return x <= 1 ? 0 : __fls(x - 1) + 1;
}

static inline u64 roundup_pow_of_two(u64 x)
{
	return 1ULL << order_base_2(x);
}

/* Of whole words; another one if any of them changes. */
static inline u64 sum_words(const void *p, size_t size)
{
	const u64 *word = p;
	u64 sum = 0;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		sum = (sum << 7 | sum >> 57) + READ_ONCE(word[i]);
	return sum;
}

#endif
