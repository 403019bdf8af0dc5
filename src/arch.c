/* SPDX-License-Identifier: MIT */
/*
 * arch: the system calls.
 *
 *   wrapper -> sys(nr, ...) -> [injected failure] -> raw instruction
 *
 * Invariant: no other file makes a system call, and nothing here calls a
 * libc function that makes one, allocates, or sets errno.  The only libc
 * calls are getauxval, and clock_gettime and sched_getcpu (rseq, vdso), which
 * do neither.
 *
 * Locks: none.  The injection state is written at boot or by tests.
 */
#include "arch.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <fcntl.h>

#include "atomic.h"
#include "bitops.h"
#include "bug.h"

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_rseq
#if defined(__x86_64__)
#define SYS_rseq 334
#else
#define SYS_rseq 293
#endif
#endif
#define MREMAP_KEEP_OLD 4 /* MREMAP_DONTUNMAP */
#define PIDFD_SELF_PROCESS (-10001)

size_t arch_page_size = PAGE_SIZE;

/* ---- raw calls and injected failures ---- */

static const struct {
	const char *name;
	int nr;
	int err;
} arch_calls[] = {
	{ "mmap", SYS_mmap, ENOMEM },
	{ "munmap", SYS_munmap, ENOMEM },
	{ "mprotect", SYS_mprotect, ENOMEM },
	{ "madvise", SYS_madvise, EAGAIN },
	{ "mremap", SYS_mremap, ENOMEM },
	{ "mlock", SYS_mlock, ENOMEM },
	{ "munlock", SYS_munlock, ENOMEM },
	{ "mbind", SYS_mbind, EPERM },
	{ "getcpu", SYS_getcpu, EPERM },
	{ "process_vm_readv", SYS_process_vm_readv, EPERM },
	{ "rt_sigprocmask", SYS_rt_sigprocmask, EINVAL },
	{ "process_madvise", SYS_process_madvise, EPERM },
	{ "clone", SYS_clone, EAGAIN },
	{ "prctl", SYS_prctl, EINVAL },
	{ "futex", SYS_futex, EINTR },
	{ "sched_getaffinity", SYS_sched_getaffinity, EPERM },
	{ "sched_getscheduler", SYS_sched_getscheduler, EPERM },
	{ "sched_yield", SYS_sched_yield, ENOSYS },
	{ "rseq", SYS_rseq, ENOSYS },
	{ "membarrier", SYS_membarrier, ENOSYS },
	{ "openat", SYS_openat, EMFILE },
	{ "read", SYS_read, EIO },
	{ "close", SYS_close, EIO },
	{ "prlimit64", SYS_prlimit64, EPERM },
	{ "getrusage", SYS_getrusage, EPERM },
	{ "mincore", SYS_mincore, EPERM },
	{ "getrandom", SYS_getrandom, ENOSYS },
	{ "fcntl", SYS_fcntl, EBADF },
	{ "write", SYS_write, EIO },
};

static int fail_nr = -1; /* const after boot, but for tests */
static int fail_err;
static u32 fail_every;
static u32 fail_uses; /* atomic */
u32 arch_fail_count;  /* atomic */

int arch_fail_set(const char *name, unsigned int len, unsigned int every)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(arch_calls); i++) {
		const char *n = arch_calls[i].name;

		if (__builtin_strlen(n) != len ||
		    __builtin_memcmp(n, name, len))
			continue;
		fail_every = every;
		fail_err = arch_calls[i].err;
		atomic_set(&fail_uses, 0);
		atomic_set(&arch_fail_count, 0);
		fail_nr = every ? arch_calls[i].nr : -1;
		return 0;
	}
	return -ENOENT;
}

/* What no other malloc calls. */
static bool confined; /* racy; only ever turned on */

void arch_confine(void)
{
	WRITE_ONCE(confined, true);
}

bool arch_is_confined(void)
{
	return READ_ONCE(confined);
}

static bool is_unusual(int nr)
{
	return nr == SYS_process_madvise || nr == SYS_membarrier ||
	       nr == SYS_clone || nr == SYS_prctl || nr == SYS_getrusage ||
	       nr == SYS_sched_yield || nr == SYS_process_vm_readv ||
	       nr == SYS_sched_getscheduler || nr == SYS_mincore;
}

