/* SPDX-License-Identifier: MIT */
/*
 * sh8: batches of mixed small sizes, exchanged between threads.
 *
 * After sh8bench, which MicroQuill published with SmartHeap. Each of THREADS
 * threads allocates BATCHES batches of BATCH blocks of 1 to MOST bytes, small
 * ones far more often than large. One batch in two it frees itself, forwards
 * or backwards; the other it leaves with the next thread, and frees instead
 * what it finds left with itself.
 *
 * It stresses frees by another thread at full speed, blocks of one page freed
 * by two threads at a time, and what such traffic does to locality.
 */
#include "classic.h"

static long threads = 8;
static long batches = 20000;
static long batch = 500;
static long most = 256;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "batches", &batches, 1, 1L << 40 },
	{ "batch", &batch, 1, 1 << 24 },
	{ "most", &most, 8, 1 << 24 },
	{ 0 },
};

/* The mailbox is atomic; all else is the owning thread's. */
struct worker {
	_Alignas(CACHE_LINE) struct rng rng;
	struct worker *next;
	uint64_t sum;
	_Alignas(CACHE_LINE) _Atomic(struct block **) mailbox;
};

static struct worker worker[MAX_THREADS];

static struct block **batch_new(struct rng *rng)
{
	struct block **b = must_malloc(batch * sizeof(b[0]));

	for (long i = 0; i < batch; i++) {
		double u = rng_unit(rng);

		b[i] = block_new(1 + (size_t)(u * u * most), rng_next(rng));
	}
	return b;
}

/* Frees the batch, which may be NULL, and returns the sum of its tags. */
static uint64_t batch_end(struct block **b, bool backwards)
{
	uint64_t sum = 0;

	if (!b)
		return 0;
	for (long i = 0; i < batch; i++)
		sum += block_end(b[backwards ? batch - 1 - i : i]);
	free(b);
	return sum;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (long i = 0; i < batches; i++) {
		struct block **b = batch_new(&w->rng);
		bool backwards = i & 2;

		if (i & 1) {
			b = atomic_exchange(&w->next->mailbox, b);
			w->sum += batch_end(b, backwards);
			b = atomic_exchange(&w->mailbox, NULL);
		}
		w->sum += batch_end(b, backwards);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	for (long i = 0; i < threads; i++) {
		rng_seed(&worker[i].rng, i);
		worker[i].next = &worker[(i + 1) % threads];
	}
	run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++) {
		sum += worker[i].sum;
		sum += batch_end(atomic_load(&worker[i].mailbox), false);
	}
	return print_checksum("sh8", sum);
}
