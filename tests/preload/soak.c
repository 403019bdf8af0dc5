/* SPDX-License-Identifier: MIT */
/*
 * soak - a long life in a short time
 *
 * Threads hold blocks of all sizes, each with a pattern that is checked when it
 * is resized, handed on or freed. Storms go over them in turn: of forks, whose
 * children check and free what they inherit; of threads, which leave their
 * blocks to others; of signals, whose handlers allocate; of processors, as each
 * thread is sent to one after the other. (Other allocators' signal handlers do
 * not allocate.) After each round all blocks are given
 * back: what the process then holds must not grow from round to round.
 *
 * KM_SOAK is how many seconds, 3 if it is not set.
 */
#include "tap.h"
#include <malloc.h>
#include <sched.h>
#include "opaque.h"

#define THREADS 6
#define SLOTS 400
#define LEGACY 64
#define MEASURES 4096

enum storm { CALM, FORKS, BIRTHS, SIGNALS, PROCESSORS, NR_STORMS };

static const char *const storm_name[] = { "calm", "forks", "births", "signals",
					  "processors" };

struct block {
	void *p;
	size_t n;
	uint64_t seed;
};

struct worker {
	pthread_t thread;
	unsigned int id;
	struct tap_rng rng, handler_rng;
	struct block slot[SLOTS];
	struct block held[8]; /* by the signal handler on this thread */
	unsigned long ops;
};

static struct worker workers[THREADS];
static __thread struct worker *self;
static struct block *legacy[LEGACY]; /* atomic: blocks from thread to thread */
static unsigned long lost, refused, hung, sick; /* atomic */
static unsigned long forks, births, signals, moves, handed; /* atomic */
static bool stop; /* atomic */
static cpu_set_t processors;

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* -- Blocks -------------------------------------------------------------- */

static size_t some_size(struct tap_rng *rng)
{
	uint64_t dice = tap_below(rng, 2000);

	if (!dice)
		return tap_any_size(rng, 23);
	if (dice < 40)
		return tap_any_size(rng, 17);
	return 1 + tap_below(rng, dice < 1200 ? 256 : 4096);
}

/* The whole of a block, or of a big one its ends. */
static void write_block(struct block *b)
{
	size_t edge = 16384;

	if (b->n <= 2 * edge) {
		tap_fill(b->p, b->n, b->seed);
		return;
	}
	tap_fill(b->p, edge, b->seed);
	tap_fill_from(b->p, (b->n - edge) / 8 * 8, b->n, b->seed);
}

static void check_block(const struct block *b, size_t n)
{
	size_t edge = 16384;

	if (b->n <= 2 * edge) {
		if (!tap_check(b->p, n, b->seed))
			count(&lost);
	} else if (!tap_check(b->p, n < edge ? n : edge, b->seed) ||
		   (n == b->n && !tap_check_from(b->p, (n - edge) / 8 * 8, n,
						 b->seed))) {
		count(&lost);
	}
}

static void get_block(struct tap_rng *rng, struct block *b)
{
	b->n = some_size(rng);
	b->seed = tap_random(rng);
	switch (tap_below(rng, 8)) {
	case 0:
		b->p = calloc(1, b->n);
		if (b->p && !tap_is_zero(b->p, b->n))
			count(&lost);
		break;
	case 1:
		b->p = memalign((size_t)16 << tap_below(rng, 9), b->n);
		break;
	default:
		b->p = malloc(b->n);
	}
	if (b->p)
		write_block(b);
	else
		count(&refused);
}

static void put_block(struct block *b)
{
	if (b->p)
		check_block(b, b->n);
	free(b->p);
	b->p = NULL;
}

static void resize_block(struct tap_rng *rng, struct block *b)
{
	size_t n = some_size(rng);
	void *p = realloc(b->p, n);

	if (!p) {
		count(&refused);
		return;
	}
	b->p = p;
	check_block(b, n < b->n ? n : b->n);
	b->n = n;
	write_block(b);
}

/* In exchange for the block of some other thread, from an earlier hand-over. */
static void hand_on(struct worker *w, struct block *b)
{
	struct block *parcel = malloc(sizeof(*parcel)), *other;

	if (!parcel) {
		count(&refused);
		return;
	}
	*parcel = *b;
	b->p = NULL;
	other = __atomic_exchange_n(&legacy[tap_below(&w->rng, LEGACY)], parcel,
				    __ATOMIC_ACQ_REL);
	if (other)
		*b = *other;
	free(other);
	count(&handed);
}

static void step(struct worker *w)
{
	struct block *b = &w->slot[tap_below(&w->rng, SLOTS)];
	uint64_t dice = tap_below(&w->rng, 16);

	if (!b->p)
		get_block(&w->rng, b);
	else if (dice < 3)
		resize_block(&w->rng, b);
	else if (dice < 5)
		hand_on(w, b);
	else
		put_block(b);
	w->ops++;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;

	self = w;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		for (i = 0; i < 100; i++)
			step(w);
	self = NULL;
	for (i = 0; i < SLOTS; i++)
		put_block(&w->slot[i]);
	return NULL;
}

/* -- Storms -------------------------------------------------------------- */

static void on_signal(int sig)
{
	int err = errno;
	struct worker *w = self;

	(void)sig;
	if (w && tap_allocator == TAP_KMALLOC) {
		struct block *b = &w->held[tap_below(&w->handler_rng, 8)];

		put_block(b);
		get_block(&w->handler_rng, b);
	}
	count(&signals);
	errno = err;
}

static void storm_signals(struct tap_rng *rng)
{
	unsigned int i;

	for (i = 0; i < 200; i++)
		pthread_kill(workers[tap_below(rng, THREADS)].thread, SIGUSR1);
	sched_yield();
}