/* 0, or the error that the call is to fail with. */
static int refusal(int nr)
{
	if (unlikely(READ_ONCE(confined)) && is_unusual(nr))
		return EPERM;
	if (likely(fail_nr != nr) ||
	    (atomic_fetch_add(&fail_uses, 1) + 1) % fail_every)
		return 0;
	atomic_add(&arch_fail_count, 1);
	return fail_err;
}

static long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "arch: this machine has no system call wrapper yet"
#endif
}

static long sys6(int nr, long a, long b, long c, long d, long e, long f)
{
	int err = refusal(nr);

	return unlikely(err) ? -err : raw_syscall(nr, a, b, c, d, e, f);
}

#define sys(nr, a, b, c) sys6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)

void arch_init(void)
{
	unsigned long size = getauxval(AT_PAGESZ);

	if (size > PAGE_SIZE && is_power_of_2(size))
		arch_page_size = size;
}

/* ---- address space ---- */

void *arch_mmap(void *addr, size_t len, int prot, int flags)
{
	return (void *)sys6(SYS_mmap, (long)addr, (long)len, prot,
			    flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int map_error(long ret)
{
	return ret < 0 && ret >= -MAX_ERRNO ? (int)ret : 0;
}

int arch_mmap_shared(void *addr, size_t len)
{
	return map_error(sys6(SYS_mmap, (long)addr, (long)len,
			      PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}

int arch_munmap(void *addr, size_t len)
{
	return (int)sys(SYS_munmap, addr, len, 0);
}

int arch_mprotect(void *addr, size_t len, int prot)
{
	return (int)sys(SYS_mprotect, addr, len, prot);
}

int arch_madvise(void *addr, size_t len, int advice)
{
	return (int)sys(SYS_madvise, addr, len, advice);
}

int arch_move_pages(void *from, size_t len, void *to)
{
	return map_error(sys6(SYS_mremap, (long)from, (long)len, (long)len,
			      MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_KEEP_OLD,
			      (long)to, 0));
}

/* An old length of 0 makes another mapping of the same pages. */
int arch_map_again(void *from, size_t len, void *to)
{
	return map_error(sys6(SYS_mremap, (long)from, 0, (long)len,
			      MREMAP_MAYMOVE | MREMAP_FIXED, (long)to, 0));
}

int arch_mlock(void *addr, size_t len)
{
	return (int)sys(SYS_mlock, addr, len, 0);
}

int arch_munlock(void *addr, size_t len)
{
	return (int)sys(SYS_munlock, addr, len, 0);
}

#define POLICY_PREFERRED 1
#define POLICY_BIND 2

/* The kernel takes one bit less than it is told. */
int arch_bind_node(void *addr, size_t len, unsigned int node, bool strict)
{
	u64 mask = 1ULL << node;

	return (int)sys6(SYS_mbind, (long)addr, (long)len,
			 strict ? POLICY_BIND : POLICY_PREFERRED, (long)&mask,
			 8 * sizeof(mask) + 1, 0);
}

bool arch_try_read(void *to, const void *from, size_t len)
{
	struct iovec local = { to, len };
	struct iovec remote = { (void *)from, len };

	return sys6(SYS_process_vm_readv, sys(SYS_getpid, 0, 0, 0),
		    (long)&local, 1, (long)&remote, 1, 0) == (long)len;
}

/* Kernels before 6.13 refuse to discard through process_madvise: then,
 * and wherever it is filtered, each range costs a call of its own. */
static bool discard_by_vector = true; /* racy; only ever turned off */

static int discard_each(const struct arch_range *ranges, unsigned int nr)
{
	int ret = 0;

	for (unsigned int i = 0; i < nr; i++) {
		int err = arch_madvise(ranges[i].addr, ranges[i].len,
				       MADV_DONTNEED);

		if (err && !ret)
			ret = err;
	}
	return ret;
}

int arch_discard_ranges(const struct arch_range *ranges, unsigned int nr)
{
	size_t total = 0;
	long done;

	BUILD_BUG_ON(sizeof(struct arch_range) != sizeof(struct iovec));
	if (nr < 2 || !READ_ONCE(discard_by_vector))
		return discard_each(ranges, nr);
	for (unsigned int i = 0; i < nr; i++)
		total += ranges[i].len;
	done = sys6(SYS_process_madvise, PIDFD_SELF_PROCESS, (long)ranges, nr,
		    MADV_DONTNEED, 0, 0);
	if (done == (long)total)
		return 0;
	if (done < 0)
		WRITE_ONCE(discard_by_vector, false);
	return discard_each(ranges, nr);
}

/* ---- waiting and time ---- */

void arch_futex_wait(u32 *word, u32 val)
{
	sys6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, val, 0, 0, 0);
}

void arch_futex_wait_ms(u32 *word, u32 val, unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	sys6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, val, (long)&ts, 0, 0);
}

/* The system reads the word, and then there is no time to wait. */
bool arch_is_readable(const u32 *word)
{
	struct timespec none = { 0, 0 };
	long ret = sys6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, 0,
			(long)&none, 0, 0);

	return ret == -EAGAIN || ret == -ETIMEDOUT;
}

void arch_futex_wake(u32 *word, int nr)
{
	/* A lost wake is a hang: this one is never made to fail. */
	raw_syscall(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, nr, 0, 0, 0);
}

void arch_sched_yield(void)
{
	static u32 never;

	if (sys(SYS_sched_yield, 0, 0, 0))
		arch_futex_wait_ms(&never, 0, 1);
}

u64 arch_clock_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC_COARSE, &ts))
		return 0;
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

