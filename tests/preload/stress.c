/* SPDX-License-Identifier: MIT */
/*
 * stress - no block is given to two owners and none loses its contents
 *
 * Threads allocate, resize, free and hand blocks to each other. A block of 32
 * bytes or more begins with an owner word, swapped in atomically when the block
 * is got and cleared before it is given back: to find the word of a living
 * owner there is to have been given somebody's block. All the rest of every
 * block is a pattern of its own seed, written when it is got, and compared
 * before it is resized or given back.
 *
 * Meanwhile threads are moved between the processors, give up their time
 * slices in bursts, and each gets a signal about every 100 us: all that aborts
 * or migrates a per-CPU operation in the middle.
 */
#include "tap.h"
#include <sched.h>
#include "opaque.h"

#define OWNED UINT64_C(0x6f776e65640000) /* low 16 bits: the thread */
#define MAX_THREADS 64
#define SLOTS 256
#define MAILBOXES 64

struct head {
	uint64_t owner; /* atomic */
	uint64_t size;
	uint64_t seed;
};

/* Blocks too small for a head are known by their slot alone. */
struct slot {
	void *p;
	size_t n;
	uint64_t seed;
};

struct worker {
	pthread_t thread;
	unsigned int id;
	unsigned long ops, got, passed, moved;
	struct tap_rng rng;
	struct slot slot[SLOTS];
};

static struct worker workers[MAX_THREADS];
static void *mailbox[MAILBOXES]; /* atomic; blocks with a head */
static cpu_set_t allowed;
static uint64_t owned; /* OWNED, unlike other runs' */
static unsigned int nr_threads;
static unsigned long twice, lost, refused, dirty; /* atomic */
static unsigned long nr_signals;		  /* atomic */

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* -- Blocks -------------------------------------------------------------- */

static bool has_head(size_t n)
{
	return n >= 32;
}

static void write_body(void *p, size_t n, uint64_t seed)
{
	if (has_head(n))
		tap_fill_from(p, sizeof(struct head), n, seed);
	else
		tap_fill(p, n, seed);
}

static bool body_is(void *p, size_t n, uint64_t seed)
{
	if (has_head(n))
		return tap_check_from(p, sizeof(struct head), n, seed);
	return tap_check(p, n, seed);
}

/* The block becomes ours; nobody may own it now. */
static void own(struct worker *w, void *p, size_t n, uint64_t seed)
{
	struct head *head = p;
	uint64_t before;

	if (!has_head(n))
		return;
	before = __atomic_exchange_n(&head->owner, owned | w->id,
				     __ATOMIC_ACQ_REL);
	if ((before & ~UINT64_C(0xffff)) == owned)
		count(&twice);
	head->size = n;
	head->seed = seed;
}

/* The block is nobody's; it was whose it should be, and whole. */
static void disown(void *p, size_t n, uint64_t seed)
{
	struct head *head = p;

	if (!body_is(p, n, seed))
		count(&lost);
	if (!has_head(n))
		return;
	if (head->size != n || head->seed != seed)
		count(&lost);
	if ((__atomic_exchange_n(&head->owner, 0, __ATOMIC_ACQ_REL) &
	     ~UINT64_C(0xffff)) != owned)
		count(&twice);
}

static size_t some_size(struct worker *w)
{
	uint64_t dice = tap_below(&w->rng, 1000);

	if (dice == 0)
		return tap_any_size(&w->rng, 21);
	if (dice < 500)
		return 1 + tap_below(&w->rng, 512);
	return tap_any_size(&w->rng, 16);
}

static void *get(struct worker *w, size_t n)
{
	void *p;

	switch (tap_below(&w->rng, 8)) {
	case 0:
		p = calloc(1, n);
		if (p && !tap_is_zero(p, n))
			count(&dirty);
		return p;
	case 1:
		return memalign((size_t)16 << tap_below(&w->rng, 8), n);
	default:
		return malloc(n);
	}
}

static void slot_fill(struct worker *w, struct slot *s)
{
	s->n = some_size(w);
	s->seed = tap_random(&w->rng);
	s->p = get(w, s->n);
	if (!s->p) {
		count(&refused);
		return;
	}
	w->got++;
	own(w, s->p, s->n, s->seed);
	write_body(s->p, s->n, s->seed);
}

static void slot_empty(struct slot *s)
{
	disown(s->p, s->n, s->seed);
	free(s->p);
	s->p = NULL;
}

/* Owned by nobody while realloc may move it: no copy must look owned. */
static void slot_resize(struct worker *w, struct slot *s)
{
	size_t n = some_size(w), keep = n < s->n ? n : s->n;
	struct head *head;
	void *p;

	disown(s->p, s->n, s->seed);
	p = realloc(s->p, n);
	if (!p) {
		count(&refused);
		own(w, s->p, s->n, s->seed);
		return;
	}
	head = p;
	if (has_head(s->n) && has_head(n)) {
		if (head->size != s->n || head->seed != s->seed ||
		    !tap_check_from(p, sizeof(*head), keep, s->seed))
			count(&lost);
	} else if (!has_head(s->n) && !tap_check(p, keep, s->seed)) {
		count(&lost);
	}
	s->p = p;
	s->n = n;
	own(w, p, n, s->seed);
	write_body(p, n, s->seed);
}

