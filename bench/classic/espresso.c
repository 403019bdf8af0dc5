/* SPDX-License-Identifier: MIT */
/*
 * espresso: two-level logic minimisation.
 *
 * After espresso (R. Rudell et al., Berkeley), long used in studies of
 * allocators; the method is that of R. Brayton et al., "Logic minimization
 * algorithms for VLSI synthesis" (1984). Each of FUNCTIONS random functions of
 * LEAST to MOST variables is given as a cover, a list of CUBES cubes. Its
 * complement is made by recursion over cofactors; each cube is expanded until
 * it would meet the complement; cubes that others cover are dropped.
 *
 * A cube is a bit vector, two bits a variable: what the variable may be. Each
 * is a block of its own of 12 to 16 bytes; a cover is an array of pointers that
 * grows. Both are copied and freed all the time. It stresses small blocks of
 * few sizes with short and nested lifetimes, and realloc.
 */
#include "classic.h"

static long functions = 800;
static long cubes = 20;
static long least = 8;
static long most = 20;
static long literals = 6;

static const struct parameter parameters[] = {
	{ "functions", &functions, 1, 1L << 40 },
	{ "cubes", &cubes, 1, 1 << 16 },
	{ "least", &least, 2, 256 },
	{ "most", &most, 2, 256 },
	{ "literals", &literals, 1, 256 },
	{ 0 },
};

/* -- Cubes ---------------------------------------------------------------- */

#define EITHER 3u
#define PAIRS 0x55555555u

/* All bits of a word beyond the last variable are set. */
struct cube {
	uint32_t dead;
	uint32_t word[];
};

static long variables;
static long words;

static struct cube *cube_copy(const struct cube *c)
{
	size_t size = sizeof(*c) + words * sizeof(c->word[0]);
	struct cube *copy = must_malloc(size);

	if (c)
		memcpy(copy, c, size);
	else
		memset(copy, 0xff, size);
	copy->dead = 0;
	return copy;
}

static unsigned int cube_get(const struct cube *c, long var)
{
	return c->word[var / 16] >> var % 16 * 2 & EITHER;
}

static void cube_set(struct cube *c, long var, unsigned int value)
{
	c->word[var / 16] &= ~(EITHER << var % 16 * 2);
	c->word[var / 16] |= value << var % 16 * 2;
}

static bool cube_meets(const struct cube *a, const struct cube *b)
{
	for (long i = 0; i < words; i++) {
		uint32_t both = a->word[i] & b->word[i];

		if (~(both | both >> 1) & PAIRS)
			return false;
	}
	return true;
}

static bool cube_contains(const struct cube *a, const struct cube *b)
{
	for (long i = 0; i < words; i++)
		if (b->word[i] & ~a->word[i])
			return false;
	return true;
}

/* -- Covers --------------------------------------------------------------- */

struct cover {
	long count;
	long room;
	struct cube **cube;
};

static struct cover *cover_new(void)
{
	return must_calloc(1, sizeof(struct cover));
}

static void cover_free(struct cover *f)
{
	for (long i = 0; i < f->count; i++)
		free(f->cube[i]);
	free(f->cube);
	free(f);
}

/* Takes @c over. */
static void cover_add(struct cover *f, struct cube *c)
{
	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 4;
		f->cube = must_realloc(f->cube, f->room * sizeof(f->cube[0]));
	}
	f->cube[f->count++] = c;
}

static void drop_dead(struct cover *f)
{
	long kept = 0;

	for (long i = 0; i < f->count; i++) {
		if (f->cube[i]->dead)
			free(f->cube[i]);
		else
			f->cube[kept++] = f->cube[i];
	}
	f->count = kept;
}

/* Drops the cubes that lie in one other; of equal ones the first stays. */
static void drop_contained(struct cover *f)
{
	for (long i = 0; i < f->count; i++)
		for (long j = 0; j < f->count && !f->cube[i]->dead; j++)
			if (j != i && !f->cube[j]->dead &&
			    cube_contains(f->cube[j], f->cube[i]))
				f->cube[i]->dead = 1;
	drop_dead(f);
}

/* What is left of @f where the variables are as in @c. */
static struct cover *cofactor(const struct cover *f, const struct cube *c)
{
	struct cover *part = cover_new();

	for (long i = 0; i < f->count; i++) {
		struct cube *copy;

		if (f->cube[i]->dead || !cube_meets(f->cube[i], c))
			continue;
		copy = cube_copy(f->cube[i]);
		for (long k = 0; k < words; k++)
			copy->word[k] |= ~c->word[k];
		cover_add(part, copy);
	}
	return part;
}

/* The variable that most cubes restrict, or -1 if one restricts none. */
static long choose_variable(const struct cover *f)
{
	long used[256] = { 0 };
	long best = 0;

	for (long i = 0; i < f->count; i++) {
		bool any = false;

		for (long var = 0; var < variables; var++) {
			bool one = cube_get(f->cube[i], var) != EITHER;

			used[var] += one;
			any |= one;
		}
		if (!any)
			return -1;
	}
	for (long var = 1; var < variables; var++)
		if (used[var] > used[best])
			best = var;
	return best;
}

