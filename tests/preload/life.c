/* SPDX-License-Identifier: MIT */
/*
 * life - stacks, threads and jumps of unusual kinds
 *
 * Coroutines on stacks of ours, that move from thread to thread; threads whose
 * stack, and with it their thread-local data, is a block of ours; handlers on
 * an alternate stack of ours; jumps out of handlers, from faults inside and
 * outside of the allocator; children of all kinds from many threads at once.
 */
#include "tap.h"
#include <semaphore.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include "opaque.h"

#define THREADS 4
#define PATIENCE 20

extern char **environ;

static unsigned long bad; /* atomic */

static void must(bool good)
{
	if (!good)
		__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
}

static unsigned long take_bad(void)
{
	return __atomic_exchange_n(&bad, 0, __ATOMIC_RELAXED);
}

/* A block of some size for its contents, and another for it. */
static void step(struct tap_rng *rng, void **slot, size_t *n)
{
	if (*slot)
		must(tap_check(*slot, *n, 5));
	free(*slot);
	*n = tap_any_size(rng, tap_below(rng, 64) ? 12 : 20);
	*slot = malloc(*n);
	must(*slot);
	if (*slot)
		tap_fill(*slot, *n, 5);
}

static void some_steps(struct tap_rng *rng, unsigned int steps)
{
	void *slot = NULL;
	size_t n = 0;

	while (steps--)
		step(rng, &slot, &n);
	free(slot);
}

/* -- Coroutines ---------------------------------------------------------- */

#define COROUTINES 24

struct coroutine {
	ucontext_t here, caller;
	char *stack;
	size_t size;
	struct tap_rng rng;
	unsigned int left;
	bool guarded;
};

static struct coroutine coroutines[COROUTINES];

/* On one thread before it yields, perhaps on another one afterwards. */
static void body(unsigned int id)
{
	struct coroutine *co = &coroutines[id];
	void *slot[4] = { NULL };
	size_t n[4] = { 0 };
	unsigned int i;

	while (co->left--) {
		for (i = 0; i < 8; i++)
			step(&co->rng, &slot[i % 4], &n[i % 4]);
		swapcontext(&co->here, &co->caller);
	}
	for (i = 0; i < 4; i++)
		free(slot[i]);
}

/* Small stacks, large ones, aligned ones with a guard page. */
static void coroutine_make(unsigned int id)
{
	struct coroutine *co = &coroutines[id];
	size_t page = sysconf(_SC_PAGESIZE);
	void *p = NULL;

	co->size = id % 3 ? 64 << 10 : 1 << 20;
	co->guarded = id % 4 == 1;
	if (posix_memalign(&p, co->guarded ? page : 16, co->size + page))
		tap_bail("no memory for a stack");
	co->stack = p;
	if (co->guarded && mprotect(co->stack, page, PROT_NONE))
		tap_bail("no guard");
	co->rng = tap_rng_of(id);
	co->left = tap_load(60);
	getcontext(&co->here);
	co->here.uc_stack.ss_sp = co->stack + page;
	co->here.uc_stack.ss_size = co->size;
	co->here.uc_link = &co->caller;
	makecontext(&co->here, (void (*)(void))body, 1, id);
}

static void coroutine_end(struct coroutine *co)
{
	if (co->guarded)
		mprotect(co->stack, sysconf(_SC_PAGESIZE),
			 PROT_READ | PROT_WRITE);
	free(co->stack);
}

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int queue[COROUTINES], queued, unfinished; /* queue_lock */

/* The one that has waited for longest, so that threads take turns with it. */
static bool queue_take(unsigned int *id)
{
	bool any;

	pthread_mutex_lock(&queue_lock);
	any = queued > 0;
	if (any) {
		*id = queue[0];
		memmove(queue, queue + 1, --queued * sizeof(queue[0]));
	}
	pthread_mutex_unlock(&queue_lock);
	return any;
}

static void queue_put(unsigned int id)
{
	pthread_mutex_lock(&queue_lock);
	queue[queued++] = id;
	pthread_mutex_unlock(&queue_lock);
}

