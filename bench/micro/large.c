/* SPDX-License-Identifier: MIT */
/*
 * Large blocks: 16 are live, of 100 KiB to 25 MiB, and a step replaces one of
 * them at random. Sizes are spread evenly over their logarithm: a program has
 * more buffers than images.
 *
 *	large/lines	only the first line of a block is written: what
 *			mapping, splitting and merging cost
 *	large/pages	a line of each page is: what giving memory back to
 *			the kernel costs, and getting it again, which shows
 *			as page faults
 *
 * Peak memory against the bytes that live at once tells what is held back.
 */
#include "micro.h"

#define LIVE 16
#define LEAST (100 * KIB)
#define MOST (25 * MIB)
#define DRAWN 1024 /* a power of two */

/*
 * One of the eight octaves from LEAST up, evenly within it;
 * what is over MOST is drawn again.
 */
static void draw(uint32_t *size)
{
	struct rng r = RNG_INIT;

	for (size_t i = 0; i < DRAWN;) {
		uint64_t octave = LEAST << below(rng_next(&r) >> 32, 8);

		octave += below(rng_next(&r) >> 32, octave);
		if (octave <= MOST)
			size[i++] = octave;
	}
}

static void *first_line(void *p, size_t size)
{
	return touch(p);
}

static void churn(struct gb_state *s, void *(*use)(void *, size_t))
{
	static uint32_t size[DRAWN];
	void *block[LIVE] = { NULL };
	struct rng r = RNG_INIT;
	uint32_t turn = 0;
	struct meter m;

	draw(size);
	meter_start(&m, s);
	while (gb_keep_running(s)) {
		void **slot = &block[below(rng_next(&r) >> 32, LIVE)];
		size_t n = size[turn++ % DRAWN];

		free(*slot);
		*slot = use(malloc(n), n);
	}
	meter_stop(&m, s);
	for (int i = 0; i < LIVE; i++)
		free(block[i]);
}

static void churn_lines(struct gb_state *s)
{
	churn(s, first_line);
}

static void churn_pages(struct gb_state *s)
{
	churn(s, touch_pages);
}

void register_large(void)
{
	gb_use_unit(gb_register("large/lines", churn_lines, NULL),
		    GB_MICROSECOND);
	gb_use_unit(gb_register("large/pages", churn_pages, NULL),
		    GB_MICROSECOND);
}
