/* SPDX-License-Identifier: MIT */
/*
 * sh6: cascades of sizes through a buffer, of which a part stays behind.
 *
 * After sh6bench, which MicroQuill published with SmartHeap. Each of THREADS
 * threads fills a buffer of BATCH blocks, BATCHES times. Sizes come in
 * cascades: each begins half as large again as the one before, from 1 byte to
 * MOST, and falls by halves; of sizes below 100 bytes there are 250 blocks in
 * turn, below 1000 there are 50, of others 10. A full buffer is freed but for a
 * fifth, the next one each time: what is before that as it was allocated, what
 * is behind it the last first.
 *
 * It stresses how far free blocks of a few small sizes are at hand again.
 * Nothing crosses threads.
 */
#include "classic.h"

#define PARTS 5

static long threads = 2;
static long batches = 1000;
static long batch = 10000;
static long most = 1000;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "batches", &batches, 1, 1L << 40 },
	{ "batch", &batch, PARTS, 1 << 24 },
	{ "most", &most, 2, 1 << 24 },
	{ 0 },
};

struct worker {
	_Alignas(CACHE_LINE) struct block **buffer;
	long base, size, turn; /* of the cascades */
	uint64_t tag, sum;
};

static struct worker worker[MAX_THREADS];

static long turns(long size)
{
	return size < 100 ? 250 : size < 1000 ? 50 : 10;
}

static size_t next_size(struct worker *w)
{
	if (w->turn-- > 0)
		return w->size;
	w->size /= 2;
	if (!w->size) {
		w->base = w->base * 3 / 2 + 1;
		if (w->base >= most)
			w->base = 1;
		w->size = w->base;
	}
	w->turn = turns(w->size) - 1;
	return w->size;
}

/* The slots of @part, which stays behind. */
static long part_from(long part)
{
	return batch * part / PARTS;
}

static void fill(struct worker *w, long kept)
{
	for (long i = 0; i < batch; i++) {
		if (i == part_from(kept))
			i = part_from(kept + 1);
		if (i < batch)
			w->buffer[i] = block_new(next_size(w), w->tag++);
	}
}

static void drain(struct worker *w, long kept)
{
	for (long i = 0; i < part_from(kept); i++)
		w->sum += block_end(w->buffer[i]);
	for (long i = batch; i-- > part_from(kept + 1);)
		w->sum += block_end(w->buffer[i]);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->buffer = must_calloc(batch, sizeof(w->buffer[0]));
	for (long i = 0; i < batches; i++) {
		fill(w, i % PARTS);
		drain(w, (i + 1) % PARTS);
	}
	for (long i = part_from(batches % PARTS);
	     i < part_from(batches % PARTS + 1); i++)
		w->sum += block_end(w->buffer[i]);
	free(w->buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	for (long i = 0; i < threads; i++)
		worker[i].tag = (uint64_t)i << 32;
	run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++)
		sum += worker[i].sum;
	return print_checksum("sh6", sum);
}
