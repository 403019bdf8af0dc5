/* SPDX-License-Identifier: MIT */
/*
 * deep.h - what deep.so offers: the allocator as that library sees it
 */
#ifndef TESTS_PRELOAD_DEEP_H
#define TESTS_PRELOAD_DEEP_H

#include <stddef.h>

struct deep {
	void *(*get)(size_t n);
	void *(*get_zero)(size_t n, size_t size);
	void *(*resize)(void *p, size_t n);
	void *(*get_aligned)(size_t align, size_t n);
	void (*put)(void *p);
	size_t (*usable)(void *p);
	char *(*strdup)(const char *s);
	char *(*getline)(const char *path);
	char *(*asprintf)(int width);
	char *(*realpath)(const char *path);
};

#endif
