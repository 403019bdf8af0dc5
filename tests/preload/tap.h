/* SPDX-License-Identifier: MIT */
/*
 * tap.h - what the preload test programs share
 *
 * A program here is linked with libc alone and gets the library under test by
 * LD_PRELOAD, so it may look only at what any program can see. Results go out
 * as TAP, each line by one write(2) from a stack buffer: reporting must neither
 * allocate nor depend on the state of stdio.
 *
 *	tap_begin()		first; stops if the wrong malloc answers
 *	ok(cond, fmt, ...)	one result; true if it passed
 *	skip(what, why)		one result that could not be had
 *	diag(fmt, ...)		a comment line
 *	return tap_done()	the plan and the exit code
 *
 * KM_STRESS=n multiplies the load (fractions too), KM_SEED=n repeats a run.
 * ok() and diag() may be called from any thread, not from signal handlers.
 */
#ifndef TESTS_PRELOAD_TAP_H
#define TESTS_PRELOAD_TAP_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TAP_UNUSED __attribute__((unused))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum tap_allocator { TAP_LIBC, TAP_KMALLOC, TAP_OTHER };

static unsigned int tap_count;	/* atomic */
static unsigned int tap_failed; /* atomic */
static enum tap_allocator tap_allocator;
static char tap_malloc_file[256]; /* the object that malloc() is from */
static uint64_t tap_the_seed;

/* -- Reporting ----------------------------------------------------------- */

static inline void tap_put(const char *buf, size_t len)
{
	while (len) {
		ssize_t done = write(STDOUT_FILENO, buf, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		buf += done;
		len -= done;
	}
}

static inline void tap_line(const char *head, const char *fmt, va_list ap)
{
	int err = errno;
	char buf[512];
	int len, more;

	len = snprintf(buf, sizeof(buf) - 1, "%s", head);
	more = vsnprintf(buf + len, sizeof(buf) - 1 - len, fmt, ap);
	if (more > 0)
		len += more;
	if (len > (int)sizeof(buf) - 2)
		len = sizeof(buf) - 2;
	buf[len++] = '\n';
	tap_put(buf, len);
	errno = err;
}

__attribute__((format(printf, 1, 2), unused)) static void diag(const char *fmt,
							       ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line("# ", fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 4, 5), unused)) static bool
tap_ok(bool pass, const char *file, int line, const char *fmt, ...)
{
	unsigned int n = __atomic_add_fetch(&tap_count, 1, __ATOMIC_RELAXED);
	char head[40];
	va_list ap;

	snprintf(head, sizeof(head), "%sok %u - ", pass ? "" : "not ", n);
	va_start(ap, fmt);
	tap_line(head, fmt, ap);
	va_end(ap);
	if (!pass) {
		__atomic_add_fetch(&tap_failed, 1, __ATOMIC_RELAXED);
		diag("failed at %s:%d, errno %d", file, line, errno);
	}
	return pass;
}

#define ok(cond, ...) tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)

static TAP_UNUSED void skip(const char *what, const char *why)
{
	unsigned int n = __atomic_add_fetch(&tap_count, 1, __ATOMIC_RELAXED);
	char buf[512];
	int len;

	len = snprintf(buf, sizeof(buf), "ok %u - %s # SKIP %s\n", n, what,
		       why);
	tap_put(buf, len);
}

/* Ends the program and the whole stream: no result of it could be trusted. */
__attribute__((format(printf, 1, 2), noreturn, unused)) static void
tap_bail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line("Bail out! ", fmt, ap);
	va_end(ap);
	_exit(99);
}

static TAP_UNUSED int tap_done(void)
{
	char buf[32];

	tap_put(buf, snprintf(buf, sizeof(buf), "1..%u\n", tap_count));
	return tap_failed ? 1 : 0;
}

/* -- Load, chance, hangs ------------------------------------------------- */

/* base times KM_STRESS, at least 1. */
static TAP_UNUSED unsigned long tap_load(unsigned long base)
{
	const char *env = getenv("KM_STRESS");
	double n = base * (env ? strtod(env, NULL) : 1.0);

	return n < 1 ? 1 : (unsigned long)n;
}

struct tap_rng {
	uint64_t state;
};

static inline uint64_t tap_random(struct tap_rng *rng)
{
	uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline uint64_t tap_below(struct tap_rng *rng, uint64_t n)
{
	return tap_random(rng) % n;
}

/* A size of 1 to 2^log, every magnitude as likely as any other. */
static inline size_t tap_any_size(struct tap_rng *rng, unsigned int log)
{
	size_t top = (size_t)1 << tap_below(rng, log + 1);

	return 1 + tap_below(rng, top);
}

/* The generator of thread n; the run's seed is printed once. */
static TAP_UNUSED struct tap_rng tap_rng_of(unsigned long n)
{
	struct tap_rng rng;

	rng.state = tap_the_seed + n * UINT64_C(0xd1342543de82ef95);
	tap_random(&rng);
	return rng;
}

static TAP_UNUSED void tap_seed(void)
{
	const char *env = getenv("KM_SEED");
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	tap_the_seed =
		env ? strtoull(env, NULL, 0) :
		      ((uint64_t)now.tv_nsec << 16 ^ now.tv_sec ^ getpid()) &
				0xffffffffff;
	diag("KM_SEED=%llu", (unsigned long long)tap_the_seed);
}

static TAP_UNUSED void tap_hung(int sig)
{
	static const char msg[] = "Bail out! hang: the watchdog ran out\n";

	(void)sig;
	tap_put(msg, sizeof(msg) - 1);
	_exit(98);
}

/* A program that makes no end within so many seconds fails, not hangs. */
static TAP_UNUSED void tap_watchdog(unsigned int seconds)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = tap_hung;
	sigaction(SIGALRM, &sa, NULL);
	alarm(tap_load(seconds) < seconds ? seconds : tap_load(seconds));
}

