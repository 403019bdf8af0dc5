/* SPDX-License-Identifier: MIT */
/*
 * gfp: the table cell by cell, scopes, the flags of malloc, the reserve, and
 * no system call at all where none is allowed.
 */
#include "kmtest.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "buddy.h"
#include "gfp.h"
#include "kmalloc.h"
#include "mm_init.h"
#include "params.h"
#include "pcs.h"
#include "slab_common.h"
#include "slub.h"
#include "spinlock.h"
#include "vmstat.h"

/* ---- the table ---- */

static const struct column {
	const char *name;
	gfp_t gfp;
	/* The steps of gfp.def, in their order. */
	const char *steps;
} columns[] = {
	/* spin wait call fault unit wake purge slab shrink oom retry forever
	 * warn */
	{ "nolock", 0, "-------------" },
	{ "kmalloc_nolock", GFP_NOLOCK, "---++--------" },
	{ "NOWAIT", GFP_NOWAIT, "+----+-------" },
	{ "ATOMIC", GFP_ATOMIC, "+----+-------" },
	{ "NORETRY", GFP_KERNEL | __GFP_NORETRY, "+++++++-----+" },
	{ "NOIO", GFP_NOIO, "++++++++--+-+" },
	{ "NOFS", GFP_NOFS, "++++++++--+-+" },
	{ "KERNEL", GFP_KERNEL, "+++++++++++-+" },
	{ "MAYFAIL", GFP_KERNEL | __GFP_RETRY_MAYFAIL, "+++++++++-+-+" },
	{ "NOFAIL", GFP_KERNEL | __GFP_NOFAIL, "++++++++++++-" },
	{ "MEMALLOC", GFP_KERNEL | __GFP_MEMALLOC, "++++++------+" },
	{ "NOFAIL alone", __GFP_NOFAIL, "-------------" },
};

BUILD_BUG_ON(NR_GFP_STEPS != 13);

static void test_table(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(columns); i++) {
		for (unsigned int s = 0; s < NR_GFP_STEPS; s++) {
			bool may = gfp_allows(columns[i].gfp, (enum gfp_step)s);

			if (may == (columns[i].steps[s] == '+'))
				continue;
			print_message("# %s: %s: %d\n", columns[i].name,
				      gfp_rules[s].what, may);
			assert_true(false);
		}
	}
}

static unsigned int share_of(gfp_t gfp)
{
	u32 old = gfp_enter(gfp);
	unsigned int share = gfp_reserve_share();

	gfp_exit(old);
	return share;
}

static void test_shares(void **state)
{
	unsigned int old;

	(void)state;
	assert_int_equal(share_of(GFP_ATOMIC), 5);
	assert_int_equal(share_of(GFP_KERNEL | __GFP_HIGH), 4);
	assert_int_equal(share_of(GFP_KERNEL), 0);
	assert_int_equal(share_of(GFP_NOWAIT), 0);
	assert_int_equal(share_of(GFP_KERNEL | __GFP_MEMALLOC), 8);
	assert_int_equal(share_of(GFP_ATOMIC | __GFP_NOMEMALLOC), 0);
	old = memalloc_noreclaim_save();
	assert_int_equal(share_of(GFP_KERNEL), 8);
	assert_int_equal(share_of(GFP_KERNEL | __GFP_NOMEMALLOC), 0);
	memalloc_noreclaim_restore(old);
	assert_int_equal(share_of(GFP_KERNEL), 0);
}

/* ---- flags, scopes ---- */

static void test_predicates(void **state)
{
	(void)state;
	assert_true(gfpflags_allow_blocking(GFP_KERNEL));
	assert_true(gfpflags_allow_blocking(GFP_NOIO));
	assert_false(gfpflags_allow_blocking(GFP_ATOMIC));
	assert_true(gfpflags_allow_spinning(GFP_ATOMIC));
	assert_false(gfpflags_allow_spinning(__GFP_HIGH));
	assert_true(gfp_has_io_fs(GFP_USER));
	assert_false(gfp_has_io_fs(GFP_NOFS));
	assert_int_equal(GFP_ATOMIC, 0x820);
	assert_int_equal(GFP_KERNEL, 0xcc0);
	assert_int_equal(GFP_NOWAIT, 0x2800);
	assert_int_equal(GFP_USER, 0x100cc0);
	assert_int_equal(GFP_KERNEL_ACCOUNT, 0x400cc0);
	assert_int_equal(GFP_TRANSHUGE_LIGHT, 0x1c20ca & ~0xc00);
}

