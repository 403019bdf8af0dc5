/* SPDX-License-Identifier: MIT */
/*
 * vmscan: how much shrinkers are asked for, who is asked, the ladder at a
 * limit, OOM notifiers, requests that must not fail.
 */
#include "kmtest.h"

#include "buddy.h"
#include "kmalloc.h"
#include "mm_boot.h"
#include "slab_common.h"
#include "vmscan.h"
#include "vmstat.h"

/* ---- a cache of blocks that can be given up ---- */

#define MOST 4096

struct store {
	pthread_mutex_t lock;
	void *block[MOST];
	unsigned int nr;
	unsigned int counts, scans;
	unsigned long asked;
	gfp_t gfp;
	bool stop;
	unsigned int retaken; /* scans, until others stop taking it all */
};

static struct store store = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned long store_count(struct shrinker *s, struct shrink_control *sc)
{
	struct store *st = s->private_data;

	unsigned int nr = READ_ONCE(st->nr);

	atomic_add(&st->counts, 1);
	WRITE_ONCE(st->gfp, sc->gfp_mask);
	return nr ? nr : SHRINK_EMPTY;
}

static unsigned long store_scan(struct shrinker *s, struct shrink_control *sc)
{
	struct store *st = s->private_data;
	unsigned long n = 0;

	must(current_gfp_context(GFP_KERNEL) == GFP_NOFS);
	if (st->stop || pthread_mutex_trylock(&st->lock))
		return SHRINK_STOP;
	st->scans++;
	st->asked += sc->nr_to_scan;
	if (st->scans <= st->retaken)
		n = sc->nr_to_scan;
	while (n < sc->nr_to_scan && st->nr) {
		WRITE_ONCE(st->nr, st->nr - 1);
		kfree(st->block[st->nr]);
		n++;
	}
	pthread_mutex_unlock(&st->lock);
	return n;
}

static struct shrinker *store_shrinker(unsigned int flags)
{
	struct shrinker *s = shrinker_alloc(flags, "store-%d", 1);

	must(s && s->seeks == DEFAULT_SEEKS && s->flags == flags);
	s->count_objects = store_count;
	s->scan_objects = store_scan;
	s->private_data = &store;
	shrinker_register(s);
	return s;
}

static void fill_store(unsigned int nr, size_t size)
{
	pthread_mutex_lock(&store.lock);
	while (store.nr < nr) {
		void *p = kmalloc(size,
				  GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);

		if (!p)
			break;
		store.block[store.nr] = p;
		WRITE_ONCE(store.nr, store.nr + 1);
	}
	pthread_mutex_unlock(&store.lock);
}

/* ---- amounts ---- */

static void amounts(void)
{
	struct shrinker *s = store_shrinker(0);

	must(shrinkers_exist());
	fill_store(4096, 64);
	/* 4096 >> 4, times 4 / 2: four batches of 128. */
	must(shrink_slab(GFP_KERNEL, 4) == 512 && store.scans == 4);
	must(store.nr == 3584 && store.gfp == GFP_KERNEL);
	/* 14 at a time are less than a batch, until nine or ten times. */
	for (int i = 0; i < 9; i++)
		must(!shrink_slab(GFP_KERNEL, 9));
	must(shrink_slab(GFP_KERNEL, 9) == 128);
	s->seeks = 0;
	s->batch = 1000;
	must(shrink_slab(GFP_KERNEL, 12) == 1000);
	/* All of it and more. */
	s->seeks = DEFAULT_SEEKS;
	must(shrink_slab(GFP_KERNEL, 0) == 2456 && !store.nr);
	must(!shrink_slab(GFP_KERNEL, 0));
	/* Who stops is asked for it later. */
	fill_store(256, 64);
	store.stop = true;
	must(!shrink_slab(GFP_KERNEL, 0) && store.nr == 256);
	store.stop = false;
	must(shrink_slab(GFP_KERNEL, 12) && !store.nr);
	shrinker_free(s);
	must(!shrinkers_exist() && !shrink_slab(GFP_KERNEL, 0));
}

