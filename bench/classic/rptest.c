/* SPDX-License-Identifier: MIT */
/*
 * rptest: random replacement over a wide range of sizes, part of it by others.
 *
 * After the benchmark of rpmalloc (M. Jansson). Each of THREADS threads holds
 * BLOCKS blocks. In each of LOOPS loops it replaces OPS of them, scattered
 * over the array; every CROSS loops it allocates OPS blocks more and leaves
 * them with another thread, which frees them in its next loop (CROSS=0:
 * never). What it left there before and finds again it frees itself, lest a
 * thread that gets no CPU drown. Sizes run from LEAST to MOST bytes; DIST says
 * how: 0 evenly, 1 with a chance that falls linearly to none at MOST, 2
 * exponentially.
 *
 * It stresses a working set of every size class at once and the transition
 * from small to large blocks.
 */
#include "classic.h"

#include <math.h>

static long threads = 4;
static long loops = 4000;
static long blocks = 5000;
static long ops = 1000;
static long cross = 4;
static long dist = 2;
static long least = 16;
static long most = 16000;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "loops", &loops, 1, 1L << 40 },
	{ "blocks", &blocks, 1, 1 << 24 },
	{ "ops", &ops, 1, 1 << 24 },
	{ "cross", &cross, 0, 1 << 24 },
	{ "dist", &dist, 0, 2 },
	{ "least", &least, 8, 1 << 30 },
	{ "most", &most, 8, 1 << 30 },
	{ 0 },
};

struct worker {
	_Alignas(CACHE_LINE) struct rng rng;
	struct block **slot;
	struct worker *next;
	uint64_t sum;
	_Alignas(CACHE_LINE) _Atomic(struct block **) mailbox;
};

static struct worker worker[MAX_THREADS];

/* Sizes are drawn beforehand: a logarithm takes as long as a malloc. */
static uint32_t size_table[4096];

static void draw_sizes(void)
{
	struct rng rng;

	rng_seed(&rng, dist);
	for (int i = 0; i < 4096; i++) {
		double u = rng_unit(&rng);

		if (dist == 1)
			u = 1 - sqrt(u);
		else if (dist == 2)
			u = fmin(-log(1 - u) / 8, 1);
		size_table[i] = least + (uint32_t)(u * (most - least));
	}
}

static struct block *draw_block(struct rng *rng)
{
	uint32_t r = rng_next(rng);

	return block_new(size_table[r % 4096], r);
}

static struct block **parcel_new(struct rng *rng)
{
	struct block **parcel = must_malloc(ops * sizeof(parcel[0]));

	for (long i = 0; i < ops; i++)
		parcel[i] = draw_block(rng);
	return parcel;
}

/* Frees the parcel, which may be NULL, and returns the sum of its tags. */
static uint64_t parcel_end(struct block **parcel)
{
	uint64_t sum = 0;

	for (long i = 0; parcel && i < ops; i++)
		sum += block_end(parcel[i]);
	free(parcel);
	return sum;
}

static void exchange_parcels(struct worker *w, bool send)
{
	struct block **parcel;

	if (send) {
		parcel = parcel_new(&w->rng);
		parcel = atomic_exchange(&w->next->mailbox, parcel);
		w->sum += parcel_end(parcel);
	}
	w->sum += parcel_end(atomic_exchange(&w->mailbox, NULL));
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->slot = must_calloc(blocks, sizeof(w->slot[0]));
	for (long loop = 0; loop < loops; loop++) {
		for (long i = 0; i < ops; i++) {
			long n = rng_below(&w->rng, blocks);

			w->sum += block_end(w->slot[n]);
			w->slot[n] = draw_block(&w->rng);
		}
		exchange_parcels(w, cross && loop % cross == 0);
	}
	for (long i = 0; i < blocks; i++)
		w->sum += block_end(w->slot[i]);
	free(w->slot);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	if (most < least)
		usage(argv[0], parameters);
	draw_sizes();
	for (long i = 0; i < threads; i++) {
		rng_seed(&worker[i].rng, i);
		worker[i].next = &worker[(i + 1) % threads];
	}
	run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++) {
		exchange_parcels(&worker[i], false);
		sum += worker[i].sum;
	}
	return print_checksum("rptest", sum);
}
