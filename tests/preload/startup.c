/* SPDX-License-Identifier: MIT */
/*
 * startup - a program begins, and allocates, whatever it finds around it
 *
 * Without standard streams, descriptors, /proc, environment or address space;
 * under a sandbox that refuses the system calls an allocator likes; beside
 * other interposers; started by the dynamic loader itself.
 */
#include "child.h"
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "opaque.h"

#define MIB (1024ul * 1024)

/* -- What the children do ------------------------------------------------ */

static bool churn(struct tap_rng *rng, unsigned int rounds, unsigned int top)
{
	struct {
		void *p;
		size_t n;
	} slot[64] = { { NULL, 0 } };
	unsigned int i, k, bad = 0;

	for (i = 0; i < rounds; i++) {
		k = tap_below(rng, 64);
		if (slot[k].p)
			bad += !tap_check(slot[k].p, slot[k].n, k);
		slot[k].n = tap_any_size(rng, i % 128 ? 13 : top);
		if (i % 3) {
			free(slot[k].p);
			slot[k].p = malloc(slot[k].n);
		} else {
			slot[k].p = realloc(slot[k].p, slot[k].n);
		}
		if (!slot[k].p)
			return false;
		tap_fill(slot[k].p, slot[k].n, k);
	}
	for (k = 0; k < 64; k++)
		free(slot[k].p);
	return !bad;
}

static void *churn_thread(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);

	return churn(&rng, 5000, 18) ? arg : NULL;
}

static int do_plain(void)
{
	pthread_t t[2];
	void *ret;
	uintptr_t i;
	unsigned int bad = 0;

	for (i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, churn_thread, (void *)(i + 1)))
			return 2;
	bad += !churn_thread((void *)3);
	for (i = 0; i < 2; i++)
		bad += pthread_join(t[i], &ret) || !ret;
	return bad ? 1 : CHILD_WELL;
}

/* The library holds no descriptor: the lowest ones are still free. */
static int do_no_streams(void)
{
	int code = do_plain(), fd;

	for (fd = 0; fd < 3; fd++)
		if (open("/dev/null", O_RDWR) != fd)
			return 3;
	return code;
}

/* The one descriptor that the limit allows is free, too. */
static int do_no_files(void)
{
	return open("/dev/null", O_RDWR) == 0 ? do_plain() : 3;
}

/*
 * Everything there is, until refused; then all of it is freed. At least a share
 * of the limit must be had.
 */
static bool until_refused(size_t limit, size_t piece, unsigned int share)
{
	void *last = NULL, *p;
	size_t got = 0;
	bool good = true;

	errno = 0;
	while (got < limit && (p = malloc(piece))) {
		tap_fill(p, piece, 1);
		*(void **)p = last;
		last = p;
		got += piece;
	}
	if (got < limit && errno != ENOMEM)
		good = false;
	while (last) {
		p = *(void **)last;
		good = good && tap_check_from(last, 8, piece, 1);
		free(last);
		last = p;
	}
	diag("%zu of %zu KiB in blocks of %zu", got / 1024, limit / 1024,
	     piece);
	return good && got >= limit / share;
}

static size_t limit_now(int which)
{
	struct rlimit rl;

	getrlimit(which, &rl);
	return rl.rlim_cur;
}

/* Refused at last, the program goes on, and has as much again. */
static int do_tight(int which, size_t piece)
{
	struct tap_rng rng = tap_rng_of(4);
	size_t limit = limit_now(which);

	if (!churn(&rng, 20000, 18))
		return 2;
	if (!until_refused(limit, piece, 4) || !until_refused(limit, piece, 4))
		return 3;
	return churn(&rng, 20000, 18) ? CHILD_WELL : 4;
}

