/* SPDX-License-Identifier: MIT */
/*
 * kmtest.h: what the unit tests of the rooms share.
 *
 *	int main(void)
 *	{
 *		static const struct CMUnitTest tests[] = { ... };
 *
 *		return km_run_tests(tests);
 *	}
 *
 * A test that must start from a library that is down, or that must die, or
 * that spoils the process, runs its body in a child: km_child() and the
 * assert_child_*() below.  Threads and children say must(), never cmocka's
 * asserts, which jump to a stack that is not theirs.
 *
 * No block is a sample of kfence's, unless a test says so.
 *
 * KM_SEED=n repeats a run, KM_STRESS=n multiplies its load, KM_TEST=pattern
 * runs the tests whose names match.
 */
#ifndef KM_KMTEST_H
#define KM_KMTEST_H

#include "compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch.h"
#include "kernel.h"
#include "memblock.h"
#include "params.h"

/* ---- chance ---- */

struct km_rng {
	u64 state;
};

static u64 km_seed;

static inline u64 km_random(struct km_rng *rng)
{
	u64 z = (rng->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline u64 km_below(struct km_rng *rng, u64 n)
{
	return km_random(rng) % n;
}

/* A size of 1 to @most, every magnitude as likely as any other. */
static inline size_t km_any_size(struct km_rng *rng, size_t most)
{
	size_t top = most >> km_below(rng, 64U - __builtin_clzl(most));

	return 1 + km_below(rng, top);
}

/* The generator of one thread or child of this run. */
static inline struct km_rng km_rng_of(u64 n)
{
	struct km_rng rng = { km_seed + n * 0xd1342543de82ef95ULL };

	km_random(&rng);
	return rng;
}

/* A value, or a pointer's origin and size, that the compiler cannot know. */
#define km_hide(x)                                               \
	({                                                       \
		__typeof__(x) __hide_x = (x);                  \
		__asm__ volatile("" : "+r"(__hide_x) : : "memory"); \
		__hide_x;                                      \
	})

/* The system calls that can be made to fail (arch.c; t_arch asks for each). */
static const char *const km_calls[] __maybe_unused = {
	"mmap", "munmap", "mprotect", "madvise", "mremap", "process_vm_readv",
	"process_madvise", "futex", "sched_yield", "sched_getaffinity", "rseq", "membarrier",
	"openat", "read", "close", "prlimit64", "getrusage", "mincore", "getrandom",
	"fcntl", "write",
	"rt_sigprocmask", "clone", "prctl", "sched_getscheduler", "mlock", "munlock",
	"mbind", "getcpu",
};

/* ---- the tool that we run under ---- */

/* The thread sanitizer has its own where the descriptors of what is below
 * 4 GiB would be, and takes a child of fork for another thread. */
#if defined(__SANITIZE_THREAD__)
#define KM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KM_TSAN 1
#endif
#endif
#ifndef KM_TSAN
#define KM_TSAN 0
#endif

static inline bool km_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

/* @base rounds, fewer where each takes long, times KM_STRESS. */
static inline unsigned long km_load(unsigned long base)
{
	const char *env = getenv("KM_STRESS");
	double n = (double)base * (env ? strtod(env, NULL) : 1.0);

	if (km_valgrind())
		n /= 20;
	else if (IS_ENABLED(CONFIG_SANITIZER))
		n /= 4;
	return n < 1 ? 1 : (unsigned long)n;
}

/* ---- assertions for threads and children ---- */

static inline void __noreturn km_wrong(const char *file, int line,
				       const char *what)
{
	dprintf(2, "%s:%d: not true: %s\n", file, line, what);
	_exit(1);
}

#define must(cond)                                               \
	do {                                                     \
		if (unlikely(!(cond)))                           \
			km_wrong(__FILE__, __LINE__, #cond);     \
	} while (0)

/* ---- failing system calls ---- */

/* The call @name fails at every @every-th use; 0: no more. */
static inline void km_fail(const char *name, unsigned int every)
{
	must(!arch_fail_set(name, (unsigned int)strlen(name), every));
}

/* The call that brings memory online, in a library that is up. */
static inline void km_fail_growth(unsigned int every)
{
	unsigned char vec[1];
	bool reserved = !mincore(mem_phys.base + mem_phys.size - SZ_64K, 1,
				 vec);

	km_fail(reserved ? "mprotect" : "mmap", every);
}

/* Whether the system can move pages and keep the range that they leave:
 * Linux 5.7 and later, but not valgrind. */
static inline bool km_can_move(void)
{
	char *p = arch_mmap(NULL, arch_page_size, PROT_READ | PROT_WRITE, 0);
	char *to = arch_mmap(NULL, arch_page_size, PROT_READ | PROT_WRITE, 0);

	return arch_move_pages(p, arch_page_size, to) != -EINVAL;
}

/* ---- content that tells whose it is ---- */

static inline u64 km_mark(u64 tag, size_t i)
{
	return (tag + i + 1) * 0x9e3779b97f4a7c15ULL;
}

/* Byte k depends on the tag and on k alone, so that a block can be checked
 * at any shorter length. */
static inline void km_fill(void *p, size_t n, u64 tag)
{
	unsigned char *byte = p;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		u64 mark = km_mark(tag, i / 8);

		memcpy(byte + i, &mark, 8);
	}
	for (; i < n; i++)
		byte[i] = (unsigned char)(km_mark(tag, i / 8) >> 8 * (i % 8));
}

static inline bool km_intact(const void *p, size_t n, u64 tag)
{
	const unsigned char *byte = p;
	u64 bad = 0, word;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		memcpy(&word, byte + i, 8);
		bad |= word ^ km_mark(tag, i / 8);
	}
	for (; i < n; i++)
		bad |= byte[i] ^
		       (unsigned char)(km_mark(tag, i / 8) >> 8 * (i % 8));
	return !bad;
}

static inline bool km_is_zero(const void *p, size_t n)
{
	const unsigned char *byte = p;
	u64 bad = 0, word;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		memcpy(&word, byte + i, 8);
		bad |= word;
	}
	for (; i < n; i++)
		bad |= byte[i];
	return !bad;
}

