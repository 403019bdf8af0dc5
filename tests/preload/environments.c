/* SPDX-License-Identifier: MIT */
/*
 * environments - the same life in each environment that a process may get
 *
 * Each optional system call refused, as by a sandbox or by an old kernel: from
 * the start, all at once, or late, when threads are busy; each advice to
 * madvise refused; a filter that kills for any call but a few. No mapping left,
 * no commit charge left, locked memory, a control group with little memory,
 * huge pages in every setting, one processor after the other.
 *
 * What startup.c tries at the start of a process is not repeated here.
 */
#include "child.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "opaque.h"

#define MIB (1024ul * 1024)
#define THREADS 3
#define ANY UINT32_MAX

/* -- A life -------------------------------------------------------------- */

static bool small_ones(struct tap_rng *rng, unsigned int rounds)
{
	struct {
		void *p;
		size_t n;
	} slot[128] = { { NULL, 0 } };
	unsigned int i, k, bad = 0;

	for (i = 0; i < rounds; i++) {
		k = tap_below(rng, 128);
		if (slot[k].p)
			bad += !tap_check(slot[k].p, slot[k].n, k);
		slot[k].n = tap_any_size(rng, i % 64 ? 13 : 20);
		free(slot[k].p);
		slot[k].p = malloc(slot[k].n);
		if (!slot[k].p)
			return false;
		tap_fill(slot[k].p, slot[k].n, k);
	}
	for (k = 0; k < 128; k++)
		free(slot[k].p);
	return !bad;
}

/* Grows, which moves pages if it may, shrinks, and comes back zero. */
static bool large_ones(void)
{
	size_t n = MIB;
	char *p = malloc(n), *q;
	bool good;

	if (!p)
		return false;
	tap_fill(p, n, 7);
	for (; n < 4 * MIB; n *= 2) {
		p = realloc(p, n * 2);
		if (!p || !tap_check(p, n, 7))
			return false;
		tap_fill(p, n * 2, 7);
	}
	p = realloc(p, 2 * MIB);
	good = p && tap_check(p, 2 * MIB, 7);
	q = memalign(2 * MIB, 5 * MIB);
	good = good && q && (uintptr_t)q % (2 * MIB) == 0;
	free(q);
	free(p);
	malloc_trim(0);
	p = calloc(6, MIB);
	good = good && p && tap_is_zero(p, 6 * MIB);
	free(p);
	return good;
}

/* Many at once, all given back: what frees pages and gives them to others. */
static bool wave(size_t n, unsigned int count)
{
	void **p = calloc(count, sizeof(*p));
	unsigned int i, bad = 0;

	for (i = 0; p && i < count; i++) {
		p[i] = malloc(n);
		if (!p[i])
			return false;
		tap_fill(p[i], n, i);
	}
	for (i = 0; p && i < count; i++) {
		bad += !tap_check(p[i], n, i);
		free(p[i]);
	}
	free(p);
	malloc_trim(0);
	return p && !bad;
}

static bool one_life(unsigned long seed)
{
	struct tap_rng rng = tap_rng_of(seed);

	return small_ones(&rng, 1000) && large_ones() && wave(300, 3000) &&
	       wave(40000, 60) && small_ones(&rng, 1000);
}

static pthread_barrier_t set_up, go_on;

static void *live(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);
	bool good = small_ones(&rng, 2000);

	pthread_barrier_wait(&set_up);
	pthread_barrier_wait(&go_on);
	return good && one_life((uintptr_t)arg) ? arg : NULL;
}

/* Threads begin to live; then between() changes their world; then they go on. */
static int with_threads(bool (*between)(void))
{
	pthread_t t[THREADS];
	unsigned int bad = 0;
	void *ret;
	uintptr_t i;

	pthread_barrier_init(&set_up, NULL, THREADS + 1);
	pthread_barrier_init(&go_on, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, live, (void *)(i + 1)))
			return 2;
	pthread_barrier_wait(&set_up);
	if (between && !between())
		return CHILD_SKIP;
	pthread_barrier_wait(&go_on);
	bad += !one_life(9);
	for (i = 0; i < THREADS; i++)
		bad += pthread_join(t[i], &ret) || !ret;
	return bad ? 1 : CHILD_WELL;
}

