/* SPDX-License-Identifier: MIT */
/*
 * mm_init: boot, fork, and trimming over all rooms.
 *
 *   DOWN -> PARTIAL -> UP
 *
 * The first thread that needs more memory than bootmem has starts the
 * library; others wait, and so do signals.  No libc function that allocates is
 * called, no constructor is needed, and the handler of a signal that cannot
 * wait gets what bootmem has left, or NULL, rather than a hang.
 *
 * Where there is no address space at all, the state goes back to DOWN and
 * the next call tries again.
 *
 * Locks: none of lockdep.def's; starter is held by who starts us, and by who
 * forks before that, outside all of them.
 */
#include "mm_init.h"

#include "arch.h"
#include "buddy.h"
#include "cgroup.h"
#include "gfp.h"
#include "kfence.h"
#include "kswapd.h"
#include "memblock.h"
#include "memcontrol.h"
#include "mempool.h"
#include "moved.h"
#include "nolock.h"
#include "page_alloc.h"
#include "params.h"
#include "percpu.h"
#include "printk.h"
#include "sheaf.h"
#include "shmem.h"
#include "slab_common.h"
#include "spinlock.h"
#include "vmap_area.h"
#include "vmscan.h"
#include "zone.h"

enum mm_state mm_state;
static u32 starter;	/* atomic: the thread that starts us */
static bool start_kept; /* starter's: it forks; not once we are UP */

/* What succeeds the first time; true if there are options. */
static bool read_environment(void)
{
	static bool done, options;

	if (done)
		return options;
	done = true;
	arch_init();
	printk_init();
	options = params_init();
	return options;
}

/* As large as the kernel's is for 1 GiB, unless an option says how large. */
#define RESERVE_DEFAULT_KB 4096
#define UNITS_AT_HAND 4

/* Memory for requests that may not sleep: pages, and blocks that need no lock
 * for lists of what is put aside. */
static void make_reserve(void)
{
	size_t kb = param(min_free_kbytes);
	void *unit[UNITS_AT_HAND];

	page_reserve_set((kb ? kb : RESERVE_DEFAULT_KB) * SZ_1K >> PAGE_SHIFT);
	for (int i = 0; i < UNITS_AT_HAND; i++)
		unit[i] = nolock_alloc(1, 1);
	for (int i = 0; i < UNITS_AT_HAND; i++) {
		if (unit[i])
			nolock_free(unit[i]);
	}
}

/* For a thread of such requests, before the first one. */
static void prepare_nowait(void)
{
	static u32 done; /* atomic */

	if (!mm_boot() || in_nmi())
		return;
	percpu_pop_slowpath(0); /* makes the thread known to the kernel */
	zone_nodes();
	if (!xchg(&done, 1) && !page_reserve_min())
		make_reserve();
	if (READ_ONCE(page_waker))
		page_waker(); /* it fills the reserve */
}

void (*const gfp_nowait_hook)(void) = prepare_nowait;

/* With some room for what is not ours.  Options are not sealed yet. */
static void limit_by_cgroup(void)
{
	u64 limit = cgroup_limit();

	if (limit != ~0ULL)
		param(mem) = limit - limit / 16;
}

static bool start_rooms(void)
{
	unsigned int cpus;
	void *areas;

	read_environment();
	if (memblock_init())
		return false;
	cpus = arch_nr_possible_cpus();
	areas = memblock_alloc(percpu_areas_size(cpus), PAGE_SIZE);
	if (!areas)
		return false;
	percpu_init(areas, cpus);
	if (percpu_mode != PERCPU_GENERIC && arch_is_alone())
		arch_membarrier_register();
	if (param(cgroup) == CGROUP_LIMIT && !param(mem))
		limit_by_cgroup();
	WRITE_ONCE(gfp_process,
		   (gfp_t)param(gfp) | (param(gfp_rules) ? GFP_RULES : 0));
	if (param(min_free_kbytes))
		make_reserve();
	vmscan_up();
	slab_common_up();
	kswapd_up();
	return true;
}

/* False if another thread has started the library meanwhile, or if this
 * one, below a signal handler, is just doing so. */
static bool try_begin_start(void)
{
	u32 self = arch_thread_id(), nobody = 0;

	while (!try_cmpxchg(&starter, &nobody, self)) {
		if (nobody == self)
			return false;
		nobody = 0;
		arch_sched_yield();
		if (smp_load_acquire(&mm_state) == MM_UP)
			return false;
	}
	if (smp_load_acquire(&mm_state) == MM_UP) {
		smp_store_release(&starter, 0);
		return false;
	}
	atomic_set(&mm_state, MM_PARTIAL);
	return true;
}

