/* SPDX-License-Identifier: MIT */
/*
 * plugin - a shared object that allocates when it is loaded, frees when it is
 * unloaded, and decides by a resolver, which allocates too, what it does.
 */
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int plugin_answer(int n);
EXPORT void *plugin_keep(size_t n);

static void *held[64];

__attribute__((constructor)) static void load(void)
{
	int i;

	for (i = 0; i < 64; i++) {
		held[i] = malloc(1 + i * 37);
		memset(held[i], i, 1 + i * 37);
	}
}

__attribute__((destructor)) static void unload(void)
{
	int i;

	for (i = 0; i < 64; i++)
		free(held[i]);
}

/* The caller frees it, perhaps when we are gone. */
void *plugin_keep(size_t n)
{
	return strdup(n ? "kept" : "");
}

#ifdef PLUGIN_IFUNC
static int twice(int n)
{
	return 2 * n;
}

__attribute__((used)) static int (*choose(void))(int)
{
	void *volatile p = malloc(100);
	int good = p != NULL;

	free(p);
	return good ? twice : NULL;
}

int plugin_answer(int n) __attribute__((ifunc("choose")));
#else
int plugin_answer(int n)
{
	return 2 * n;
}
#endif
