/* SPDX-License-Identifier: MIT */
/*
 * arch: the wrappers' results, injected failures, and the two calls that do
 * more than pass their arguments on: moving pages and discarding many ranges.
 */
#include "kmtest.h"

#include <sys/socket.h>

#include "atomic.h"
#include "bitops.h"

#define PROT_RW (PROT_READ | PROT_WRITE)

static char *map_pages(size_t nr)
{
	char *p = arch_mmap(NULL, nr * arch_page_size, PROT_RW, 0);

	assert_false(IS_ERR(p));
	return p;
}

static int fail_set(const char *name, unsigned int every)
{
	return arch_fail_set(name, (unsigned int)strlen(name), every);
}

/* ---- wrappers ---- */

static void test_page_size(void **state)
{
	arch_init();
	assert_int_equal(arch_page_size, sysconf(_SC_PAGESIZE));
	assert_true(is_power_of_2(arch_page_size));
}

static void test_errors_are_returned(void **state)
{
	void *unaligned = (void *)1;

	errno = 123;
	assert_int_equal(arch_munmap(unaligned, 4096), -EINVAL);
	assert_int_equal(arch_mprotect(unaligned, 4096, PROT_READ), -EINVAL);
	assert_int_equal(arch_madvise(unaligned, 4096, MADV_DONTNEED), -EINVAL);
	assert_int_equal(PTR_ERR(arch_mmap(NULL, 0, PROT_READ, 0)), -EINVAL);
	assert_true(IS_ERR(arch_mmap(NULL, 1UL << 62, PROT_READ, 0)));
	assert_true(arch_move_pages(unaligned, 4096, NULL) < 0);
	assert_false(arch_fd_is_open(-1));
	assert_int_equal(errno, 123);
}

static void test_map_protect_unmap(void **state)
{
	char *p = map_pages(3);

	km_fill(p, 3 * arch_page_size, 1);
	assert_int_equal(arch_mprotect(p, arch_page_size, PROT_READ), 0);
	assert_true(km_intact(p, 3 * arch_page_size, 1));
	assert_int_equal(arch_madvise(p, arch_page_size, MADV_DONTNEED), 0);
	assert_true(km_is_zero(p, arch_page_size));
	assert_false(km_is_zero(p + arch_page_size, arch_page_size));
	assert_int_equal(arch_munmap(p, 3 * arch_page_size), 0);
	assert_false(arch_try_read(&(char){ 0 }, p, 1));
}

/* What cannot be read is told, not faulted on. */
static void test_try_read(void **state)
{
	char *p = map_pages(3), got[100];

	km_fill(p, 3 * arch_page_size, 1);
	assert_true(arch_try_read(got, p, sizeof(got)));
	assert_true(km_intact(got, sizeof(got), 1));
	assert_int_equal(arch_munmap(p + arch_page_size, arch_page_size), 0);
	assert_int_equal(arch_mprotect(p + 2 * arch_page_size, arch_page_size,
				       PROT_NONE), 0);
	assert_true(arch_try_read(got, p + arch_page_size - 8, 8));
	/* One byte of the hole is enough. */
	assert_false(arch_try_read(got, p + arch_page_size - 8, 9));
	assert_false(arch_try_read(got, p + arch_page_size, 1));
	assert_false(arch_try_read(got, p + 2 * arch_page_size, 1));
	assert_false(arch_try_read(got, NULL, 1));
	assert_false(arch_try_read(got, (void *)~0xfffUL, 8));
	fail_set("process_vm_readv", 1);
	assert_false(arch_try_read(got, p, 1));
	fail_set("process_vm_readv", 0);
	arch_munmap(p, 3 * arch_page_size);
}

static void test_block_signals(void **state)
{
	sigset_t before, now;
	u64 saved;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	arch_block_signals(&saved);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig < 32; sig++) {
		if (sig != SIGKILL && sig != SIGSTOP)
			assert_true(sigismember(&now, sig));
	}
	arch_restore_signals(&saved);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig < 32; sig++)
		assert_int_equal(sigismember(&now, sig),
				 sigismember(&before, sig));
}