/* Of so many bytes, at most 4 MiB, how many pages are resident. */
static inline size_t km_resident(const void *p, size_t len)
{
	static unsigned char vec[SZ_4M >> PAGE_SHIFT];
	size_t n = 0;

	must(len <= SZ_4M && !mincore((void *)p, len, vec));
	for (size_t i = 0; i < len >> PAGE_SHIFT; i++)
		n += vec[i] & 1;
	return n;
}

/* ---- threads ---- */

#define KM_MAX_THREADS 16

struct km_thread {
	pthread_t id;
	unsigned int nr;
	void *arg;
	void (*fn)(unsigned int nr, void *arg);
};

static inline void *km_thread_main(void *arg)
{
	struct km_thread *t = arg;

	t->fn(t->nr, t->arg);
	return NULL;
}

static inline void km_threads_start(struct km_thread *t, unsigned int nr,
				    void (*fn)(unsigned int, void *), void *arg)
{
	for (unsigned int i = 0; i < nr; i++) {
		t[i] = (struct km_thread){ .nr = i, .arg = arg, .fn = fn };
		must(!pthread_create(&t[i].id, NULL, km_thread_main, &t[i]));
	}
}

static inline void km_threads_join(struct km_thread *t, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		must(!pthread_join(t[i].id, NULL));
}

/* This thread stays on the CPU that it is on. */
static inline void km_stay(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)max(sched_getcpu(), 0), &set);
	must(!sched_setaffinity(0, sizeof(set), &set));
}

/* @fn(0, @arg) to @fn(@nr - 1, @arg), each in a thread of its own. */
static inline void km_threads(unsigned int nr, void (*fn)(unsigned int, void *),
			      void *arg)
{
	struct km_thread t[KM_MAX_THREADS];

	must(nr <= KM_MAX_THREADS);
	km_threads_start(t, nr, fn, arg);
	km_threads_join(t, nr);
}

/* ---- children ---- */

#define KM_CHILD_SECONDS 30
#define KM_CHILD_SKIP 77

struct km_child {
	int status;	/* as of waitpid */
	size_t len;	/* of what it said on both outputs */
	char said[16384];
};

/* A child dies of what kills it: no handler of cmocka's or a sanitizer's,
 * no core file, and a hang ends by SIGALRM. */
static inline void km_child_begin(int out)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS,
				     SIGABRT };
	struct rlimit none = { 0, 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(fatal); i++)
		signal(fatal[i], SIG_DFL);
	setrlimit(RLIMIT_CORE, &none);
	alarm(KM_CHILD_SECONDS * (km_valgrind() ? 10 : 1));
	dup2(out, 1);
	dup2(out, 2);
	if (out > 2)
		close(out);
}