static void be_born(struct tap_rng *rng)
{
	struct block b[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(b); i++)
		get_block(rng, &b[i]);
	for (i = 0; i < ARRAY_SIZE(b); i++)
		put_block(&b[i]);
}

static void *short_life(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);

	be_born(&rng);
	return NULL;
}

static void storm_births(struct tap_rng *rng)
{
	pthread_t t[8];
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		n += !pthread_create(&t[n], NULL, short_life,
				     (void *)(uintptr_t)tap_random(rng));
	for (i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	__atomic_add_fetch(&births, n, __ATOMIC_RELAXED);
}

/* What a child inherits may be in the middle of being written: it is only
 * given back; its own threads and blocks must be sound. */
static int be_child(struct tap_rng *rng)
{
	pthread_t t;

	lost = refused = 0;
	be_born(rng);
	if (pthread_create(&t, NULL, short_life, (void *)7))
		return 2;
	be_born(rng);
	pthread_join(t, NULL);
	return lost || refused ? 1 : 0;
}

static void storm_forks(struct tap_rng *rng)
{
	pid_t pid[4];
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(be_child(rng));
	}
	for (i = 0; i < ARRAY_SIZE(pid); i++) {
		if (pid[i] < 0)
			continue;
		status = tap_reap(pid[i], 30);
		count(&forks);
		if (status == -1)
			count(&hung);
		else if (status)
			count(&sick);
	}
}

static void storm_processors(struct tap_rng *rng)
{
	cpu_set_t one;
	unsigned int i;
	int cpu;

	for (i = 0; i < 50; i++) {
		do
			cpu = tap_below(rng, CPU_SETSIZE);
		while (!CPU_ISSET(cpu, &processors));
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		moves += !pthread_setaffinity_np(
			workers[tap_below(rng, THREADS)].thread, sizeof(one),
			&one);
	}
	sched_yield();
}

static void storm(enum storm which, struct tap_rng *rng)
{
	struct timespec nap = { 0, 1000000 };

	switch (which) {
	case FORKS:
		storm_forks(rng);
		break;
	case BIRTHS:
		storm_births(rng);
		break;
	case SIGNALS:
		storm_signals(rng);
		break;
	case PROCESSORS:
		storm_processors(rng);
		break;
	default:
		nanosleep(&nap, NULL);
	}
}

/* -- Rounds -------------------------------------------------------------- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void empty_legacy(void)
{
	unsigned int i;

	for (i = 0; i < LEGACY; i++) {
		if (legacy[i])
			put_block(legacy[i]);
		free(legacy[i]);
		legacy[i] = NULL;
	}
}

static bool play_round(unsigned int round, enum storm which, double length)
{
	struct tap_rng rng = tap_rng_of(1000 + round);
	double end = now() + length;
	unsigned int i, k;

	__atomic_store_n(&stop, false, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++) {
		workers[i].rng = tap_rng_of(round * 100ul + i);
		workers[i].handler_rng = tap_rng_of(round * 100ul + 50 + i);
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			return false;
	}
	while (now() < end)
		storm(which, &rng);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (i = 0; i < THREADS; i++)
		for (k = 0; k < ARRAY_SIZE(workers[i].held); k++)
			put_block(&workers[i].held[k]);
	empty_legacy();
	malloc_trim(0);
	return true;
}

/* -- The account --------------------------------------------------------- */

static unsigned long rss[MEASURES], data[MEASURES];

static unsigned long highest(const unsigned long *v, unsigned int from,
			     unsigned int to)
{
	unsigned long max = 0;

	for (; from < to; from++)
		max = v[from] > max ? v[from] : max;
	return max;
}

/* The second half holds no more than the first, but for a little. */
static void no_growth(const char *what, const unsigned long *v, unsigned int n)
{
	unsigned long first = highest(v, 0, n / 2), rest = highest(v, n / 2, n);

	ok(rest <= first + first / 8 + 4096,
	   "%s is level: %lu KiB at most, then %lu", what, first, rest);
}

static void report(unsigned int rounds)
{
	unsigned long ops = 0;
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		ops += workers[i].ops;
	diag("%u rounds, %lu operations, %lu handed on", rounds, ops, handed);
	diag("%lu forks, %lu threads, %lu signals, %lu moves", forks, births,
	     signals, moves);
	ok(!lost, "no contents lost (%lu)", lost);
	ok(!refused, "nothing refused (%lu)", refused);
	ok(!hung && !sick, "every child is well (%lu, %lu)", hung, sick);
	no_growth("resident memory", rss, rounds);
	no_growth("mapped memory", data, rounds);
	ok(ops > 1000 && handed && forks && births && signals && moves,
	   "there were storms of all kinds");
}

int main(void)
{
	const char *env = getenv("KM_SOAK");
	double seconds = env ? strtod(env, NULL) : 3;
	/* Two rounds of each storm at least, none longer than five seconds. */
	double length = seconds / (2 * NR_STORMS) < 5 ?
				seconds / (2 * NR_STORMS) :
				5;
	double end = now() + seconds;
	unsigned int n = 0;
	struct sigaction sa;

	tap_begin();
	tap_seed();
	tap_watchdog(60 + (unsigned int)seconds * 2);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	sched_getaffinity(0, sizeof(processors), &processors);
	while ((now() < end || n < 2 * NR_STORMS) && n < MEASURES) {
		if (!play_round(n, n % NR_STORMS, length))
			tap_bail("cannot start threads");
		rss[n] = tap_status("VmRSS");
		data[n] = tap_status("VmData");
		if (lost || hung || sick)
			diag("round %u, %s: lost %lu, hung %lu, sick %lu", n,
			     storm_name[n % NR_STORMS], lost, hung, sick);
		n++;
	}
	report(n);
	return tap_done();
}