/* One half of @f: where @var is @value. */
static struct cover *half(const struct cover *f, long var, unsigned int value)
{
	struct cube *c = cube_copy(NULL);
	struct cover *part;

	cube_set(c, var, value);
	part = cofactor(f, c);
	free(c);
	return part;
}

static bool is_tautology(const struct cover *f)
{
	long var = choose_variable(f);
	bool result = true;

	if (var < 0 || !f->count)
		return var < 0;
	for (unsigned int value = 1; value <= 2 && result; value++) {
		struct cover *part = half(f, var, value);

		result = is_tautology(part);
		cover_free(part);
	}
	return result;
}

/* De Morgan: one cube for each literal of @c. */
static struct cover *complement_cube(const struct cube *c)
{
	struct cover *result = cover_new();

	for (long var = 0; var < variables; var++) {
		struct cube *one;

		if (cube_get(c, var) == EITHER)
			continue;
		one = cube_copy(NULL);
		cube_set(one, var, ~cube_get(c, var) & EITHER);
		cover_add(result, one);
	}
	return result;
}

/* Binds the cubes of @f to @value of @var; one that @other has too stays. */
static void bind(struct cover *f, const struct cover *other, long var,
		 unsigned int value)
{
	for (long i = 0; i < f->count; i++) {
		long j = 0;

		while (j < other->count &&
		       !cube_contains(other->cube[j], f->cube[i]))
			j++;
		if (j == other->count)
			cube_set(f->cube[i], var, value);
	}
}

static struct cover *join(struct cover *f, struct cover *g)
{
	for (long i = 0; i < g->count; i++)
		cover_add(f, g->cube[i]);
	g->count = 0;
	cover_free(g);
	drop_contained(f);
	return f;
}

static struct cover *complement(const struct cover *f);

static struct cover *complement_half(const struct cover *f, long var,
				     unsigned int value)
{
	struct cover *part = half(f, var, value);
	struct cover *result = complement(part);

	cover_free(part);
	return result;
}

static struct cover *complement(const struct cover *f)
{
	struct cover *result;
	struct cover *other;
	long var;

	if (f->count == 1)
		return complement_cube(f->cube[0]);
	var = choose_variable(f);
	if (var < 0 || !f->count) {
		result = cover_new();
		if (!f->count)
			cover_add(result, cube_copy(NULL));
		return result;
	}
	result = complement_half(f, var, 1);
	other = complement_half(f, var, 2);
	bind(result, other, var, 1);
	bind(other, result, var, 2);
	return join(result, other);
}

/* -- Minimisation --------------------------------------------------------- */

static bool meets_any(const struct cube *c, const struct cover *f)
{
	for (long i = 0; i < f->count; i++)
		if (cube_meets(c, f->cube[i]))
			return true;
	return false;
}

/* Frees @c from each literal that it can do without. */
static struct cube *expand_cube(struct cube *c, const struct cover *off)
{
	for (long var = 0; var < variables; var++) {
		struct cube *larger;

		if (cube_get(c, var) == EITHER)
			continue;
		larger = cube_copy(c);
		cube_set(larger, var, EITHER);
		if (meets_any(larger, off)) {
			free(larger);
		} else {
			free(c);
			c = larger;
		}
	}
	return c;
}

/* Drops the cubes that all others together cover. */
static void drop_redundant(struct cover *f)
{
	for (long i = 0; i < f->count; i++) {
		struct cube *c = f->cube[i];
		struct cover *rest;

		c->dead = 1;
		rest = cofactor(f, c);
		c->dead = is_tautology(rest);
		cover_free(rest);
	}
	drop_dead(f);
}

static struct cover *random_function(struct rng *rng)
{
	struct cover *f = cover_new();

	variables = rng_range(rng, least, most);
	words = (variables + 15) / 16;
	for (long i = 0; i < cubes; i++) {
		struct cube *c = cube_copy(NULL);

		for (long k = 0; k < literals; k++) {
			long var = rng_below(rng, variables);

			cube_set(c, var, 1 + rng_below(rng, 2));
		}
		cover_add(f, c);
	}
	return f;
}

static uint64_t minimise(struct rng *rng)
{
	struct cover *f = random_function(rng);
	struct cover *off = complement(f);
	uint64_t sum = off->count;

	for (long i = 0; i < f->count; i++)
		f->cube[i] = expand_cube(f->cube[i], off);
	drop_contained(f);
	drop_redundant(f);
	for (long i = 0; i < f->count; i++)
		for (long k = 0; k < words; k++)
			sum = mix64(sum + f->cube[i]->word[k]);
	cover_free(off);
	cover_free(f);
	return sum;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;
	struct rng rng;

	(void)argc;
	parse_arguments(argv, parameters);
	if (most < least)
		usage(argv[0], parameters);
	rng_seed(&rng, 0);
	for (long i = 0; i < functions; i++)
		sum = mix64(sum + minimise(&rng));
	return print_checksum("espresso", sum);
}