static void test_scopes(void **state)
{
	unsigned int io, fs, again, pin;

	(void)state;
	fs = memalloc_nofs_save();
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOFS);
	again = memalloc_nofs_save();
	io = memalloc_noio_save();
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_nofs_restore(again);
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_noio_restore(io);
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOFS);
	memalloc_nofs_restore(fs);
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_KERNEL);
	pin = memalloc_pin_save();
	assert_int_equal(current_gfp_context(GFP_HIGHUSER_MOVABLE),
			 GFP_HIGHUSER);
	memalloc_pin_restore(pin);
	assert_int_equal(memalloc_flags_save(0x4), 0);
	fs = memalloc_flags_save(PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN);
	assert_int_equal(fs, PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN);
	io = memalloc_flags_save(PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO);
	assert_int_equal(io, PF_MEMALLOC_NOIO);
	memalloc_flags_restore(io);
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOFS);
	memalloc_flags_restore(fs | 0x4);
	assert_int_equal(gfp_task.word, 0);
}

static void test_entering(void **state)
{
	u32 outer, inner;

	(void)state;
	outer = gfp_enter(GFP_ATOMIC);
	assert_true(in_nmi());
	inner = gfp_enter(GFP_NOFS);
	assert_int_equal(gfp_now(), GFP_NOFS);
	gfp_exit(inner);
	assert_int_equal(gfp_now(), GFP_ATOMIC);
	gfp_exit(outer);
	assert_int_equal(gfp_now(), GFP_KERNEL);
	assert_false(in_nmi());
	assert_int_equal(gfp_task.word, 0);
}

static void thread_gfp(void)
{
	must(kmalloc_thread_gfp_get() == GFP_KERNEL);
	must(kmalloc_thread_gfp_set(GFP_NOFS) == KMALLOC_GFP_DEFAULT);
	must(kmalloc_thread_gfp_get() == GFP_NOFS);
	must(kmalloc_thread_gfp_set(0) == GFP_NOFS);
	must(kmalloc_thread_gfp_get() == 0);
	must(page_reserve_min());
	must(kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT) == 0);
	must(kmalloc_thread_gfp_get() == GFP_KERNEL);
	must(!gfp_task.word && !lockdep_held);
}

static void test_parse(void **state)
{
	gfp_t gfp;

	(void)state;
	assert_true(gfp_parse("GFP_ATOMIC", 10, &gfp));
	assert_int_equal(gfp, GFP_ATOMIC);
	assert_true(gfp_parse("GFP_NOFS|__GFP_NOWARN|__GFP_HIGH", 32, &gfp));
	assert_int_equal(gfp, GFP_NOFS | __GFP_NOWARN | __GFP_HIGH);
	assert_false(gfp_parse("", 0, &gfp));
	assert_false(gfp_parse("GFP_ATOMIC|", 11, &gfp));
	assert_false(gfp_parse("GFP_ATOMI", 9, &gfp));
}

static void process_default(void)
{
	must(mm_boot());
	must(gfp_process == (GFP_NOFS | __GFP_NORETRY));
	must(kmalloc_thread_gfp_get() == (GFP_NOFS | __GFP_NORETRY));
	must(malloc_slowpath(100000, true));
}

static void test_process_default(void **state)
{
	static struct km_child c;

	(void)state;
	km_child(&c, km_body_main,
		 &(struct km_body){ .fn = process_default,
				    .options = "gfp=GFP_NOFS|__GFP_NORETRY" });
	assert_child_ok(&c);
}

static void unknown_bits(void *arg)
{
	(void)arg;
	must(kmalloc(100000, GFP_KERNEL | 0x10000000u));
	must(kmalloc(100000, GFP_KERNEL | 0x10000000u));
}