u64 arch_clock_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts))
		return 0;
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

/* ---- rseq and membarrier ---- */

/* As libc makes its threads: filters that let those be let this one be. */
#define THREAD_FLAGS                                                         \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | \
	 CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID |                 \
	 CLONE_CHILD_CLEARTID)

/* In one piece of assembly, because the child comes back on another stack.
 * There it calls @fn and ends. */
static long raw_clone(void (*fn)(void), char *stack, void *tp, u32 *tid)
{
#if defined(__x86_64__)
	long ret;
	register long r10 __asm__("r10") = (long)tid;
	register long r8 __asm__("r8") = (long)tp;
	register long r12 __asm__("r12") = (long)fn;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "callq *%%r12\n\t"
			 "movl %[exit], %%eax\n\t"
			 "xorl %%edi, %%edi\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(SYS_clone), "D"(THREAD_FLAGS), "S"(stack),
			   "d"(tid), "r"(r10), "r"(r8),
			   "r"(r12), [exit] "i"(SYS_exit)
			 : "rcx", "r11", "memory");
	return ret;
#else
	register long x8 __asm__("x8") = SYS_clone;
	register long x0 __asm__("x0") = THREAD_FLAGS;
	register long x1 __asm__("x1") = (long)stack;
	register long x2 __asm__("x2") = (long)tid;
	register long x3 __asm__("x3") = (long)tp;
	register long x4 __asm__("x4") = (long)tid;
	register long x9 __asm__("x9") = (long)fn;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "blr x9\n\t"
			 "mov x8, %[exit]\n\t"
			 "mov x0, xzr\n\t"
			 "svc 0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4),
			   "r"(x9), [exit] "i"(SYS_exit)
			 : "memory");
	return x0;
#endif
}

int arch_thread_start(void (*fn)(void), char *stack_end, void *tp, u32 *tid)
{
	int err = refusal(SYS_clone);

	return err ? -err : (int)raw_clone(fn, stack_end, tp, tid);
}

/* What compiled code expects at fixed places. */
void arch_tcb_init(void *tp)
{
#if defined(__x86_64__)
	u64 canary;

	__asm__ volatile("movq %%fs:0x28, %0" : "=r"(canary));
	((void **)tp)[0] = tp;
	((void **)tp)[2] = tp;
	((u64 *)tp)[5] = canary;
#else
	(void)tp;
#endif
}

void arch_set_thread_name(const char *name)
{
	sys(SYS_prctl, 15 /* PR_SET_NAME */, name, 0);
}