static void *run_coroutines(void *arg)
{
	unsigned int id;

	(void)arg;
	while (__atomic_load_n(&unfinished, __ATOMIC_RELAXED)) {
		struct coroutine *co;

		if (!queue_take(&id)) {
			sched_yield();
			continue;
		}
		co = &coroutines[id];
		swapcontext(&co->caller, &co->here);
		if (co->left != UINT_MAX) {
			queue_put(id);
			continue;
		}
		coroutine_end(co);
		__atomic_sub_fetch(&unfinished, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void in_threads(unsigned int nr, void *(*fn)(void *))
{
	pthread_t thread[THREADS];
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (pthread_create(&thread[i], NULL, fn, (void *)(uintptr_t)i))
			tap_bail("no thread");
	for (i = 0; i < nr; i++)
		pthread_join(thread[i], NULL);
}

static void test_coroutines(unsigned int threads)
{
	unsigned int i;

	unfinished = COROUTINES;
	for (i = 0; i < COROUTINES; i++) {
		coroutine_make(i);
		queue_put(i);
	}
	in_threads(threads, run_coroutines);
	ok(!take_bad(), "coroutines, %u threads resume them", threads);
}

/* -- Stacks of ours ------------------------------------------------------ */

static __thread char local[3000];

static void *live(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);

	memset(local, 1, sizeof(local));
	some_steps(&rng, 200);
	return NULL;
}

/* The thread's own data lies in the block as well: freed, it is used again. */
static void *give_stacks(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg + 10);
	unsigned long i;

	for (i = 0; i < tap_load(40); i++) {
		size_t size = (128 << 10) + (tap_below(&rng, 64) << 12);
		pthread_attr_t attr;
		pthread_t thread;
		void *stack = NULL;

		must(!posix_memalign(&stack, 4096, size));
		pthread_attr_init(&attr);
		must(!pthread_attr_setstack(&attr, stack, size));
		must(!pthread_create(&thread, &attr, live, (void *)i));
		pthread_attr_destroy(&attr);
		some_steps(&rng, 20);
		pthread_join(thread, NULL);
		memset(stack, 0x5a, size);
		free(stack);
	}
	return NULL;
}

static void test_stacks(void)
{
	in_threads(THREADS, give_stacks);
	ok(!take_bad(), "threads on stacks of ours");
}

/* -- Jumps --------------------------------------------------------------- */

static __thread sigjmp_buf back;
static __thread struct tap_rng *fault_rng;

/* A crash handler that says something first. */
static void on_fault(int sig)
{
	char *line = malloc(100), *more;

	(void)sig;
	must(line);
	snprintf(line, 100, "at %p", (void *)&line);
	more = strdup(line);
	some_steps(fault_rng, 10);
	free(line);
	free(more);
	siglongjmp(back, 1);
}

static char *closed(size_t size, int prot)
{
	void *p = NULL;

	if (posix_memalign(&p, 65536, size))
		tap_bail("no memory");
	memset(p, 1, size);
	if (mprotect(p, 65536, prot))
		tap_bail("no mprotect");
	return p;
}

/* Faults that a program brings about: by itself, and through what the allocator
 * does to a block of its, which is lost then. */
static void fault(unsigned int which)
{
	volatile char *p;

	switch (which % 4) {
	case 0:
		p = NULL;
		*p = 1;
		break;
	case 1: /* its contents cannot be copied */
		p = closed(300 << 10, PROT_NONE);
		p = realloc((char *)p, 100);
		break;
	case 2:
		p = closed(200 << 10, PROT_READ);
		*p = 1;
		break;
	case 3: /* nor those of the C library's */
		p = closed(128 << 10, PROT_NONE);
		p = strdup((char *)p);
		break;
	}
}

static void *jump(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg + 20);
	size_t size = 256 << 10;
	stack_t ss = { .ss_size = size }, off = { .ss_flags = SS_DISABLE };
	volatile unsigned long i;

	ss.ss_sp = malloc(size);
	must(!sigaltstack(&ss, NULL));
	fault_rng = &rng;
	for (i = 0; i < tap_load(40); i++) {
		if (!sigsetjmp(back, 1))
			fault(i);
		some_steps(&rng, 50);
	}
	must(!sigaltstack(&off, NULL));
	free(ss.ss_sp);
	return NULL;
}

static int do_jumps(void *arg)
{
	struct sigaction sa = { .sa_handler = on_fault,
				.sa_flags = SA_ONSTACK };

	(void)arg;
	sigaction(SIGSEGV, &sa, NULL);
	in_threads(THREADS, jump);
	return take_bad() != 0;
}

/* In a child: blocks that cannot be touched are lost to it. */
static void test_jumps(void)
{
	if (tap_ours("jumps out of a handler of faults inside"))
		ok(!tap_in_child(do_jumps, NULL, PATIENCE),
		   "jumps out of a handler that allocates, on a stack of ours");
}

/* -- Children of many threads at once ------------------------------------ */

static bool ends_with(pid_t pid, int code)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static char sh[] = "/bin/sh", opt[] = "-c", line7[] = "exit 7";
static char *const exit7[] = { sh, opt, line7, NULL };

static void vfork_one(struct tap_rng *rng)
{
	pid_t pid = vfork();

	if (!pid) {
		some_steps(rng, 50);
		execv(exit7[0], exit7);
		_exit(127);
	}
	must(ends_with(pid, 7));
}

static void spawn_one(struct tap_rng *rng)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	pid_t pid = 0;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawnattr_init(&attr);
	must(!posix_spawn(&pid, exit7[0], &actions, &attr, exit7, environ));
	some_steps(rng, 20);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	must(ends_with(pid, 7));
}

