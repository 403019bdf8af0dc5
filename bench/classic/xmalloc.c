/* SPDX-License-Identifier: MIT */
/*
 * xmalloc: some threads only allocate, others only free.
 *
 * After C. Lever and D. Boreham, "malloc() performance in a multithreaded
 * Linux environment" (2000). PRODUCERS threads fill BATCHES arrays each, of
 * BATCH blocks of LEAST to MOST bytes, and queue them; CONSUMERS threads take
 * arrays from the queue and free the blocks and the array. The queue holds
 * QUEUE arrays; who finds it full or empty sleeps.
 *
 * It stresses memory that always flows one way: an allocator that leaves a
 * freed block with the freeing thread grows, one that returns each block by
 * itself pays a lock or an atomic operation a block.
 */
#include "classic.h"

static long producers = 2;
static long consumers = 2;
static long batches = 2000;
static long batch = 4096;
static long queue = 16;
static long least = 8;
static long most = 512;

static const struct parameter parameters[] = {
	{ "producers", &producers, 1, MAX_THREADS / 2 },
	{ "consumers", &consumers, 1, MAX_THREADS / 2 },
	{ "batches", &batches, 1, 1L << 40 },
	{ "batch", &batch, 1, 1 << 20 },
	{ "queue", &queue, 1, 1 << 20 },
	{ "least", &least, 8, 1 << 30 },
	{ "most", &most, 8, 1 << 30 },
	{ 0 },
};

struct batch {
	struct batch *next;
	struct block *block[];
};

/* All under the lock. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_cond_t drained;
	struct batch *first;
	long count;
	long to_come;
	uint64_t sum;
} work = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.filled = PTHREAD_COND_INITIALIZER,
	.drained = PTHREAD_COND_INITIALIZER,
};

static void put_batch(struct batch *b)
{
	pthread_mutex_lock(&work.lock);
	while (work.count == queue)
		pthread_cond_wait(&work.drained, &work.lock);
	b->next = work.first;
	work.first = b;
	work.count++;
	pthread_cond_signal(&work.filled);
	pthread_mutex_unlock(&work.lock);
}

/* Returns NULL when the last has been taken. */
static struct batch *get_batch(void)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&work.lock);
	while (!work.count && work.to_come)
		pthread_cond_wait(&work.filled, &work.lock);
	if (work.to_come) {
		b = work.first;
		work.first = b->next;
		work.count--;
		if (!--work.to_come)
			pthread_cond_broadcast(&work.filled);
		pthread_cond_signal(&work.drained);
	}
	pthread_mutex_unlock(&work.lock);
	return b;
}

static void *produce(void *arg)
{
	struct rng rng;

	rng_seed(&rng, *(long *)arg);
	for (long i = 0; i < batches; i++) {
		struct batch *b =
			must_malloc(sizeof(*b) + batch * sizeof(b->block[0]));

		for (long j = 0; j < batch; j++)
			b->block[j] = block_draw(&rng, least, most);
		put_batch(b);
	}
	return NULL;
}

static void *consume(void *unused)
{
	uint64_t sum = 0;
	struct batch *b;

	(void)unused;
	while ((b = get_batch())) {
		for (long j = 0; j < batch; j++)
			sum += block_end(b->block[j]);
		free(b);
	}
	pthread_mutex_lock(&work.lock);
	work.sum += sum;
	pthread_mutex_unlock(&work.lock);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[MAX_THREADS];
	long number[MAX_THREADS];
	long n = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	if (most < least)
		usage(argv[0], parameters);
	work.to_come = producers * batches;
	for (; n < producers; n++) {
		number[n] = n;
		thread[n] = thread_start(produce, &number[n]);
	}
	for (; n < producers + consumers; n++)
		thread[n] = thread_start(consume, NULL);
	while (n--)
		pthread_join(thread[n], NULL);
	return print_checksum("xmalloc", work.sum);
}
