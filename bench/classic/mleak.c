/* SPDX-License-Identifier: MIT */
/*
 * mleak: threads that end before their memory does.
 *
 * After mleak of the mimalloc benchmark suite, which looks for memory lost
 * when threads end. In each of GENERATIONS generations THREADS threads start;
 * each allocates BLOCKS blocks of LEAST to MOST bytes, frees every other one,
 * frees what a thread of KEEP generations ago left, and ends.
 *
 * It stresses the start and end of threads: what an allocator sets up for each
 * of them, and whether the memory of ended ones, still half in use, finds new
 * users. A leak shows as a peak that grows with GENERATIONS.
 */
#include "classic.h"

static long threads = 4;
static long generations = 4000;
static long blocks = 500;
static long keep = 4;
static long least = 16;
static long most = 2048;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "generations", &generations, 1, 1 << 24 },
	{ "blocks", &blocks, 1, 1 << 24 },
	{ "keep", &keep, 1, 1 << 16 },
	{ "least", &least, 8, 1 << 30 },
	{ "most", &most, 8, 1 << 30 },
	{ 0 },
};

struct worker {
	_Alignas(CACHE_LINE) struct rng rng;
	struct block ***left;
	uint64_t sum;
};

static struct worker worker[MAX_THREADS];
static long generation;

static void *work(void *arg)
{
	struct worker *w = arg;
	struct block **old = w->left[generation % keep];
	struct block **b = must_calloc(blocks, sizeof(b[0]));

	for (long i = 0; i < blocks; i++)
		b[i] = block_draw(&w->rng, least, most);
	for (long i = 0; i < blocks; i += 2) {
		w->sum += block_end(b[i]);
		b[i] = NULL;
	}
	for (long i = 0; old && i < blocks; i++)
		w->sum += block_end(old[i]);
	free(old);
	w->left[generation % keep] = b;
	return NULL;
}

/* The main thread frees what the last threads left. */
static uint64_t end_worker(struct worker *w)
{
	for (long k = 0; k < keep; k++) {
		for (long i = 0; w->left[k] && i < blocks; i++)
			w->sum += block_end(w->left[k][i]);
		free(w->left[k]);
	}
	free(w->left);
	return w->sum;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	if (most < least)
		usage(argv[0], parameters);
	for (long i = 0; i < threads; i++) {
		rng_seed(&worker[i].rng, i);
		worker[i].left = must_calloc(keep, sizeof(worker[i].left[0]));
	}
	for (; generation < generations; generation++)
		run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++)
		sum += end_worker(&worker[i]);
	return print_checksum("mleak", sum);
}