static void test_unknown_bits(void **state)
{
	static struct km_child c;

	(void)state;
	km_child(&c, unknown_bits, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: gfp 0x10000cc0: 0x10000000 is no GFP flag and ignored (reported once)\n");
}

/* ---- locks that others hold ---- */

/* Another thread holds the locks that km_enter takes, until it is told. */
struct holder {
	void (*lock)(void), (*unlock)(void);
	u32 held, done; /* atomic */
};

static void hold(unsigned int nr, void *arg)
{
	struct holder *h = arg;

	(void)nr;
	km_enter(h->lock);
	smp_store_release(&h->held, 1);
	while (!smp_load_acquire(&h->done))
		sched_yield();
	km_leave(h->unlock);
}

static void begin_holding(struct holder *h, struct km_thread *t)
{
	h->held = h->done = 0;
	km_threads_start(t, 1, hold, h);
	while (!smp_load_acquire(&h->held))
		sched_yield();
}

static void end_holding(struct holder *h, struct km_thread *t)
{
	smp_store_release(&h->done, 1);
	km_threads_join(t, 1);
}

static void locks_are_tried(void)
{
	static const gfp_t flags[] = { GFP_ATOMIC, GFP_NOWAIT, 0, __GFP_HIGH };
	struct holder h = { page_fork_lock, page_fork_unlock, 0, 0 };
	struct km_thread t;
	struct page *page;
	void *p = kmalloc(100000, GFP_KERNEL);

	must(page_reserve_set(1024) == 1024);
	begin_holding(&h, &t);
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		must(!alloc_pages(flags[i], 5));
		must(!alloc_pages_exact(100000, flags[i]));
		must(!kmalloc(100000, flags[i]));
		must(!lockdep_held && !gfp_task.word);
	}
	/* A free is put aside. */
	kmalloc_thread_gfp_set(GFP_ATOMIC);
	kfree(p);
	must(vmstat_read(VMSTAT_deferred_free) == 1);
	kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
	end_holding(&h, &t);
	page = alloc_pages(GFP_ATOMIC, 5);
	must(page);
	__free_pages(page, 5);
	check_zone();
}

/* Those that may sleep wait for a lock, and have memory then. */
static const gfp_t sleepers[] = {
	GFP_KERNEL,
	GFP_NOFS,
	GFP_NOIO,
	GFP_KERNEL | __GFP_NORETRY,
	GFP_KERNEL | __GFP_NOFAIL,
	GFP_KERNEL | __GFP_MEMALLOC,
};

static void sleeper(unsigned int nr, void *arg)
{
	struct page *page = alloc_pages(sleepers[nr], 5);

	must(page);
	__free_pages(page, 5);
	atomic_add((u32 *)arg, 1);
}

static void locks_are_waited_for(void)
{
	struct holder h = { page_fork_lock, page_fork_unlock, 0, 0 };
	struct km_thread t, s[ARRAY_SIZE(sleepers)];
	u32 waits = lockdep_waits, had = 0;

	must(mm_boot());
	begin_holding(&h, &t);
	km_threads_start(s, ARRAY_SIZE(sleepers), sleeper, &had);
	while (atomic_read(&lockdep_waits) - waits < ARRAY_SIZE(sleepers))
		sched_yield();
	must(!atomic_read(&had));
	end_holding(&h, &t);
	km_threads_join(s, ARRAY_SIZE(sleepers));
	must(had == ARRAY_SIZE(sleepers));
}

/* All caches' locks; malloc's own, and those of named ones. */
static void cache_locks_are_tried(void)
{
	struct holder h = { slab_fork_lock, slab_fork_unlock, 0, 0 };
	struct kmem_cache *s = kmem_cache_create("held", 3000, 0, 0, NULL);
	void *p[40], *q;
	struct km_thread t;
	int n = 0;

	for (int i = 0; i < 40; i++)
		must((p[i] = kmem_cache_alloc(s, GFP_KERNEL)));
	kmalloc_thread_gfp_set(GFP_ATOMIC);
	begin_holding(&h, &t);
	while ((q = kmem_cache_alloc(s, GFP_ATOMIC)))
		n++;
	must(n < 100); /* what waited in the sheaves */
	for (int i = 0; i < 40; i++)
		kmem_cache_free(s, p[i]);
	/* Pages have another lock. */
	must((q = kmalloc(3000, GFP_ATOMIC)));
	kfree(q);
	end_holding(&h, &t);
	kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
	must((q = kmem_cache_alloc(s, GFP_KERNEL)));
	kmem_cache_free(s, q);
	check_cache(s);
}

