/* SPDX-License-Identifier: MIT */
/*
 * The work that the gate counts instructions of: work NAME does one kind of
 * it and prints how many operations that were.  One thread and a generator
 * of its own, so that each run does the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t seed = 1;

static size_t below(size_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (size_t)((seed >> 32) % n);
}

static void *get(size_t size)
{
	char *p = malloc(size);

	if (!p)
		exit(1);
	*(volatile char *)p = 1;
	return p;
}

static long pair(void)
{
	for (int i = 0; i < 20000; i++)
		free(get(64));
	return 40000;
}

static long sizes(void)
{
	for (int i = 0; i < 20000; i++)
		free(get(16 + (size_t)i % 64 * 16));
	return 40000;
}

static long batch(void)
{
	static void *p[1000];

	for (int i = 0; i < 20; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(p); k++)
			p[k] = get(64);
		for (size_t k = 0; k < ARRAY_SIZE(p); k++)
			free(p[k]);
	}
	return 40000;
}

static long replace(void **p, size_t live, size_t least, size_t most, int times)
{
	for (int i = 0; i < times; i++) {
		size_t k = below(live);

		free(p[k]);
		p[k] = get(least + below(most - least));
	}
	return times * 2L;
}

static long small(void)
{
	static void *p[1000];

	return replace(p, ARRAY_SIZE(p), 16, 1024, 30000);
}

static long medium(void)
{
	static void *p[20];

	return replace(p, ARRAY_SIZE(p), 20000, 60000, 3000);
}

static long large(void)
{
	static void *p[10];

	return replace(p, ARRAY_SIZE(p), 600000, 4000000, 3000);
}

static long zeroed(void)
{
	for (int i = 0; i < 20000; i++) {
		char *p = calloc(3, 40);

		if (!p || p[119])
			exit(1);
		*(volatile char *)p = 1;
		free(p);
	}
	return 40000;
}

static long growth(void)
{
	long n = 0;

	for (int i = 0; i < 300; i++) {
		char *p = NULL;

		for (size_t size = 16; size <= 16384; size *= 2, n++) {
			p = realloc(p, size);
			if (!p)
				exit(1);
			*(volatile char *)p = 1;
		}
		free(p);
		n++;
	}
	return n;
}

static long aligned(void)
{
	for (int i = 0; i < 5000; i++) {
		void *p;

		if (posix_memalign(&p, 64 << i % 7, 100 + (size_t)i % 1000))
			exit(1);
		free(p);
	}
	return 10000;
}

static const struct {
	const char *name;
	long (*work)(void);
} table[] = {
	{ "pair", pair },     { "sizes", sizes },   { "batch", batch },
	{ "small", small },   { "medium", medium }, { "large", large },
	{ "zeroed", zeroed }, { "growth", growth }, { "aligned", aligned },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(table); i++) {
		if (strcmp(argv[1], table[i].name))
			continue;
		printf("%ld\n", table[i].work());
		return 0;
	}
	return 2;
}
