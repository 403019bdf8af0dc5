/* SPDX-License-Identifier: MIT */
/*
 * kswapd: what idle caches and old pages hold goes back; the thread comes
 * when it may, ends when nothing is left, comes again, and is in nobody's way.
 */
#include "kmtest.h"

#include <sched.h>

#include "buddy.h"
#include "kmalloc.h"
#include "kswapd.h"
#include "mm_init.h"
#include "params.h"
#include "pcs.h"
#include "percpu.h"
#include "slab_common.h"
#include "vmap_area.h"
#include "vmstat.h"

static void start(const char *options)
{
	const char *mode = getenv("KMALLOC");
	char all[256];

	snprintf(all, sizeof(all), "%s %s", mode ? mode : "", options);
	setenv("KMALLOC", all, 1);
	must(mm_boot());
}

static size_t dirty_pages(void)
{
	struct zone_stat zone;
	struct vmap_stat vmap;

	page_alloc_stat(&zone);
	vmap_stat(&vmap);
	return zone.dirty_pages + vmap.dirty_pages;
}

/* Small, large, larger: all of it touched, then freed. */
static void use_much(void)
{
	static char *small[60000], *large[200], *area;

	for (unsigned int i = 0; i < ARRAY_SIZE(small); i++) {
		small[i] = kmalloc(16 + i % 400, GFP_KERNEL);
		km_fill(small[i], 16, i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(large); i++)
		memset(large[i] = kmalloc(100000, GFP_KERNEL), 1, 100000);
	memset(area = vmalloc(20 * SZ_1M), 1, 20 * SZ_1M);
	for (unsigned int i = 0; i < ARRAY_SIZE(small); i++) {
		must(km_intact(small[i], 16, i));
		kfree(small[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(large); i++)
		kfree(large[i]);
	vfree(area);
}

/* ---- its work, done by hand ---- */

static void check_one(struct kmem_cache *s, void *arg)
{
	(void)arg;
	check_cache(s);
}

/* To look at a cache with its lock is to use it. */
static void count_slabs(struct kmem_cache *s, void *arg)
{
	*(size_t *)arg += s->nr_slabs;
}

static void rounds(void)
{
	size_t slabs = 0;
	bool used;

	start("kswapd=off page_reporting_delay=0");
	use_much();
	kswapd_round(&used);
	must(used);
	slab_for_each_cache(count_slabs, &slabs);
	must(slabs); /* they had been used */
	must(!kswapd_round(&used) && !used);
	slabs = 0;
	slab_for_each_cache(count_slabs, &slabs);
	must(!slabs);
	must(dirty_pages() == 0);
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_vmap();
}

/* A cache that is in use keeps what it has. */
static void used_is_kept(void)
{
	static void *p[500];
	struct kmem_cache *s;
	u64 refills;
	bool used;

	start("kswapd=off page_reporting_delay=0");
	use_much();
	kswapd_round(&used);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		must(p[i] = kmalloc(64, GFP_KERNEL));
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
	kswapd_round(&used);
	must(used);
	s = slab_caches[slab_index_id(slab_kmalloc_index, 64)];
	must(s->nr_slabs);
	must(!slab_caches[slab_index_id(slab_kmalloc_index, 112)]->nr_slabs);
	/* Idle and drained: not drained again and again. */
	kswapd_round(&used);
	refills = s->lock.taken;
	must(!s->nr_slabs);
	kswapd_round(&used);
	must(!used && s->lock.taken == refills);
}

struct storm {
	u32 stop; /* atomic */
};

static void storm_thread(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	struct storm *storm = arg;
	char *p[64] = { NULL };
	size_t size[64];
	bool used;

	if (!nr) {
		for (unsigned long i = 0; i < km_load(300); i++) {
			kswapd_round(&used);
			sched_yield();
		}
		atomic_set(&storm->stop, 1);
		return;
	}
	while (!atomic_read(&storm->stop)) {
		unsigned int i = (unsigned int)km_below(&rng, 64);

		if (p[i]) {
			must(km_intact(p[i], size[i], nr * 64 + i));
			kvfree(p[i]);
		}
		size[i] = 1 + km_below(&rng, km_below(&rng, 8) ? 1000 : 300000);
		must(p[i] = kvmalloc(size[i], GFP_KERNEL));
		km_fill(p[i], size[i], nr * 64 + i);
	}
	for (int i = 0; i < 64; i++)
		kvfree(p[i]);
}

static void stress(void)
{
	struct storm storm = { 0 };
	bool used;

	start("kswapd=off page_reporting_delay=0");
	km_threads(5, storm_thread, &storm);
	kswapd_round(&used);
	kswapd_round(&used);
	must(dirty_pages() == 0);
	check_zone();
	check_vmap();
}

/* ---- the thread ---- */

static void need_thread(void)
{
	if (!CONFIG_RSEQ || CONFIG_SANITIZER || km_valgrind())
		km_child_skip("the generic mode has no such thread");
}

static void await_end(void)
{
	while (kswapd_thread())
		usleep(1000);
}

static bool file_has(const char *path, const char *text)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	must(n >= 0);
	buf[n] = '\0';
	close(fd);
	return strstr(buf, text);
}

static void check_thread(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%u/status",
		 kswapd_thread());
	must(file_has(path, "SigBlk:\tfffffff"));
	while (!file_has(path, "Name:\tkswapd\n"))
		sched_yield(); /* its first act */
}

/* It comes with the frees, and ends when all is given back; and again. */
static void comes_and_goes(void)
{
	need_thread();
	start("kswapd=on page_reporting_delay=100");
	must(!kswapd_thread());
	for (int i = 0; i < 2; i++) {
		use_much();
		must(kswapd_thread() > 1);
		check_thread();
		await_end();
		must(dirty_pages() <= PAGES_TO_WAKE / 4);
		must(vmstat_read(VMSTAT_slab_alloc) ==
		     vmstat_read(VMSTAT_slab_free));
	}
	check_zone();
	check_vmap();
}

static void nothing(unsigned int nr, void *arg)
{
	(void)nr;
	(void)arg;
}

/* By default not before the program has made a thread itself. */
static void with_threads_only(void)
{
	need_thread();
	start("page_reporting_delay=100");
	use_much();
	must(!kswapd_thread());
	km_threads(1, nothing, NULL);
	use_much();
	must(kswapd_thread());
}

static void never(void)
{
	start("kswapd=off");
	km_threads(1, nothing, NULL);
	use_much();
	must(!kswapd_thread());
}

/* A thread that may not sleep is alone, and finds the reserve full again. */
static void fills_reserve(void)
{
	static void *p[4096];
	struct zone_stat stat;
	unsigned int n = 0;
	u64 taken;

	need_thread();
	start("kswapd=on min_free_kbytes=4096");
	kmalloc_thread_gfp_set(GFP_ATOMIC);
	must(kswapd_thread());
	while (n < ARRAY_SIZE(p) &&
	       (p[n] = alloc_pages_exact(SZ_64K, GFP_ATOMIC)))
		n++;
	taken = vmstat_read(VMSTAT_reserve_alloc);
	must(taken);
	do
		page_alloc_stat(&stat);
	while (stat.reserve_pages != page_reserve_min());
	must(alloc_pages_exact(SZ_64K, GFP_ATOMIC));
	while (n)
		free_pages_exact(p[--n], SZ_64K);
	must(vmstat_read(VMSTAT_reserve_alloc) > taken);
	must(kswapd_thread());
	check_zone();
}

static void never_generic(void)
{
	start("percpu=generic kswapd=on");
	use_much();
	must(!kswapd_thread());
}

/* Without it all goes on; who asks is not asked again at once. */
static void clone_fails(void)
{
	need_thread();
	start("kswapd=on");
	must(!arch_fail_set("clone", 5, 1));
	use_much();
	must(!kswapd_thread() && arch_fail_count == 1);
	must(!arch_fail_set("clone", 5, 0));
	use_much();
	must(!kswapd_thread());
}

static void prctl_fails(void)
{
	need_thread();
	start("kswapd=on page_reporting_delay=100 fail_syscall=prctl:1");
	use_much();
	must(kswapd_thread());
	await_end();
	must(arch_fail_count == 1);
}

/* The child has none, and may have its own. */
static void forked(void)
{
	pid_t pid;
	int status;

	need_thread();
	start("kswapd=on page_reporting_delay=100");
	use_much();
	must(kswapd_thread());
	mm_fork_prepare();
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		mm_fork_child();
		must(!kswapd_thread());
		use_much();
		must(kswapd_thread());
		await_end();
		_exit(7);
	}
	mm_fork_parent();
	must(waitpid(pid, &status, 0) == pid);
	must(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	await_end();
}

static void ends_last(unsigned int nr, void *arg)
{
	(void)nr;
	(void)arg;
	use_much();
	must(kswapd_thread());
}

/* The last thread that libc knows ends the process. */
static void ends_the_process(void)
{
	static struct km_thread t;

	need_thread();
	start("kswapd=on");
	km_threads_start(&t, 1, ends_last, NULL);
	pthread_exit(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(rounds),
		km_unit_modes(used_is_kept),
		km_unit_modes(stress),
		km_unit_child(comes_and_goes),
		km_unit_child(with_threads_only),
		km_unit_child(never),
		km_unit_child(fills_reserve),
		km_unit_child(never_generic),
		km_unit_child(clone_fails),
		km_unit_child(prctl_fails),
		km_unit_child(forked),
		km_unit_child(ends_the_process),
	};

	return km_run_tests(tests);
}
