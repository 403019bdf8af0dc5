/* SPDX-License-Identifier: MIT */
/*
 * fork - children of a process whose threads are all in the allocator
 *
 * A child begins with the forking thread alone and with every lock and every
 * per-CPU cache as the others left them. It must be able to allocate at once,
 * to free what it inherited, to start threads and to fork again. A child that
 * hangs is found by a timeout, killed and counted.
 */
#include "tap.h"
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include "opaque.h"

#define THREADS 6
#define SLOTS 128
#define PATIENCE 20 /* seconds before a child counts as hung */
#define BATCH 8	    /* children of the main thread at once */
#define HANDLERS 60 /* more than libc keeps without allocating */

extern char **environ;

struct worker {
	pthread_t thread;
	struct tap_rng rng;
	struct {
		void *p;
		size_t n;
	} slot[SLOTS];
	unsigned long ops;
};

/* Made before any fork, never changed: each child checks them, then frees. */
static struct {
	void *p;
	size_t n;
} heirloom[256];
static struct worker workers[THREADS];
static unsigned long hung, failed, forked; /* atomic */
static unsigned long in_handlers;	   /* atomic */
static bool stop;			   /* atomic */
static void *handler_block;		   /* atomic */

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* -- Handlers of other libraries, before and after ours ------------------ */

static void swap_handler_block(void *p)
{
	free(__atomic_exchange_n(&handler_block, p, __ATOMIC_ACQ_REL));
}

static void before_fork(void)
{
	count(&in_handlers);
	swap_handler_block(malloc(500));
}

static void after_fork(void)
{
	void *p = malloc(70);

	swap_handler_block(calloc(1, 9000));
	free(p);
}

/* Earlier than most things in the process. */
__attribute__((constructor(101))) static void early(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

static void late(void)
{
	unsigned int i;

	for (i = 0; i < HANDLERS; i++)
		if (pthread_atfork(before_fork, after_fork, after_fork))
			tap_bail("pthread_atfork");
}

/* -- What a child does --------------------------------------------------- */

static void make_heirlooms(void)
{
	struct tap_rng rng = tap_rng_of(1000);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(heirloom); i++) {
		heirloom[i].n = tap_any_size(&rng, i % 32 ? 14 : 21);
		heirloom[i].p = malloc(heirloom[i].n);
		tap_fill(heirloom[i].p, heirloom[i].n, i);
	}
}

static bool spend_heirlooms(void)
{
	unsigned int i, bad = 0;
	size_t n;
	void *p;

	for (i = 0; i < ARRAY_SIZE(heirloom); i++) {
		p = heirloom[i].p;
		n = heirloom[i].n;
		bad += !tap_check(p, n, i);
		if (i % 3 == 0) {
			p = realloc(p, n * 2);
			bad += !p || !tap_check(p, n, i);
		}
		free(p);
	}
	return !bad;
}

static bool exercise(struct tap_rng *rng, unsigned int rounds)
{
	struct {
		void *p;
		size_t n;
	} slot[32] = { { NULL, 0 } };
	unsigned int i, k, bad = 0;

	for (i = 0; i < rounds; i++) {
		k = tap_below(rng, 32);
		if (slot[k].p) {
			bad += !tap_check(slot[k].p, slot[k].n, k);
			free(slot[k].p);
		}
		slot[k].n = tap_any_size(rng, i % 64 ? 13 : 19);
		slot[k].p = malloc(slot[k].n);
		if (!slot[k].p)
			return false;
		tap_fill(slot[k].p, slot[k].n, k);
	}
	for (k = 0; k < 32; k++)
		free(slot[k].p);
	return !bad;
}

static void *thread_of_child(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);

	return exercise(&rng, 200) ? arg : NULL;
}

static bool child_threads(unsigned long n)
{
	pthread_t t[2];
	void *ret;
	unsigned int i, bad = 0;

	for (i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, thread_of_child,
				   (void *)(n + i + 1)))
			return false;
	for (i = 0; i < 2; i++)
		bad += pthread_join(t[i], &ret) || !ret;
	return !bad;
}

static bool grandchild(void)
{
	struct tap_rng rng = tap_rng_of(getpid());
	pid_t pid = fork();

	if (!pid)
		_exit(!exercise(&rng, 100));
	return pid > 0 && tap_reap(pid, PATIENCE / 2) == 0;
}

/* The other threads' blocks are ours too now, whatever state they were in. */
static void child(unsigned long n)
{
	struct tap_rng rng = tap_rng_of(n + 5000);
	bool good = exercise(&rng, 300) && spend_heirlooms();

	if (n % 10 == 0)
		good = good && child_threads(n);
	if (n % 20 == 5)
		good = good && grandchild();
	_exit(!good);
}

static pid_t fork_child(unsigned long n)
{
	pid_t pid = fork();

	if (!pid)
		child(n);
	count(pid < 0 ? &failed : &forked);
	return pid;
}

static void await_child(pid_t pid)
{
	int status = pid < 0 ? 0 : tap_reap(pid, PATIENCE);

	if (status == -1)
		count(&hung);
	else if (status)
		count(&failed);
}

static void fork_batch(unsigned long n)
{
	pid_t pid[BATCH];
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		pid[i] = fork_child(n + i);
	for (i = 0; i < BATCH; i++)
		await_child(pid[i]);
}

/* -- The busy parent ----------------------------------------------------- */

