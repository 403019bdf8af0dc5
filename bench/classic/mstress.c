/* SPDX-License-Identifier: MIT */
/*
 * mstress: threads come and go, objects wander between them.
 *
 * After the stress test of mimalloc (D. Leijen). In each of ROUNDS rounds
 * THREADS threads start, work and end. A thread allocates OBJECTS objects of
 * 1 to 64 words, some of them far larger; it keeps some in slots of its own
 * and frees others at once, and from time to time exchanges one with a table
 * of TRANSFERS slots that all threads share. A thread frees what it still
 * holds when it ends; the table lives on, and every fourth round it is emptied
 * by the main thread.
 *
 * It stresses heaps of ended threads, frees by others, sizes over five orders
 * of magnitude (one in LARGE is up to a thousand times as large) and calloc.
 */
#include "classic.h"

static long threads = 4;
static long rounds = 100;
static long objects = 50000;
static long slots = 2000;
static long transfers = 1000;
static long large = 1000;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "rounds", &rounds, 1, 1 << 24 },
	{ "objects", &objects, 1, 1L << 40 },
	{ "slots", &slots, 1, 1 << 24 },
	{ "transfers", &transfers, 1, 1 << 24 },
	{ "large", &large, 1, 1 << 30 },
	{ 0 },
};

struct object {
	uint64_t words;
	uint64_t tag[];
};

struct worker {
	_Alignas(CACHE_LINE) struct rng rng;
	struct object **slot;
	uint64_t sum;
};

typedef _Atomic(struct object *) shared_slot;

static struct worker worker[MAX_THREADS];
static shared_slot *transfer;

static struct object *object_new(struct rng *rng)
{
	uint32_t luck = rng_below(rng, large * 4);
	uint64_t words = 1 + rng_below(rng, 1u << rng_below(rng, 7));
	uint64_t tag = rng_next(rng);
	struct object *o;

	if (luck < 4)
		words *= luck ? 50 : 1000;
	o = must_calloc(1, sizeof(*o) + words * sizeof(o->tag[0]));
	o->words = words;
	for (uint64_t i = 0; i < words; i++)
		o->tag[i] = tag + i;
	return o;
}

/* Frees @o, which may be NULL, and returns the sum of what it held. */
static uint64_t object_end(struct object *o)
{
	uint64_t sum = 0;

	if (!o)
		return 0;
	for (uint64_t i = 0; i < o->words; i++)
		sum += o->tag[i];
	free(o);
	return sum;
}

/* What is drawn never depends on what the other threads put in the table. */
static void *work(void *arg)
{
	struct worker *w = arg;

	w->slot = must_calloc(slots, sizeof(w->slot[0]));
	for (long i = 0; i < objects; i++) {
		struct object **slot = &w->slot[rng_below(&w->rng, slots)];
		shared_slot *other = &transfer[rng_below(&w->rng, transfers)];
		struct object *o = object_new(&w->rng);

		switch (rng_below(&w->rng, 8)) {
		case 0:
		case 1:
			w->sum += object_end(o);
			break;
		case 2:
			w->sum += object_end(*slot);
			*slot = atomic_exchange(other, o);
			break;
		default:
			w->sum += object_end(*slot);
			*slot = o;
		}
	}
	for (long i = 0; i < slots; i++)
		w->sum += object_end(w->slot[i]);
	free(w->slot);
	return NULL;
}

static uint64_t empty_transfers(void)
{
	uint64_t sum = 0;

	for (long i = 0; i < transfers; i++)
		sum += object_end(atomic_exchange(&transfer[i], NULL));
	return sum;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	transfer = must_calloc(transfers, sizeof(transfer[0]));
	for (long i = 0; i < threads; i++)
		rng_seed(&worker[i].rng, i);
	for (long round = 0; round < rounds; round++) {
		run_threads(threads, work, worker, sizeof(worker[0]));
		if (round % 4 == 3)
			sum += empty_transfers();
	}
	sum += empty_transfers();
	free(transfer);
	for (long i = 0; i < threads; i++)
		sum += worker[i].sum;
	return print_checksum("mstress", sum);
}
