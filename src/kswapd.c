/* SPDX-License-Identifier: MIT */
/*
 * kswapd: a thread that gives memory back when nobody else does.
 *
 *   page_free, vmap_free -> page_waker -> [ a thread for a while ]
 *                                           every second:
 *                                             idle caches -> slabs -> pages
 *                                             old free pages -> the system
 *                                             (all, if memory is short in the
 *                                             cgroup)
 *                                             pages of a large heap -> 2 MiB
 *                                           nothing left: it ends
 *
 * While a program frees, it does this work itself in slices.  One that stops
 * cannot; the last free that left much behind has started this thread.  It
 * looks once a second and ends when nothing is left to be given back, so that
 * a process at rest, or one that needs little, has no thread of ours.  Where
 * there is a reserve for requests that may not sleep, it stays, and fills it.
 *
 * libc does not know of it: a thread may be wanted in a free that libc calls
 * with the locks of its own thread list held, and pthread_exit of the last
 * thread that libc knows must still end the process.  So it has a stack and
 * thread-local data here, no CPU in percpu's sense, all signals blocked, and
 * calls nothing of libc's but what arch does.
 *
 *   mem:  [ 0 | stack .. <- ][ zeros ][ thread-local data | tp | .. ]
 *
 * Programs without threads of their own get none, unless kswapd=on: they may
 * count on being alone (unshare, setns, a filter that forbids clone).  Nor do
 * those of the generic mode, where another thread could be in the way.
 *
 * Invariants: tid is 0 if and only if nobody uses mem; the kernel makes it 0
 * when the thread is gone.
 *
 * Locks: none.  Cost where there is nothing to do: a load, a comparison.
 */
#include "kswapd.h"

#include "arch.h"
#include "buddy.h"
#include "bug.h"
#include "cgroup.h"
#include "gfp.h"
#include "memblock.h"
#include "page_alloc.h"
#include "params.h"
#include "percpu.h"
#include "slab_common.h"
#include "spinlock.h"
#include "vmap_area.h"
#include "zone.h"

#define KSWAPD_BYTES SZ_64K
#define KSWAPD_STACK (32 * SZ_1K)
#define STACK_TOP_ZEROS 256 /* where unwinders stop */
#define EVERY_MS 1000
#define FILL_MS 20	/* after one that found the reserve short */
#define QUIET_ROUNDS 3	/* after which it ends: nobody used a cache */
#define CLEAN_ROUNDS 10 /* little is free and resident */
#define RETRY_MS 10000	/* after a failure */
#define STARTING 1

static struct {
	u32 tid;   /* atomic */
	u32 sleep; /* nobody wakes it */
	char *mem; /* who has made tid STARTING */
	u64 retry; /* who has made tid STARTING: not before this time */
} kswapd;

static size_t dirty_pages(void)
{
	struct zone_stat zone;
	struct vmap_stat vmap;

	page_alloc_stat(&zone);
	vmap_stat(&vmap);
	return zone.dirty_pages - zone.reserve_pages + vmap.dirty_pages;
}

bool kswapd_round(bool *used)
{
	bool all = param(cgroup) != CGROUP_OFF && cgroup_is_pressed();

	*used = slab_shrink_idle(IDLE_IN_TIME, SIZE_MAX);
	if (all)
		slab_shrink_all();
	if (all || !*used)
		page_drain_pcp();
	page_report(all);
	page_collapse(COLLAPSE_AT_ONCE);
	vmap_purge(all);
	zone_purge(all);
	return dirty_pages() > PAGES_TO_WAKE / 4;
}

/* Who takes from the reserve may be alone with this thread, and not sleep. */
static void wait_for_round(void)
{
	u32 ms;

	for (u32 waited = 0; waited < EVERY_MS; waited += ms) {
		ms = page_reserve_fill() ? FILL_MS : EVERY_MS - waited;
		arch_futex_wait_ms(&kswapd.sleep, 0, ms);
	}
}

static void kswapd_main(void)
{
	unsigned int quiet = 0, clean = 0;

	arch_set_thread_name("kswapd");
	while ((quiet < QUIET_ROUNDS && clean < CLEAN_ROUNDS) ||
	       page_reserve_min()) {
		bool used, dirty;

		wait_for_round();
		dirty = kswapd_round(&used);
		quiet = used || dirty ? 0 : quiet + 1;
		clean = dirty ? 0 : clean + 1;
	}
}

/* The thread pointer in @mem, or NULL if there is no room for what the
 * program's other libraries have put between ours. */
static char *thread_pointer(char *mem)
{
	char *data = mem + KSWAPD_STACK + STACK_TOP_ZEROS, *tp;
	size_t before, behind;

	percpu_guest_span(&before, &behind);
	tp = (char *)ALIGN((uintptr_t)data + before, 64UL);
	return tp + behind + 64 <= mem + KSWAPD_BYTES ? tp : NULL;
}

static bool prepare_memory(char **tp)
{
	if (!kswapd.mem)
		kswapd.mem = memblock_alloc(KSWAPD_BYTES, PAGE_SIZE);
	if (!kswapd.mem)
		return false;
	*tp = thread_pointer(kswapd.mem);
	if (!*tp)
		return false;
	__builtin_memset(kswapd.mem + KSWAPD_STACK, 0,
			 KSWAPD_BYTES - KSWAPD_STACK);
	arch_tcb_init(*tp);
	percpu_guest_init(*tp);
	return true;
}

static void start_thread(void)
{
	u64 signals;
	char *tp;
	int ret = -1;

	if (arch_clock_ms() < kswapd.retry) {
		atomic_set(&kswapd.tid, 0);
		return;
	}
	arch_block_signals(&signals);
	if (prepare_memory(&tp))
		ret = arch_thread_start(kswapd_main, kswapd.mem + KSWAPD_STACK,
					tp, &kswapd.tid);
	if (ret < 0) {
		kswapd.retry = arch_clock_ms() + RETRY_MS;
		atomic_set(&kswapd.tid, 0);
	}
	arch_restore_signals(&signals);
}

static void kswapd_wake(void)
{
	u32 none = 0;

	if (likely(atomic_read(&kswapd.tid)) || in_nmi() || !gfp_may(CALL) ||
	    (param(kswapd) == KSWAPD_AUTO && arch_is_alone()))
		return;
	if (try_cmpxchg(&kswapd.tid, &none, STARTING))
		start_thread();
}

void kswapd_up(void)
{
	if (percpu_mode != PERCPU_GENERIC && param(kswapd) != KSWAPD_OFF)
		WRITE_ONCE(page_waker, kswapd_wake);
}

u32 kswapd_thread(void)
{
	return atomic_read(&kswapd.tid);
}

/* The child has the memory, but not the thread. */
void kswapd_fork_child(void)
{
	atomic_set(&kswapd.tid, 0);
}