/* -- Which allocator ----------------------------------------------------- */

static inline const char *tap_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* KM_EXPECT, from the runner, names the object that must answer malloc(). */
static TAP_UNUSED void tap_begin(void)
{
	const char *want = getenv("KM_EXPECT");
	void *sym = dlsym(RTLD_DEFAULT, "malloc");
	const char *base;
	Dl_info info;

	if (!sym || !dladdr(sym, &info) || !info.dli_fname)
		tap_bail("cannot tell where malloc comes from");
	snprintf(tap_malloc_file, sizeof(tap_malloc_file), "%s",
		 info.dli_fname);
	base = tap_base(tap_malloc_file);
	if (want && strcmp(base, want))
		tap_bail("malloc comes from %s, not from %s", base, want);
	if (!strncmp(base, "libc.so", 7) || !strncmp(base, "libc-", 5))
		tap_allocator = TAP_LIBC;
	else if (!strncmp(base, "libkmalloc", 10))
		tap_allocator = TAP_KMALLOC;
	else
		tap_allocator = TAP_OTHER;
}

/* True, or the result is skipped: only glibc and we promise this. */
static TAP_UNUSED bool tap_promised(const char *what)
{
	if (tap_allocator != TAP_OTHER)
		return true;
	skip(what, "a promise of libkmalloc and glibc only");
	return false;
}

/* True, or the result is skipped: only we promise this. */
static TAP_UNUSED bool tap_ours(const char *what)
{
	if (tap_allocator == TAP_KMALLOC)
		return true;
	skip(what, "a promise of libkmalloc only");
	return false;
}

/* -- Contents ------------------------------------------------------------ */

typedef uint64_t __attribute__((may_alias)) tap_word;

static inline uint64_t tap_mark(uint64_t seed, size_t i)
{
	return seed + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline unsigned char tap_mark_byte(uint64_t seed, size_t at)
{
	return tap_mark(seed, at / 8) >> 8 * (at % 8);
}

/*
 * Byte k of a filled block depends on the seed and on k alone, so a block may
 * be checked at any shorter length. p is 8-byte aligned unless shorter than 8;
 * from is a multiple of 8.
 */
static TAP_UNUSED void tap_fill_from(void *p, size_t from, size_t n,
				     uint64_t seed)
{
	unsigned char *byte = (unsigned char *)p;
	tap_word *word = (tap_word *)p;
	size_t i;

	for (i = from / 8; i < n / 8; i++)
		word[i] = tap_mark(seed, i);
	for (i = from > n / 8 * 8 ? from : n / 8 * 8; i < n; i++)
		byte[i] = tap_mark_byte(seed, i);
}

static TAP_UNUSED bool tap_check_from(const void *p, size_t from, size_t n,
				      uint64_t seed)
{
	const unsigned char *byte = (const unsigned char *)p;
	const tap_word *word = (const tap_word *)p;
	uint64_t bad = 0;
	size_t i;

	for (i = from / 8; i < n / 8; i++)
		bad |= word[i] ^ tap_mark(seed, i);
	for (i = from > n / 8 * 8 ? from : n / 8 * 8; i < n; i++)
		bad |= byte[i] ^ tap_mark_byte(seed, i);
	return !bad;
}

static inline void tap_fill(void *p, size_t n, uint64_t seed)
{
	tap_fill_from(p, 0, n, seed);
}

static inline bool tap_check(const void *p, size_t n, uint64_t seed)
{
	return tap_check_from(p, 0, n, seed);
}

static TAP_UNUSED bool tap_is_zero(const void *p, size_t n)
{
	const unsigned char *byte = (const unsigned char *)p;
	const tap_word *word = (const tap_word *)p;
	uint64_t bad = 0;
	size_t i;

	for (i = 0; i < n / 8; i++)
		bad |= word[i];
	for (i = n / 8 * 8; i < n; i++)
		bad |= byte[i];
	return !bad;
}

/* Hides from the compiler where a pointer comes from. */
static inline void *tap_launder(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

/* -- The process --------------------------------------------------------- */

/* A line of /proc/self/status in KiB (VmRSS, VmData ...), or 0. */
static TAP_UNUSED unsigned long tap_status(const char *name)
{
	char buf[4096], *at;
	ssize_t got;
	int fd;

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (got <= 0)
		return 0;
	buf[got] = 0;
	at = strstr(buf, name);
	return at ? strtoul(at + strlen(name) + 1, NULL, 10) : 0;
}

/* The child's wait status, or -1 if it was hung and had to be killed. */
static TAP_UNUSED int tap_reap(pid_t pid, int seconds)
{
	struct pollfd pfd = { -1, POLLIN, 0 };
	int status;

#ifdef SYS_pidfd_open
	pfd.fd = syscall(SYS_pidfd_open, pid, 0);
#endif
	if (pfd.fd >= 0) {
		while (poll(&pfd, 1, seconds * 1000) < 0 && errno == EINTR)
			;
		close(pfd.fd);
		if (!(pfd.revents & POLLIN))
			kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return pfd.fd >= 0 && !(pfd.revents & POLLIN) ? -1 : status;
}

/* fn(arg) in a forked child: what it returned, or 128 + signal, or -1. */
static TAP_UNUSED int tap_in_child(int (*fn)(void *), void *arg, int seconds)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -2;
	if (!pid)
		_exit(fn(arg));
	status = tap_reap(pid, seconds);
	if (status == -1)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

#ifdef __cplusplus
}
#endif
#endif