/* Drops the lines that valgrind puts between the child's. */
static inline void km_child_clean(struct km_child *c)
{
	char *to = c->said;

	for (char *at = c->said; *at;) {
		size_t n = strcspn(at, "\n");

		n += at[n] == '\n';
		if (strncmp(at, "--", 2) && strncmp(at, "==", 2)) {
			memmove(to, at, n);
			to += n;
		}
		at += n;
	}
	*to = '\0';
	c->len = (size_t)(to - c->said);
}

static inline void km_child_listen(struct km_child *c, int in)
{
	char rest[512];
	ssize_t n;

	c->len = 0;
	do {
		size_t room = sizeof(c->said) - 1 - c->len;

		n = read(in, room ? c->said + c->len : rest,
			 room ? room : sizeof(rest));
		if (n > 0 && room)
			c->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	c->said[c->len] = '\0';
	close(in);
	if (km_valgrind())
		km_child_clean(c);
}

/* Runs @fn(@arg) in a child, which then exits with 0. */
static inline void km_child(struct km_child *c, void (*fn)(void *),
			    const void *arg)
{
	int fds[2];
	pid_t pid;

	must(!pipe(fds));
	fflush(NULL);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		close(fds[0]);
		km_child_begin(fds[1]);
		fn((void *)arg);
		_exit(0);
	}
	close(fds[1]);
	km_child_listen(c, fds[0]);
	while (waitpid(pid, &c->status, 0) < 0)
		must(errno == EINTR);
}

/* The program's own path, read before anybody changes directory. */
static char km_self[4096];

struct km_exec {
	const char *options;  /* the variable KMALLOC, or NULL */
	const char *scenario; /* argv[1] */
	void (*prepare)(void);
};

static inline void km_exec_now(void *arg)
{
	const struct km_exec *e = arg;

	if (e->options)
		setenv("KMALLOC", e->options, 1);
	else
		unsetenv("KMALLOC");
	if (e->prepare)
		e->prepare();
	execl(km_self, km_self, e->scenario, (char *)NULL);
	must(!"exec");
}

/* Runs this program anew: main finds the scenario in argv[1]. */
static inline void km_exec(struct km_child *c, const struct km_exec *e)
{
	km_child(c, km_exec_now, e);
}

static inline void km_diag(const char *head, const char *text)
{
	while (*text) {
		int n = (int)strcspn(text, "\n");

		print_message("# %s%.*s\n", head, n, text);
		text += n + (text[n] == '\n');
	}
}

static inline bool km_child_exited(const struct km_child *c, int code)
{
	if (WIFEXITED(c->status) && WEXITSTATUS(c->status) == code)
		return true;
	if (WIFSIGNALED(c->status))
		print_message("# the child %s (signal %d)\n",
			      WTERMSIG(c->status) == SIGALRM ? "hung" : "died",
			      WTERMSIG(c->status));
	else
		print_message("# the child exited with %d\n",
			      WEXITSTATUS(c->status));
	km_diag("it said: ", c->said);
	return false;
}

static inline bool km_child_died(const struct km_child *c, int sig,
				 const char *text)
{
	if (WIFSIGNALED(c->status) && WTERMSIG(c->status) == sig &&
	    strstr(c->said, text))
		return true;
	print_message("# expected signal %d and \"%s\", got status %#x\n", sig,
		      text, (unsigned int)c->status);
	km_diag("it said: ", c->said);
	return false;
}

#define assert_child_ok(c) assert_true(km_child_exited(c, 0))
#define assert_child_dies(c, sig, text) assert_true(km_child_died(c, sig, text))

/* @fn(@arg) in a child must abort and say @text. */
#define assert_aborts(fn, arg, text)                             \
	do {                                                     \
		struct km_child __aborts_c;                      \
								 \
		km_child(&__aborts_c, fn, arg);                  \
		assert_child_dies(&__aborts_c, SIGABRT, text);   \
	} while (0)

/* Takes a room's locks, to be in the place of a signal handler above them. */
static inline void km_enter(void (*lock)(void))
{
	lockdep_fork_begin();
	lock();
}

static inline void km_leave(void (*unlock)(void))
{
	unlock();
	lockdep_fork_end();
}

/* ---- running ---- */

#define KM_MAX_TESTS 64

static struct CMUnitTest km_units[KM_MAX_TESTS];
static char km_names[KM_MAX_TESTS][256];
static const struct CMUnitTest *km_tests;
static unsigned int km_running; /* index of the test that runs */