/* What was freed in one size can be had, in good part, in another. */
static int do_reuse(int which)
{
	size_t limit = limit_now(which);

	if (!until_refused(limit, 1000, 4))
		return 2;
	if (!until_refused(limit, 100000, 8))
		return 3;
	if (!until_refused(limit, 3000000, 8))
		return 4;
	return until_refused(limit, 1000, 8) ? CHILD_WELL : 5;
}

/* A reservation must not count as memory that is locked. */
static int do_locked(void)
{
	struct tap_rng rng = tap_rng_of(4);

	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		return CHILD_SKIP;
	if (!churn(&rng, 20000, 18))
		return 2;
	diag("%lu KiB resident", tap_status("VmRSS"));
	return tap_status("VmRSS") < 256 * 1024 ? CHILD_WELL : 3;
}

static int do_wrapped(void)
{
	unsigned long *calls = dlsym(RTLD_DEFAULT, "wrap_calls");
	int code = do_plain();

	return calls && *calls > 10000 ? code : 3;
}

static int do_answer(void)
{
	int (*answer)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "plugin_answer");

	return answer && answer(21) == 42 ? do_plain() : 3;
}

static int scenario(const char *name)
{
	if (!strcmp(name, "plain"))
		return do_plain();
	if (!strcmp(name, "no-streams"))
		return do_no_streams();
	if (!strcmp(name, "no-files"))
		return do_no_files();
	if (!strcmp(name, "tight-as-small"))
		return do_tight(RLIMIT_AS, 1000);
	if (!strcmp(name, "tight-as-pages"))
		return do_tight(RLIMIT_AS, 100000);
	if (!strcmp(name, "tight-as-large"))
		return do_tight(RLIMIT_AS, 3000000);
	if (!strcmp(name, "tight-data"))
		return do_tight(RLIMIT_DATA, 1000);
	if (!strcmp(name, "reuse-as"))
		return do_reuse(RLIMIT_AS);
	if (!strcmp(name, "reuse-data"))
		return do_reuse(RLIMIT_DATA);
	if (!strcmp(name, "locked"))
		return do_locked();
	if (!strcmp(name, "wrapped"))
		return do_wrapped();
	if (!strcmp(name, "answer"))
		return do_answer();
	return 125;
}

/* -- Descriptors --------------------------------------------------------- */

static bool close_streams(void *arg)
{
	int fd;

	(void)arg;
	for (fd = 0; fd < 64; fd++)
		close(fd);
	return true;
}

/* The loader itself needs one descriptor; closing stdin leaves it that. */
static bool no_files(void *arg)
{
	struct rlimit rl = { 3, 3 };
	int fd;

	(void)arg;
	close(0);
	for (fd = 3; fd < 64; fd++)
		close(fd);
	return !setrlimit(RLIMIT_NOFILE, &rl);
}

static void test_descriptors(void)
{
	struct child none = { "no-streams", .prepare = close_streams };
	struct child few = { "no-files", .prepare = no_files };

	child_ok(&none, "no stdin, stdout, stderr, and none taken");
	child_ok(&few, "RLIMIT_NOFILE of 3");
}

/* -- Limits -------------------------------------------------------------- */

struct limit {
	int which;
	size_t mib;
};

static bool set_limit(void *arg)
{
	struct limit *limit = arg;
	struct rlimit rl = { limit->mib * MIB, limit->mib * MIB };

	return !setrlimit(limit->which, &rl);
}

static bool unlimited_stack(void *arg)
{
	struct rlimit rl = { RLIM_INFINITY, RLIM_INFINITY };

	(void)arg;
	return !setrlimit(RLIMIT_STACK, &rl);
}

