/* SPDX-License-Identifier: MIT */
/*
 * hardship - a program for fail.sh: two threads use memory of all sizes while
 * system calls fail, and live with NULL
 *
 * Exits 0 if every refusal said ENOMEM, a refused realloc left its block alone,
 * no contents were lost and every free was silent. Prints how often it was
 * refused; nothing else, unless something is wrong.
 */
#include "tap.h"
#include "opaque.h"

#define SLOTS 48

static unsigned long refused, wrong; /* atomic */

struct block {
	void *p;
	size_t n;
	uint64_t seed;
};

static void complain(const char *what, size_t n)
{
	__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	diag("%s (%zu bytes)", what, n);
}

static bool was_refused(void *p, size_t n)
{
	if (p)
		return false;
	if (errno != ENOMEM)
		complain("NULL without ENOMEM", n);
	__atomic_add_fetch(&refused, 1, __ATOMIC_RELAXED);
	return true;
}

/* The first and the last pages of it; big blocks are many here. */
static void mark(struct block *b, size_t from)
{
	size_t edge = 8192;

	if (b->n <= 2 * edge) {
		tap_fill_from(b->p, from / 8 * 8, b->n, b->seed);
		return;
	}
	tap_fill(b->p, edge, b->seed);
	tap_fill_from(b->p, (b->n - edge) / 8 * 8, b->n, b->seed);
}

static void check(const struct block *b, size_t n)
{
	size_t edge = 8192;

	if (b->n <= 2 * edge || n < b->n) {
		if (!tap_check(b->p, n < edge ? n : edge, b->seed))
			complain("contents lost", b->n);
	} else if (!tap_check(b->p, edge, b->seed) ||
		   !tap_check_from(b->p, (n - edge) / 8 * 8, n, b->seed)) {
		complain("contents lost", b->n);
	}
}

static void get(struct tap_rng *rng, struct block *b, size_t n)
{
	errno = 0;
	switch (tap_below(rng, 8)) {
	case 0:
		b->p = calloc(1, n);
		if (b->p && !tap_is_zero(b->p, n < 65536 ? n : 65536))
			complain("calloc is not zero", n);
		break;
	case 1:
		b->p = memalign((size_t)16 << tap_below(rng, 12), n);
		break;
	default:
		b->p = malloc(n);
	}
	if (was_refused(b->p, n)) {
		b->n = 0;
		return;
	}
	b->n = n;
	b->seed = tap_random(rng);
	mark(b, 0);
}

static void resize(struct block *b, size_t n)
{
	size_t keep = n < b->n ? n : b->n;
	void *p;

	errno = 0;
	p = realloc(b->p, n);
	if (was_refused(p, n)) {
		check(b, b->n);
		return;
	}
	b->p = p;
	check(b, keep);
	b->n = n;
	mark(b, 0);
}

static void put(struct block *b)
{
	check(b, b->n);
	errno = 12345;
	free(b->p);
	if (errno != 12345)
		complain("free changed errno", b->n);
	b->p = NULL;
}

static void *live(void *arg)
{
	struct block slot[SLOTS] = { { NULL, 0, 0 } };
	struct tap_rng rng = { (uintptr_t)arg };
	unsigned long i, rounds = tap_load(8000);
	unsigned int k;

	for (i = 0; i < rounds; i++) {
		/* Small at first, all sizes in the end. */
		unsigned int log = 4 + i * 20 / rounds;
		size_t n = tap_any_size(&rng, i % 16 ? 12 : log);

		k = tap_below(&rng, SLOTS);
		if (!slot[k].p)
			get(&rng, &slot[k], n);
		else if (tap_below(&rng, 3))
			put(&slot[k]);
		else
			resize(&slot[k], n);
		if (i % 2000 == 1999)
			malloc_trim(0);
	}
	for (k = 0; k < SLOTS; k++)
		if (slot[k].p)
			put(&slot[k]);
	return NULL;
}

static void have_a_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		live((void *)3);
		_exit(wrong ? 1 : 0);
	}
	if (pid > 0 && tap_reap(pid, 10) != 0)
		complain("the child", 0);
}

int main(void)
{
	char text[32];
	pthread_t t;
	bool threaded;

	threaded = !pthread_create(&t, NULL, live, (void *)1);
	live((void *)2);
	if (!threaded)
		live((void *)1);
	else
		pthread_join(t, NULL);
	have_a_child();
	malloc_trim(0);
	tap_put(text, snprintf(text, sizeof(text), "refused %lu\n", refused));
	return wrong ? 1 : 0;
}