static void churn(struct worker *w)
{
	unsigned int k = tap_below(&w->rng, SLOTS);

	if (w->slot[k].p && !tap_check(w->slot[k].p, w->slot[k].n, k))
		count(&failed);
	free(w->slot[k].p);
	w->slot[k].n = tap_any_size(&w->rng, w->ops % 128 ? 12 : 18);
	w->slot[k].p = malloc(w->slot[k].n);
	tap_fill(w->slot[k].p, w->slot[k].n, k);
	w->ops++;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int k;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		churn(w);
		/* Every thread forks now and then; the main thread most. */
		if (w->ops % 200000 == 0)
			await_child(fork_child(w->ops + (w - workers)));
	}
	for (k = 0; k < SLOTS; k++)
		free(w->slot[k].p);
	return NULL;
}

static void start_workers(void)
{
	unsigned int i;

	stop = false;
	for (i = 0; i < THREADS; i++) {
		memset(&workers[i], 0, sizeof(workers[i]));
		workers[i].rng = tap_rng_of(i);
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			tap_bail("no thread");
	}
}

static void stop_workers(void)
{
	unsigned int i;

	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
}

static void test_storm(void)
{
	unsigned long n = tap_load(1000), i;

	hung = failed = forked = 0;
	start_workers();
	for (i = 0; __atomic_load_n(&forked, __ATOMIC_RELAXED) < n &&
		    hung + failed < 5;
	     i += BATCH)
		fork_batch(i);
	stop_workers();
	diag("%lu forks from %d allocating threads", forked, THREADS);
	ok(!hung, "no child hangs (%lu)", hung);
	ok(!failed, "every child and every thread is well (%lu)", failed);
	ok(forked >= n, "%lu forks", forked);
	ok(in_handlers >= forked, "fork handlers that allocate ran");
}

/* -- Other ways to a child ----------------------------------------------- */

/* Shares our memory; its thread has no rseq area of its own registered. */
static bool vfork_that_allocates(struct tap_rng *rng)
{
	volatile bool good = true;
	int status;
	pid_t pid = vfork();

	if (!pid) {
		good = exercise(rng, 100);
		_exit(3);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return good && WIFEXITED(status) && WEXITSTATUS(status) == 3;
}

static bool vfork_exec(void)
{
	static char sh[] = "/bin/sh", c[] = "-c", line[] = "exit 7";
	char *const argv[] = { sh, c, line, NULL };
	int status;
	pid_t pid = vfork();

	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static bool spawn(void)
{
	static char sh[] = "sh", c[] = "-c", line[] = "exit 8";
	char *const argv[] = { sh, c, line, NULL };
	int status;
	pid_t pid;

	return !posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) &&
	       waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 8;
}

static bool pipe_from(void)
{
	char line[64] = "";
	FILE *f = popen("echo 42", "r");
	bool good = f && fgets(line, sizeof(line), f) && atoi(line) == 42;

	return f && !pclose(f) && good;
}

static void test_other_ways(void)
{
	unsigned long n = tap_load(40), i, bad[5] = { 0 };
	struct tap_rng rng = tap_rng_of(77);

	failed = hung = 0;
	start_workers();
	for (i = 0; i < n; i++) {
		bad[0] += !vfork_that_allocates(&rng);
		bad[1] += !vfork_exec();
		bad[2] += !spawn();
		bad[3] += WEXITSTATUS(system("exit 9")) != 9;
		bad[4] += !pipe_from();
	}
	stop_workers();
	ok(!bad[0], "vfork, the child allocates (%lu)", bad[0]);
	ok(!bad[1], "vfork and exec (%lu)", bad[1]);
	ok(!bad[2], "posix_spawn (%lu)", bad[2]);
	ok(!bad[3], "system (%lu)", bad[3]);
	ok(!bad[4], "popen (%lu)", bad[4]);
	ok(!failed && !hung, "the threads saw nothing of it (%lu, %lu)", failed,
	   hung);
}

/* No fork handler runs, but there is one thread and it is not in malloc. */
static void test_raw_fork(void)
{
	unsigned long i, n = tap_load(50);
	struct tap_rng rng = tap_rng_of(88);
	unsigned int bad = 0;
	pid_t pid;

	for (i = 0; i < n; i++) {
		exercise(&rng, 10);
#ifdef SYS_fork
		pid = syscall(SYS_fork);
#else
		pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
		if (!pid)
			_exit(!(exercise(&rng, 200) && spend_heirlooms()));
		bad += tap_reap(pid, PATIENCE) != 0;
	}
	ok(!bad, "fork by the bare system call (%u)", bad);
}

static int clone_child(void *arg)
{
	return exercise(arg, 200) ? 4 : 5;
}

/* Shares our memory and libc's idea of the thread, on a stack of its own. */
static void test_raw_clone(void)
{
	size_t size = 256 * 1024;
	struct tap_rng theirs = tap_rng_of(91), mine = tap_rng_of(92);
	unsigned int bad = 0, i;
	int status;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid;

	for (i = 0; i < tap_load(20); i++) {
		pid = clone(clone_child, stack + size,
			    CLONE_VM | CLONE_VFORK | SIGCHLD, &theirs);
		bad += pid < 0 || !exercise(&mine, 50);
		status = tap_reap(pid, PATIENCE);
		bad += !WIFEXITED(status) || WEXITSTATUS(status) != 4;
	}
	munmap(stack, size);
	ok(!bad, "clone(CLONE_VM | CLONE_VFORK) (%u)", bad);
}

int main(void)
{
	tap_begin();
	tap_seed();
	tap_watchdog(100);
	make_heirlooms();
	test_raw_fork();
	test_raw_clone();
	late();
	test_storm();
	test_other_ways();
	return tap_done();
}