static bool is_answer(int sig)
{
	return sig == SIGILL || sig == SIGTRAP || sig == SIGBUS ||
	       sig == SIGFPE || sig == SIGSEGV || sig == SIGSYS;
}

static void test_block_interrupts(void **state)
{
	sigset_t before, now;
	u64 saved;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	arch_block_interrupts(&saved);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig < 32; sig++) {
		if (sig != SIGKILL && sig != SIGSTOP)
			assert_int_equal(sigismember(&now, sig),
					 !is_answer(sig));
	}
	arch_restore_signals(&saved);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig < 32; sig++)
		assert_int_equal(sigismember(&now, sig),
				 sigismember(&before, sig));
}

/* What could not be blocked is not set free afterwards. */
static void test_block_failing(void **state)
{
	sigset_t usr1, now;
	u64 saved;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	assert_int_equal(arch_fail_set("rt_sigprocmask", 14, 1), 0);
	arch_block_signals(&saved);
	arch_fail_set("rt_sigprocmask", 14, 0);
	arch_restore_signals(&saved);
	pthread_sigmask(SIG_UNBLOCK, &usr1, &now);
	assert_true(sigismember(&now, SIGUSR1));
	assert_false(sigismember(&now, SIGUSR2));
}

static void test_readable(void **state)
{
	u32 *p = arch_mmap(NULL, 2 * arch_page_size, PROT_READ | PROT_WRITE, 0);
	u32 *q = p + arch_page_size / sizeof(*p);

	assert_false(IS_ERR(p));
	if (km_valgrind()) {
		km_skip("valgrind complains of what it looks at");
		return;
	}
	assert_int_equal(arch_mprotect(q, arch_page_size, PROT_NONE), 0);
	assert_true(arch_is_readable(p)); /* as it is expected to be */
	*p = 1;
	assert_true(arch_is_readable(p));
	assert_int_equal(arch_mprotect(p, arch_page_size, PROT_READ), 0);
	assert_true(arch_is_readable(p));
	assert_false(arch_is_readable(q));
	assert_false(arch_is_readable(NULL));
	arch_munmap(p, 2 * arch_page_size);
	assert_false(arch_is_readable(p));
}

static void test_machine(void **state)
{
	unsigned int cpus = arch_nr_possible_cpus();
	u64 before = arch_clock_ms();

	if (access("/sys/devices/system/cpu/possible", R_OK)) {
		km_skip("there is no /sys");
		return;
	}
	assert_true(cpus >= (unsigned int)sysconf(_SC_NPROCESSORS_ONLN));
	assert_in_range(cpus, 1, 8192);
	assert_int_not_equal(arch_random(), arch_random());
	assert_true(before > 0);
	assert_true(arch_clock_ms() >= before);
	arch_sched_yield();
}

static void test_fd_is_open(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_true(arch_fd_is_open(fd));
	close(fd);
	assert_false(arch_fd_is_open(fd));
}

static void limit_body(void *arg)
{
	struct rlimit lim = { 1UL << 40, 1UL << 41 };

	must(arch_rlimit_as() == ~0ULL);
	must(!setrlimit(RLIMIT_AS, &lim));
	must(arch_rlimit_as() == 1ULL << 40);
	must(!fail_set("prlimit64", 1));
	must(arch_rlimit_as() == ~0ULL);
}

static void test_rlimit(void **state)
{
	static struct km_child c;
	struct rlimit lim;

	getrlimit(RLIMIT_AS, &lim);
	if (lim.rlim_cur != RLIM_INFINITY || CONFIG_SANITIZER) {
		km_skip("the address space is limited, or a sanitizer's");
		return;
	}
	km_child(&c, limit_body, NULL);
	assert_child_ok(&c);
}

/* ---- writing ---- */

#define LONG_TEXT (300 * 1024)

static void reader(unsigned int nr, void *arg)
{
	int fd = *(int *)arg;
	char buf[4096];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			must(buf[i] == (char)((total + (size_t)i) % 251));
		total += (size_t)n;
	}
	must(total == LONG_TEXT);
}

