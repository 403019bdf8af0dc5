/* SPDX-License-Identifier: MIT */
/*
 * wrap - an interposer as many tools preload one: it counts, and passes each
 * call on to the next malloc in line. Preloaded before or after the library.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT unsigned long wrap_calls; /* atomic */
EXPORT void *malloc(size_t n);
EXPORT void *calloc(size_t n, size_t size);
EXPORT void *realloc(void *p, size_t n);
EXPORT void free(void *p);

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

/* For what dlsym itself allocates before it has told us where to. */
static char early[4096] __attribute__((aligned(16)));
static size_t early_used;
static bool looking;

static bool is_early(void *p)
{
	return (char *)p >= early && (char *)p < early + sizeof(early);
}

static void look(void)
{
	looking = true;
	next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	next_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	next_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	looking = false;
}

static void *early_alloc(size_t n)
{
	void *p = early + early_used;

	n = (n + 15) / 16 * 16;
	if (n > sizeof(early) - early_used)
		return NULL;
	early_used += n;
	return p;
}

static void enter(void)
{
	__atomic_add_fetch(&wrap_calls, 1, __ATOMIC_RELAXED);
	if (!next_free && !looking)
		look();
}

void *malloc(size_t n)
{
	enter();
	return looking ? early_alloc(n) : next_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	enter();
	return looking ? early_alloc(n * size) : next_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	void *q;

	enter();
	if (!is_early(p))
		return next_realloc(p, n);
	q = next_malloc(n);
	if (q)
		memcpy(q, p, n < 64 ? n : 64);
	return q;
}

void free(void *p)
{
	enter();
	if (!is_early(p))
		next_free(p);
}

/* Runs before the constructors of what was preloaded earlier. */
static void *kept[100];

__attribute__((constructor)) static void begin(void)
{
	int i;

	for (i = 0; i < 100; i++)
		kept[i] = malloc(i * i);
}

__attribute__((destructor)) static void end(void)
{
	int i;

	for (i = 0; i < 100; i++)
		free(kept[i]);
}