static int do_life(void)
{
	return with_threads(NULL);
}

/* -- Filters ------------------------------------------------------------- */

#define LOAD(field)                          \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,   \
		 offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (unsigned int)(error))
#define UNLESS(value, skipped) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)(value), 0, skipped)

/* So that the library does not notice, and calls what the filter refuses. */
static bool install(struct sock_filter *code, unsigned short n)
{
	struct sock_fprog prog = { n, code };

	return !syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_TSYNC, &prog);
}

struct refusal {
	const char *name;
	int nr;
	uint32_t third; /* the third argument that is refused, or ANY */
	int error;
};

static bool refuse(void *arg)
{
	const struct refusal *r = arg;
	bool any = r->third == ANY;
	struct sock_filter code[] = {
		LOAD(nr),
		UNLESS(r->nr, any ? 3 : 2),
		any ? (struct sock_filter)REFUSE(r->error) :
		      (struct sock_filter)LOAD(args[2]),
		UNLESS(r->third, 1),
		REFUSE(r->error),
		RETURN(SECCOMP_RET_ALLOW),
	};

	/* Behind the number of another call there is no argument to look at. */
	if (!any)
		code[1].jf = 3;
	return install(code, ARRAY_SIZE(code));
}

/* What the library can do without, and libc too if need be. */
static const struct {
	const char *name;
	int nr;
} optional[] = {
	{ "madvise", SYS_madvise },
	{ "mremap", SYS_mremap },
	{ "membarrier", SYS_membarrier },
	{ "prctl", SYS_prctl },
	{ "clone", SYS_clone },
	{ "getrusage", SYS_getrusage },
	{ "mincore", SYS_mincore },
	{ "sched_yield", SYS_sched_yield },
	{ "sched_getaffinity", SYS_sched_getaffinity },
	{ "prlimit64", SYS_prlimit64 },
	{ "fcntl", SYS_fcntl },
	{ "getrandom", SYS_getrandom },
	{ "process_vm_readv", SYS_process_vm_readv },
#ifdef SYS_process_madvise
	{ "process_madvise", SYS_process_madvise },
#endif
#ifdef SYS_rseq
	{ "rseq", SYS_rseq },
#endif
#ifdef SYS_clone3
	{ "clone3", SYS_clone3 },
#endif
};

static const struct {
	const char *name;
	int errnr;
} refusals[] = {
	{ "ENOSYS", ENOSYS },
	{ "EPERM", EPERM },
	{ "EINVAL", EINVAL },
};

static void test_calls(void)
{
	struct refusal r = { NULL, 0, ANY, 0 };
	struct child c = { "life", .prepare = refuse, .arg = &r };
	char what[80];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(optional); i++)
		for (k = 0; k < ARRAY_SIZE(refusals); k++) {
			r.nr = optional[i].nr;
			r.error = refusals[k].errnr;
			snprintf(what, sizeof(what), "%s: %s",
				 optional[i].name, refusals[k].name);
#ifdef SYS_clone3
			/* libc takes clone for it if there is none, only then */
			if (r.nr == SYS_clone3 && r.error != ENOSYS)
				continue;
#endif
			child_ok(&c, what);
		}
}

