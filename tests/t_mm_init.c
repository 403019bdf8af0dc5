/* SPDX-License-Identifier: MIT */
/*
 * mm_init: the first call starts the library, from whichever thread, or
 * fails and may be tried again; a forked child allocates whatever the other
 * threads were doing; trimming gives memory back.
 */
#include "kmtest.h"

#include <sys/time.h>

#include "buddy.h"
#include "kmalloc.h"
#include "mm_init.h"
#include "pcs.h"
#include "percpu.h"
#include "sheaf.h"
#include "slab_common.h"
#include "vmap_area.h"
#include "vmstat.h"

/* ---- a little of everything ---- */

static void check_one(struct kmem_cache *s, void *arg)
{
	check_cache(s);
}

static void check_all(void)
{
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_vmap();
}

static void *any_block(struct km_rng *rng, size_t size)
{
	switch (km_below(rng, 8)) {
	case 0:
		return vmalloc(size);
	case 1:
		return kvzalloc(size, GFP_KERNEL);
	case 2:
		return malloc_aligned(1UL << km_below(rng, 16), size);
	case 3:
		return malloc_slowpath(size, false);
	default:
		return kmalloc(size, GFP_KERNEL);
	}
}

#define HELD 40

struct mix {
	struct km_rng rng;
	char *p[HELD];
	size_t size[HELD];
	unsigned int failed;
};

static void mix_one(struct mix *m)
{
	u64 k = km_below(&m->rng, HELD);

	if (m->p[k]) {
		must(km_intact(m->p[k], m->size[k], k));
		kvfree(m->p[k]);
		m->p[k] = NULL;
		return;
	}
	m->size[k] = km_any_size(&m->rng, km_below(&m->rng, 30) ? 5000 : SZ_1M);
	m->p[k] = any_block(&m->rng, m->size[k]);
	if (m->p[k])
		km_fill(m->p[k], m->size[k], k);
	else
		m->failed++;
}

static void mix_end(struct mix *m)
{
	for (u64 k = 0; k < HELD; k++) {
		must(!m->p[k] || km_intact(m->p[k], m->size[k], k));
		kvfree(m->p[k]);
		m->p[k] = NULL;
	}
}

/* ---- boot ---- */

static void first_call(void)
{
	char *p;

	must(mm_state == MM_DOWN);
	kfree(NULL);
	must(mm_state == MM_DOWN);
	p = kmalloc(100, GFP_KERNEL);
	must(p && mm_state == MM_UP && percpu_mode != PERCPU_DOWN);
	km_fill(p, 100, 1);
	must(mm_boot());
	kfree(p);
}

/* A little is to be had without starting anything, and freed later. */
static void little(void)
{
	static char *p[4000];
	unsigned int nr = 0;

	while (mm_state == MM_DOWN) {
		must(nr < ARRAY_SIZE(p));
		p[nr] = malloc_slowpath(100, true);
		must(p[nr] && km_is_zero(p[nr], 100) && ksize(p[nr]) >= 100);
		km_fill(p[nr], 100, nr);
		nr++;
	}
	must(nr > 200 && mem_is_phys(p[nr - 1]));
	must(malloc_slowpath(20000, false));
	while (nr--) {
		must(km_intact(p[nr], 100, nr));
		must(mem_is_ours(p[nr]));
		kfree(p[nr]);
	}
	must(mm_state == MM_UP);
	check_all();
}

/* The environment is read at the beginning; options start everything. */
static void begin(void)
{
	mm_begin();
	must(mm_state == MM_DOWN);
	mm_begin();
	must(mm_state == MM_DOWN);
}

static void begin_with_options(void)
{
	setenv("KMALLOC", "percpu=generic", 1);
	mm_begin();
	must(mm_state == MM_UP && percpu_mode == PERCPU_GENERIC);
	mm_begin();
	must(mm_state == MM_UP);
}