int arch_thread_name(char *name)
{
	return (int)sys(SYS_prctl, 16 /* PR_GET_NAME */, name, 0);
}

int arch_sched_policy(void)
{
	int policy = (int)sys(SYS_sched_getscheduler, 0, 0, 0);

	return policy < 0 ? policy : policy & ~0x40000000;
}

#define MEMBARRIER_PRIVATE_EXPEDITED_RSEQ (1 << 7)
#define MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_RSEQ (1 << 8)

int arch_rseq_register(void *area, u32 len, u32 sig)
{
	return (int)sys6(SYS_rseq, (long)area, len, 0, sig, 0, 0);
}

int arch_rseq_unregister(void *area, u32 len, u32 sig)
{
	return (int)sys6(SYS_rseq, (long)area, len, 1, sig, 0, 0);
}

/* A kernel that has the call finds fault with the arguments. */
bool arch_has_rseq(void)
{
	return sys(SYS_rseq, 0, 0, 0) != -ENOSYS;
}

/* libc: 0 once the program has made a thread. */
extern char __libc_single_threaded __weak;

bool arch_is_alone(void)
{
	return !&__libc_single_threaded || READ_ONCE(__libc_single_threaded);
}

int arch_membarrier_register(void)
{
	return (int)sys(SYS_membarrier,
			MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0);
}

int arch_membarrier_rseq(void)
{
	int err = (int)sys(SYS_membarrier, MEMBARRIER_PRIVATE_EXPEDITED_RSEQ, 0,
			   0);

	/* At the start there may have been reasons not to. */
	if (err == -EPERM && !arch_membarrier_register())
		err = (int)sys(SYS_membarrier,
			       MEMBARRIER_PRIVATE_EXPEDITED_RSEQ, 0, 0);
	return err;
}

#define NOT_BLOCKED (~0ULL) /* no mask: SIGKILL is in none */

static void block_signals(u64 which, u64 *saved)
{
	if (sys6(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, (long)&which,
		 (long)saved, sizeof(which), 0, 0))
		*saved = NOT_BLOCKED;
}

void arch_block_signals(u64 *saved)
{
	block_signals(~0ULL, saved);
}

#define SIGNAL(sig) (1ULL << (sig) >> 1)

void arch_block_interrupts(u64 *saved)
{
	block_signals(~(SIGNAL(SIGILL) | SIGNAL(SIGTRAP) | SIGNAL(SIGBUS) |
			SIGNAL(SIGFPE) | SIGNAL(SIGSEGV) | SIGNAL(SIGSYS)),
		      saved);
}

void arch_restore_signals(const u64 *saved)
{
	if (*saved == NOT_BLOCKED)
		return;
	raw_syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)saved, 0,
		    sizeof(*saved), 0, 0);
}

/* ---- the machine ---- */

static long open_file(const char *path)
{
	return sys6(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0,
		    0, 0);
}

int arch_read_file(const char *path, char *buf, int size)
{
	long fd = open_file(path), n;

	if (fd < 0)
		return (int)fd;
	n = sys(SYS_read, fd, buf, size - 1);
	sys(SYS_close, fd, 0, 0);
	if (n >= 0)
		buf[n] = '\0';
	return (int)n;
}

#define LINE_BYTES 256

struct line {
	char text[LINE_BYTES];
	unsigned int len;
};

/* Adds some text; true if a line was complete, and the right one. */
static bool add_text(struct line *line, const char *s, long n,
		     bool (*fn)(const char *, void *), void *arg)
{
	for (; n > 0; n--, s++) {
		if (*s != '\n') {
			if (line->len < LINE_BYTES - 1)
				line->text[line->len++] = *s;
			continue;
		}
		line->text[line->len] = '\0';
		line->len = 0;
		if (fn(line->text, arg))
			return true;
	}
	return false;
}

bool arch_read_lines(const char *path, bool (*fn)(const char *, void *),
		     void *arg)
{
	long fd = open_file(path), n;
	struct line line = { .len = 0 };
	bool found = false;
	char buf[1024];

	if (fd < 0)
		return false;
	while (!found && (n = sys(SYS_read, fd, buf, sizeof(buf))) > 0)
		found = add_text(&line, buf, n, fn, arg);
	sys(SYS_close, fd, 0, 0);
	return found;
}