static void test_advice(void)
{
	static const struct {
		const char *name;
		uint32_t value;
	} advice[] = {
		{ "MADV_WILLNEED", 3 },	      { "MADV_DONTNEED", 4 },
		{ "MADV_FREE", 8 },	      { "MADV_DONTFORK", 10 },
		{ "MADV_HUGEPAGE", 14 },      { "MADV_NOHUGEPAGE", 15 },
		{ "MADV_DONTDUMP", 16 },      { "MADV_DODUMP", 17 },
		{ "MADV_WIPEONFORK", 18 },    { "MADV_COLD", 20 },
		{ "MADV_PAGEOUT", 21 },	      { "MADV_POPULATE_READ", 22 },
		{ "MADV_POPULATE_WRITE", 23 }, { "MADV_COLLAPSE", 25 },
		{ "MADV_GUARD_INSTALL", 102 }, { "MADV_GUARD_REMOVE", 103 },
	};
	struct refusal r = { NULL, SYS_madvise, 0, 0 };
	struct child c = { "life", .prepare = refuse, .arg = &r };
	char what[80];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(advice); i++)
		for (k = 1; k < ARRAY_SIZE(refusals); k++) {
			r.third = advice[i].value;
			r.error = refusals[k].errnr;
			snprintf(what, sizeof(what), "%s: %s", advice[i].name,
				 refusals[k].name);
			child_ok(&c, what);
		}
}

/* Everything optional at once. clone3 is libc's, for which ENOSYS alone is no. */
static bool refuse_all(void *arg)
{
	int error = *(int *)arg;
	struct sock_filter code[2 * ARRAY_SIZE(optional) + 2] = { LOAD(nr) };
	unsigned int i, n = 1;

	for (i = 0; i < ARRAY_SIZE(optional); i++) {
		bool clone = !strncmp(optional[i].name, "clone", 5);

		/* Some call must make threads. */
		if (clone && (error != ENOSYS || optional[i].nr == SYS_clone))
			continue;
		code[n++] = (struct sock_filter)UNLESS(optional[i].nr, 1);
		code[n++] = (struct sock_filter)REFUSE(error);
	}
	code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	return install(code, n);
}

static bool refuse_all_now(void)
{
	int error = EPERM;

	return refuse_all(&error);
}

/*
 * As of a program that shuts itself in: what OpenSSH lets its children do, and
 * what these threads need to end. Anything else is death. That there will be a
 * filter is what prctl says.
 */
static bool shut_in(void)
{
	static const int allowed[] = {
#ifdef SYS_poll
		SYS_poll,
#endif
		SYS_brk,	   SYS_clock_gettime, SYS_close,
		SYS_exit,	   SYS_exit_group,    SYS_futex,
		SYS_getpid,	   SYS_getrandom,     SYS_gettimeofday,
		SYS_madvise,	   SYS_mmap,	      SYS_mremap,
		SYS_munmap,	   SYS_read,	      SYS_rt_sigprocmask,
		SYS_nanosleep,	   SYS_write,	      SYS_clock_nanosleep,
		SYS_rt_sigreturn,  SYS_mprotect,      SYS_set_robust_list,
		SYS_restart_syscall,
	};
	struct sock_filter code[2 * ARRAY_SIZE(allowed) + 2] = { LOAD(nr) };
	unsigned int i, n = 1;

	for (i = 0; i < ARRAY_SIZE(allowed); i++) {
		code[n++] = (struct sock_filter)UNLESS(allowed[i], 1);
		code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)RETURN(
		getenv("KM_TRAP") ? SECCOMP_RET_TRAP : SECCOMP_RET_KILL_PROCESS);
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && install(code, n);
}

static void which_call(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	diag("system call %d", info->si_syscall);
	_exit(1);
}

/* With KM_TRAP in the environment it says which call it was. */
static int do_shut_in(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = which_call;
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGSYS, &sa, NULL);
	return with_threads(shut_in);
}

static int do_late(void)
{
	return with_threads(refuse_all_now);
}

static void test_sandboxes(void)
{
	static int old = ENOSYS, strict = EPERM;
	struct child c = { "life", .prepare = refuse_all, .arg = &old };
	struct child late = { .scenario = "late" };
	struct child inside = { .scenario = "shut-in" };

	child_ok(&c, "an old kernel: every optional call says ENOSYS");
	c.arg = &strict;
	child_ok(&c, "a sandbox: every optional call says EPERM");
	child_ok(&late, "a sandbox that begins while threads are busy");
	child_ok(&inside, "a sandbox that kills for what it does not know");
}