static inline void km_call(void **state)
{
	const struct CMUnitTest *test = *state;
	void *own = test->initial_state;

	km_running = (unsigned int)(test - km_tests);
	test->test_func(&own);
}

/* The test that runs is reported as skipped; it must return at once.  (The
 * skip() of cmocka 1.1.5 prints what automake takes for a failure.) */
static inline void km_skip(const char *why)
{
	char *name = km_names[km_running];
	size_t len = strlen(name);

	snprintf(name + len, sizeof(km_names[0]) - len, " # SKIP %s", why);
}

static inline void km_begin(void)
{
	const char *env = getenv("KM_SEED");
	ssize_t n = readlink("/proc/self/exe", km_self, sizeof(km_self) - 1);
	struct timespec now;

	must(n > 0);
	clock_gettime(CLOCK_REALTIME, &now);
	km_seed = env ? strtoull(env, NULL, 0) :
			((u64)now.tv_nsec << 16 ^ (u64)now.tv_sec ^
			 (u64)getpid()) & 0xffffffffff;
	unsetenv("KMALLOC");
}

/* Not under asserts' feet: the seed goes out before the plan. */
/* All options as they are by default. */
static __maybe_unused bool km_params_kept;

#define km_run_tests(tests) km_run_group(__FILE__, tests, ARRAY_SIZE(tests))

static inline int km_run_group(const char *file, const struct CMUnitTest *tests,
			       unsigned int nr)
{
	const char *slash = strrchr(file, '/');

	km_begin();
	if (!km_params_kept)
		param(kfence_sample_interval) = 0;
	must(nr <= KM_MAX_TESTS);
	km_tests = tests;
	for (unsigned int i = 0; i < nr; i++) {
		snprintf(km_names[i], sizeof(km_names[i]), "%s", tests[i].name);
		km_units[i] = (struct CMUnitTest){
			.name = km_names[i],
			.test_func = km_call,
			.initial_state = (void *)&tests[i],
		};
	}
	if (getenv("KM_TEST"))
		cmocka_set_test_filter(getenv("KM_TEST"));
	printf("# KM_SEED=%llu\n", (unsigned long long)km_seed);
	return cmocka_run_group_tests_name(slash ? slash + 1 : file, km_units,
					   NULL, NULL);
}

/* A test whose body runs in a child, where the library is still down. */
#define km_unit_child(f)                                         \
	{                                                        \
		.name = #f, .test_func = km_run_child,           \
		.initial_state = (void *)(f)                     \
	}
/* The same in both per-CPU modes. */
#define km_unit_modes(f)                                         \
	{                                                        \
		.name = #f " (rseq)", .test_func = km_run_rseq,  \
		.initial_state = (void *)(f)                     \
	},                                                       \
	{                                                        \
		.name = #f " (generic)", .test_func = km_run_generic, \
		.initial_state = (void *)(f)                     \
	}

struct km_body {
	void (*fn)(void);
	const char *options;
};

static inline void km_body_main(void *arg)
{
	const struct km_body *body = arg;

	if (body->options)
		setenv("KMALLOC", body->options, 1);
	body->fn();
}

static inline void km_run_body(const struct km_body *body)
{
	static struct km_child c;

	km_child(&c, km_body_main, body);
	if (WIFEXITED(c.status) && WEXITSTATUS(c.status) == KM_CHILD_SKIP) {
		c.said[strcspn(c.said, "\n")] = '\0';
		km_skip(c.said);
		return;
	}
	assert_child_ok(&c);
	km_diag("", c.said);
}

/* In a child: the whole test is skipped. */
static inline void __noreturn km_child_skip(const char *why)
{
	dprintf(1, "%s\n", why);
	_exit(KM_CHILD_SKIP);
}

static inline void km_run_child(void **state)
{
	km_run_body(&(struct km_body){ .fn = (void (*)(void))*state });
}

static inline void km_run_generic(void **state)
{
	km_run_body(&(struct km_body){ .fn = (void (*)(void))*state,
				       .options = "percpu=generic" });
}

static inline void km_run_rseq(void **state)
{
	if (!CONFIG_RSEQ || CONFIG_SANITIZER) {
		km_skip("this build is without rseq");
		return;
	}
	if (km_valgrind()) {
		km_skip("valgrind has no rseq");
		return;
	}
	km_run_body(&(struct km_body){ .fn = (void (*)(void))*state });
}

#endif
