/* SPDX-License-Identifier: MIT */
/*
 * threads - threads by the thousand leave nothing behind
 *
 * Each allocates a little; part of it is freed by the thread itself, part by a
 * key destructor as it ends, part by another thread. Memory after all of them
 * is what it was after the first thousand. Then what makes the life of a thread
 * odd: late destructors, tiny stacks, cancellation, a main thread that leaves.
 */
#include "tap.h"
#include <sched.h>
#include "opaque.h"

#define WIDTH 8	  /* threads alive at once */
#define LEGACY 16 /* blocks that a thread leaves to another */

static pthread_key_t key;
static void *legacy[WIDTH][LEGACY];
static unsigned long born, wrong, last_rites; /* atomic */

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* -- The storm ----------------------------------------------------------- */

/* Frees late, and allocates when everybody else is done allocating. */
static void at_thread_end(void *arg)
{
	void *p;

	free(arg);
	p = malloc(333);
	if (!p)
		count(&wrong);
	free(p);
	count(&last_rites);
}

static void free_legacy(void **left)
{
	unsigned int i;

	for (i = 0; i < LEGACY; i++) {
		free(left[i]);
		left[i] = NULL;
	}
}

static void *live(void *arg)
{
	void **mine = legacy[(uintptr_t)arg % WIDTH], *p;
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);
	unsigned int i;

	/* What the thread before us in this place left. */
	free_legacy(mine);
	for (i = 0; i < 20; i++) {
		size_t n = tap_any_size(&rng, 12);

		p = malloc(n);
		tap_fill(p, n, i);
		if (!tap_check(p, n, i))
			count(&wrong);
		free(p);
	}
	for (i = 0; i < LEGACY; i++)
		mine[i] = malloc(tap_any_size(&rng, 10));
	pthread_setspecific(key, malloc(200));
	count(&born);
	return NULL;
}

static void storm(unsigned long from, unsigned long to)
{
	pthread_t t[WIDTH];
	unsigned long n;
	unsigned int i;

	for (n = from; n < to; n += WIDTH) {
		for (i = 0; i < WIDTH; i++)
			if (pthread_create(&t[i], NULL, live, (void *)(n + i)))
				tap_bail("no thread %lu", n + i);
		for (i = 0; i < WIDTH; i++)
			pthread_join(t[i], NULL);
	}
}

static void test_storm(void)
{
	unsigned long n = tap_load(20000) / WIDTH * WIDTH;
	unsigned long rss, data, rss2, data2;
	unsigned int i;

	n = n < 2000 ? 2000 : n;
	storm(0, 1000);
	rss = tap_status("VmRSS");
	data = tap_status("VmData");
	storm(1000, n);
	rss2 = tap_status("VmRSS");
	data2 = tap_status("VmData");
	diag("resident %lu, then %lu KiB; data %lu, then %lu KiB", rss, rss2,
	     data, data2);
	ok(born == n, "%lu threads lived", born);
	ok(!wrong && last_rites == n, "and ended well (%lu, %lu)", wrong,
	   last_rites);
	ok(rss2 <= rss + 2048, "resident memory is level");
	ok(data2 <= data + 4096, "mapped memory is level");
	for (i = 0; i < WIDTH; i++)
		free_legacy(legacy[i]);
}

/* -- Late destructors ---------------------------------------------------- */

static pthread_key_t again_key;

/* Sets its key again and again: the last round comes after everything else. */
static void at_every_round(void *arg)
{
	unsigned long *left = arg, *next;

	if (*left > 1) {
		next = malloc(sizeof(*next) + 100 * *left);
		*next = *left - 1;
		pthread_setspecific(again_key, next);
	} else {
		count(&last_rites);
	}
	free(left);
}

static void *live_late(void *arg)
{
	unsigned long *left = malloc(sizeof(*left));

	*left = PTHREAD_DESTRUCTOR_ITERATIONS;
	pthread_setspecific(again_key, left);
	return arg;
}

static void test_late(void)
{
	unsigned long i, n = tap_load(200);
	pthread_t t;

	last_rites = 0;
	pthread_key_create(&again_key, at_every_round);
	for (i = 0; i < n; i++) {
		pthread_create(&t, NULL, live_late, NULL);
		pthread_join(t, NULL);
	}
	ok(last_rites == n, "key destructors that free, to the last round");
}

/* -- Tiny stacks --------------------------------------------------------- */

/* Frugal itself; the allocator's slow paths must be so too. */
static void *live_frugally(void *arg)
{
	static const unsigned int sizes[] = {
		1, 100, 3000, 20000, 40000, 300000, 3000000, 40000000,
	};
	void *p, *q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = malloc(sizes[i]);
		q = calloc(3, sizes[i]);
		p = realloc(p, sizes[i] * 2);
		free(realloc(q, 10));
		free(memalign(8192, sizes[i]));
		*(char *)p = 1;
		free(p);
	}
	for (i = 0; i < 2000; i++) {
		p = malloc(64 + i * 8);
		*(void **)p = arg;
		arg = p;
	}
	while (arg) {
		p = *(void **)arg;
		free(arg);
		arg = p;
	}
	malloc_trim(0);
	return &legacy;
}