/* The kernel's masks have a bit for each CPU, in whole words. */
static unsigned int cpus_of_mask(void)
{
	unsigned long mask[64];
	long bytes = sys(SYS_sched_getaffinity, 0, sizeof(mask), mask);

	return bytes > 0 ? (unsigned int)bytes * 8 : 0;
}

/* The file is a list such as "0-3,8-11": the last number is the highest. */
unsigned int arch_nr_possible_cpus(void)
{
	char buf[128];
	unsigned int last = 0;
	int n = arch_read_file("/sys/devices/system/cpu/possible", buf,
			       sizeof(buf));

	if (n <= 0)
		return cpus_of_mask();
	for (int i = 0; i < n; i++) {
		if (buf[i] < '0' || buf[i] > '9') {
			if (i + 1 < n && buf[i] != '\n')
				last = 0;
			continue;
		}
		last = last * 10 + (unsigned int)(buf[i] - '0');
	}
	return last + 1;
}

unsigned int arch_this_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (unsigned int)cpu;
}

/* A list such as "0-1,3": a dash, and all from the last number to the next. */
static u64 mask_of_list(const char *s)
{
	unsigned int from = 0, n = 0;
	bool number = false, dash = false;
	u64 mask = 0;

	for (;; s++) {
		if (*s >= '0' && *s <= '9') {
			n = min(n * 10 + (unsigned int)(*s - '0'), 1000U);
			number = true;
			continue;
		}
		for (from = dash ? from : n; number && from <= min(n, 63U);)
			mask |= 1ULL << from++;
		dash = *s == '-';
		from = n;
		n = 0;
		number = false;
		if (!dash && *s != ',')
			return mask;
	}
}

const char *arch_node_file = "/sys/devices/system/node/has_memory";

u64 arch_node_mask(void)
{
	char buf[128];
	u64 mask = 0;

	if (arch_read_file(arch_node_file, buf, sizeof(buf)) > 0)
		mask = mask_of_list(buf);
	return mask ? mask : 1;
}

unsigned int arch_this_node(void)
{
	unsigned int node = 0;

	return sys(SYS_getcpu, 0, &node, 0) ? 0 : node;
}

u64 arch_rlimit_as(void)
{
	struct {
		u64 cur, max;
	} lim = { 0, 0 };

	/* resource 9 is RLIMIT_AS on every architecture we serve */
	if (sys6(SYS_prlimit64, 0, 9, 0, (long)&lim, 0, 0))
		return ~0ULL;
	return lim.cur;
}

u64 arch_thread_faults(void)
{
	struct rusage usage;

	if (sys(SYS_getrusage, 1 /* RUSAGE_THREAD */, &usage, 0))
		return 0;
	return (u64)usage.ru_minflt;
}

bool arch_is_resident(void *page, size_t len)
{
	unsigned char is[SZ_2M / PAGE_SIZE], all = 1;

	if (len > SZ_2M || sys(SYS_mincore, page, len, is))
		return false;
	for (size_t i = 0; i < len / arch_page_size; i++)
		all &= is[i];
	return all & 1;
}

u64 arch_random(void)
{
	u64 r;

	if (sys(SYS_getrandom, &r, sizeof(r), 1 /* GRND_NONBLOCK */) ==
	    sizeof(r))
		return r;
	/* The loader's random bytes are the next best thing. */
	const void *seed = (const void *)getauxval(AT_RANDOM);

	r = 0;
	if (seed)
		__builtin_memcpy(&r, seed, sizeof(r));
	return r ^ (u64)(uintptr_t)&r;
}

bool arch_fd_is_open(int fd)
{
	return sys(SYS_fcntl, fd, F_GETFD, 0) >= 0;
}

void arch_write(int fd, const char *buf, size_t len)
{
	while (len) {
		long n = sys(SYS_write, fd, buf, len);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;
		buf += n;
		len -= (size_t)n;
	}
}