static void fork_one(struct tap_rng *rng)
{
	pid_t pid = fork();

	if (!pid) {
		take_bad();
		some_steps(rng, 100);
		_exit(take_bad() ? 1 : 7);
	}
	must(ends_with(pid, 7));
}

static void *have_children(void *arg)
{
	static void (*const one[])(struct tap_rng *) = { vfork_one, spawn_one,
							 fork_one };
	struct tap_rng rng = tap_rng_of((uintptr_t)arg + 30);
	unsigned long i;

	for (i = 0; i < tap_load(30); i++) {
		one[(i + (uintptr_t)arg) % ARRAY_SIZE(one)](&rng);
		some_steps(&rng, 100);
	}
	return NULL;
}

static void test_children(void)
{
	in_threads(THREADS, have_children);
	ok(!take_bad(), "vfork, posix_spawn and fork from threads at once");
}

/* -- Threads of libc's own ----------------------------------------------- */

static sem_t rung;

static void on_timer(union sigval value)
{
	struct tap_rng rng = tap_rng_of(40);

	some_steps(&rng, 50);
	must(tap_check(value.sival_ptr, 100, 9));
	free(value.sival_ptr);
	sem_post(&rung);
}

static void test_timers(void)
{
	unsigned int i, n = tap_load(20);

	sem_init(&rung, 0, 0);
	for (i = 0; i < n; i++) {
		struct itimerspec soon = { .it_value.tv_nsec = 1000 };
		struct sigevent ev = { .sigev_notify = SIGEV_THREAD };
		timer_t timer;

		ev.sigev_value.sival_ptr = malloc(100);
		tap_fill(ev.sigev_value.sival_ptr, 100, 9);
		ev.sigev_notify_function = on_timer;
		must(!timer_create(CLOCK_MONOTONIC, &ev, &timer));
		must(!timer_settime(timer, 0, &soon, NULL));
		while (sem_wait(&rung))
			;
		timer_delete(timer);
	}
	ok(!take_bad(), "timers that start threads");
}

/* -- Limits that come late ----------------------------------------------- */

/* No thread can be made any more, no file opened, the stack not grown. */
static int do_late_limits(void *arg)
{
	static const int which[] = { RLIMIT_NPROC, RLIMIT_NOFILE,
				     RLIMIT_MEMLOCK, RLIMIT_CORE };
	struct rlimit none = { 0, 0 };
	struct tap_rng rng = tap_rng_of(50);
	unsigned int i;

	(void)arg;
	some_steps(&rng, 200);
	for (i = 0; i < ARRAY_SIZE(which); i++)
		must(!setrlimit(which[i], &none));
	for (i = 0; i < 40; i++) {
		void *p = malloc(i << 20);

		must(p);
		memset(p, 1, i << 20);
		some_steps(&rng, 100);
		free(p);
	}
	return take_bad() != 0;
}

static void test_late_limits(void)
{
	ok(!tap_in_child(do_late_limits, NULL, PATIENCE),
	   "no processes, no files, no locked memory from now on");
}

/* Address space for what there is, a thread's stack, and GIB of memory; what is
 * merely reserved must not be in the way. */
#define GIB (1UL << 30)

static void grow_until_refused(void)
{
	static void *p[64];
	unsigned int n = 0;

	while (n < 64 && (p[n] = malloc(GIB / 32)))
		memset(p[n++], 1, 4096);
	must(n >= 8 && n < 64);
	while (n)
		free(p[--n]);
}

static int do_late_space(void *arg)
{
	struct rlimit limit = { GIB, RLIM_INFINITY };
	struct tap_rng rng = tap_rng_of(51);
	void *map, *early = malloc(300000);

	(void)arg;
	tap_fill(early, 300000, 3);
	some_steps(&rng, 2000);
	must(!setrlimit(RLIMIT_AS, &limit));
	map = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	must(map != MAP_FAILED);
	in_threads(THREADS, live);
	must(!malloc(GIB));
	grow_until_refused();
	grow_until_refused();
	some_steps(&rng, 2000);
	limit.rlim_cur = 2 * GIB;
	must(!prlimit(0, RLIMIT_AS, &limit, NULL));
	free(tap_launder(malloc(GIB)));
	in_threads(THREADS, live);
	must(tap_check(early, 300000, 3));
	free(early);
	return take_bad() != 0;
}

static void test_late_space(void)
{
	if (tap_promised("RLIMIT_AS of 1 GiB from now on"))
		ok(!tap_in_child(do_late_space, NULL, PATIENCE),
		   "RLIMIT_AS of 1 GiB from now on");
}

int main(void)
{
	tap_begin();
	tap_seed();
	tap_watchdog(100);
	test_coroutines(1);
	test_coroutines(THREADS);
	test_stacks();
	test_jumps();
	test_children();
	test_timers();
	test_late_limits();
	test_late_space();
	return tap_done();
}
