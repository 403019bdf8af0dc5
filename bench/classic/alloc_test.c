/* SPDX-License-Identifier: MIT */
/*
 * alloc_test: random lifetimes and sizes, both by a power law.
 *
 * After alloc-test of OLogN Technologies (S. Ignatchenko et al.), made to
 * resemble what long-running programs do. Each of THREADS threads has SLOTS
 * slots; each of STEPS steps frees the block of one, after reading all of it,
 * and puts another there and writes all of it. A few slots are hit again and
 * again, most hardly ever: many blocks die young, some live nearly for ever.
 * Sizes too are mostly small, with a long tail up to MOST bytes.
 *
 * It stresses locality: a block that is handed out while it is still in the
 * cache is cheap to write, and short-lived blocks that lie between long-lived
 * ones cost memory.
 */
#include "classic.h"

static long threads = 1;
static long slots = 1 << 18;
static long steps = 8000000;
static long most = 4096;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "slots", &slots, 1, 1 << 28 },
	{ "steps", &steps, 1, 1L << 40 },
	{ "most", &most, 16, 1 << 24 },
	{ 0 },
};

struct item {
	uint32_t *data;
	uint32_t words;
};

struct worker {
	_Alignas(CACHE_LINE) struct rng rng;
	struct item *slot;
	uint64_t sum;
};

static struct worker worker[MAX_THREADS];

/* The chance of a size falls with its square. */
static uint32_t draw_words(struct rng *rng)
{
	double size = 16 / (1 - rng_unit(rng));

	return (size < most ? size : most) / sizeof(uint32_t);
}

/* The fourth power of a fraction: half of the hits go to 1 slot in 16. */
static struct item *draw_slot(struct worker *w)
{
	double u = rng_unit(&w->rng);

	u *= u;
	return &w->slot[(size_t)(u * u * slots)];
}

static void item_new(struct item *item, struct rng *rng)
{
	item->words = draw_words(rng);
	item->data = must_malloc(item->words * sizeof(uint32_t));
	for (uint32_t i = 0; i < item->words; i++)
		item->data[i] = item->words ^ i;
}

static uint64_t item_end(struct item *item)
{
	uint64_t sum = 0;

	if (!item->data)
		return 0;
	for (uint32_t i = 0; i < item->words; i++)
		sum += item->data[i];
	free(item->data);
	return sum;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->slot = must_calloc(slots, sizeof(w->slot[0]));
	for (long i = 0; i < steps; i++) {
		struct item *item = draw_slot(w);

		w->sum += item_end(item);
		item_new(item, &w->rng);
	}
	for (long i = 0; i < slots; i++)
		w->sum += item_end(&w->slot[i]);
	free(w->slot);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	for (long i = 0; i < threads; i++)
		rng_seed(&worker[i].rng, i);
	/* One alone is the main thread, as in a program that makes none. */
	if (threads == 1)
		work(&worker[0]);
	else
		run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++)
		sum += worker[i].sum;
	return print_checksum("alloc_test", sum);
}