/* A pipe holds less: arch_write goes on after what the system takes. */
static void test_write_all(void **state)
{
	static char text[LONG_TEXT];
	struct km_thread t;
	int fds[2];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 251);
	assert_int_equal(pipe(fds), 0);
	km_threads_start(&t, 1, reader, &fds[0]);
	arch_write(fds[1], text, sizeof(text));
	close(fds[1]);
	km_threads_join(&t, 1);
	close(fds[0]);
}

static void test_write_gives_up(void **state)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	fail_set("write", 1);
	arch_write(fds[1], "lost", 4);
	fail_set("write", 0);
	arch_write(-1, "nowhere", 7);
	/* Nothing came through: the next byte read is the next one written. */
	assert_int_equal(write(fds[1], "x", 1), 1);
	char got[8];

	assert_int_equal(read(fds[0], got, sizeof(got)), 1);
	assert_int_equal(got[0], 'x');
	close(fds[0]);
	close(fds[1]);
}

/* ---- waiting ---- */

static u32 futex_word; /* atomic */

static void sleeper(unsigned int nr, void *arg)
{
	while (!smp_load_acquire(&futex_word))
		arch_futex_wait(&futex_word, 0);
}

static void test_futex(void **state)
{
	struct km_thread t[4];

	futex_word = 1;
	arch_futex_wait(&futex_word, 0); /* returns at once */
	futex_word = 0;
	km_threads_start(t, 4, sleeper, NULL);
	smp_store_release(&futex_word, 1);
	arch_futex_wake(&futex_word, 4);
	km_threads_join(t, 4);
}

/* A waiter that is never put to sleep still ends. */
static void test_futex_fails(void **state)
{
	struct km_thread t[2];

	futex_word = 0;
	assert_int_equal(fail_set("futex", 1), 0);
	km_threads_start(t, 2, sleeper, NULL);
	smp_store_release(&futex_word, 1);
	arch_futex_wake(&futex_word, 2);
	km_threads_join(t, 2);
	fail_set("futex", 0);
}

static void id_of(unsigned int nr, void *arg)
{
	u32 *ids = arg;

	ids[nr] = arch_thread_id();
	must(ids[nr] == arch_thread_id());
}

static void test_thread_id(void **state)
{
	struct km_thread t[4];
	u32 ids[5] = { 0 };

	km_threads_start(t, 4, id_of, ids);
	ids[4] = arch_thread_id();
	km_threads_join(t, 4);
	for (int i = 0; i < 5; i++)
		assert_int_not_equal(ids[i], 0);
	/* Threads of the pool lived at once with us. */
	for (int i = 0; i < 4; i++)
		assert_int_not_equal(ids[i], ids[4]);
}

/* ---- moving and discarding ---- */

static void move_and_check(size_t nr)
{
	size_t len = nr * arch_page_size;
	char *from = map_pages(nr), *to = map_pages(nr + 2);

	km_fill(from, len, nr);
	km_fill(to, len + 2 * arch_page_size, 99);
	assert_int_equal(arch_move_pages(from, len, to + arch_page_size), 0);
	assert_true(km_intact(to + arch_page_size, len, nr));
	/* The old range can be used again; the new one's neighbours stay. */
	assert_true(km_is_zero(from, len));
	km_fill(from, len, nr + 1);
	assert_true(km_intact(to + arch_page_size, len, nr));
	assert_true(km_intact(to, arch_page_size, 99));
	assert_false(km_is_zero(to + arch_page_size + len, arch_page_size));
	arch_munmap(from, len);
	arch_munmap(to, len + 2 * arch_page_size);
}

/* Before Linux 5.7, and under valgrind. */
static bool cannot_move(void)
{
	if (km_can_move())
		return false;
	km_skip("the system cannot keep the range that it moves from");
	return true;
}

static void test_move_pages(void **state)
{
	static const size_t sizes[] = { 1, 2, 15, 16, 17, 511, 512, 513, 1100 };

	if (cannot_move())
		return;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		move_and_check(sizes[i]);
}