/* Who waits for a lock that a request of this kind has gets it, though
 * nobody wakes it. */
static struct spinlock lock = SPIN_LOCK_INIT(ZONE);

static void wait_for_it(unsigned int nr, void *arg)
{
	(void)nr, (void)arg;
	must(spin_lock(&lock));
	spin_unlock(&lock);
}

static void test_no_wake(void **state)
{
	struct km_thread t[3];
	u32 old = gfp_enter(GFP_ATOMIC);

	(void)state;
	must(spin_lock(&lock));
	must(spin_is_held(&lock));
	gfp_exit(old);
	km_threads_start(t, 3, wait_for_it, NULL);
	usleep(20000);
	must(atomic_read(&lock.word) & SPIN_NOWAKE &&
	     !(atomic_read(&lock.word) & SPIN_WAITERS));
	old = gfp_enter(GFP_ATOMIC);
	spin_unlock(&lock);
	gfp_exit(old);
	km_threads_join(t, 3);
	assert_int_equal(lock.word, 0);
	assert_int_equal(lockdep_held, 0);
}

#define TOGETHER 40

struct bulk {
	struct kmem_cache *cache;
	unsigned long rounds;
};

/* Whoever may not wait gets what there was until a lock was taken, and each
 * object is its own. */
static void take_together(unsigned int nr, void *arg)
{
	const struct bulk *bulk = arg;

	for (unsigned long i = 0; i < bulk->rounds; i++) {
		void *objs[TOGETHER] = { NULL };
		u32 old = gfp_enter(nr % 2 ? GFP_NOWAIT : GFP_KERNEL);
		unsigned int n =
			slab_alloc_bulk_direct(bulk->cache, objs, TOGETHER);

		gfp_exit(old);
		for (unsigned int k = 0; k < n; k++) {
			must(objs[k]);
			must(!xchg((u32 *)objs[k] + 4, nr + 1));
		}
		for (unsigned int k = 0; k < n; k++)
			must(xchg((u32 *)objs[k] + 4, 0) == nr + 1);
		if (n)
			slab_free_direct(bulk->cache, objs, n);
	}
}

static void bulk_of_four(void)
{
	struct bulk bulk = { .rounds = km_load(20000) };

	must(mm_boot());
	bulk.cache = kmem_cache_create("bulk", 8000, 0,
				       SLAB_NO_MERGE | SLAB_PANIC, NULL);
	km_threads(4, take_together, &bulk);
	check_cache(bulk.cache);
	kmem_cache_destroy(bulk.cache);
	check_zone();
}

/* ---- the reserve ---- */

static unsigned int take_all(gfp_t gfp, void **p, unsigned int most)
{
	unsigned int n = 0;

	while (n < most && (p[n] = alloc_pages_exact(SZ_64K, gfp)))
		n++;
	return n;
}

static void give_all(void **p, unsigned int n)
{
	while (n--)
		free_pages_exact(p[n], SZ_64K);
}

