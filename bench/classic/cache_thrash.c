/* SPDX-License-Identifier: MIT */
/*
 * cache_thrash: active false sharing.
 *
 * After E. Berger et al., "Hoard: a scalable memory allocator for
 * multithreaded applications" (2000). Each of THREADS threads allocates an
 * object of SIZE bytes, writes all of it WRITES times, and frees it: ROUNDS
 * times over.
 *
 * It stresses where an allocator puts small objects that several threads ask
 * for at the same time: if two of them share a cache line, every write waits
 * for that line.
 */
#include "classic.h"

static long threads = 4;
static long rounds = 200000;
static long writes = 500;
static long size = 8;

static const struct parameter parameters[] = {
	{ "threads", &threads, 1, MAX_THREADS },
	{ "rounds", &rounds, 1, 1L << 40 },
	{ "writes", &writes, 1, 1L << 30 },
	{ "size", &size, 1, 1 << 20 },
	{ 0 },
};

struct worker {
	_Alignas(CACHE_LINE) long number;
	uint64_t sum;
};

static struct worker worker[MAX_THREADS];

static uint64_t write_object(volatile unsigned char *object, long seed)
{
	uint64_t sum = 0;

	for (long i = 0; i < size; i++)
		object[i] = seed;
	for (long k = 0; k < writes; k++)
		for (long i = 0; i < size; i++)
			object[i]++;
	for (long i = 0; i < size; i++)
		sum += object[i];
	return sum;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (long i = 0; i < rounds; i++) {
		unsigned char *object = must_malloc(size);

		w->sum = mix64(w->sum + write_object(object, w->number + i));
		free(object);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	for (long i = 0; i < threads; i++)
		worker[i].number = i;
	run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++)
		sum += worker[i].sum;
	return print_checksum("cache_thrash", sum);
}
