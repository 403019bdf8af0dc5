/* SPDX-License-Identifier: MIT */
/*
 * Random replacement: so many objects are live; a step frees one of them,
 * chosen at random, and allocates another in its place. It is what a long
 * lived program's heap does, and frees come in no order that a cache could
 * have foreseen.
 *
 *	replace/LIVE	16 to 1,024 bytes, all equally likely. 1,000 objects
 *			stay in the second-level cache, a million in none:
 *			there the lines that the allocator touches besides
 *			the object's own are what it costs
 *	mix/PROGRAM	10,000 live objects of sizes as that program asks for
 *			(size_mix.def)
 *
 * Making the live objects and freeing them is not timed. The sizes are drawn
 * before, into a table of DRAWN that steps go round, so that drawing them
 * costs one load.
 */
#include "micro.h"

#define DRAWN 4096 /* a power of two */
#define MIX_LIVE 10000

/* One row of a histogram: @weight requests in 10,000 of @from to @to bytes */
struct size_row {
	uint32_t from, to;
	uint32_t weight;
};

struct size_mix {
	const char *name;
	const struct size_row *rows;
	size_t nr_rows;
};

#define MIX(program, ...) \
	static const struct size_row rows_##program[] = { __VA_ARGS__ };
#include "size_mix.def"
#undef MIX

static struct size_mix mixes[] = {
#define MIX(program, ...) \
	{ "mix/" #program, rows_##program, ARRAY_SIZE(rows_##program) },
#include "size_mix.def"
#undef MIX
};

/*
 * Draws are spread evenly over the histogram, so that each row has its share
 * to within one in DRAWN, and come in random order.
 */
static void draw_mix(uint32_t *size, const struct size_mix *mix)
{
	struct rng r = RNG_INIT;
	const struct size_row *row = mix->rows;
	uint64_t total = 0, passed = row->weight;

	for (size_t i = 0; i < mix->nr_rows; i++)
		total += mix->rows[i].weight;
	for (size_t i = 0; i < DRAWN; i++) {
		size_t j = below(rng_next(&r) >> 32, i + 1);

		while ((2 * i + 1) * total > 2 * passed * DRAWN)
			passed += (++row)->weight;
		size[i] = size[j];
		size[j] = row->from +
			  below(rng_next(&r) >> 32, row->to - row->from + 1);
	}
}

static void draw_uniform(uint32_t *size, uint32_t from, uint32_t to)
{
	struct rng r = RNG_INIT;

	for (size_t i = 0; i < DRAWN; i++)
		size[i] = from + below(rng_next(&r) >> 32, to - from + 1);
}

static void replace(struct gb_state *s, size_t live, const uint32_t *size)
{
	void **object = xmalloc(live * sizeof(*object));
	struct rng r = RNG_INIT;
	uint32_t turn = 0;
	struct meter m;

	for (size_t i = 0; i < live; i++)
		object[i] = xmalloc(size[i % DRAWN]);
	meter_start(&m, s);
	while (gb_keep_running(s)) {
		void **slot = &object[below(rng_next(&r) >> 32, live)];

		free(*slot);
		*slot = xmalloc(size[turn++ % DRAWN]);
	}
	meter_stop(&m, s);
	for (size_t i = 0; i < live; i++)
		free(object[i]);
	free(object);
}

static void uniform(struct gb_state *s)
{
	static uint32_t size[DRAWN];

	draw_uniform(size, 16, 1024);
	replace(s, gb_arg(s, 0), size);
}

static void recorded(struct gb_state *s)
{
	static uint32_t size[DRAWN];

	draw_mix(size, gb_data(s));
	replace(s, MIX_LIVE, size);
}

void register_replacement(void)
{
	struct gb_bench *b = gb_register("replace", uniform, NULL);

	gb_use_range_multiplier(b, 10);
	gb_add_range(b, 1000, 1000000);
	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++)
		gb_register(mixes[i].name, recorded, &mixes[i]);
}
