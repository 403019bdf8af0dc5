/* SPDX-License-Identifier: MIT */
/*
 * Batches: N objects of 64 bytes are allocated, then all are freed.
 *
 *	lifo/N		the last first: what a stack of objects likes best
 *	fifo/N		the first first: the next batch comes in an order
 *			that the allocator chose
 *	shuffled/N	in random order: the caches are filled from all over
 *			the heap, and what they hand out next is scattered
 *
 * N of 100 stays within what most allocators cache for a thread; 10,000 does
 * not, and shows what a refill and a flush cost an object.
 */
#include "micro.h"

#define SIZE 64

static const int64_t counts[] = { 100, 1000, 10000 };

/* 0 to @n - 1 in random order */
static uint32_t *make_order(size_t n)
{
	uint32_t *order = xmalloc(n * sizeof(*order));
	struct rng r = RNG_INIT;

	for (size_t i = 0; i < n; i++) {
		size_t j = below(rng_next(&r) >> 32, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	return order;
}

static void fill(void **object, size_t n)
{
	for (size_t i = 0; i < n; i++)
		object[i] = xmalloc(SIZE);
}

static void lifo(struct gb_state *s)
{
	size_t n = gb_arg(s, 0);
	void **object = xmalloc(n * sizeof(*object));
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, n)) {
		fill(object, n);
		for (size_t i = n; i-- > 0;)
			free(object[i]);
	}
	meter_stop(&m, s);
	free(object);
}

static void fifo(struct gb_state *s)
{
	size_t n = gb_arg(s, 0);
	void **object = xmalloc(n * sizeof(*object));
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, n)) {
		fill(object, n);
		for (size_t i = 0; i < n; i++)
			free(object[i]);
	}
	meter_stop(&m, s);
	free(object);
}

static void shuffled(struct gb_state *s)
{
	size_t n = gb_arg(s, 0);
	void **object = xmalloc(n * sizeof(*object));
	uint32_t *order = make_order(n);
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, n)) {
		fill(object, n);
		for (size_t i = 0; i < n; i++)
			free(object[order[i]]);
	}
	meter_stop(&m, s);
	free(order);
	free(object);
}

void register_batches(void)
{
	gb_add_list(gb_register("lifo", lifo, NULL), ARRAY_SIZE(counts),
		    counts);
	gb_add_list(gb_register("fifo", fifo, NULL), ARRAY_SIZE(counts),
		    counts);
	gb_add_list(gb_register("shuffled", shuffled, NULL), ARRAY_SIZE(counts),
		    counts);
}