static void test_address_space(void)
{
	static const char *const how[] = {
		"tight-as-small",
		"tight-as-pages",
		"tight-as-large",
	};
	static const size_t mib[] = { 64, 256 };
	struct limit limit = { RLIMIT_AS, 0 };
	struct child c = { NULL, .prepare = set_limit, .arg = &limit };
	char what[80];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(mib); i++)
		for (k = 0; k < ARRAY_SIZE(how); k++) {
			limit.mib = mib[i];
			c.scenario = how[k];
			snprintf(what, sizeof(what), "RLIMIT_AS of %zu MiB, %s",
				 mib[i], how[k] + sizeof("tight-as"));
			child_ok(&c, what);
		}
	if (!tap_promised("RLIMIT_AS, one size after another"))
		return;
	c.scenario = "reuse-as";
	limit.mib = 256;
	child_ok(&c, "RLIMIT_AS of 256 MiB, one size after another");
}

static void test_limits(void)
{
	struct limit limit = { RLIMIT_DATA, 64 };
	struct child c = { "tight-data", .prepare = set_limit, .arg = &limit };
	struct child stack = { "plain", .prepare = unlimited_stack };
	struct child locked = { "locked" };

	test_address_space();
	child_ok(&c, "RLIMIT_DATA of 64 MiB");
	if (tap_promised("RLIMIT_DATA, one size after another")) {
		c.scenario = "reuse-data";
		child_ok(&c, "RLIMIT_DATA of 64 MiB, one size after another");
	}
	c.scenario = "plain";
	limit.which = RLIMIT_STACK;
	limit.mib = 1;
	child_ok(&c, "RLIMIT_STACK of 1 MiB");
	child_ok(&stack, "RLIMIT_STACK unlimited (another address layout)");
	child_ok(&locked, "mlockall(MCL_FUTURE)");
}

/* -- Environment --------------------------------------------------------- */

static bool empty_environment(void *arg)
{
	const char *preload = getenv("LD_PRELOAD");
	char *copy = preload ? strdup(preload) : NULL;

	(void)arg;
	clearenv();
	return !copy || !setenv("LD_PRELOAD", copy, 1);
}

static bool no_proc(void *arg)
{
	(void)arg;
	return !unshare(CLONE_NEWNS) &&
	       !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("none", "/sys", "tmpfs", 0, NULL) &&
	       !mount("none", "/proc", "tmpfs", 0, NULL);
}

static bool layout(void *arg)
{
	return personality((uintptr_t)arg) != -1;
}

static void test_surroundings(void)
{
	struct child c[] = {
		{ "plain", .prepare = empty_environment },
		{ "plain", .prepare = no_proc },
		{ "plain", .prepare = layout,
		  .arg = (void *)ADDR_NO_RANDOMIZE },
		{ "plain", .prepare = layout,
		  .arg = (void *)(uintptr_t)ADDR_COMPAT_LAYOUT },
		{ "plain", .prepare = layout,
		  .arg = (void *)(uintptr_t)READ_IMPLIES_EXEC },
		{ "plain", .env = { "GLIBC_TUNABLES=glibc.pthread.rseq=0" } },
		{ "plain", .env = { "LD_BIND_NOW=1" } },
		{ "plain", .env = { "KMALLOC=", "LC_ALL=C.UTF-8" } },
	};
	static const char *const what[] = {
		"no environment",
		"no /proc and no /sys",
		"addresses not randomised",
		"mappings from the bottom up",
		"READ_IMPLIES_EXEC",
		"glibc.pthread.rseq=0",
		"LD_BIND_NOW",
		"KMALLOC is empty",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		child_ok(&c[i], what[i]);
}

/* -- Sandboxes ----------------------------------------------------------- */

struct refusal {
	const char *name;
	int nr, error;
};

static bool install_filter(void *arg)
{
	const struct refusal *r = arg;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)r->nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K,
			 SECCOMP_RET_ERRNO | (unsigned int)r->error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* What a sandbox may refuse and libc itself can live without. */
static void test_sandboxes(void)
{
	static struct refusal r[] = {
		{ "madvise", SYS_madvise, 0 },
		{ "membarrier", SYS_membarrier, 0 },
		{ "mremap", SYS_mremap, 0 },
		{ "getrandom", SYS_getrandom, 0 },
		{ "prctl", SYS_prctl, 0 },
		{ "sched_getaffinity", SYS_sched_getaffinity, 0 },
		{ "getcpu", SYS_getcpu, 0 },
		{ "sysinfo", SYS_sysinfo, 0 },
		{ "prlimit64", SYS_prlimit64, 0 },
		{ "mincore", SYS_mincore, 0 },
		{ "clock_gettime", SYS_clock_gettime, 0 },
		{ "readlink", SYS_readlinkat, 0 },
#ifdef SYS_rseq
		{ "rseq", SYS_rseq, 0 },
#endif
#ifdef SYS_process_madvise
		{ "process_madvise", SYS_process_madvise, 0 },
#endif
	};
	struct child c = { "plain", .prepare = install_filter };
	char what[64];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(r); i++)
		for (k = 0; k < 2; k++) {
			r[i].error = k ? ENOSYS : EPERM;
			c.arg = &r[i];
			snprintf(what, sizeof(what), "%s refused with %s",
				 r[i].name, k ? "ENOSYS" : "EPERM");
			child_ok(&c, what);
		}
}

