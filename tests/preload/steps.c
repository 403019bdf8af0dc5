/* SPDX-License-Identifier: MIT */
/*
 * steps - a signal handler forks at each instruction of a malloc, and the child
 * allocates in it, and goes on where it was interrupted
 */
#include "tap.h"
#include "opaque.h"

#include <sys/mman.h>
#include <ucontext.h>

#define INNER 3

static volatile int stepping, is_child;
static volatile unsigned int steps, wrong;
static unsigned char *volatile inner[INNER];
static const size_t inner_size[INNER] = { 200, 40, 150 };

/* ---- children that a handler makes ---- */

#if defined(__x86_64__)
#define TRAP_FLAG 0x100

static void trap(bool on)
{
	if (on)
		__asm__ volatile("pushfq; orq %0, (%%rsp); popfq"
				 :
				 : "i"(TRAP_FLAG)
				 : "memory", "cc");
	else
		stepping = 0;
}

static void go_on(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static bool can_step(void)
{
	return true;
}
#else
static void trap(bool on)
{
	(void)on;
}

static void go_on(ucontext_t *context)
{
	(void)context;
}

static bool can_step(void)
{
	return false;
}
#endif

static void step(int sig, siginfo_t *info, void *context)
{
	int status = -1;
	pid_t pid;

	(void)sig, (void)info;
	if (!stepping) {
		go_on(context);
		return;
	}
	steps++;
	pid = fork();
	if (pid) {
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			wrong++;
		return;
	}
	is_child = 1;
	stepping = 0;
	go_on(context);
	for (int i = 0; i < INNER; i++) {
		inner[i] = malloc(inner_size[i]);
		if (inner[i])
			memset(inner[i], i + 1, inner_size[i]);
	}
}

static bool holds(const unsigned char *p, size_t n, int c)
{
	for (size_t i = 0; p && i < n; i++) {
		if (p[i] != c)
			return false;
	}
	return true;
}

/* What the handler has and what it interrupted are different blocks. */
static void end_child(unsigned char *p, size_t n)
{
	unsigned char *q;

	memset(p, 0x11, n);
	q = malloc(120);
	memset(q, 0x22, 120);
	for (int i = 0; i < INNER; i++) {
		if (!holds(inner[i], inner_size[i], i + 1))
			_exit(3);
		free(inner[i]);
	}
	if (!holds(p, n, 0x11) || !holds(q, 120, 0x22))
		_exit(4);
	free(p);
	free(q);
	_exit(0);
}

static void fork_in_malloc(size_t n, const char *which)
{
	struct sigaction act = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };
	unsigned char *p;

	steps = wrong = 0;
	sigaction(SIGTRAP, &act, NULL);
	stepping = 1;
	trap(true);
	p = malloc(n);
	trap(false);
	if (is_child)
		end_child(p, n);
	ok(steps && !wrong, "a fork at each of %u instructions of %s: %u wrong",
	   steps, which, wrong);
	free(p);
}

/* ---- children that may not see it all ---- */

static void without_pages(void)
{
	char *p = malloc(300), *page;
	size_t size = (size_t)sysconf(_SC_PAGESIZE), len;
	int status = -1;
	pid_t pid;

	memset(p, 1, 300);
	page = (char *)((uintptr_t)p & ~(size - 1));
	len = (size_t)(p + 300 - page + (ptrdiff_t)size - 1) & ~(size - 1);
	if (madvise(page, len, MADV_DONTFORK)) {
		skip("a child without a block's pages", "no MADV_DONTFORK");
		return;
	}
	pid = fork();
	if (!pid)
		exit(0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	ok(pid > 0 && !status, "a child without a block's pages ends well");
	madvise(page, len, MADV_DOFORK);
	free(p);
}

int main(void)
{
	tap_begin();
	free(malloc(300000));
	without_pages();
	if (can_step()) {
		fork_in_malloc(40, "the first malloc of a size");
		fork_in_malloc(40, "the second one");
		for (int i = 0; i < 20; i++)
			free(malloc(1000));
		fork_in_malloc(1000, "a malloc later on");
		fork_in_malloc(20000, "a large one");
	} else {
		skip("a fork at each instruction", "no trap flag");
	}
	return tap_done();
}