/* -- Mappings ------------------------------------------------------------ */

static char *carpet; /* every other page of it readable: all of the mappings */
static size_t carpet_size;

static bool use_up_mappings(void)
{
	size_t page = sysconf(_SC_PAGESIZE), i, n = 1 << 18;

	carpet_size = n * page;
	carpet = mmap(NULL, carpet_size, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (carpet == MAP_FAILED)
		return false;
	for (i = 1; i < n; i += 2)
		if (mprotect(carpet + i * page, page, PROT_READ))
			break;
	/* Mappings may be without a limit here. */
	return i < n && errno == ENOMEM;
}

/* Blocks of all sizes, got or refused with ENOMEM; none of them damaged. */
static bool got_or_refused(struct tap_rng *rng)
{
	struct {
		void *p;
		size_t n;
	} slot[64] = { { NULL, 0 } };
	unsigned int i, k, bad = 0;

	for (i = 0; i < 4000; i++) {
		k = tap_below(rng, 64);
		if (slot[k].p)
			bad += !tap_check(slot[k].p, slot[k].n, k);
		free(slot[k].p);
		slot[k].n = tap_any_size(rng, i % 16 ? 14 : 22);
		errno = 0;
		slot[k].p = malloc(slot[k].n);
		if (slot[k].p)
			tap_fill(slot[k].p, slot[k].n, k);
		else
			bad += errno != ENOMEM;
	}
	for (k = 0; k < 64; k++)
		free(slot[k].p);
	return !bad;
}

static int do_no_mappings(void)
{
	struct tap_rng rng = tap_rng_of(1);

	if (!small_ones(&rng, 4000))
		return 2;
	if (!use_up_mappings())
		return CHILD_SKIP;
	if (!small_ones(&rng, 200))
		diag("small blocks are refused without a mapping left");
	if (!got_or_refused(&rng))
		return 3;
	munmap(carpet, carpet_size);
	return do_life();
}

/* The library's own part of 65,530: few, however much comes and goes. */
static int do_few_mappings(void)
{
	struct tap_rng rng = tap_rng_of(2);
	void *slot[2000] = { NULL };
	unsigned int i, lines = 0;
	char buf[65536];
	ssize_t n;
	int fd;

	for (i = 0; i < 20000; i++) {
		unsigned int k = tap_below(&rng, 2000);

		free(slot[k]);
		slot[k] = malloc(tap_any_size(&rng, i % 8 ? 16 : 20));
		if (i % 1000 == 0)
			malloc_trim(0);
	}
	fd = open("/proc/self/maps", O_RDONLY);
	if (fd < 0)
		return CHILD_SKIP;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		while (n)
			lines += buf[--n] == '\n';
	close(fd);
	diag("%u mappings", lines);
	for (i = 0; i < 2000; i++)
		free(slot[i]);
	return lines < 2000 ? CHILD_WELL : 3;
}

/* -- Commit charge ------------------------------------------------------- */

/* KiB that vm.overcommit_memory=2 would charge: mappings marked "ac". */
static unsigned long charged(void)
{
	char line[4096], *at;
	unsigned long size = 0, sum = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Size:", 5))
			size = strtoul(line + 5, NULL, 10);
		at = strncmp(line, "VmFlags:", 8) ? NULL : strstr(line, " ac");
		if (at)
			sum += size;
	}
	if (f)
		fclose(f);
	return sum;
}

static int do_charge(void)
{
	struct tap_rng rng = tap_rng_of(3);
	unsigned long before = charged(), after;

	if (!small_ones(&rng, 4000))
		return 2;
	after = charged();
	diag("%lu KiB charged, %lu after a little use", before, after);
	if (!before)
		return CHILD_SKIP;
	return before < 24 * 1024 && after < 64 * 1024 ? CHILD_WELL : 3;
}

