/* SPDX-License-Identifier: MIT */
/*
 * glibc_thread: threads that have nothing to do with each other.
 *
 * After bench-malloc-thread of the GNU C library. Each of THREADS threads has
 * SLOTS slots and picks one at random STEPS times: if it holds a block that is
 * freed, else one is allocated. The chance of a size falls with its square,
 * from LEAST to MOST bytes. Every BATCH steps it also allocates BATCH blocks
 * of one size and frees them, the last first (BATCH=0: never).
 *
 * It stresses what a thread pays for the mere presence of others: locks, and
 * lines that are written by all.
 */
#include "classic.h"

static long threads = 4;
static long slots = 1024;
static long steps = 8000000;
static long batch = 128;
static long least = 8;
static long most = 32768;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "slots", &slots, 1, 1 << 24 },
	{ "steps", &steps, 1, 1L << 40 },
	{ "batch", &batch, 0, 1 << 20 },
	{ "least", &least, 8, 1 << 30 },
	{ "most", &most, 8, 1 << 30 },
	{ 0 },
};

struct worker {
	_Alignas(CACHE_LINE) struct rng rng;
	struct block **slot;
	struct block **batch;
	uint64_t sum;
};

static struct worker worker[MAX_THREADS];

/* Sizes are drawn beforehand, for a division takes as long as a malloc. */
static uint32_t size_table[65536];

static void draw_sizes(void)
{
	struct rng rng;

	rng_seed(&rng, 0);
	for (int i = 0; i < 65536; i++) {
		double u = rng_unit(&rng) * (1 - (double)least / most);

		size_table[i] = (uint32_t)(least / (1 - u));
	}
}

static struct block *draw_block(struct worker *w)
{
	uint32_t r = rng_next(&w->rng);

	return block_new(size_table[r % 65536], r);
}

static void run_batch(struct worker *w)
{
	size_t size = size_table[rng_below(&w->rng, 65536)];

	for (long i = 0; i < batch; i++)
		w->batch[i] = block_new(size, i);
	for (long i = batch; i--;)
		w->sum += block_end(w->batch[i]);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->slot = must_calloc(slots, sizeof(w->slot[0]));
	w->batch = must_calloc(batch + 1, sizeof(w->batch[0]));
	for (long i = 0; i < steps; i++) {
		struct block **slot = &w->slot[rng_below(&w->rng, slots)];

		if (*slot) {
			w->sum += block_end(*slot);
			*slot = NULL;
		} else {
			*slot = draw_block(w);
		}
		if (batch && i % batch == 0)
			run_batch(w);
	}
	for (long i = 0; i < slots; i++)
		w->sum += block_end(w->slot[i]);
	free(w->slot);
	free(w->batch);
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
	for (long i = 0; i < threads; i++)
		rng_seed(&worker[i].rng, i);
	run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++)
		sum += worker[i].sum;
	return print_checksum("glibc_thread", sum);
}