static void without_fs(void)
{
	struct shrinker *s = store_shrinker(0), *safe;

	fill_store(100, 64);
	must(!shrink_slab(GFP_NOFS, 0) && !store.counts);
	safe = store_shrinker(KMALLOC_SHRINKER_NOFS);
	must(shrink_slab(GFP_NOFS, 0) == 100 && store.counts == 1);
	shrinker_free(s);
	shrinker_free(safe);
	shrinker_free(shrinker_alloc(0, "unregistered"));
	shrinker_free(NULL);
}

/* ---- the ladder ---- */

#define BLOCK 40000

/* At the limit, with a store of all there is. */
static void fill_up(void)
{
	must(mm_boot());
	fill_store(MOST, BLOCK);
	must(store.nr && store.nr < MOST);
	must(!kmalloc(BLOCK, GFP_NOWAIT));
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN));
}

static void limit_body(void)
{
	struct shrinker *s;
	u64 before;
	unsigned int nr, old;
	void *p;

	must(mm_boot());
	s = store_shrinker(0); /* before, lest it is in the way at the end */
	fill_up();
	before = vmstat_read(VMSTAT_direct_reclaim);
	nr = store.nr;
	/* Cell by cell: who may call it, and who does not. */
	must(!kmalloc(BLOCK, GFP_ATOMIC) && !store.counts);
	must(!kmalloc(BLOCK, GFP_NOWAIT) && !store.counts);
	must(vmstat_read(VMSTAT_direct_reclaim) == before);
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN));
	must(!kmalloc(BLOCK, GFP_NOFS | __GFP_NOWARN) && !store.counts);
	must(!kmalloc(BLOCK, GFP_NOIO | __GFP_NOWARN) && !store.counts);
	must(vmstat_read(VMSTAT_direct_reclaim) == before + 3);
	old = memalloc_nofs_save();
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_NOWARN) && !store.counts);
	memalloc_nofs_restore(old);
	old = memalloc_noreclaim_save();
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_NOWARN) && !store.counts);
	memalloc_noreclaim_restore(old);
	kmalloc_thread_gfp_set(GFP_NOFS);
	must(!malloc_slowpath(BLOCK, false) && !store.counts);
	kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
	must((p = malloc_slowpath(BLOCK, false)) && store.counts);
	kfree(p);
	fill_store(nr, BLOCK);
	must((p = kmalloc(BLOCK, GFP_KERNEL | __GFP_RETRY_MAYFAIL)));
	kfree(p);
	fill_store(nr, BLOCK);
	must((p = vmalloc(BLOCK)));
	vfree(p);
	fill_store(nr, BLOCK);
	must((p = alloc_pages_exact(BLOCK, GFP_KERNEL)));
	free_pages_exact(p, BLOCK);
	/* More than there may ever be is not tried for. */
	nr = store.counts;
	must(!vmalloc(SZ_1G) && store.counts == nr);
	shrinker_free(s);
	check_zone();
}

static void at_the_limit(const char *options, void (*fn)(void))
{
	static struct km_child c;

	km_child(&c, km_body_main,
		 &(struct km_body){ .fn = fn, .options = options });
	assert_child_ok(&c);
}

static void test_limit(void **state)
{
	(void)state;
	at_the_limit("mem=16M", limit_body);
	at_the_limit("mem=16M percpu=generic", limit_body);
}

/* Others may be quicker to take what shrinkers free. */
static void retaken_body(void)
{
	struct shrinker *s;
	void *p;

	must(mm_boot());
	s = store_shrinker(0);
	fill_up();
	store.retaken = 40;
	must((p = kmalloc(BLOCK, GFP_KERNEL)) && store.scans > 40);
	kfree(p);
	/* For ever they will not be waited for. */
	fill_store(MOST, BLOCK);
	store.retaken = ~0U;
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_NOWARN));
	shrinker_free(s);
}

static void test_retaken(void **state)
{
	(void)state;
	at_the_limit("mem=16M", retaken_body);
}

/* Small objects are in sheaves when they are free. */
static void small_body(void)
{
	static void *p[300000];
	unsigned int n = 0;
	struct shrinker *s;
	void *q;

	must(mm_boot());
	s = store_shrinker(0);
	fill_store(100, BLOCK);
	while (n < 300000 &&
	       (p[n] = kmalloc(64, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)))
		n++;
	must(n < 300000);
	must((q = kmalloc(64, GFP_KERNEL)) && store.nr < 100);
	kfree(q);
	while (n--)
		kfree(p[n]);
	/* All of that is free now, but cached: draining is enough. */
	store.stop = true;
	fill_store(MOST, BLOCK);
	must(store.nr > 100);
	shrinker_free(s);
}