/*
 * Where memory is only for those that have it: no new mapping may be writable
 * that is larger than 8 MiB, nor be made so.
 */
static bool no_commit(void *arg)
{
	struct sock_filter code[] = {
		LOAD(nr),
		UNLESS(SYS_mmap, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		UNLESS(SYS_mprotect, 5),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_WRITE, 0, 3),
		LOAD(args[1]),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 8 * MIB, 0, 1),
		REFUSE(ENOMEM),
		RETURN(SECCOMP_RET_ALLOW),
	};

	(void)arg;
	return install(code, ARRAY_SIZE(code));
}

static int do_no_commit(void)
{
	struct tap_rng rng = tap_rng_of(4);
	char *p;

	if (!small_ones(&rng, 20000) || !got_or_refused(&rng))
		return 2;
	if (!wave(300, 50000) || !wave(5000, 10000))
		return 3;
	errno = 0;
	p = malloc(300 * MIB);
	if (!p && errno != ENOMEM)
		return 4;
	if (p)
		tap_fill(p, 300 * MIB, 1);
	free(p);
	return small_ones(&rng, 20000) ? CHILD_WELL : 5;
}

static int do_locked(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return CHILD_SKIP;
	return do_life();
}

static void test_memory(void)
{
	static const char *const thp[] = { "never", "madvise", "always" };
	struct child none = { .scenario = "no-mappings" };
	struct child few = { .scenario = "few-mappings" };
	struct child charge = { .scenario = "charge" };
	struct child full = { "no-commit", .prepare = no_commit };
	struct child locked = { .scenario = "locked" };
	char what[64], options[256];
	const char *before = getenv("KMALLOC");
	struct child c = { "life", .env = { options } };
	unsigned int i;

	child_ok(&none, "vm.max_map_count reached");
	child_ok(&few, "a heap has few mappings");
	if (tap_ours("little is charged for"))
		child_ok(&charge, "little is charged for");
	child_ok(&full, "nothing writable beyond 8 MiB at once");
	child_ok(&locked, "mlockall(MCL_ONFAULT)");
	for (i = 0; i < ARRAY_SIZE(thp); i++) {
		snprintf(options, sizeof(options), "KMALLOC=%s thp=%s",
			 before ? before : "", thp[i]);
		snprintf(what, sizeof(what), "thp=%s", thp[i]);
		child_ok(&c, what);
	}
}

static bool no_huge_pages(void *arg)
{
	(void)arg;
	return !prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

/* -- A control group ----------------------------------------------------- */

static char group[128];

static bool group_write(const char *file, const char *text)
{
	char path[256];
	int fd;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	fd = open(path, O_WRONLY);
	good = fd >= 0 && write(fd, text, strlen(text)) > 0;
	if (fd >= 0)
		close(fd);
	return good;
}

/* Of either version, with so much memory. */
static bool group_make(const char *memory)
{
	snprintf(group, sizeof(group), "/sys/fs/cgroup/memory/km-test-%d",
		 getpid());
	if (!mkdir(group, 0755)) {
		if (group_write("memory.limit_in_bytes", memory))
			return true;
		rmdir(group);
	}
	snprintf(group, sizeof(group), "/sys/fs/cgroup/km-test-%d", getpid());
	if (!mkdir(group, 0755)) {
		if (group_write("memory.max", memory))
			return true;
		rmdir(group);
	}
	return false;
}

static bool join_group(void *arg)
{
	char pid[32];

	(void)arg;
	snprintf(pid, sizeof(pid), "%d", getpid());
	return group_write("cgroup.procs", pid);
}

/* Far more in all than the group has, never more than a third at a time. */
static int do_in_group(void)
{
	struct tap_rng rng = tap_rng_of(5);
	unsigned int i;

	for (i = 0; i < 12; i++) {
		if (!wave(300, 80000) || !wave(30000, 800) ||
		    !wave(3 * MIB, 8) || !wave(70, 200000))
			return 2;
		if (!small_ones(&rng, 4000))
			return 3;
	}
	return CHILD_WELL;
}

static void test_group(void)
{
	struct child c = { "in-group", .prepare = join_group };

	if (!group_make("100663296")) {
		skip("a control group of 96 MiB", "none can be made here");
		return;
	}
	child_ok(&c, "a control group of 96 MiB");
	rmdir(group);
}

/* -- Processors ---------------------------------------------------------- */

static bool stop_moving; /* atomic */

static void *move_all(void *arg)
{
	cpu_set_t all, one;
	pthread_t *t = arg;
	int cpu, i;

	if (pthread_getaffinity_np(pthread_self(), sizeof(all), &all))
		return NULL;
	for (cpu = 0; !__atomic_load_n(&stop_moving, __ATOMIC_ACQUIRE);
	     cpu = (cpu + 1) % CPU_SETSIZE) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		for (i = 0; i < THREADS; i++)
			pthread_setaffinity_np(t[i], sizeof(one), &one);
		sched_yield();
	}
	return NULL;
}

