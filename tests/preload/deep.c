/* SPDX-License-Identifier: MIT */
/*
 * deep - a library that, opened with RTLD_DEEPBIND, finds libc's malloc before
 * any preloaded one. Its blocks and ours then go back and forth.
 */
#define _GNU_SOURCE 1
#include "deep.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT extern const struct deep deep;

static char *deep_getline(const char *path)
{
	char *line = NULL;
	size_t n = 0;
	FILE *f = fopen(path, "r");

	if (f && getline(&line, &n, f) < 0) {
		free(line);
		line = NULL;
	}
	if (f)
		fclose(f);
	return line;
}

static char *deep_asprintf(int width)
{
	char *text;

	return asprintf(&text, "%0*d", width, 7) < 0 ? NULL : text;
}

static char *deep_strdup(const char *s)
{
	return strdup(s);
}

static void *deep_malloc(size_t n)
{
	return malloc(n);
}

static void *deep_calloc(size_t n, size_t size)
{
	return calloc(n, size);
}

static void *deep_realloc(void *p, size_t n)
{
	return realloc(p, n);
}

static void *deep_memalign(size_t align, size_t n)
{
	void *p;

	return posix_memalign(&p, align, n) ? NULL : p;
}

static void deep_free(void *p)
{
	free(p);
}

static size_t deep_usable(void *p)
{
	return malloc_usable_size(p);
}

static char *deep_realpath(const char *path)
{
	return realpath(path, NULL);
}

const struct deep deep = {
	.get = deep_malloc,
	.get_zero = deep_calloc,
	.resize = deep_realloc,
	.get_aligned = deep_memalign,
	.put = deep_free,
	.usable = deep_usable,
	.strdup = deep_strdup,
	.getline = deep_getline,
	.asprintf = deep_asprintf,
	.realpath = deep_realpath,
};