/* Whichever call is the first one. */
static void first_calls(void *arg)
{
	switch (*(int *)arg) {
	case 0:
		must(vmalloc(100));
		break;
	case 1:
		must(alloc_pages(GFP_KERNEL, 0));
		break;
	case 2:
		must(alloc_pages_exact(5000, GFP_KERNEL));
		break;
	case 3:
		must(kmem_cache_create("first", 64, 0, 0, NULL));
		break;
	case 4:
		must(kvmalloc(SZ_1M, GFP_KERNEL));
		break;
	case 5:
		must(krealloc(NULL, 10, GFP_KERNEL));
		break;
	case 6:
		must(malloc_slowpath(10 * SZ_1M, true));
		break;
	case 7:
		must(malloc_aligned(4096, 10));
		break;
	case 8:
		must(kmalloc_size_roundup(100) == 112);
		return;
	case 9:
		must(kmalloc(50000, GFP_KERNEL));
		break;
	case 10: /* questions and answers that need no memory */
		must(ksize(NULL) == 0 && ksize(arg) == 0);
		must(!is_vmalloc_addr(arg) && !virt_to_page(arg));
		check_zone();
		check_vmap();
		must(mm_trim() == 0);
		break;
	case 11:
		must(vrealloc(NULL, 100, GFP_KERNEL));
		break;
	}
	must(mm_state == MM_UP);
	check_all();
}

static void test_first_calls(void **state)
{
	static struct km_child c;

	for (int i = 0; i < 12; i++) {
		km_child(&c, first_calls, &i);
		assert_child_ok(&c);
	}
}

/* A foreign pointer freed before anything was allocated. */
static void first_free(void)
{
	int on_stack;

	must(mm_state == MM_DOWN);
	kfree(km_hide(&on_stack));
	must(kmalloc(10, GFP_KERNEL));
}

static pthread_barrier_t all_ready;

static void boot_at_once(unsigned int nr, void *arg)
{
	char *p;

	pthread_barrier_wait(&all_ready);
	p = kmalloc(100 + nr, GFP_KERNEL);
	must(p);
	km_fill(p, 100 + nr, nr);
	must(km_intact(p, 100 + nr, nr));
}

static void storm(void *arg)
{
	pthread_barrier_init(&all_ready, NULL, 8);
	km_threads(8, boot_at_once, NULL);
	check_all();
}

static void test_storm(void **state)
{
	static struct km_child c;

	for (unsigned long i = 0; i < km_load(50); i++) {
		km_child(&c, storm, NULL);
		assert_child_ok(&c);
	}
}

/* A handler cannot come in the midst of the start: it gets memory, whenever
 * it comes. */
static void handler(int sig)
{
	char *p = kmalloc(100, GFP_KERNEL);

	must(p);
	km_fill(p, 100, 1);
	kfree(p);
}

static void interrupted(void *arg)
{
	struct itimerval when = { .it_value.tv_usec = *(int *)arg };
	struct sigaction sa = { .sa_handler = handler };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &when, NULL);
	for (int i = 0; i < 100; i++) {
		char *p = kmalloc(100, GFP_KERNEL);

		must(p);
		km_fill(p, 100, 2);
		must(km_intact(p, 100, 2));
		kfree(p);
	}
	check_all();
}

static void test_interrupted(void **state)
{
	static struct km_child c;
	struct km_rng rng = km_rng_of(1);

	for (unsigned long i = 0; i < km_load(120); i++) {
		int us = 1 + (int)km_below(&rng, 400);

		km_child(&c, interrupted, &us);
		assert_child_ok(&c);
	}
}

/* A handler may find its own thread inside any lock: each call returns,
 * with or without memory, and what was freed is free in the end. */
static void use_all(void)
{
	static char *p[20];

	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		size_t size = 16UL << i % 12 << i % 9;

		p[i] = i % 3 ? malloc_slowpath(size, false) : vmalloc(size);
		if (p[i])
			km_fill(p[i], size, i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		must(!p[i] || km_intact(p[i], 16UL << i % 12 << i % 9, i));
		kvfree(p[i]);
	}
}

struct room {
	const char *name;
	void (*lock)(void);
	void (*unlock)(void);
};

static const struct room rooms[] = {
	{ "drain", percpu_fork_lock, percpu_fork_unlock },
	{ "caches", slab_fork_lock, slab_fork_unlock },
	{ "vmalloc", vmap_fork_lock, vmap_fork_unlock },
	{ "pages", page_fork_lock, page_fork_unlock },
	{ "sheaves", sheaf_fork_lock, sheaf_fork_unlock },
	{ "memblock", memblock_fork_lock, memblock_fork_unlock },
};