static void test_small(void **state)
{
	(void)state;
	at_the_limit("mem=16M", small_body);
}

/* ---- the last resort ---- */

static unsigned int order[4], nr_order;

static int notified(struct notifier_block *nb, unsigned long action, void *data)
{
	must(!action);
	order[nr_order++ % 4] = (unsigned int)nb->priority;
	if (nb->priority == 1 && store.nr) {
		kfree(store.block[--store.nr]);
		*(unsigned long *)data += BLOCK / PAGE_SIZE;
	}
	return NOTIFY_OK;
}

static void oom_body(void)
{
	struct notifier_block low = { notified, NULL, 1 },
			      high = { notified, NULL, 2 };
	void *p;

	must(!register_oom_notifier(&low) && !register_oom_notifier(&high));
	must(register_oom_notifier(&low) == -EEXIST);
	fill_up();
	must(!nr_order);
	must(!kmalloc(BLOCK, GFP_NOFS | __GFP_NOWARN) && !nr_order);
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN));
	must(!nr_order);
	must((p = kmalloc(BLOCK, GFP_KERNEL)));
	must(nr_order == 2 && order[0] == 2 && order[1] == 1);
	must(!unregister_oom_notifier(&low));
	must(unregister_oom_notifier(&low) == -ENOENT);
	must(!unregister_oom_notifier(&high));
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_NOWARN) && nr_order == 2);
}

static void test_oom(void **state)
{
	(void)state;
	at_the_limit("mem=16M", oom_body);
}

static void give_later(unsigned int nr, void *arg)
{
	(void)nr;
	usleep(50000);
	kfree(arg);
}

static void nofail_body(void)
{
	struct km_thread t;
	void *p;

	fill_up();
	km_threads_start(&t, 1, give_later, store.block[--store.nr]);
	p = kmalloc(BLOCK, GFP_KERNEL | __GFP_NOFAIL);
	must(p);
	km_threads_join(&t, 1);
	must(!kmalloc(BLOCK, __GFP_NOFAIL | GFP_NOWAIT));
}

static void nofail_reserve_body(void)
{
	fill_up();
	must(kmalloc(BLOCK, GFP_KERNEL | __GFP_NOFAIL));
	must(vmstat_read(VMSTAT_reserve_alloc) == 1);
}

static void test_nofail(void **state)
{
	(void)state;
	at_the_limit("mem=16M", nofail_body);
	at_the_limit("mem=16M min_free_kbytes=1024", nofail_reserve_body);
}

static void failure_line(void)
{
	fill_up();
	must(!kmalloc(BLOCK, GFP_KERNEL | __GFP_NOWARN));
	must(!malloc_slowpath(BLOCK, false));
	for (int i = 0; i < 20; i++)
		must(!kmalloc(BLOCK, GFP_KERNEL));
}

static void test_failure_line(void **state)
{
	static struct km_child c;
	unsigned int lines = 0;

	(void)state;
	km_child(&c, km_body_main,
		 &(struct km_body){ .fn = failure_line, .options = "mem=16M" });
	assert_child_ok(&c);
	assert_non_null(strstr(
		c.said,
		"kmalloc: allocation failure: 40000 bytes, mode 0xcc0\n"));
	for (char *at = c.said; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 10);
}

/* ---- threads ---- */

/* Shrinkers come and go while others call them. */
static void reclaiming(unsigned int nr, void *arg)
{
	unsigned long load = km_load(300);

	(void)arg;
	for (unsigned long i = 0; i < load; i++) {
		struct shrinker *s;

		if (nr) {
			shrink_slab(GFP_KERNEL, (int)(i % 3));
			fill_store(256, 64);
			continue;
		}
		s = store_shrinker(0);
		sched_yield();
		shrinker_free(s);
	}
}

static void threads(void)
{
	struct shrinker *s = store_shrinker(0);

	km_threads(4, reclaiming, NULL);
	shrinker_free(s);
	must(!shrinkers_exist());
}

