/* SPDX-License-Identifier: MIT */
/*
 * cfrac: factorisation by continued fractions.
 *
 * After cfrac (D. Barrett), long used in studies of allocators; the method is
 * that of M. Morrison and J. Brillhart, "A method of factoring and the
 * factorization of F7" (1975). The product N of the primes P and Q is factored
 * with a base of PRIMES primes. The convergents A of the root of N give small
 * R = A^2 mod N, of either sign. Those R that fall apart into primes of the
 * base are multiplied until the product is a square: X^2 = Y^2 mod N.
 *
 * Numbers are of any length, never change and are allocated for each result of
 * each operation: many millions of blocks of 8 to 40 bytes, nearly all of which
 * die at once. It stresses the hot pair of malloc and free.
 */
#include "classic.h"
#include "num.h"

static long p = 3141592653589861;
static long q = 2718281828459051;
static long primes = 400;

static const struct parameter parameters[] = {
	{ "p", &p, 3, INT64_MAX },
	{ "q", &q, 3, INT64_MAX },
	{ "primes", &primes, 8, 4096 },
	{ 0 },
};

/* -- Relations ------------------------------------------------------------ */

/* x^2 = y^2 times the primes of the base that are odd; the base begins -1. */
struct relation {
	struct num *x;
	struct num *y;
	unsigned char odd[];
};

static struct num *modulus;
static struct num **base;
static struct relation **pivot;

static void relation_free(struct relation *r)
{
	free(r->x);
	free(r->y);
	free(r);
}

static void relation_add(struct relation *r, long i)
{
	if (r->odd[i] && i)
		multiply(&r->y, base[i], modulus);
	r->odd[i] ^= 1;
}

/* Returns NULL unless @value falls apart into primes of the base. */
static struct relation *factor(const struct num *value, bool negative,
			       const struct num *x)
{
	struct relation *r = must_calloc(1, sizeof(*r) + primes);
	struct num *left = num_copy(value);
	struct num *quotient;
	struct num *rest;

	r->x = num_copy(x);
	r->y = num_from(1);
	r->odd[0] = negative;
	for (long i = 1; i < primes && !num_is(left, 1);) {
		quotient = num_divide(left, base[i], &rest);
		if (rest->len) {
			free(quotient);
			i++;
		} else {
			assign(&left, quotient);
			relation_add(r, i);
		}
		free(rest);
	}
	if (!num_is(left, 1)) {
		relation_free(r);
		r = NULL;
	}
	free(left);
	return r;
}

/* Elimination. True if nothing odd is left; else @r is kept as a pivot. */
static bool eliminate(struct relation *r)
{
	for (long i = 0; i < primes; i++) {
		if (!r->odd[i])
			continue;
		if (!pivot[i]) {
			pivot[i] = r;
			return false;
		}
		multiply(&r->x, pivot[i]->x, modulus);
		multiply(&r->y, pivot[i]->y, modulus);
		for (long j = i; j < primes; j++)
			if (pivot[i]->odd[j])
				relation_add(r, j);
	}
	return true;
}

/* The greatest common divisor of x - y and the modulus; 0 if it is no use. */
static uint64_t relation_divisor(const struct relation *r)
{
	struct num *a = num_add(modulus, r->x);
	struct num *b = num_copy(modulus);
	uint64_t divisor = 0;

	assign(&a, num_sub(a, r->y));
	while (a->len) {
		struct num *rest;

		free(num_divide(b, a, &rest));
		free(b);
		b = a;
		a = rest;
	}
	if (b->len <= 2 && !num_is(b, 1))
		divisor = b->digit[0] |
			  (b->len > 1 ? (uint64_t)b->digit[1] << 32 : 0);
	free(a);
	free(b);
	return divisor;
}

/* -- The continued fraction ----------------------------------------------- */

struct fraction {
	struct num *root;
	struct num *a;
	struct num *p;
	struct num *q;
	struct num *convergent;
	struct num *previous;
};

static void fraction_init(struct fraction *f)
{
	unsigned __int128 n = (unsigned __int128)p * q;
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 62; bit; bit >>= 1)
		if ((unsigned __int128)(root | bit) * (root | bit) <= n)
			root |= bit;
	f->root = num_from(root);
	f->a = num_from(root);
	f->p = num_from(0);
	f->q = num_from(1);
	f->convergent = num_from(root);
	f->previous = num_from(1);
}

static void fraction_free(struct fraction *f)
{
	free(f->root);
	free(f->a);
	free(f->p);
	free(f->q);
	free(f->convergent);
	free(f->previous);
}

/* p = a q - p; q = (n - p^2) / q; the square of the convergent is +-q. */
static void fraction_next(struct fraction *f)
{
	struct num *product = num_mul(f->a, f->q);
	struct num *rest;

	assign(&f->p, num_sub(product, f->p));
	assign(&product, num_mul(f->p, f->p));
	assign(&product, num_sub(modulus, product));
	assign(&f->q, num_divide(product, f->q, &rest));
	free(product);
	free(rest);
}

/* a = (root + p) / q; the next convergent is a times this plus the last. */
static void fraction_converge(struct fraction *f)
{
	struct num *sum = num_add(f->root, f->p);
	struct num *next;
	struct num *rest;

	assign(&f->a, num_divide(sum, f->q, &rest));
	next = num_mul(f->a, f->convergent);
	assign(&next, num_add(next, f->previous));
	reduce(&next, modulus);
	assign(&f->previous, f->convergent);
	f->convergent = next;
	free(sum);
	free(rest);
}

/* Returns 0 if the fraction repeats before a divisor is found. */
static uint64_t find_divisor(struct fraction *f)
{
	for (bool negative = true;; negative = !negative) {
		struct relation *r;

		fraction_next(f);
		if (num_is(f->q, 1))
			return 0;
		r = factor(f->q, negative, f->convergent);
		if (r && eliminate(r)) {
			uint64_t divisor = relation_divisor(r);

			relation_free(r);
			if (divisor)
				return divisor;
		}
		fraction_converge(f);
	}
}

static bool is_prime(long n)
{
	for (long d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;
	return true;
}

/* A prime of the base divides some x^2 - n: n is a square modulo it. */
static bool is_residue(long prime)
{
	uint64_t n = (uint64_t)(p % prime) * (q % prime) % prime;
	uint64_t power = 1;

	for (long i = 0; i < prime / 2; i++)
		power = power * n % prime;
	return power == 1;
}

static void make_base(void)
{
	long prime = 2;

	base = must_calloc(primes, sizeof(base[0]));
	pivot = must_calloc(primes, sizeof(pivot[0]));
	for (long i = 1; i < primes; prime++)
		if (is_prime(prime) && (prime == 2 || is_residue(prime)))
			base[i++] = num_from(prime);
}

static void free_base(void)
{
	for (long i = 0; i < primes; i++) {
		free(base[i]);
		if (pivot[i])
			relation_free(pivot[i]);
	}
	free(base);
	free(pivot);
}

int main(int argc, char **argv)
{
	struct fraction f;
	struct num *factors[2];
	uint64_t divisor;

	(void)argc;
	parse_arguments(argv, parameters);
	factors[0] = num_from(p);
	factors[1] = num_from(q);
	modulus = num_mul(factors[0], factors[1]);
	make_base();
	fraction_init(&f);
	divisor = find_divisor(&f);
	fraction_free(&f);
	free_base();
	free(modulus);
	free(factors[0]);
	free(factors[1]);
	return print_checksum("cfrac", divisor);
}