static void test_move_fails(void **state)
{
	char *from = map_pages(4), *to = map_pages(4);

	km_fill(from, 4 * arch_page_size, 7);
	assert_int_equal(fail_set("mremap", 1), 0);
	assert_int_equal(arch_move_pages(from, 4 * arch_page_size, to),
			 -ENOMEM);
	fail_set("mremap", 0);
	assert_true(km_intact(from, 4 * arch_page_size, 7));
	/* Overlapping ranges are refused, not torn. */
	assert_true(arch_move_pages(from, 2 * arch_page_size,
				    from + arch_page_size) < 0);
	assert_true(km_intact(from, 4 * arch_page_size, 7));
	arch_munmap(from, 4 * arch_page_size);
	arch_munmap(to, 4 * arch_page_size);
}

#define NR_RANGES 64

/* Every other page of a block. */
static void fill_ranges(char *p, struct arch_range *ranges)
{
	km_fill(p, 2 * NR_RANGES * arch_page_size, 5);
	for (size_t i = 0; i < NR_RANGES; i++) {
		ranges[i].addr = p + 2 * i * arch_page_size;
		ranges[i].len = arch_page_size;
	}
}

static bool discarded(const char *p)
{
	for (size_t i = 0; i < 2 * NR_RANGES; i++) {
		if (km_is_zero(p + i * arch_page_size, arch_page_size) != !(i % 2))
			return false;
	}
	return true;
}

static void test_discard(void **state)
{
	struct arch_range ranges[NR_RANGES];
	char *p = map_pages(2 * NR_RANGES);

	assert_int_equal(arch_discard_ranges(ranges, 0), 0);
	fill_ranges(p, ranges);
	assert_int_equal(arch_discard_ranges(ranges, NR_RANGES), 0);
	assert_true(discarded(p));
	fill_ranges(p, ranges);
	assert_int_equal(arch_discard_ranges(ranges, 1), 0);
	assert_true(km_is_zero(p, arch_page_size));
	assert_false(km_is_zero(p + 2 * arch_page_size, arch_page_size));
	arch_munmap(p, 2 * NR_RANGES * arch_page_size);
}

/* In a child: the vectored call is not tried again once it has failed. */
static void discard_singly(void *arg)
{
	struct arch_range ranges[NR_RANGES];
	char *p = arch_mmap(NULL, 2 * NR_RANGES * arch_page_size, PROT_RW, 0);

	must(!fail_set("process_madvise", 1));
	for (int i = 0; i < 3; i++) {
		fill_ranges(p, ranges);
		must(!arch_discard_ranges(ranges, NR_RANGES));
		must(discarded(p));
	}
	must(arch_fail_count <= 1); /* 0: the system had refused before */
}

static void test_discard_singly(void **state)
{
	static struct km_child c;

	km_child(&c, discard_singly, NULL);
	assert_child_ok(&c);
}

/* One range that fails is told, and keeps no other from being discarded. */
static void test_discard_error(void **state)
{
	struct arch_range ranges[NR_RANGES];
	char *p = map_pages(2 * NR_RANGES);

	fill_ranges(p, ranges);
	assert_int_equal(arch_munmap(ranges[10].addr, arch_page_size), 0);
	assert_int_equal(arch_discard_ranges(ranges, NR_RANGES), -ENOMEM);
	for (size_t i = 0; i < 2 * NR_RANGES; i++) {
		if (i == 20)
			continue;
		assert_int_equal(km_is_zero(p + i * arch_page_size,
					    arch_page_size),
				 !(i % 2));
	}
	arch_munmap(p, 2 * NR_RANGES * arch_page_size);
}

/* ---- injected failures ---- */

