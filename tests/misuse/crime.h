/* SPDX-License-Identifier: MIT */
/*
 * crime.h - what the misuse programs share
 *
 * A program says on stdout which pointers its crime is about, "BAD 0x..." and
 * perhaps "BLOCK 0x...", commits it, and goes on to the end of main if it is
 * let. Small blocks lie in per-CPU caches when they are freed and are looked at
 * when a cache is flushed: a herd of them, allocated before the crime and freed
 * after it, makes that happen.
 */
#ifndef TESTS_MISUSE_CRIME_H
#define TESTS_MISUSE_CRIME_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../preload/opaque.h"

#define HERD 20000
#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

#define UNUSED __attribute__((unused))

static void *herd[HERD];

static UNUSED void herd_raise(size_t n)
{
	unsigned int i;

	for (i = 0; i < HERD; i++)
		herd[i] = malloc(n);
}

/* No allocation in between, which could take the bad block out again. */
static UNUSED void herd_free(unsigned int from, unsigned int to)
{
	unsigned int i;

	for (i = from; i < to; i++)
		free(herd[i]);
}

/* What still sits in a cache is flushed at the latest now. */
static UNUSED void herd_free_all(unsigned int from)
{
	herd_free(from, HERD);
	malloc_trim(0);
}

/* Unbuffered: the next thing may be abort(). */
static UNUSED void confess(const char *what, const void *p)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s 0x%lx\n", what,
			   (unsigned long)(uintptr_t)p);

	if (fwrite(line, 1, len, stdout) != (size_t)len || fflush(stdout))
		_Exit(90);
}

/* A living block of n bytes between two others, all written to. */
static UNUSED char *victim(size_t n)
{
	static char *neighbour[2];
	char *p;

	neighbour[0] = malloc(n);
	p = malloc(n);
	neighbour[1] = malloc(n);
	if (!neighbour[0] || !p || !neighbour[1])
		_Exit(91);
	memset(neighbour[0], 1, n);
	memset(p, 2, n);
	memset(neighbour[1], 3, n);
	return p;
}

/* The same block twice, once the herd is there. */
static UNUSED int free_twice(size_t n, unsigned int between)
{
	char *p;

	herd_raise(n);
	p = victim(n);
	confess("BAD", p);
	free(p);
	herd_free(0, between);
	free(p);
	herd_free_all(between);
	return 0;
}

/* A pointer into the midst of a small block. */
static UNUSED int free_within(size_t n, size_t offset)
{
	char *p;

	herd_raise(n);
	p = victim(n);
	confess("BAD", p + offset);
	confess("BLOCK", p);
	free(p + offset);
	herd_free_all(0);
	return 0;
}

/* Into the midst of a big one: noticed at once. */
static UNUSED int free_within_big(size_t n, size_t offset)
{
	char *p = victim(n);

	confess("BAD", p + offset);
	confess("BLOCK", p);
	free(p + offset);
	return 0;
}

#endif