static void reserve_shares(void)
{
	static void *all[4096], *p[64];
	struct zone_stat stat;
	unsigned int n, k;

	must(mm_boot() && page_reserve_set(1024) == 1024); /* 64 of 64 KiB */
	n = take_all(GFP_NOWAIT, all, ARRAY_SIZE(all));
	must(n < ARRAY_SIZE(all));
	must(take_all(GFP_KERNEL | __GFP_HIGH | __GFP_NORETRY, p, 0) == 0);
	k = take_all(GFP_ATOMIC, p, 64);
	must(k == 40);
	must(vmstat_read(VMSTAT_reserve_alloc) == 40);
	k += take_all(__GFP_MEMALLOC, p + k, 64 - k);
	must(k == 64);
	check_zone();
	give_all(p, k);
	page_alloc_stat(&stat);
	must(stat.reserve_pages == 0);
	/* A caller that may sleep makes it whole. */
	must((p[0] = alloc_pages_exact(SZ_64K, GFP_KERNEL)));
	free_pages_exact(p[0], SZ_64K);
	page_alloc_stat(&stat);
	must(stat.reserve_pages == 1024);
	check_zone();
	give_all(all, n);
	must(page_reserve_set(0) == 0);
	check_zone();
}

static void high_share(void)
{
	static void *p[64];
	unsigned int k;

	must(mm_boot() && page_reserve_set(1024) == 1024);
	km_fail_growth(1);
	while (alloc_pages_exact(SZ_64K, GFP_KERNEL | __GFP_NORETRY))
		;
	k = take_all(GFP_KERNEL | __GFP_HIGH | __GFP_NORETRY, p, 64);
	must(k == 32);
	k += take_all(GFP_ATOMIC, p + k, 64 - k);
	must(k == 40);
	must(!alloc_pages_exact(SZ_64K, GFP_KERNEL | __GFP_NORETRY));
}

static void boot_reserve(void)
{
	unsigned char vec[256];
	void *p;

	must(mm_boot());
	must(page_reserve_min() == 256);
	p = alloc_pages_exact(SZ_1M / 4, GFP_ATOMIC);
	must(p);
	must(!mincore(p, SZ_1M / 4, vec));
	for (int i = 0; i < 64; i++)
		must(vec[i] & 1);
}

static void test_boot_reserve(void **state)
{
	static struct km_child c;

	(void)state;
	km_child(&c, km_body_main,
		 &(struct km_body){ .fn = boot_reserve,
				    .options = "min_free_kbytes=1024" });
	assert_child_ok(&c);
}

/* ---- no system call ---- */

#if defined(__x86_64__)
#define ARCH_NR AUDIT_ARCH_X86_64
#else
#define ARCH_NR AUDIT_ARCH_AARCH64
#endif

/* From here on this thread may only exit. */
static void forbid_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
}

static u32 stop, finished; /* atomic */
static u64 got, lost;	   /* of the silent thread */

/* What malloc and free are in the shim. */
static void churn(void **held, unsigned int nr, struct km_rng *rng, size_t most)
{
	unsigned int i = (unsigned int)km_below(rng, nr);
	size_t size = km_any_size(rng, most);
	void *p;

	if (held[i]) {
		kfree(held[i]);
		held[i] = NULL;
		return;
	}
	p = km_below(rng, 2) ? malloc_slowpath(size, false) :
			       malloc_aligned(64, size);
	if (p)
		*(volatile char *)p = 1;
	got += p != NULL;
	lost += !p;
	held[i] = p;
}

/* Neither its own requests nor what it frees of others' make a call. */
static void *silent(void *arg)
{
	struct km_rng rng = km_rng_of(1);
	void *held[64] = { NULL }, **others = arg;
	unsigned long load = km_load(100000);

	kmalloc_thread_gfp_set(GFP_ATOMIC);
	forbid_calls();
	for (unsigned long i = 0; i < load; i++)
		churn(held, 64, &rng, i % 16 ? 2000 : SZ_1M);
	for (int i = 0; i < 64; i++) {
		kfree(held[i]);
		kfree(others[i]);
	}
	smp_store_release(&finished, 1);
	for (;;)
		__asm__ volatile("" : : : "memory");
	return NULL;
}

static void noisy(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(10 + nr);
	void *held[64] = { NULL };
	struct kmem_cache *s = arg;

	while (!smp_load_acquire(&stop)) {
		unsigned int i = (unsigned int)km_below(&rng, 64);

		if (held[i])
			kfree(held[i]);
		held[i] = nr ? kmalloc(km_any_size(&rng, SZ_1M), GFP_KERNEL) :
			       kmem_cache_alloc(s, GFP_KERNEL);
	}
	for (int i = 0; i < 64; i++)
		kfree(held[i]);
}

