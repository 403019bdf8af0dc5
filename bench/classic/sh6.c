/* SPDX-License-Identifier: MIT */
/*
 * sh6: batches of mixed small sizes, freed in several orders.
 *
 * After sh6bench, which MicroQuill published with SmartHeap. Each of THREADS
 * threads allocates BATCHES batches of BATCH blocks and frees a batch some
 * batches later. Sizes run from 1 to MOST bytes: in runs of one size, small
 * ones far more often than large. The order of frees changes from batch to
 * batch: as allocated, the last first, every other and then the rest.
 *
 * It stresses the fast paths in the orders that a list, a stack or an array of
 * free blocks likes and those it does not. Nothing crosses threads.
 */
#include "classic.h"

#define HELD 4

static long threads = 2;
static long batches = 40000;
static long batch = 1000;
static long most = 1000;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "batches", &batches, 1, 1L << 40 },
	{ "batch", &batch, 2, 1 << 24 },
	{ "most", &most, 8, 1 << 24 },
	{ 0 },
};

struct worker {
	_Alignas(CACHE_LINE) struct rng rng;
	struct block **held[HELD];
	uint64_t sum;
};

static struct worker worker[MAX_THREADS];

/* The cube of a fraction: half of the runs are of an eighth of MOST or less. */
static size_t draw_size(struct rng *rng)
{
	double u = rng_unit(rng);

	return 1 + (size_t)(u * u * u * most);
}

static void fill(struct worker *w, struct block **b)
{
	size_t size = 0;
	long run = 0;

	for (long i = 0; i < batch; i++) {
		if (!run--) {
			size = draw_size(&w->rng);
			run = rng_below(&w->rng, 16);
		}
		b[i] = block_new(size, w->rng.state + i);
	}
}

static void drain(struct worker *w, struct block **b, long order)
{
	switch (order % 3) {
	case 0:
		for (long i = 0; i < batch; i++)
			w->sum += block_end(b[i]);
		break;
	case 1:
		for (long i = batch; i--;)
			w->sum += block_end(b[i]);
		break;
	default:
		for (long i = 0; i < batch; i += 2)
			w->sum += block_end(b[i]);
		for (long i = 1; i < batch; i += 2)
			w->sum += block_end(b[i]);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (long i = 0; i < HELD; i++)
		w->held[i] = must_calloc(batch, sizeof(w->held[i][0]));
	/* The first to be drained are empty, and so are the last filled. */
	for (long i = 0; i < batches + HELD; i++) {
		struct block **b = w->held[i % HELD];

		drain(w, b, i);
		if (i < batches)
			fill(w, b);
	}
	for (long i = 0; i < HELD; i++)
		free(w->held[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	for (long i = 0; i < threads; i++)
		rng_seed(&worker[i].rng, i);
	run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++)
		sum += worker[i].sum;
	return print_checksum("sh6", sum);
}
