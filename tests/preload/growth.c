/* SPDX-License-Identifier: MIT */
/*
 * growth - a block that grows by realloc, step by step, keeps its contents
 *
 * As vectors do: to 1 GiB by doubling and by half, to 64 MiB by 64 KiB, alone
 * or two at a time so that neither can stay where it is; and back.
 */
#include "tap.h"
#include "opaque.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* A part at the front, at the end, and somewhere between. */
static bool sample_ok(const void *p, size_t n, uint64_t seed,
		      struct tap_rng *rng)
{
	size_t page = 64 * KIB, at;

	if (n <= 4 * page)
		return tap_check(p, n, seed);
	at = tap_below(rng, (n - page) / 8) * 8;
	return tap_check(p, page, seed) &&
	       tap_check_from(p, at, at + page, seed) &&
	       tap_check_from(p, (n - page) / 8 * 8, n, seed);
}

struct vector {
	void *p;
	size_t n;
	uint64_t seed;
};

/* To a new size; all of the old contents is looked at if `whole`. */
static bool vector_resize(struct vector *v, size_t to, bool whole,
			  struct tap_rng *rng)
{
	size_t keep = to < v->n ? to : v->n;
	void *p = realloc(v->p, to);

	if (!p)
		return false;
	v->p = p;
	v->n = to;
	tap_fill_from(p, keep / 8 * 8, to, v->seed);
	return whole ? tap_check(p, keep, v->seed) :
		       sample_ok(p, to, v->seed, rng);
}

static size_t by_doubling(size_t n)
{
	return n * 2;
}

static size_t by_half(size_t n)
{
	return n + n / 2 + 1;
}

static size_t by_64_kib(size_t n)
{
	return n + 64 * KIB;
}

static unsigned long available_kib(void)
{
	char line[128];
	unsigned long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void grow(const char *how, size_t (*next)(size_t), size_t from,
		 size_t limit)
{
	struct vector v = { malloc(from), from, limit };
	struct tap_rng rng = tap_rng_of(limit);
	unsigned int steps = 0;
	bool good = true;
	size_t to;

	if (limit >= GIB && available_kib() < 3 * GIB / KIB) {
		skip(how, "less than 3 GiB of memory is free");
		free(v.p);
		return;
	}
	tap_fill(v.p, v.n, v.seed);
	while (good && v.n < limit) {
		to = next(v.n) < limit ? next(v.n) : limit;
		good = vector_resize(&v, to, steps++ % 64 == 63, &rng);
	}
	ok(good && v.n == limit && tap_check(v.p, v.n, v.seed),
	   "%s, %u steps to %zu MiB", how, steps, limit / MIB);
	while (good && v.n > 100) {
		good = vector_resize(&v, v.n / 3 + 1, false, &rng);
	}
	ok(good && tap_check(v.p, v.n, v.seed), "%s: and back", how);
	free(v.p);
}

/* In turn, so that one stands in the way of the other. */
static void grow_two(size_t step, size_t limit)
{
	struct vector v[2] = { { NULL, 0, 1 }, { NULL, 0, 2 } };
	struct tap_rng rng = tap_rng_of(step);
	bool good = true;
	size_t n;

	for (n = step; good && n <= limit; n += step)
		good = vector_resize(&v[0], n, false, &rng) &&
		       vector_resize(&v[1], n + 100, false, &rng);
	ok(good && tap_check(v[0].p, v[0].n, 1) && tap_check(v[1].p, v[1].n, 2),
	   "two by turns, %zu KiB a step, to %zu MiB", step / KIB, limit / MIB);
	free(v[0].p);
	free(v[1].p);
}

/* Growing must not keep what it left behind. */
static void test_residue(void)
{
	unsigned long before = tap_status("VmRSS"), after;

	grow("once more by doubling", by_doubling, 100, 64 * MIB);
	malloc_trim(0);
	after = tap_status("VmRSS");
	ok(after < before + 16 * 1024, "little is left behind (%lu, %lu KiB)",
	   before, after);
}

int main(void)
{
	tap_begin();
	tap_seed();
	tap_watchdog(100);
	grow("by doubling", by_doubling, 1, GIB);
	grow("by half", by_half, 10, GIB);
	grow("by 64 KiB", by_64_kib, 10, 64 * MIB);
	grow_two(64 * KIB, 32 * MIB);
	grow_two(4 * KIB, 4 * MIB);
	grow_two(MIB, 128 * MIB);
	test_residue();
	return tap_done();
}
