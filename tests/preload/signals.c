/* SPDX-License-Identifier: MIT */
/*
 * signals - malloc and free in handlers that interrupt malloc and free
 *
 * POSIX forbids it, profilers and crash handlers do it. Threads allocate while
 * two signals keep breaking in, the second also into the handler of the first;
 * the handlers allocate, resize and free, blocks of their own and blocks of the
 * thread they interrupt. Nothing may hang (the watchdog) and no contents may be
 * lost. The handlers run on a small alternate stack.
 */
#include "tap.h"
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include "opaque.h"

#define THREADS 4
#define SLOTS 64
#define HELD 16
#define STACK_SPARE 8192

struct block {
	void *p;
	size_t n;
	uint64_t seed;
};

/* All of it the thread's own; a handler runs on its thread. */
struct worker {
	pthread_t thread;
	unsigned int id;
	struct tap_rng rng, handler_rng[2];
	struct block slot[SLOTS];
	struct block held[2][HELD];    /* by each of the two handlers */
	void *given;		       /* atomic: by the thread, 64 bytes */
	unsigned long ops, interrupts; /* interrupts: atomic */
};

static struct worker workers[THREADS];
static __thread struct worker *self;
static __thread int depth; /* handlers running */
static bool handlers_allocate;
static unsigned long lost, nested; /* atomic */
static unsigned long refused[2];   /* atomic; [1] in handlers */
static unsigned long enough;	   /* interrupts a thread wants */
static bool stop;		   /* atomic */

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* -- Blocks -------------------------------------------------------------- */

static size_t some_size(struct tap_rng *rng)
{
	uint64_t dice = tap_below(rng, 512);

	if (!dice)
		return 1 + tap_below(rng, 4 << 20);
	if (dice < 8)
		return tap_any_size(rng, 18);
	return dice < 256 ? 1 + tap_below(rng, 300) : tap_any_size(rng, 14);
}

/* Pages further into a big block stay untouched, for speed. */
static size_t filled(size_t n)
{
	return n < 4096 ? n : 4096;
}

static void block_get(struct tap_rng *rng, struct block *b)
{
	b->n = some_size(rng);
	b->seed = tap_random(rng);
	b->p = tap_below(rng, 8) ? malloc(b->n) : calloc(1, b->n);
	if (!b->p)
		count(&refused[!!depth]);
	else
		tap_fill(b->p, filled(b->n), b->seed);
}

static void block_check(const struct block *b)
{
	if (!tap_check(b->p, filled(b->n), b->seed))
		count(&lost);
}

static void block_put(struct block *b)
{
	void *p = b->p;

	block_check(b);
	b->p = NULL;
	free(p);
}

static void block_resize(struct tap_rng *rng, struct block *b)
{
	size_t n = some_size(rng), keep = filled(n < b->n ? n : b->n);
	void *p;

	block_check(b);
	p = realloc(b->p, n);
	if (!p) {
		count(&refused[!!depth]);
		return;
	}
	if (!tap_check(p, keep, b->seed))
		count(&lost);
	b->p = p;
	b->n = n;
	tap_fill(p, filled(n), b->seed);
}

static void block_step(struct tap_rng *rng, struct block *b)
{
	if (!b->p)
		block_get(rng, b);
	else if (tap_below(rng, 4))
		block_put(b);
	else
		block_resize(rng, b);
}

/* -- The handlers -------------------------------------------------------- */

static void exchange_given(struct worker *w, void *p)
{
	free(__atomic_exchange_n(&w->given, p, __ATOMIC_ACQ_REL));
}

static void on_signal(int sig)
{
	struct worker *w = self;
	unsigned int which = sig == SIGUSR2, i;
	int err = errno;

	if (!w)
		return;
	__atomic_add_fetch(&w->interrupts, 1, __ATOMIC_RELAXED);
	if (depth++)
		count(&nested);
	for (i = 0; handlers_allocate && i < 6; i++) {
		struct tap_rng *rng = &w->handler_rng[which];

		block_step(rng, &w->held[which][tap_below(rng, HELD)]);
		if (i == 3)
			exchange_given(w, malloc(64));
	}
	depth--;
	errno = err;
}

