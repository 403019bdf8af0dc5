/* SPDX-License-Identifier: MIT */
/*
 * num.h - natural numbers of any length, for cfrac
 *
 * A number never changes once it is made, and each result is allocated: that
 * is the point of it. Who makes a number frees it.
 */
#ifndef BENCH_CLASSIC_NUM_H
#define BENCH_CLASSIC_NUM_H

#include "classic.h"

/* Least digit first; the last is not 0. Zero has none. */
struct num {
	uint32_t len;
	uint32_t digit[];
};

static inline struct num *num_new(uint32_t len)
{
	struct num *n = must_malloc(sizeof(*n) + len * sizeof(n->digit[0]));

	n->len = len;
	return n;
}

static inline struct num *num_trim(struct num *n)
{
	while (n->len && !n->digit[n->len - 1])
		n->len--;
	return n;
}

static inline struct num *num_from(uint64_t value)
{
	struct num *n = num_new(2);

	n->digit[0] = value;
	n->digit[1] = value >> 32;
	return num_trim(n);
}

static inline struct num *num_copy(const struct num *a)
{
	struct num *n = num_new(a->len);

	memcpy(n->digit, a->digit, a->len * sizeof(a->digit[0]));
	return n;
}

static inline struct num *num_add(const struct num *a, const struct num *b)
{
	uint32_t len = (a->len > b->len ? a->len : b->len) + 1;
	struct num *n = num_new(len);
	uint64_t carry = 0;

	for (uint32_t i = 0; i < len; i++) {
		carry += i < a->len ? a->digit[i] : 0;
		carry += i < b->len ? b->digit[i] : 0;
		n->digit[i] = carry;
		carry >>= 32;
	}
	return num_trim(n);
}

/* @a is not less than @b. */
static inline struct num *num_sub(const struct num *a, const struct num *b)
{
	struct num *n = num_new(a->len);
	int64_t carry = 0;

	for (uint32_t i = 0; i < a->len; i++) {
		carry += a->digit[i];
		carry -= i < b->len ? b->digit[i] : 0;
		n->digit[i] = carry;
		carry >>= 32;
	}
	return num_trim(n);
}

static inline struct num *num_mul(const struct num *a, const struct num *b)
{
	struct num *n = num_new(a->len + b->len);

	memset(n->digit, 0, n->len * sizeof(n->digit[0]));
	for (uint32_t i = 0; i < a->len; i++) {
		uint64_t carry = 0;

		for (uint32_t j = 0; j < b->len; j++) {
			carry += n->digit[i + j];
			carry += (uint64_t)a->digit[i] * b->digit[j];
			n->digit[i + j] = carry;
			carry >>= 32;
		}
		n->digit[i + b->len] = carry;
	}
	return num_trim(n);
}

/* Takes @b, at digit @at, @times from @r; returns what is missing above. */
static inline uint32_t take(struct num *r, const struct num *b, uint32_t at,
			    uint64_t times)
{
	uint64_t carry = 0;

	for (uint32_t i = 0; i < b->len; i++) {
		uint64_t product = times * b->digit[i] + carry;
		uint32_t low = product;

		carry = (product >> 32) + (r->digit[at + i] < low);
		r->digit[at + i] -= low;
	}
	return carry;
}

static inline bool digits_less(const uint32_t *a, const struct num *b)
{
	uint32_t i = b->len - 1;

	while (i && a[i] == b->digit[i])
		i--;
	return a[i] < b->digit[i];
}

/* A guess is never too large; what it leaves is less than twice the divisor. */
static inline uint32_t divide_digit(struct num *r, const struct num *b,
				    uint32_t at)
{
	uint32_t *top = &r->digit[at + b->len];
	uint64_t divisor = (uint64_t)b->digit[b->len - 1] + (b->len > 1);
	uint64_t quotient = 0;
	uint64_t guess;

	while ((guess = ((uint64_t)top[0] << 32 | top[-1]) / divisor)) {
		*top -= take(r, b, at, guess);
		quotient += guess;
	}
	if (!digits_less(&r->digit[at], b)) {
		take(r, b, at, 1);
		quotient++;
	}
	return quotient;
}

/* @b is not 0. */
static inline struct num *num_divide(const struct num *a, const struct num *b,
				     struct num **rest)
{
	uint32_t len = a->len < b->len ? 0 : a->len - b->len + 1;
	struct num *quotient = num_new(len);
	struct num *r = num_new(a->len + 1);

	memcpy(r->digit, a->digit, a->len * sizeof(a->digit[0]));
	r->digit[a->len] = 0;
	while (len--)
		quotient->digit[len] = divide_digit(r, b, len);
	*rest = num_trim(r);
	return num_trim(quotient);
}

static inline bool num_is(const struct num *a, uint32_t value)
{
	return a->len == 1 && a->digit[0] == value;
}

static inline void assign(struct num **to, struct num *n)
{
	free(*to);
	*to = n;
}

static inline void reduce(struct num **n, const struct num *modulus)
{
	struct num *rest;

	free(num_divide(*n, modulus, &rest));
	assign(n, rest);
}

static inline void multiply(struct num **n, const struct num *b,
			    const struct num *modulus)
{
	assign(n, num_mul(*n, b));
	reduce(n, modulus);
}

#endif