static void *live_alone(void *arg)
{
	return one_life((uintptr_t)arg) ? arg : NULL;
}

/* As if each processor but one were unplugged, in turn. */
static int do_unplug(void)
{
	pthread_t t[THREADS], mover;
	unsigned int bad = 0;
	void *ret;
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, live_alone, (void *)(i + 1)))
			return 2;
	if (pthread_create(&mover, NULL, move_all, t))
		return 2;
	for (i = 0; i < THREADS; i++) {
		/* They are moved until they end. */
		bad += pthread_join(t[i], &ret) || !ret;
		__atomic_store_n(&stop_moving, i == THREADS - 1,
				 __ATOMIC_RELEASE);
		if (i == 0)
			break;
	}
	__atomic_store_n(&stop_moving, true, __ATOMIC_RELEASE);
	pthread_join(mover, NULL);
	for (i = 1; i < THREADS; i++)
		bad += pthread_join(t[i], &ret) || !ret;
	return bad ? 1 : CHILD_WELL;
}

static bool last_processor(void *arg)
{
	cpu_set_t all, one;
	int cpu;

	(void)arg;
	if (sched_getaffinity(0, sizeof(all), &all))
		return false;
	CPU_ZERO(&one);
	for (cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &all)) {
			CPU_SET(cpu, &one);
			return !sched_setaffinity(0, sizeof(one), &one);
		}
	return false;
}

/* The last one only at the start, all of them later. */
static int do_plug(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	return do_life() != CHILD_WELL ||
			       sched_setaffinity(0, sizeof(all), &all) ?
		       1 :
		       do_life();
}

static void test_processors(void)
{
	struct child unplug = { .scenario = "unplug" };
	struct child plug = { "plug", .prepare = last_processor };
	struct child thp = { "life", .prepare = no_huge_pages };

	child_ok(&unplug, "one processor after the other");
	child_ok(&plug, "born on one processor, then there are more");
	child_ok(&thp, "PR_SET_THP_DISABLE");
}

/* -- All of it ----------------------------------------------------------- */

static int scenario(const char *name)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} all[] = {
		{ "life", do_life },
		{ "late", do_late },
		{ "shut-in", do_shut_in },
		{ "no-mappings", do_no_mappings },
		{ "few-mappings", do_few_mappings },
		{ "charge", do_charge },
		{ "no-commit", do_no_commit },
		{ "locked", do_locked },
		{ "in-group", do_in_group },
		{ "unplug", do_unplug },
		{ "plug", do_plug },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(name, all[i].name))
			return all[i].run();
	return 125;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return scenario(argv[1]);
	tap_begin();
	tap_seed();
	tap_watchdog(110);
	child_begin();
	test_calls();
	test_advice();
	test_sandboxes();
	test_memory();
	test_group();
	test_processors();
	return tap_done();
}