/* A handler that came in the midst of the start could not be given memory: it
 * comes afterwards. */
static bool begin_start(u64 *signals)
{
	arch_block_interrupts(signals);
	if (try_begin_start())
		return true;
	arch_restore_signals(signals);
	return false;
}

static void end_start(enum mm_state state, const u64 *signals)
{
	/* pairs with the acquire in mm_boot */
	smp_store_release(&mm_state, state);
	smp_store_release(&starter, 0);
	arch_restore_signals(signals);
}

static bool mm_init(void)
{
	u64 signals;

	if (begin_start(&signals))
		end_start(start_rooms() ? MM_UP : MM_DOWN, &signals);
	return smp_load_acquire(&mm_state) == MM_UP;
}

bool (*const mm_boot_hook)(void) = mm_init;

void mm_begin(void)
{
	bool options;
	u64 signals;

	if (smp_load_acquire(&mm_state) != MM_DOWN || !begin_start(&signals))
		return;
	options = read_environment();
	end_start(MM_DOWN, &signals);
	if (options)
		mm_boot(); /* if it fails now, a later call may succeed */
}

/* ---- fork ---- */

static void release_start(void)
{
	if (!start_kept)
		return;
	start_kept = false;
	smp_store_release(&starter, 0);
}

/* A start that another thread is in the middle of would never end in the
 * child: it is waited for, and none begins until the fork is over. */
static void keep_start(void)
{
	u32 self = arch_thread_id(), nobody = 0;

	while (smp_load_acquire(&mm_state) != MM_UP) {
		if (try_cmpxchg(&starter, &nobody, self)) {
			start_kept = true;
			break;
		}
		if (nobody == self)
			return;
		nobody = 0;
		arch_sched_yield();
	}
	/* Where nobody need be kept away, others fork beside this one. */
	if (smp_load_acquire(&mm_state) == MM_UP)
		release_start();
}

void mm_fork_prepare(void)
{
	keep_start();
	lockdep_fork_begin();
	mempool_fork_lock();
	vmscan_fork_lock();
	percpu_fork_lock();
	slab_fork_lock();
	vmap_fork_lock();
	shmem_fork_lock();
	page_fork_lock();
	zone_fork_lock();
	sheaf_fork_lock();
	memcg_fork_lock();
	memblock_fork_lock();
}

void mm_fork_parent(void)
{
	memblock_fork_unlock();
	memcg_fork_unlock();
	sheaf_fork_unlock();
	zone_fork_unlock();
	page_fork_unlock();
	shmem_fork_unlock();
	vmap_fork_unlock();
	slab_fork_unlock();
	percpu_fork_unlock();
	vmscan_fork_unlock();
	mempool_fork_unlock();
	lockdep_fork_end();
	release_start();
}

/* The child has one thread: no lock has an owner or a waiter. */
void mm_fork_child(void)
{
	memblock_fork_child();
	memcg_fork_child();
	sheaf_fork_child();
	zone_fork_child();
	page_fork_child();
	shmem_fork_child();
	vmap_fork_child();
	slab_fork_child();
	percpu_fork_child();
	vmscan_fork_child();
	kswapd_fork_child();
	mempool_fork_child();
	moved_fork_child();
	kfence_fork_child();
	lockdep_fork_end();
	release_start();
}

/* ---- trimming ---- */

size_t mm_trim(void)
{
	if (!mm_boot())
		return 0;
	moved_free_all();
	kfence_check_all(false);
	slab_shrink_all();
	page_drain_pcp();
	return mm_trim_pages();
}

size_t mm_trim_pages(void)
{
	return (page_report(true) + vmap_purge(true) + zone_purge(true))
	       << PAGE_SHIFT;
}

/* There are programs that trim at every twentieth free. */
#define TRIM_EVERY_MS 100

size_t mm_trim_lazily(void)
{
	static u64 next; /* atomic: when caches are emptied again */
	u64 now, due = atomic_read(&next);

	if (!mm_boot())
		return 0;
	now = arch_clock_ms();
	if (now < due || !try_cmpxchg(&next, &due, now + TRIM_EVERY_MS))
		return mm_trim_pages();
	return mm_trim();
}