/* -- Between threads ----------------------------------------------------- */

/* Our block into a mailbox; what was there becomes ours, for a moment. */
static void slot_pass(struct worker *w, struct slot *s)
{
	void **box = &mailbox[tap_below(&w->rng, MAILBOXES)];
	struct head *head;

	if (!has_head(s->n)) {
		slot_empty(s);
		return;
	}
	head = __atomic_exchange_n(box, s->p, __ATOMIC_ACQ_REL);
	w->passed++;
	s->p = NULL;
	if (head) {
		disown(head, head->size, head->seed);
		free(head);
	}
}

static void empty_mailboxes(void)
{
	unsigned int i;

	for (i = 0; i < MAILBOXES; i++) {
		struct head *head = mailbox[i];

		mailbox[i] = NULL;
		if (!head)
			continue;
		disown(head, head->size, head->seed);
		free(head);
	}
}

/* -- Unrest -------------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&nr_signals, 1, __ATOMIC_RELAXED);
}

/* About 10,000 signals a second in all, shared by the threads. */
static bool start_timer(timer_t *timer)
{
	struct itimerspec when;
	struct sigevent ev;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev.sigev_signo = SIGUSR1;
#ifdef sigev_notify_thread_id
	ev.sigev_notify_thread_id = syscall(SYS_gettid);
#else
	ev._sigev_un._tid = syscall(SYS_gettid);
#endif
	if (timer_create(CLOCK_MONOTONIC, &ev, timer))
		return false;
	memset(&when, 0, sizeof(when));
	when.it_interval.tv_nsec =
		100000 * (nr_threads > 2 ? nr_threads / 2 : 1);
	when.it_value = when.it_interval;
	return !timer_settime(*timer, 0, &when, NULL);
}

static void migrate(struct worker *w)
{
	unsigned int cpu, skipped = tap_below(&w->rng, CPU_COUNT(&allowed));
	cpu_set_t one;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && !skipped--)
			break;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (!sched_setaffinity(0, sizeof(one), &one))
		w->moved++;
	if (tap_below(&w->rng, 4) == 0)
		sched_setaffinity(0, sizeof(allowed), &allowed);
}

static void unrest(struct worker *w)
{
	uint64_t dice = tap_below(&w->rng, 2048);

	if (dice < 4)
		migrate(w);
	else if (dice == 4)
		for (dice = 0; dice < 50; dice++)
			sched_yield();
	else if (dice < 16)
		sched_yield();
}

/* -- Threads ------------------------------------------------------------- */

static void step(struct worker *w)
{
	struct slot *s = &w->slot[tap_below(&w->rng, SLOTS)];
	uint64_t dice = tap_below(&w->rng, 16);

	if (!s->p)
		slot_fill(w, s);
	else if (dice < 2)
		slot_pass(w, s);
	else if (dice < 5)
		slot_resize(w, s);
	else
		slot_empty(s);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	bool timed;
	timer_t timer;
	unsigned long i;

	timed = start_timer(&timer);
	for (i = 0; i < w->ops; i++) {
		step(w);
		unrest(w);
	}
	for (i = 0; i < SLOTS; i++)
		if (w->slot[i].p)
			slot_empty(&w->slot[i]);
	if (timed)
		timer_delete(timer);
	return NULL;
}

static void totals(unsigned long *got, unsigned long *passed,
		   unsigned long *moved)
{
	unsigned int i;

	*got = *passed = *moved = 0;
	for (i = 0; i < nr_threads; i++) {
		*got += workers[i].got;
		*passed += workers[i].passed;
		*moved += workers[i].moved;
	}
}

static void run(unsigned int threads)
{
	unsigned long ops = tap_load(2000000) / threads, got, passed, moved;
	unsigned int i;

	nr_threads = threads;
	twice = lost = refused = dirty = nr_signals = 0;
	memset(workers, 0, sizeof(workers));
	for (i = 0; i < threads; i++) {
		workers[i].id = i;
		workers[i].ops = ops;
		workers[i].rng = tap_rng_of(threads * 100 + i);
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	empty_mailboxes();
	totals(&got, &passed, &moved);
	diag("%u threads: %lu blocks, %lu passed on, %lu moves, %lu signals",
	     threads, got, passed, moved, nr_signals);
	ok(!twice, "%u threads: no block has two owners (%lu)", threads, twice);
	ok(!lost, "%u threads: no contents lost (%lu)", threads, lost);
	ok(!dirty, "%u threads: calloc is zero (%lu)", threads, dirty);
	ok(!refused, "%u threads: nothing refused (%lu)", threads, refused);
	ok(passed > got / 32 && moved > 0 && nr_signals > 0,
	   "%u threads: blocks, threads and signals went about", threads);
}

int main(void)
{
	static const unsigned int threads[] = { 2, 8, 32 };
	struct sigaction sa;
	unsigned int i;

	tap_begin();
	tap_seed();
	tap_watchdog(100);
	owned = OWNED ^ (tap_the_seed & 0xffff) << 16;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		run(threads[i]);
	return tap_done();
}