static void inside_lock(void *arg)
{
	const struct room *room = arg;

	use_all();
	mm_trim();
	km_enter(room->lock);
	use_all();
	km_leave(room->unlock);
	use_all();
	check_all();
}

static void test_inside_locks(void **state)
{
	static struct km_child c;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(rooms); i++) {
		km_child(&c, inside_lock, &rooms[i]);
		if (km_child_exited(&c, 0))
			continue;
		print_message("# inside the lock of %s\n", rooms[i].name);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* ---- boot under failing calls ---- */

/* In a new process: does what can be done, then, without failures, all. */
static int failing_boot(void)
{
	struct mix m = { .rng = km_rng_of(2) };

	alarm(KM_CHILD_SECONDS);
	for (int i = 0; i < 300; i++)
		mix_one(&m);
	mix_end(&m);
	unsetenv("KMALLOC"); /* a start that failed reads it again */
	km_fail("mmap", 0);
	must(mm_boot());
	m.failed = 0;
	for (int i = 0; i < 300; i++)
		mix_one(&m);
	must(!m.failed);
	mix_end(&m);
	check_all();
	mm_trim();
	check_all();
	return 0;
}

static void boot_failing(const char *more, unsigned int most)
{
	static struct km_child c;
	unsigned int wrong = 0;
	char options[100];

	for (unsigned int i = 0; i < ARRAY_SIZE(km_calls); i++) {
		for (unsigned int k = 1; k <= most; k++) {
			struct km_exec e = { options, "failing", NULL };

			snprintf(options, sizeof(options),
				 "fail_syscall=%s:%u %s", km_calls[i], k, more);
			km_exec(&c, &e);
			if (km_child_exited(&c, 0))
				continue;
			print_message("# with KMALLOC=\"%s\"\n", options);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void test_boot_failing(void **state)
{
	boot_failing("", 5);
}

static void test_boot_failing_generic(void **state)
{
	boot_failing("percpu=generic", 2);
}

static void limit_space(void)
{
	struct rlimit lim = { 2 * SZ_1G, 2 * SZ_1G };

	setrlimit(RLIMIT_AS, &lim);
}

/* Where nothing is reserved, each piece is a call that may fail. */
static void test_boot_failing_unreserved(void **state)
{
	static struct km_child c;
	unsigned int wrong = 0;
	char options[100];

	if (CONFIG_SANITIZER) {
		km_skip("a sanitizer needs its address space");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(km_calls); i++) {
		for (unsigned int k = 1; k <= 4; k++) {
			struct km_exec e = { options, "failing", limit_space };

			snprintf(options, sizeof(options), "fail_syscall=%s:%u",
				 km_calls[i], k);
			km_exec(&c, &e);
			if (km_child_exited(&c, 0))
				continue;
			print_message("# with KMALLOC=\"%s\"\n", options);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* A start that failed is tried again, and leaves nothing behind. */
static size_t space_used(void)
{
	char buf[64];
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	must(n > 0);
	buf[n] = '\0';
	close(fd);
	return strtoul(buf, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void retry(const char *name)
{
	size_t before = space_used();

	km_fail(name, 1);
	for (int i = 0; i < 40; i++) {
		must(!kmalloc(10, GFP_KERNEL) && !vmalloc(10));
		must(mm_state == MM_DOWN);
	}
	must(space_used() - before < SZ_1G);
	km_fail(name, 0);
	must(kmalloc(10, GFP_KERNEL) && vmalloc(10));
	check_all();
}

static void retry_mmap(void)
{
	retry("mmap");
}

/* A reservation that cannot be used is done without. */
static void without_mprotect(void)
{
	size_t before = space_used();

	km_fail("mprotect", 1);
	must(kmalloc(10, GFP_KERNEL) && vmalloc(10));
	must(arch_fail_count > 0 || !percpu_has_rseq());
	must(space_used() - before < SZ_1G);
	km_fail("mprotect", 0);
	must(kmalloc(100000, GFP_KERNEL) && vmalloc(100000));
	check_all();
}

/* ---- fork ---- */

static u32 stop_mixing; /* atomic */

static void mixer(unsigned int nr, void *arg)
{
	struct mix m = { .rng = km_rng_of(nr) };

	while (!atomic_read(&stop_mixing)) {
		mix_one(&m);
		if (!km_below(&m.rng, 3000))
			mm_trim();
	}
	mix_end(&m);
	must(!m.failed);
}

static void grandchild(void *arg)
{
	struct mix m = { .rng = km_rng_of(500) };

	for (int i = 0; i < 50; i++)
		mix_one(&m);
	mix_end(&m);
	check_all();
}

static void forked(void *arg)
{
	static struct km_child c;
	struct mix m = { .rng = km_rng_of(100 + *(u64 *)arg) };

	/* First of all, for whoever checks lets go of what he finds held. */
	for (int i = 0; i < 200; i++)
		mix_one(&m);
	must(!m.failed);
	check_all();
	mm_trim();
	mix_end(&m);
	check_all();
	/* No lock was found held: what the parent had locked is free. */
	must(vmstat_read(VMSTAT_nolock_alloc) == 0);
	must(vmstat_read(VMSTAT_deferred_free) == 0);
	if (*(u64 *)arg % 8)
		return;
	km_child(&c, grandchild, NULL);
	must(km_child_exited(&c, 0));
}

static void fork_busy(void)
{
	static struct km_child c;
	struct km_thread t[6];
	char *p;

	must(!pthread_atfork(mm_fork_prepare, mm_fork_parent, mm_fork_child));
	p = kmalloc(100, GFP_KERNEL);
	km_fill(p, 100, 77);
	km_threads_start(t, 6, mixer, NULL);
	for (u64 i = 0; i < km_load(40); i++) {
		km_child(&c, forked, &i);
		must(km_child_exited(&c, 0));
		must(km_intact(p, 100, 77));
	}
	atomic_set(&stop_mixing, 1);
	km_threads_join(t, 6);
	check_all();
}

static void fork_before_boot_child(void *arg)
{
	must(kmalloc(10, GFP_KERNEL));
}

/* Nothing is up yet: the child starts a library of its own. */
static void fork_before_boot(void)
{
	static struct km_child c;

	must(!pthread_atfork(mm_fork_prepare, mm_fork_parent, mm_fork_child));
	km_child(&c, fork_before_boot_child, NULL);
	must(km_child_exited(&c, 0));
	must(mm_state == MM_DOWN);
	must(kmalloc(10, GFP_KERNEL));
}

static u32 boot_began, boot_ended; /* atomic */

static void boot_elsewhere(unsigned int nr, void *arg)
{
	atomic_set(&boot_began, 1);
	must(mm_boot());
	atomic_set(&boot_ended, 1);
}

/* A start that began in a fork would go on in nobody's hands in the child. */
static void fork_keeps_boot_away(void)
{
	struct km_thread t;

	mm_fork_prepare();
	km_threads_start(&t, 1, boot_elsewhere, NULL);
	while (!atomic_read(&boot_began))
		sched_yield();
	usleep(20000);
	must(mm_state == MM_DOWN && !atomic_read(&boot_ended));
	mm_fork_parent();
	km_threads_join(&t, 1);
	must(mm_state == MM_UP);
	/* Once it is up, nothing is kept away. */
	mm_fork_prepare();
	must(mm_boot());
	mm_fork_parent();
	check_all();
}

static u32 fork_over; /* atomic */

/* In the child ThreadSanitizer misses whoever had come to an end. */
static void boot_and_stay(unsigned int nr, void *arg)
{
	boot_elsewhere(nr, arg);
	while (!atomic_read(&fork_over))
		sched_yield();
}

static void fork_while_booting_once(void *arg)
{
	static struct km_child c;
	struct km_thread t;

	must(!pthread_atfork(mm_fork_prepare, mm_fork_parent, mm_fork_child));
	km_threads_start(&t, 1, boot_and_stay, NULL);
	while (!atomic_read(&boot_began))
		cpu_relax();
	for (volatile u64 i = 0; i < *(u64 *)arg * 100; i++)
		;
	km_child(&c, fork_before_boot_child, NULL);
	must(km_child_exited(&c, 0));
	atomic_set(&fork_over, 1);
	km_threads_join(&t, 1);
	check_all();
}

static void fork_while_booting(void)
{
	static struct km_child c;

	for (u64 i = 0; i < km_load(100); i++) {
		km_child(&c, fork_while_booting_once, &i);
		must(km_child_exited(&c, 0));
	}
}

/* All that is free can be given back in the child: no lock is still held. */
static void trim_in_child(void *arg)
{
	struct zone_stat zone;
	struct vmap_stat vmap;

	must(sheaf_new(5));
	must(mm_trim() > 0);
	page_alloc_stat(&zone);
	vmap_stat(&vmap);
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
	must(zone.dirty_pages == 0 && vmap.dirty_pages == 0);
	must(zone.zero_pages == mem_phys.online >> PAGE_SHIFT);
	use_all();
	check_all();
}

static void fork_quiet(void)
{
	static struct km_child c;

	must(!pthread_atfork(mm_fork_prepare, mm_fork_parent, mm_fork_child));
	use_all();
	km_child(&c, trim_in_child, NULL);
	must(km_child_exited(&c, 0));
	trim_in_child(NULL);
}

/* A handler may fork where its own thread holds a lock.  The child is a
 * process of its own; here the lock is held until its owner lets it go. */
static void fork_inside(void *arg)
{
	static struct km_child c;
	const struct room *room = arg;

	must(!pthread_atfork(mm_fork_prepare, mm_fork_parent, mm_fork_child));
	use_all();
	km_enter(room->lock);
	km_child(&c, fork_before_boot_child, NULL);
	must(km_child_exited(&c, 0));
	if (room->lock == vmap_fork_lock)
		must(!vmalloc(10));
	if (room->lock == memblock_fork_lock)
		must(!memblock_alloc(8, 8));
	km_leave(room->unlock);
	must(vmalloc(10) && memblock_alloc(8, 8));
	use_all();
	check_all();
}

static void test_fork_inside(void **state)
{
	static struct km_child c;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(rooms); i++) {
		km_child(&c, fork_inside, &rooms[i]);
		if (km_child_exited(&c, 0))
			continue;
		print_message("# inside the lock of %s\n", rooms[i].name);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* ---- trimming ---- */

static size_t resident(void)
{
	char buf[64], *at;
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	must(n > 0);
	buf[n] = '\0';
	close(fd);
	strtoul(buf, &at, 10);
	return strtoul(at, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void trim(void)
{
	static char *p[3000];
	struct km_rng rng = km_rng_of(3);
	size_t before, peak, after, freed;

	if (CONFIG_SANITIZER || km_valgrind())
		km_child_skip("the tool's shadow memory is resident as well");
	must(mm_boot());
	before = resident();
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		size_t size = i % 200 ? km_any_size(&rng, i % 8 ? 20000 :
								   2 * SZ_1M) :
					3 * SZ_1M;

		p[i] = any_block(&rng, size);
		memset(p[i], 1, size);
	}
	peak = resident();
	must(peak - before > 30 * SZ_1M);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		kvfree(p[i]);
	freed = mm_trim();
	after = resident();
	check_all();
	must(freed > 0 && freed < 2 * (peak - before));
	/* Descriptors and sheaves stay. */
	must(after - before < 6 * SZ_1M);
	must(mm_trim() == 0);
}

/* Live blocks keep their pages and their content. */
static void trim_around(void)
{
	struct mix m = { .rng = km_rng_of(4) };

	for (unsigned long i = 0; i < km_load(3000); i++) {
		mix_one(&m);
		if (i % 50 == 0) {
			mm_trim();
			check_all();
		}
	}
	must(!m.failed);
	mix_end(&m);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(first_call),
		km_unit_child(little),
		km_unit_child(begin),
		km_unit_child(begin_with_options),
		cmocka_unit_test(test_first_calls),
		km_unit_child(first_free),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_inside_locks),
		cmocka_unit_test(test_boot_failing),
		cmocka_unit_test(test_boot_failing_generic),
		cmocka_unit_test(test_boot_failing_unreserved),
		km_unit_child(retry_mmap),
		km_unit_child(without_mprotect),
		km_unit_modes(fork_busy),
		km_unit_child(fork_before_boot),
		km_unit_child(fork_keeps_boot_away),
		km_unit_child(fork_while_booting),
		km_unit_modes(fork_quiet),
		cmocka_unit_test(test_fork_inside),
		km_unit_modes(trim),
		km_unit_modes(trim_around),
	};

	if (argc > 1)
		return failing_boot();
	return km_run_tests(tests);
}