static void test_tiny_stacks(void)
{
	unsigned long n = tap_load(50), i, bad = 0;
	pthread_attr_t attr;
	void *ret = NULL;
	pthread_t t;

	pthread_attr_init(&attr);
	if (pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN))
		tap_bail("no stack of PTHREAD_STACK_MIN");
	for (i = 0; i < n; i++) {
		bad += pthread_create(&t, &attr, live_frugally, NULL) ||
		       pthread_join(t, &ret) || ret != &legacy;
	}
	pthread_attr_destroy(&attr);
	ok(!bad, "stacks of PTHREAD_STACK_MIN (%ld)", (long)PTHREAD_STACK_MIN);
}

/* -- Cancellation -------------------------------------------------------- */

struct victim {
	pthread_t thread;
	volatile bool inside; /* in the allocator */
	void *volatile p[4];
	volatile bool cleaned;
};

/* Deferred cancellation must never strike within malloc and its kin. */
static void at_cancel(void *arg)
{
	struct victim *v = arg;
	unsigned int i;

	if (v->inside)
		count(&wrong);
	for (i = 0; i < 4; i++)
		free(v->p[i]);
	v->cleaned = true;
}

static void *live_until_cancelled(void *arg)
{
	struct victim *v = arg;
	struct tap_rng rng = tap_rng_of((uintptr_t)v);
	unsigned int i;
	size_t n;

	pthread_cleanup_push(at_cancel, v);
	for (;;) {
		i = tap_below(&rng, 4);
		n = tap_any_size(&rng, tap_below(&rng, 16) ? 14 : 22);
		v->inside = true;
		free(v->p[i]);
		v->p[i] = NULL;
		v->p[i] = malloc(n);
		v->p[i] = realloc(v->p[i], n / 2 + 1);
		v->inside = false;
		pthread_testcancel();
	}
	pthread_cleanup_pop(0);
	return NULL;
}

static void test_cancel(void)
{
	unsigned long n = tap_load(60), i, bad = 0;
	struct tap_rng rng = tap_rng_of(3);
	struct victim v[4];
	unsigned int k;
	void *ret;

	wrong = 0;
	for (i = 0; i < n; i++) {
		memset((void *)v, 0, sizeof(v));
		for (k = 0; k < 4; k++)
			pthread_create(&v[k].thread, NULL, live_until_cancelled,
				       &v[k]);
		for (k = tap_below(&rng, 20); k; k--)
			sched_yield();
		for (k = 0; k < 4; k++)
			pthread_cancel(v[k].thread);
		for (k = 0; k < 4; k++)
			bad += pthread_join(v[k].thread, &ret) ||
			       ret != PTHREAD_CANCELED || !v[k].cleaned;
	}
	ok(!bad, "%lu threads cancelled while they allocate", n * 4);
	ok(!wrong, "and never inside the allocator (%lu)", wrong);
}

/* -- The main thread leaves first ---------------------------------------- */

static pthread_t main_thread;

static void *outlive_main(void *arg)
{
	struct tap_rng rng = tap_rng_of(5);
	unsigned int i, bad = 0;
	void *p, *ret;

	bad += pthread_join(main_thread, &ret) || ret != NULL;
	bad += !tap_check(arg, 1000, 4);
	free(arg);
	for (i = 0; i < 20000; i++) {
		p = malloc(tap_any_size(&rng, 15));
		bad += !p;
		free(p);
	}
	exit(bad ? 1 : 23);
}

static int main_leaves(void *arg)
{
	pthread_t t;
	void *p = malloc(1000);

	tap_fill(p, 1000, 4);
	main_thread = pthread_self();
	pthread_setspecific(key, malloc(100));
	if (pthread_create(&t, NULL, outlive_main, p))
		return 2;
	pthread_exit(arg);
}

static void test_main_leaves(void)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 5; i++)
		bad += tap_in_child(main_leaves, NULL, 20) != 23;
	ok(!bad, "the main thread leaves by pthread_exit, another goes on");
}

/* -- Threads that nobody joins ------------------------------------------- */

static unsigned long detached; /* atomic */

static void *live_detached(void *arg)
{
	free(arg);
	free(malloc(5000));
	count(&detached);
	return NULL;
}

static void test_detached(void)
{
	unsigned long n = tap_load(1000), i, made = 0;
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (i = 0; i < n; i++) {
		void *p = malloc(50);

		if (pthread_create(&t, &attr, live_detached, p))
			free(p);
		else
			made++;
		while (made - __atomic_load_n(&detached, __ATOMIC_RELAXED) > 50)
			sched_yield();
	}
	while (__atomic_load_n(&detached, __ATOMIC_RELAXED) < made)
		sched_yield();
	pthread_attr_destroy(&attr);
	ok(made >= n - n / 10, "%lu detached threads", made);
}

int main(void)
{
	tap_begin();
	tap_seed();
	tap_watchdog(100);
	pthread_key_create(&key, at_thread_end);
	test_storm();
	test_late();
	test_tiny_stacks();
	test_cancel();
	test_main_leaves();
	test_detached();
	return tap_done();
}
