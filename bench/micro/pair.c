/* SPDX-License-Identifier: MIT */
/*
 * Pairs: an object is freed right after it was allocated, or soon after.
 *
 *	call		two calls that do nothing: what the loop, the calls
 *			and the write cost by themselves
 *	hot/SIZE	one at a time. Nothing is shorter: what is measured
 *			is the fast path itself, all of it in the first-level
 *			cache
 *	mixed		the same with a size from a short table in turn: the
 *			path from a size to its class, with a load that
 *			differs each time and branches that are not foretold
 *			by the size alone
 *	calloc/SIZE	one at a time, zeroed: the fast path and the clearing;
 *			large ones tell whether memory that is known to be
 *			zero is cleared again
 *	aligned/ALIGN/SIZE
 *			posix_memalign, 64 objects live, freed in the order
 *			of allocation, so that one place cannot serve all
 */
#include "micro.h"

/* Steps between two looks at the count of iterations */
#define STEPS 256

static char line[64];

static void *no_malloc(size_t size)
{
	return line;
}

static void no_free(void *p)
{
}

/* Volatile, as calls into a shared library go through a table, too. */
static void *(*volatile call_malloc)(size_t) = no_malloc;
static void (*volatile call_free)(void *) = no_free;

static void call(struct gb_state *s)
{
	while (gb_keep_running_batch(s, STEPS))
		for (int i = 0; i < STEPS; i++)
			call_free(touch(call_malloc(64)));
}

static void hot(struct gb_state *s)
{
	size_t size = gb_arg(s, 0);
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, STEPS))
		for (int i = 0; i < STEPS; i++)
			free(xmalloc(size));
	meter_stop(&m, s);
}

static void mixed(struct gb_state *s)
{
	static const uint16_t sizes[] = {
		16, 200, 40,  1000, 64, 24, 500, 96,
		32, 350, 128, 2000, 48, 80, 16,	 700
	};
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, STEPS))
		for (int i = 0; i < STEPS; i++)
			free(xmalloc(sizes[i % ARRAY_SIZE(sizes)]));
	meter_stop(&m, s);
}

static void zeroed(struct gb_state *s)
{
	size_t size = gb_arg(s, 0);
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running(s))
		free(touch(calloc(1, size)));
	meter_stop(&m, s);
}

static void aligned(struct gb_state *s)
{
	size_t align = gb_arg(s, 0), size = gb_arg(s, 1);
	void *live[64] = { NULL };
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, ARRAY_SIZE(live)))
		for (int i = 0; i < ARRAY_SIZE(live); i++) {
			free(live[i]);
			if (posix_memalign(&live[i], align, size))
				abort();
			touch(live[i]);
		}
	meter_stop(&m, s);
	for (int i = 0; i < ARRAY_SIZE(live); i++)
		free(live[i]);
}

void register_pairs(void)
{
	struct gb_bench *b;

	gb_register("call", call, NULL);

	b = gb_register("hot", hot, NULL);
	gb_add_list(b, GB_LIST(8, 16, 64, 100, 256, 1024, 4096, 16384, 32768,
			       65536, 262144));

	gb_register("mixed", mixed, NULL);

	b = gb_register("calloc", zeroed, NULL);
	gb_add_list(b, GB_LIST(16, 64, 256, 1024, 4096, 16384, 65536, MIB));

	b = gb_register("aligned", aligned, NULL);
	gb_add_args(b, GB_LIST(32, 100));
	gb_add_args(b, GB_LIST(64, 64));
	gb_add_args(b, GB_LIST(64, 200));
	gb_add_args(b, GB_LIST(256, 1000));
	gb_add_args(b, GB_LIST(PAGE, 100));
	gb_add_args(b, GB_LIST(PAGE, PAGE));
	gb_add_args(b, GB_LIST(65536, 65536));
}