static void no_calls(void)
{
	static void *others[64];
	struct km_thread t[2];
	pthread_t id;

	if (IS_ENABLED(CONFIG_SANITIZER) || km_valgrind())
		km_child_skip("a tool makes system calls of its own");
	for (int i = 0; i < 64; i++)
		others[i] = kmalloc((size_t)16 << i % 16, GFP_KERNEL);
	km_threads_start(t, 2, noisy,
			 kmem_cache_create("noise", 777, 0, 0, NULL));
	must(!pthread_create(&id, NULL, silent, others));
	while (!smp_load_acquire(&finished))
		usleep(1000);
	smp_store_release(&stop, 1);
	km_threads_join(t, 2);
	must(got > lost);
	dprintf(1, "%llu allocations, %llu failures\n", (unsigned long long)got,
		(unsigned long long)lost);
	check_zone();
}

/* Each interface, with each set of flags that does not allow a call, until
 * there is nothing left.  Nor may it say by itself what failed. */
static gfp_t surprise; /* by the flags */

static void exhaust(gfp_t gfp, struct kmem_cache *s)
{
	void *many[10], *p;
	struct page *page;

	do {
		p = kmalloc(3000, gfp);
		if (p)
			*(volatile char *)p = 1;
	} while (p);
	while (kmalloc(300000, gfp) || __vmalloc(SZ_1M, gfp))
		;
	while (kmem_cache_alloc_bulk(s, gfp, 10, many))
		kmem_cache_free(s, many[0]);
	do {
		p = kmem_cache_alloc(s, gfp);
		page = alloc_pages(gfp, 3);
		if (page)
			__free_pages(page, 3);
		page = alloc_pages(gfp, 7);
	} while (p || page);
	if (alloc_pages_exact(100000, gfp | __GFP_ZERO))
		surprise |= gfp | 1U << 30;
	if (kvmalloc(SZ_2M, gfp))
		surprise |= gfp | 1U << 31;
}

static void *exhausting(void *arg)
{
	static const gfp_t flags[] = {
		0,	   __GFP_HIGH,	 GFP_NOWAIT,	GFP_ATOMIC,
		GFP_DMA32, __GFP_NOFAIL, __GFP_MEMALLOC
	};

	kmalloc_thread_gfp_set(GFP_NOWAIT); /* for the frees */
	forbid_calls();
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		exhaust(flags[i], arg);
	smp_store_release(&finished, 1);
	for (;;)
		__asm__ volatile("" : : : "memory");
	return NULL;
}

static void no_calls_by_flags(void)
{
	struct kmem_cache *s = kmem_cache_create("quiet", 500, 0, 0, NULL);
	void *p = kmalloc(300000, GFP_KERNEL), *q = vmalloc(SZ_4M);
	pthread_t id;

	if (IS_ENABLED(CONFIG_SANITIZER) || km_valgrind())
		km_child_skip("a tool makes system calls of its own");
	memset(p, 1, 300000);
	memset(q, 1, SZ_4M);
	kfree(p);
	vfree(q);
	must(!pthread_create(&id, NULL, exhausting, s));
	while (!smp_load_acquire(&finished))
		usleep(1000);
	if (surprise)
		dprintf(1, "# flags 0x%x\n", surprise);
	must(!surprise);
	check_zone();
	check_cache(s);
	/* Who may sleep has memory all the while. */
	must(kmalloc(300000, GFP_KERNEL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_entering),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_process_default),
		cmocka_unit_test(test_unknown_bits),
		cmocka_unit_test(test_no_wake),
		cmocka_unit_test(test_boot_reserve),
		km_unit_child(thread_gfp),
		km_unit_modes(locks_are_tried),
		km_unit_modes(cache_locks_are_tried),
		km_unit_child(locks_are_waited_for),
		km_unit_modes(bulk_of_four),
		km_unit_child(reserve_shares),
		km_unit_child(high_share),
		km_unit_modes(no_calls),
		km_unit_modes(no_calls_by_flags),
	};

	return km_run_tests(tests);
}