static void test_fail_names(void **state)
{
	static const char *const wrong[] = { "", "mma", "mmapp", "open",
					     "MMAP", "mmap:1" };

	for (unsigned int i = 0; i < ARRAY_SIZE(km_calls); i++)
		assert_int_equal(fail_set(km_calls[i], 0), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(fail_set(wrong[i], 1), -ENOENT);
	/* A name that is none changes nothing. */
	assert_int_equal(arch_munmap(map_pages(1), arch_page_size), 0);
}

static void test_fail_every(void **state)
{
	for (unsigned int every = 1; every <= 7; every++) {
		assert_int_equal(fail_set("mmap", every), 0);
		for (unsigned int use = 1; use <= 30; use++) {
			void *p = arch_mmap(NULL, 4096, PROT_RW, 0);

			assert_int_equal(IS_ERR(p), use % every == 0);
			if (IS_ERR(p))
				assert_int_equal(PTR_ERR(p), -ENOMEM);
			else /* other calls are not counted */
				assert_int_equal(arch_munmap(p, 4096), 0);
			assert_int_equal(arch_fail_count, use / every);
		}
	}
	assert_int_equal(fail_set("mmap", 0), 0);
	assert_int_equal(arch_fail_count, 0);
	assert_int_equal(arch_munmap(map_pages(1), arch_page_size), 0);
}

/* What each wrapper makes of a failure. */
static void test_fail_results(void **state)
{
	char *p = map_pages(1);
	unsigned int cpus;
	u32 word = 0;

	fail_set("munmap", 1);
	assert_int_equal(arch_munmap(p, arch_page_size), -ENOMEM);
	fail_set("mprotect", 1);
	assert_int_equal(arch_mprotect(p, arch_page_size, PROT_READ), -ENOMEM);
	fail_set("madvise", 1);
	assert_int_equal(arch_madvise(p, arch_page_size, MADV_DONTNEED),
			 -EAGAIN);
	fail_set("rseq", 1);
	assert_int_equal(arch_rseq_register(p, 32, 0), -ENOSYS);
	fail_set("membarrier", 1);
	assert_int_equal(arch_membarrier_register(), -ENOSYS);
	assert_int_equal(arch_membarrier_rseq(), -ENOSYS);
	/* Without the file the answer is the kernel's mask's. */
	cpus = arch_nr_possible_cpus();
	fail_set("openat", 1);
	assert_int_equal(arch_nr_possible_cpus() % 64, 0);
	assert_in_range(arch_nr_possible_cpus(), cpus, 4096);
	fail_set("read", 1);
	assert_in_range(arch_nr_possible_cpus(), cpus, 4096);
	fail_set("sched_getaffinity", 1);
	assert_int_equal(arch_nr_possible_cpus(), cpus);
	fail_set("fcntl", 1);
	assert_false(arch_fd_is_open(1));
	fail_set("getrandom", 1);
	assert_int_not_equal(arch_random(), 0);
	fail_set("sched_yield", 1);
	arch_sched_yield();
	assert_int_equal(arch_fail_count, 1);
	fail_set("futex", 1);
	arch_futex_wait(&word, 0); /* would sleep for ever */
	arch_futex_wake(&word, 1);
	assert_int_equal(arch_fail_count, 1);
	fail_set("futex", 0);
	arch_munmap(p, arch_page_size);
}

/* A descriptor that is not closed would be lost at each look. */
static void test_close_fails(void **state)
{
	unsigned int cpus = arch_nr_possible_cpus();
	int before = dup(1), after;

	close(before);
	assert_int_equal(arch_nr_possible_cpus(), cpus);
	after = dup(1);
	close(after);
	assert_int_equal(before, after);
	fail_set("close", 1);
	assert_int_equal(arch_nr_possible_cpus(), cpus);
	fail_set("close", 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_size),
		cmocka_unit_test(test_errors_are_returned),
		cmocka_unit_test(test_map_protect_unmap),
		cmocka_unit_test(test_try_read),
		cmocka_unit_test(test_block_signals),
		cmocka_unit_test(test_block_interrupts),
		cmocka_unit_test(test_block_failing),
		cmocka_unit_test(test_readable),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_fd_is_open),
		cmocka_unit_test(test_rlimit),
		cmocka_unit_test(test_write_all),
		cmocka_unit_test(test_write_gives_up),
		cmocka_unit_test(test_futex),
		cmocka_unit_test(test_futex_fails),
		cmocka_unit_test(test_thread_id),
		cmocka_unit_test(test_move_pages),
		cmocka_unit_test(test_move_fails),
		cmocka_unit_test(test_discard),
		cmocka_unit_test(test_discard_singly),
		cmocka_unit_test(test_discard_error),
		cmocka_unit_test(test_fail_names),
		cmocka_unit_test(test_fail_every),
		cmocka_unit_test(test_fail_results),
		cmocka_unit_test(test_close_fails),
	};

	return km_run_tests(tests);
}