static bool take_stack(stack_t *ss)
{
	size_t page = sysconf(_SC_PAGESIZE), need = STACK_SPARE;
	char *map;

#ifdef AT_MINSIGSTKSZ
	need += getauxval(AT_MINSIGSTKSZ);
#endif
	/* Two signals deep, and a guard page below. */
	ss->ss_size = (2 * need + page - 1) / page * page;
	map = mmap(NULL, ss->ss_size + page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return false;
	mprotect(map, page, PROT_NONE);
	ss->ss_sp = map + page;
	ss->ss_flags = 0;
	return !sigaltstack(ss, NULL);
}

static bool start_timer(int sig, long period, timer_t *timer)
{
	struct itimerspec when;
	struct sigevent ev;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev.sigev_signo = sig;
#ifdef sigev_notify_thread_id
	ev.sigev_notify_thread_id = syscall(SYS_gettid);
#else
	ev._sigev_un._tid = syscall(SYS_gettid);
#endif
	if (timer_create(CLOCK_MONOTONIC, &ev, timer))
		return false;
	memset(&when, 0, sizeof(when));
	when.it_interval.tv_nsec = period;
	when.it_value = when.it_interval;
	return !timer_settime(*timer, 0, &when, NULL);
}

/* -- The interrupted ----------------------------------------------------- */

static void finish(struct worker *w)
{
	unsigned int i, k;

	for (i = 0; i < SLOTS; i++)
		if (w->slot[i].p)
			block_put(&w->slot[i]);
	for (k = 0; k < 2; k++)
		for (i = 0; i < HELD; i++)
			if (w->held[k][i].p)
				block_put(&w->held[k][i]);
	exchange_given(w, NULL);
}

static unsigned long interrupts_of(struct worker *w)
{
	return __atomic_load_n(&w->interrupts, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	stack_t ss, off = { .ss_flags = SS_DISABLE };
	struct worker *w = arg;
	timer_t timer[2];

	if (!take_stack(&ss))
		tap_bail("no alternate stack");
	self = w;
	if (!start_timer(SIGUSR1, 61000, &timer[0]) ||
	    !start_timer(SIGUSR2, 97000, &timer[1]))
		tap_bail("no timers");
	while (interrupts_of(w) < enough) {
		block_step(&w->rng, &w->slot[tap_below(&w->rng, SLOTS)]);
		if (++w->ops % 16 == 0)
			exchange_given(w, malloc(64));
	}
	timer_delete(timer[0]);
	timer_delete(timer[1]);
	self = NULL;
	sigaltstack(&off, NULL);
	finish(w);
	return NULL;
}

/* Signals from outside too, at no regular time. */
static void *pester(void *arg)
{
	struct tap_rng rng = tap_rng_of(99);
	unsigned int i;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		i = tap_below(&rng, THREADS);
		pthread_kill(workers[i].thread,
			     tap_below(&rng, 2) ? SIGUSR1 : SIGUSR2);
		for (i = tap_below(&rng, 2000); i; i--)
			__asm__ volatile("");
	}
	return NULL;
}

static void start(struct worker *w, unsigned int id)
{
	w->id = id;
	w->rng = tap_rng_of(id * 3);
	w->handler_rng[0] = tap_rng_of(id * 3 + 1);
	w->handler_rng[1] = tap_rng_of(id * 3 + 2);
	if (pthread_create(&w->thread, NULL, work, w))
		tap_bail("no thread");
}

static void run(void)
{
	unsigned long ops = 0, interrupts = 0;
	pthread_t pesterer;
	unsigned int i;

	enough = tap_load(5000);
	for (i = 0; i < THREADS; i++)
		start(&workers[i], i);
	pthread_create(&pesterer, NULL, pester, NULL);
	/* The pesterer may signal a thread that ended, no joined one. */
	for (i = 0; i < THREADS; i++)
		while (interrupts_of(&workers[i]) < enough)
			sched_yield();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(pesterer, NULL);
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		ops += workers[i].ops;
		interrupts += workers[i].interrupts;
	}
	diag("%lu operations, %lu interrupts, %lu of them nested", ops,
	     interrupts, nested);
	ok(interrupts >= THREADS * enough, "%lu handlers came back",
	   THREADS * enough);
	ok(!lost, "no contents lost (%lu)", lost);
	ok(!refused[0], "nothing refused to threads (%lu)", refused[0]);
	ok(!refused[1], "nothing refused to handlers (%lu)", refused[1]);
}

int main(void)
{
	struct sigaction sa;

	tap_begin();
	tap_seed();
	tap_watchdog(60);
	handlers_allocate = tap_ours("handlers that allocate");
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = SA_RESTART | SA_ONSTACK;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	run();
	return tap_done();
}
