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
#include <sys/mman.h>
#include <unistd.h>
#include "../preload/opaque.h"

#define HERD 20000
#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

#define UNUSED __attribute__((unused))

static void *herd[HERD];

/* A program that has lived a little: what a library does first, until it is
 * asked for more, is not what its users meet. */
__attribute__((constructor)) static void grow_up(void)
{
	free(malloc(1 * MIB));
	free(malloc(100));
}

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

/* Unbuffered, for the next thing may be abort(), and without an allocation,
 * which could take a bad block out again. */
static UNUSED void confess(const char *what, const void *p)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s 0x%lx\n", what,
			   (unsigned long)(uintptr_t)p);

	if (write(1, line, (size_t)len) != len)
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

/* The wrong access itself: if it ends the program it does no harm. */
static UNUSED void say(const char *what)
{
	if (write(1, what, strlen(what)) < 0)
		_Exit(90);
}

static UNUSED void wrong_write(char *p, size_t n)
{
	confess("BAD", p);
	say("ACCESS\n");
	memset(p, 0x41, n);
	__asm__ volatile("" : : "r"(p) : "memory");
	say("DONE\n");
}

static UNUSED char wrong_read(const char *p)
{
	char c;

	confess("BAD", p);
	say("ACCESS\n");
	c = *(const volatile char *)p;
	say("DONE\n");
	return c;
}

/* What an allocator is asked rather than done to. */
static UNUSED int verdict(int safe)
{
	say(safe ? "SAFE\n" : "UNSAFE\n");
	return !safe;
}

/* Life goes on: blocks of this size and of others come and go.  Whoever looks
 * after free memory and neighbours has the occasion now. */
static UNUSED void live_on(size_t n)
{
	size_t i, count = 16 * MIB / n;
	char **p;

	count = count > 4096 ? 4096 : count < 4 ? 4 : count;
	p = calloc(count, sizeof(*p));
	for (i = 0; p && i < count; i++) {
		p[i] = i & 1 ? malloc(n) : calloc(1, n);
		if (p[i])
			memset(p[i], 1, n);
	}
	for (i = 0; p && i < count; i++)
		free(p[i]);
	free(p);
	malloc_trim(0);
}

/* Past what may be used of a block between two others. */
static UNUSED int overflow(size_t n, size_t bytes)
{
	char *p = victim(n), *next;

	wrong_write(p + malloc_usable_size(p), bytes);
	next = malloc(n);
	free(p);
	free(next);
	live_on(n);
	return 0;
}

/* The same of one that has nothing behind it yet. */
static UNUSED int overflow_alone(size_t n, size_t bytes)
{
	char *p = malloc(n);

	wrong_write(p + malloc_usable_size(p), bytes);
	live_on(n);
	free(p);
	live_on(n);
	return 0;
}

static UNUSED int underflow(size_t n, size_t bytes)
{
	char *p = victim(n);

	wrong_write(p - bytes, bytes);
	free(p);
	live_on(n);
	return 0;
}

/* Bytes from an offset on, written after the block was freed. */
static UNUSED int write_freed(size_t n, size_t offset, size_t bytes)
{
	char *p = victim(n);

	free(p);
	wrong_write(p + offset, bytes);
	live_on(n);
	return 0;
}

/* Something that is no block, and that no allocator made. */
static UNUSED int free_stranger(void *p)
{
	confess("BAD", p);
	free(p);
	live_on(64);
	return 0;
}

/* Whether what was written to a block is in one that is allocated later. */
static UNUSED int finds_stale(size_t n)
{
	int i, found = 0;
	char *p;

	for (i = 0; i < 64; i++) {
		p = malloc(n);
		memset(p, 0x5c, n);
		free(p);
	}
	for (i = 0; i < 64 && !found; i++) {
		p = malloc(n);
		found = p[n / 2] == 0x5c && p[n - 1] == 0x5c;
	}
	return found;
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