static unsigned long forking_scan(struct shrinker *s, struct shrink_control *sc)
{
	(void)s, (void)sc;
	return SHRINK_STOP;
}

static void callbacks_missing(void *arg)
{
	struct shrinker *s = shrinker_alloc(0, "none");

	(void)arg;
	s->scan_objects = forking_scan;
	shrinker_register(s);
	must(!shrinkers_exist());
	shrinker_free(s);
}

static void test_callbacks_missing(void **state)
{
	static struct km_child c;

	(void)state;
	km_child(&c, callbacks_missing, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: shrinker_register(none): expected both callbacks\n");
}

static unsigned int tries_of(gfp_t gfp, bool missed)
{
	struct gfp_try t = { 0 };
	u32 old = gfp_enter(gfp);
	unsigned int n = 0;

	do
		WRITE_ONCE(spin_missed, missed);
	while (gfp_retry(&t, 64) && ++n < 1000);
	WRITE_ONCE(spin_missed, 0);
	gfp_exit(old);
	return n;
}

/* Who may spin for a lock that somebody holds tries again, a few times; not
 * without such a lock, nor who may not spin. */
static void missed_locks(void)
{
	unsigned int n;

	must(mm_boot());
	n = tries_of(GFP_ATOMIC, true);
	must(n > 1 && n < 100);
	must(tries_of(GFP_ATOMIC, false) == 0);
	must(tries_of(__GFP_HIGH, true) == 0);
}

static struct spinlock held = SPIN_LOCK_INIT(CACHE);
static u32 is_held; /* atomic */

static void hold(unsigned int id, void *arg)
{
	(void)id, (void)arg;
	must(spin_lock(&held));
	atomic_set(&is_held, 1);
	while (atomic_read(&is_held))
		sched_yield();
	spin_unlock(&held);
}

/* That is noted where the lock is not had. */
static void lock_is_missed(void)
{
	struct km_thread t;
	u32 old;

	must(mm_boot());
	km_threads_start(&t, 1, hold, NULL);
	while (!atomic_read(&is_held))
		sched_yield();
	old = gfp_enter(GFP_ATOMIC);
	must(!READ_ONCE(spin_missed));
	must(!spin_lock(&held) && READ_ONCE(spin_missed));
	gfp_exit(old);
	atomic_set(&is_held, 0);
	km_threads_join(&t, 1);
}

static bool is_missed(void)
{
	u32 old = gfp_enter(GFP_ATOMIC);
	bool missed;

	WRITE_ONCE(spin_missed, 0);
	must(!spin_lock(&held));
	missed = READ_ONCE(spin_missed);
	gfp_exit(old);
	return missed;
}

static unsigned int tries_for_held(void)
{
	struct gfp_try t = { 0 };
	u32 old = gfp_enter(GFP_ATOMIC);
	unsigned int n = 1;

	for (; !spin_lock(&held) && gfp_retry(&t, 64); n++)
		;
	gfp_exit(old);
	return n;
}

/* Until who holds it goes on; another time is another time, of his as well. */
static void lock_is_given_up(void)
{
	struct km_thread t;
	u32 old;

	must(mm_boot());
	for (int i = 0; i < 3; i++) {
		km_threads_start(&t, 1, hold, NULL);
		while (!atomic_read(&is_held))
			sched_yield();
		must(is_missed() && is_missed());
		must(tries_for_held() > 10);
		must(tries_for_held() == 1);
		must(!is_missed() && !is_missed());
		atomic_set(&is_held, 0);
		km_threads_join(&t, 1);
		old = gfp_enter(GFP_ATOMIC);
		must(spin_lock(&held));
		spin_unlock(&held);
		gfp_exit(old);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(amounts),
		km_unit_child(without_fs),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_retaken),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_oom),
		cmocka_unit_test(test_nofail),
		cmocka_unit_test(test_failure_line),
		cmocka_unit_test(test_callbacks_missing),
		km_unit_child(missed_locks),
		km_unit_child(lock_is_missed),
		km_unit_child(lock_is_given_up),
		km_unit_child(threads),
	};

	return km_run_tests(tests);
}
