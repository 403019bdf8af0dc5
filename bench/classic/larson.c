/* SPDX-License-Identifier: MIT */
/*
 * larson: a server whose requests outlive its threads.
 *
 * After P. Larson and M. Krishnan, "Memory allocation for long-running server
 * applications" (1998). Each of THREADS connections owns an array of SLOTS
 * blocks of LEAST to MOST bytes. A thread replaces STEPS blocks at random,
 * then hands array and blocks on to a thread that it starts in its stead, and
 * ends: GENERATIONS times. The blocks a thread frees are thus mostly those of
 * threads that are gone; the first are those of the main thread.
 *
 * It stresses frees by other threads than the allocating one, the memory that
 * ended threads leave, and fragmentation by random lifetimes.
 */
#include "classic.h"

#include <semaphore.h>

static long threads = 8;
static long slots = 1000;
static long steps = 100000;
static long generations = 100;
static long least = 8;
static long most = 1000;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "slots", &slots, 1, 1 << 24 },
	{ "steps", &steps, 1, 1L << 40 },
	{ "generations", &generations, 1, 1 << 24 },
	{ "least", &least, 8, 1 << 30 },
	{ "most", &most, 8, 1 << 30 },
	{ 0 },
};

/* Owned by the thread that serves it; the semaphore hands it back to main. */
struct connection {
	_Alignas(CACHE_LINE) struct rng rng;
	struct block **slot;
	uint64_t sum;
	long generation;
	pthread_t thread;
	sem_t done;
};

static struct connection connection[MAX_THREADS];

static void replace(struct connection *c, struct block **slot)
{
	c->sum += block_end(*slot);
	*slot = block_draw(&c->rng, least, most);
}

static void *serve(void *arg)
{
	struct connection *c = arg;

	/* The predecessor is done; to wait for it costs nothing. */
	if (c->generation)
		pthread_join(c->thread, NULL);
	for (long i = 0; i < steps; i++)
		replace(c, &c->slot[rng_below(&c->rng, slots)]);
	c->thread = pthread_self();
	if (++c->generation < generations)
		thread_start(serve, c);
	else
		sem_post(&c->done);
	return NULL;
}

static void open_connection(struct connection *c, long number)
{
	rng_seed(&c->rng, number);
	sem_init(&c->done, 0, 0);
	c->slot = must_calloc(slots, sizeof(*c->slot));
	for (long i = 0; i < slots; i++)
		replace(c, &c->slot[i]);
}

static uint64_t close_connection(struct connection *c)
{
	while (sem_wait(&c->done))
		;
	pthread_join(c->thread, NULL);
	for (long i = 0; i < slots; i++)
		c->sum += block_end(c->slot[i]);
	free(c->slot);
	sem_destroy(&c->done);
	return c->sum;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	if (most < least)
		usage(argv[0], parameters);
	for (long i = 0; i < threads; i++)
		open_connection(&connection[i], i);
	for (long i = 0; i < threads; i++)
		thread_start(serve, &connection[i]);
	for (long i = 0; i < threads; i++)
		sum += close_connection(&connection[i]);
	return print_checksum("larson", sum);
}