/* -- Other ways to be preloaded ------------------------------------------ */

static int find_loader(struct dl_phdr_info *info, size_t size, void *out)
{
	unsigned int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*(const char **)out =
				(const char *)(info->dlpi_addr +
					       info->dlpi_phdr[i].p_vaddr);
	return 1; /* the program itself comes first */
}

static void test_loader(const char *preload)
{
	const char *loader = NULL;
	static char option[] = "--preload";
	char *argv[] = { NULL, option, (char *)preload, NULL };
	struct child c = { "plain", .preload = "", .launcher = argv };

	dl_iterate_phdr(find_loader, &loader);
	if (!loader) {
		skip("ld.so --preload", "the program has no loader");
		return;
	}
	argv[0] = (char *)loader;
	child_ok(&c, "ld.so --preload");
}

static bool copy_file(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out;
	ssize_t n;

	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			n = -1;
	close(in);
	close(out);
	return n == 0;
}

/* Another file, thus another copy in the process, with a heap of its own. */
static void test_twice(const char *preload)
{
	char dir[] = "/tmp/km-startup-XXXXXX", path[64], both[PATH_MAX + 64];
	struct child c = { "plain", .preload = both };

	if (!mkdtemp(dir))
		tap_bail("no temporary directory");
	snprintf(path, sizeof(path), "%s/second.so", dir);
	snprintf(both, sizeof(both), "%s %s", preload, path);
	if (copy_file(preload, path))
		child_ok(&c, "preloaded twice");
	else
		skip("preloaded twice", "cannot copy it");
	unlink(path);
	rmdir(dir);
}

static void test_company(const char *preload)
{
	char list[2 * PATH_MAX];
	struct child c = { "wrapped", .preload = list };

	snprintf(list, sizeof(list), "%s %s", child_helper("wrap"), preload);
	child_ok(&c, "a wrapper preloaded before the library");
	c.scenario = tap_allocator == TAP_LIBC ? "wrapped" : "plain";
	snprintf(list, sizeof(list), "%s %s", preload, child_helper("wrap"));
	child_ok(&c, "a wrapper preloaded after the library");
	c.scenario = "answer";
	snprintf(list, sizeof(list), "%s %s", child_helper("resolver"),
		 preload);
	child_ok(&c, "a library whose IFUNC resolver allocates");
}

int main(int argc, char **argv)
{
	const char *preload;

	if (argc > 1)
		return scenario(argv[1]);
	tap_begin();
	tap_seed();
	tap_watchdog(100);
	child_begin();
	preload = child_preload();
	test_descriptors();
	test_limits();
	test_surroundings();
	test_sandboxes();
	test_company(preload ? preload : "");
	if (preload) {
		test_loader(preload);
		test_twice(preload);
	}
	return tap_done();
}
