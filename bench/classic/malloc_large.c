/* SPDX-License-Identifier: MIT */
/*
 * malloc_large: churn of very large blocks.
 *
 * After malloc-large of the mimalloc benchmark suite. SLOTS blocks of LEAST to
 * MOST MiB; each of STEPS steps frees one at random and puts another in its
 * place, of which one word in STRIDE KiB is written.
 *
 * It stresses what becomes of large free blocks: an allocator that gives them
 * back at once pays in system calls and page faults, one that keeps them all
 * pays in memory.
 */
#include "classic.h"

static long slots = 16;
static long steps = 1000;
static long least = 5;
static long most = 25;
static long stride = 16;

static const struct parameter parameters[] = {
	{ "slots", &slots, 1, 1 << 20 },   { "steps", &steps, 1, 1L << 40 },
	{ "least", &least, 1, 1 << 20 },   { "most", &most, 1, 1 << 20 },
	{ "stride", &stride, 1, 1 << 20 }, { 0 },
};

struct large {
	unsigned char *data;
	size_t size;
	unsigned char tag;
};

static void large_new(struct large *l, struct rng *rng)
{
	l->size = rng_range(rng, least << 10, most << 10) << 10;
	l->tag = rng_next(rng);
	l->data = must_malloc(l->size);
	for (size_t i = 0; i < l->size; i += stride << 10)
		l->data[i] = l->tag;
}

static uint64_t large_end(struct large *l)
{
	uint64_t sum = 0;

	if (!l->data)
		return 0;
	for (size_t i = 0; i < l->size; i += stride << 13)
		sum += l->data[i];
	free(l->data);
	return sum;
}

int main(int argc, char **argv)
{
	struct large *slot;
	uint64_t sum = 0;
	struct rng rng;

	(void)argc;
	parse_arguments(argv, parameters);
	if (most < least)
		usage(argv[0], parameters);
	slot = must_calloc(slots, sizeof(slot[0]));
	rng_seed(&rng, 0);
	for (long i = 0; i < steps; i++) {
		struct large *l = &slot[rng_below(&rng, slots)];

		sum = mix64(sum + large_end(l));
		large_new(l, &rng);
	}
	for (long i = 0; i < slots; i++)
		sum = mix64(sum + large_end(&slot[i]));
	free(slot);
	return print_checksum("malloc_large", sum);
}
