/* SPDX-License-Identifier: MIT */
/*
 * cache_scratch: passive false sharing.
 *
 * After E. Berger et al., "Hoard: a scalable memory allocator for
 * multithreaded applications" (2000). The main thread allocates one object of
 * SIZE bytes for each of THREADS threads, so that several lie in one cache
 * line. A thread frees the one it was given, then allocates an object, writes
 * all of it WRITES times, and frees it: ROUNDS times over.
 *
 * It stresses whether an allocator hands the freed piece of a shared line out
 * again to the thread that freed it: then all threads go on writing to that
 * line, though none of them was at fault.
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
	unsigned char *given;
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

	w->sum = write_object(w->given, w->number);
	free(w->given);
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
	for (long i = 0; i < threads; i++) {
		worker[i].number = i;
		worker[i].given = must_malloc(size);
	}
	run_threads(threads, work, worker, sizeof(worker[0]));
	for (long i = 0; i < threads; i++)
		sum += worker[i].sum;
	return print_checksum("cache_scratch", sum);
}
