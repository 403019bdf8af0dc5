/* SPDX-License-Identifier: MIT */
/*
 * percpu: choosing the mode, the locked slots, draining other CPUs.
 *
 * Draining by membarrier; this is one word, one barrier serves many:
 *
 *   1. old = exchange(top, PERCPU_DRAIN)
 *   2. membarrier: every sequence that had read the old top is restarted
 *   3. top still PERCPU_DRAIN: nobody committed in between, and nobody
 *      else writes that value, so the sheaf below old is ours;
 *      otherwise a sequence won, the sheaf stays with the CPU: again
 *   4. top = PERCPU_DUMMY
 *
 * Invariants: a sheaf's block is reachable from one place only: one top,
 * one spare, a barn, or one thread's hands.  While top is PERCPU_DRAIN
 * only the drainer writes it (slow paths compare before they store).
 *
 * Locks: DRAIN around a whole drain, and around what callers add to it.
 * PERCPU_SLOT in generic mode, by trylock alone, so that signal handlers move
 * on to another slot.
 */
#include "percpu.h"

#include <sys/auxv.h>

#include "arch.h"
#include "bug.h"
#include "gfp.h"
#include "params.h"
#include "spinlock.h"

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#endif

/* The kernel's struct rseq, as of the 32 bytes that every kernel knows. */
struct rseq_area {
	u32 cpu_id_start;
	u32 cpu_id;
	u64 rseq_cs;
	u32 flags;
	u32 node_id;
	u32 mm_cid;
	u32 pad;
} __aligned(32);

#define RSEQ_CPU_ID_UNINITIALIZED ((u32)-1)
#define RSEQ_CPU_ID_FAILED ((u32)-2)
#define NR_UNKNOWN_AREAS 2

/* glibc's own registration (2.35 and later). */
extern const ptrdiff_t __rseq_offset __weak;
extern const unsigned int __rseq_size __weak;

/* Until the kernel writes it, the id leads to the unknown threads' area.
 * (Where registration fails, mm_cid stays what it is.) */
static __tls_ie struct rseq_area percpu_own_rseq = {
	.cpu_id = RSEQ_CPU_ID_UNINITIALIZED,
	.mm_cid = RSEQ_CPU_ID_UNINITIALIZED,
};

const uintptr_t percpu_no_sheaves[2 * SHEAF_SLOTS] __aligned(SHEAF_BYTES);
const uintptr_t percpu_drain_sheaf[2 * SHEAF_SLOTS] __aligned(SHEAF_BYTES);

char *percpu_base __hot_data;
long percpu_rseq_off __hot_data;
long percpu_cid_off __hot_data __aligned(64);

enum percpu_mode percpu_mode;

static struct percpu_area *areas; /* const after init */
static unsigned int nr_areas;	  /* const after init */
static long probed_rseq_off, probed_cid_off;

static inline long own_rseq_off(void)
{
	return (long)((char *)&percpu_own_rseq -
		      (char *)__builtin_thread_pointer());
}

/* ---- choosing the mode ---- */

bool percpu_has_rseq(void)
{
	return (&__rseq_size && __rseq_size) || arch_has_rseq();
}

static bool probe_libc(unsigned int nr_cpus)
{
	bool has_cid = getauxval(AT_RSEQ_FEATURE_SIZE) >= 28;
	const struct rseq_area *rs;

	if (!&__rseq_size || !__rseq_size)
		return false;
	rs = (const void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	if (READ_ONCE(rs->cpu_id) >= nr_cpus)
		return false;
	probed_rseq_off = __rseq_offset;
	probed_cid_off = __rseq_offset +
			 (has_cid ? (long)offsetof(struct rseq_area, mm_cid) :
				    (long)offsetof(struct rseq_area, cpu_id));
	return true;
}

static bool register_own(void)
{
	return !arch_rseq_register(&percpu_own_rseq, sizeof(percpu_own_rseq),
				   RSEQ_SIG);
}

static bool probe_own(void)
{
	bool has_cid = getauxval(AT_RSEQ_FEATURE_SIZE) >= 28;

	if (!register_own())
		return false;
	probed_rseq_off = own_rseq_off();
	probed_cid_off = probed_rseq_off +
			 (has_cid ? (long)offsetof(struct rseq_area, mm_cid) :
				    (long)offsetof(struct rseq_area, cpu_id));
	return true;
}

/* Fast paths read an id that the kernel never writes. */
static enum percpu_mode probe_none(void)
{
	probed_rseq_off = own_rseq_off();
	probed_cid_off =
		probed_rseq_off + (long)offsetof(struct rseq_area, mm_cid);
	return PERCPU_GENERIC;
}

static enum percpu_mode percpu_probe(unsigned int nr_cpus)
{
	if (!HAVE_RSEQ || param(percpu) == PERCPU_PARAM_GENERIC || !nr_cpus ||
	    nr_cpus > NR_CPUS)
		return probe_none();
	if (probe_libc(nr_cpus))
		return PERCPU_RSEQ;
	if (probe_own())
		return PERCPU_RSEQ_OWN;
	return probe_none();
}

static struct spinlock drain_lock = SPIN_LOCK_INIT(DRAIN);

/* Slots of the generic mode: so many of the areas, each with its lock. */
#define GENERIC_MIN_SLOTS 4U
#define GENERIC_MAX_SLOTS 64U

static unsigned int areas_for(unsigned int nr_cpus)
{
	return clamp(nr_cpus, GENERIC_MIN_SLOTS, (unsigned int)NR_CPUS);
}

size_t percpu_areas_size(unsigned int nr_cpus)
{
	return (size_t)(areas_for(nr_cpus) + NR_UNKNOWN_AREAS) << PERCPU_SHIFT;
}

static void area_init(struct percpu_area *area, uintptr_t top, uintptr_t spare)
{
	for (unsigned int id = 0; id < NR_PERCPU_IDS; id++) {
		area->top[id] = top;
		if (spare)
			area->spare[id] = spare;
	}
}

/* Only those ids that some thread may have cost a page. */
static void init_unknown_areas(enum percpu_mode mode)
{
	if (mode != PERCPU_RSEQ || probed_cid_off - probed_rseq_off ==
					   offsetof(struct rseq_area, cpu_id))
		area_init(&areas[-1], PERCPU_DRAIN, PERCPU_SPARE_DRAIN);
	if (mode == PERCPU_RSEQ && probed_cid_off - probed_rseq_off ==
					   offsetof(struct rseq_area, cpu_id))
		area_init(&areas[-2], PERCPU_DRAIN, PERCPU_SPARE_DRAIN);
}

void percpu_init(void *memory, unsigned int nr_cpus)
{
	enum percpu_mode mode = percpu_probe(nr_cpus);

	BUILD_BUG_ON(sizeof(struct percpu_area) != 1 << PERCPU_SHIFT);
	BUILD_BUG_ON(sizeof(struct spinlock) >
		     PERCPU_FIRST_SPARE * sizeof(uintptr_t));
	areas = (struct percpu_area *)memory + NR_UNKNOWN_AREAS;
	nr_areas = areas_for(nr_cpus);
	if (mode == PERCPU_GENERIC)
		nr_areas = min(nr_areas, GENERIC_MAX_SLOTS);
	else
		nr_areas = nr_cpus;
	for (unsigned int i = 0; i < nr_areas; i++)
		area_init(&areas[i], PERCPU_DUMMY, 0);
	for (unsigned int i = 0; mode == PERCPU_GENERIC && i < nr_areas; i++)
		areas[i].lock.rank = LOCK_RANK_PERCPU_SLOT;
	init_unknown_areas(mode);
	percpu_base = (char *)areas;
	percpu_rseq_off = probed_rseq_off;
	percpu_cid_off = probed_cid_off;
	percpu_mode = mode;
}

unsigned int percpu_nr_areas(void)
{
	return nr_areas;
}

/* The kernel keeps the registration of a forked child's only thread; the
 * slots' locks may have been held by threads that are no more. */
void percpu_fork_child(void)
{
	for (unsigned int i = 0; percpu_mode == PERCPU_GENERIC && i < nr_areas;
	     i++)
		spin_lock_reinit(&areas[i].lock);
	spin_lock_reinit(&drain_lock);
}

/* The area of ids that failed is made when there may be one. */
void percpu_vfork_prepare(void)
{
	if (percpu_mode != PERCPU_DOWN &&
	    READ_ONCE(areas[-2].top[0]) != PERCPU_DRAIN)
		area_init(&areas[-2], PERCPU_DRAIN, PERCPU_SPARE_DRAIN);
}

void percpu_guest_span(size_t *before, size_t *behind)
{
	char *tp = __builtin_thread_pointer(), *first = tp, *last = tp;
	char *what[] = { (char *)&percpu_own_rseq, (char *)&lockdep_held,
			 tp + percpu_rseq_off };

	for (unsigned int i = 0; i < ARRAY_SIZE(what); i++) {
		first = min(first, what[i]);
		last = max(last, what[i]);
	}
	*before = (size_t)(tp - first);
	*behind = (size_t)(last - tp) + sizeof(struct rseq_area);
}

static void set_no_cpu(struct rseq_area *rs)
{
	rs->cpu_id = RSEQ_CPU_ID_FAILED;
	rs->mm_cid = RSEQ_CPU_ID_FAILED;
}

void percpu_guest_init(char *tp)
{
	percpu_vfork_prepare();
	set_no_cpu((struct rseq_area *)(tp + percpu_rseq_off));
	set_no_cpu((struct rseq_area *)(tp + own_rseq_off()));
}

/* While the parent slept it lost the CPU, so the kernel has written the id
 * on the way back; one that writes changes only has not.  Then the area is
 * registered once more, with signals blocked, because in between its id is
 * a valid-looking 0. */
void percpu_vfork_parent(void)
{
	char *tp = __builtin_thread_pointer();
	struct rseq_area *rs = (void *)(tp + percpu_rseq_off);
	u32 *cid = (void *)(tp + percpu_cid_off);
	u64 signals;

	if ((percpu_mode != PERCPU_RSEQ && percpu_mode != PERCPU_RSEQ_OWN) ||
	    READ_ONCE(*cid) != RSEQ_CPU_ID_FAILED)
		return;
	arch_block_signals(&signals);
	if (!arch_rseq_unregister(rs, sizeof(*rs), RSEQ_SIG) &&
	    arch_rseq_register(rs, sizeof(*rs), RSEQ_SIG))
		WRITE_ONCE(*cid, RSEQ_CPU_ID_FAILED);
	arch_restore_signals(&signals);
}

/* ---- the generic mode: locked slots ---- */

static unsigned int first_slot(void)
{
	return arch_thread_id() * 0x9e3779b9U >> 16;
}

static struct percpu_area *slot_lock(unsigned int *which)
{
	unsigned int first = first_slot();

	for (unsigned int i = 0; i < nr_areas; i++) {
		*which = (first + i) % nr_areas;
		if (spin_trylock(&areas[*which].lock))
			return &areas[*which];
	}
	return NULL;
}

static void slot_unlock(unsigned int which)
{
	spin_tryunlock(&areas[which].lock);
}

static uintptr_t *area_word(struct percpu_area *area, enum percpu_kind kind,
			    unsigned int id)
{
	return kind == PERCPU_TOP ? &area->top[id] : &area->spare[id];
}

static void *generic_pop(unsigned int id)
{
	unsigned int slot;
	struct percpu_area *area = slot_lock(&slot);
	void **top, *obj;

	if (!area)
		return NULL;
	top = (void **)area->top[id];
	obj = top[-1];
	if (obj)
		WRITE_ONCE(area->top[id], (uintptr_t)(top - 1));
	slot_unlock(slot);
	return obj;
}

static enum rseq_result generic_push(unsigned int id, void *obj)
{
	unsigned int slot;
	struct percpu_area *area = slot_lock(&slot);
	enum rseq_result ret = RSEQ_FULL;
	void **top;

	if (!area)
		return RSEQ_FULL;
	top = (void **)area->top[id];
	if (top[-1] == obj) {
		ret = RSEQ_TWICE;
	} else if ((uintptr_t)top & SHEAF_MASK) {
		WRITE_ONCE(*top, obj);
		WRITE_ONCE(area->top[id], (uintptr_t)(top + 1));
		ret = RSEQ_DONE;
	}
	slot_unlock(slot);
	return ret;
}

/* ---- the operations, in whichever mode ---- */

/* Makes this thread known to the kernel, once, where that is our task. */
static void enter_slowpath(void)
{
	if (percpu_mode != PERCPU_RSEQ_OWN ||
	    READ_ONCE(percpu_own_rseq.cpu_id) != RSEQ_CPU_ID_UNINITIALIZED ||
	    !gfp_may(CALL))
		return;
	if (!register_own())
		WRITE_ONCE(percpu_own_rseq.cpu_id, RSEQ_CPU_ID_FAILED);
}

/* Under a debugger that steps, none succeeds: then the callers do without. */
#define ABORT_TRIES 16

void *percpu_pop_slowpath(unsigned int id)
{
	long rs, cid;
	void *obj, *word;
	bool aborted;

	if (percpu_mode == PERCPU_GENERIC)
		return generic_pop(id);
	enter_slowpath();
	word = percpu_word(PERCPU_OFF(id), &rs, &cid);
	for (int i = 0; i < ABORT_TRIES; i++) {
		aborted = false;
		obj = rseq_pop(word, rs, cid, &aborted);
		if (!aborted)
			return obj;
	}
	return NULL;
}

enum rseq_result percpu_push_slowpath(unsigned int id, void *obj)
{
	enum rseq_result r = RSEQ_ABORTED;

	if (percpu_mode == PERCPU_GENERIC)
		return generic_push(id, obj);
	enter_slowpath();
	for (int i = 0; r == RSEQ_ABORTED && i < ABORT_TRIES; i++)
		r = percpu_push(PERCPU_OFF(id), obj);
	return r;
}

static long this_cpu(void)
{
	char *tp = __builtin_thread_pointer();

	return (s32)READ_ONCE(*(u32 *)(tp + percpu_cid_off));
}

unsigned int percpu_here(void)
{
	return percpu_mode == PERCPU_GENERIC ? first_slot() % nr_areas :
					       (unsigned int)this_cpu();
}

/* Of the CPU that this thread was on a moment ago. */
static uintptr_t read_word(unsigned int id)
{
	char *word = percpu_base + PERCPU_OFF(id);

	return atomic_read((uintptr_t *)(word + (this_cpu() << PERCPU_SHIFT)));
}

uintptr_t percpu_read(enum percpu_kind kind, unsigned int id)
{
	unsigned int slot;
	struct percpu_area *area;
	uintptr_t val;

	if (percpu_mode != PERCPU_GENERIC) {
		enter_slowpath();
		return read_word(id + kind * NR_PERCPU_IDS);
	}
	area = slot_lock(&slot);
	if (!area)
		return kind == PERCPU_TOP ? PERCPU_DRAIN : PERCPU_SPARE_DRAIN;
	val = *area_word(area, kind, id);
	slot_unlock(slot);
	return val;
}

bool percpu_cmpxchg(enum percpu_kind kind, unsigned int id, uintptr_t old,
		    uintptr_t new)
{
	unsigned int slot;
	struct percpu_area *area;
	uintptr_t *word;
	bool same;

	if (percpu_mode != PERCPU_GENERIC) {
		long rs, cid;
		void *p = percpu_word(PERCPU_OFF(id + kind * NR_PERCPU_IDS),
				      &rs, &cid);
		enum rseq_result r = RSEQ_ABORTED;

		for (int i = 0; r == RSEQ_ABORTED && i < ABORT_TRIES; i++)
			r = rseq_cmpxchg(p, rs, cid, old, new);
		return r == RSEQ_DONE;
	}
	area = slot_lock(&slot);
	if (!area)
		return false;
	word = area_word(area, kind, id);
	same = *word == old;
	if (same)
		WRITE_ONCE(*word, new);
	slot_unlock(slot);
	return same;
}

/* ---- draining ---- */

#define DRAIN_BATCH 64 /* words for which one barrier serves */
#define DRAIN_TRIES 8

static const uintptr_t drain_mark[] = { PERCPU_DRAIN, PERCPU_SPARE_DRAIN };
static const uintptr_t drain_none[] = { PERCPU_DUMMY, 0 };

struct drain {
	unsigned int first, nr; /* ids */
	const u64 *only;	/* NULL, or bits: of these ids */
	percpu_take_fn take;
	void *arg;
	unsigned int taken;   /* sheaves handed over */
	unsigned int overrun; /* words to look at again */
	unsigned int claims;
	struct claim {
		uintptr_t *word, old;
		u8 id, kind;
	} claim[DRAIN_BATCH];
};

static void hand_over(struct drain *d, unsigned int id, uintptr_t top)
{
	if (!percpu_top_is_real(top))
		return;
	d->take(id, top, d->arg);
	d->taken++;
}

/* Ends the claims; counts those that a sequence overran.  Without a barrier
 * a sequence may still be on its way, so each sheaf goes back to where it
 * was. */
static void drain_settle(struct drain *d)
{
	bool fenced = !arch_membarrier_rseq();

	for (unsigned int i = 0; i < d->claims; i++) {
		struct claim *c = &d->claim[i];
		uintptr_t mark = drain_mark[c->kind];
		uintptr_t now = fenced ? drain_none[c->kind] : c->old;
		bool ours = try_cmpxchg(c->word, &mark, now);

		d->overrun += fenced && !ours;
		if (!fenced || !ours)
			c->old = 0;
	}
	/* Not before all marks are gone: this may take long. */
	for (unsigned int i = 0; i < d->claims; i++)
		hand_over(d, d->claim[i].id, d->claim[i].old);
	d->claims = 0;
}

static void drain_word(struct drain *d, uintptr_t *word, unsigned int id,
		       enum percpu_kind kind)
{
	if (!percpu_top_is_real(atomic_read(word)))
		return;
	d->claim[d->claims++] = (struct claim){
		.word = word,
		.old = xchg(word, drain_mark[kind]),
		.id = (u8)id,
		.kind = (u8)kind,
	};
	if (d->claims == DRAIN_BATCH)
		drain_settle(d);
}

static bool is_wanted(const struct drain *d, unsigned int id)
{
	return !d->only || d->only[id / 64] >> id % 64 & 1;
}

static void drain_area(struct drain *d, struct percpu_area *area)
{
	for (unsigned int id = d->first; id < d->first + d->nr; id++) {
		if (!is_wanted(d, id))
			continue;
		drain_word(d, &area->top[id], id, PERCPU_TOP);
		if (id >= PERCPU_FIRST_SPARE)
			drain_word(d, &area->spare[id], id, PERCPU_SPARE);
	}
}

static void drain_rseq(struct drain *d)
{
	for (int tries = 0; tries < DRAIN_TRIES; tries++) {
		d->overrun = 0;
		for (unsigned int i = 0; i < nr_areas; i++)
			drain_area(d, &areas[i]);
		if (d->claims)
			drain_settle(d);
		if (!d->overrun)
			return;
	}
}

static void drain_slot(struct drain *d, unsigned int slot, unsigned int id)
{
	struct percpu_area *area = &areas[slot];
	uintptr_t top, spare = 0;

	while (!spin_trylock(&area->lock))
		arch_sched_yield();
	top = area->top[id];
	WRITE_ONCE(area->top[id], PERCPU_DUMMY);
	if (id >= PERCPU_FIRST_SPARE) {
		spare = area->spare[id];
		WRITE_ONCE(area->spare[id], 0);
	}
	slot_unlock(slot);
	hand_over(d, id, top);
	hand_over(d, id, spare);
}

/* A racy look. */
static bool has_sheaf(struct percpu_area *area, unsigned int id)
{
	return percpu_top_is_real(atomic_read(&area->top[id])) ||
	       (id >= PERCPU_FIRST_SPARE &&
		percpu_top_is_real(atomic_read(&area->spare[id])));
}

static void drain_generic(struct drain *d)
{
	for (unsigned int i = 0; i < nr_areas; i++) {
		for (unsigned int id = d->first; id < d->first + d->nr; id++) {
			if (is_wanted(d, id) && has_sheaf(&areas[i], id))
				drain_slot(d, i, id);
		}
	}
}

/* A signal handler above it: slots are not in lockdep_held. */
static bool holds_slot(void)
{
	for (unsigned int i = 0; i < nr_areas; i++) {
		if (spin_is_held(&areas[i].lock))
			return true;
	}
	return false;
}

bool percpu_drain_lock(void)
{
	if (percpu_mode == PERCPU_GENERIC && holds_slot())
		return false;
	return spin_lock(&drain_lock);
}

void percpu_drain_unlock(void)
{
	spin_unlock(&drain_lock);
}

/* Two drains at once would take each other's marks for their own. */
static unsigned int drain(struct drain *d)
{
	lockdep_assert_held(&drain_lock);
	if (percpu_mode == PERCPU_DOWN)
		return 0;
	d->taken = d->claims = 0;
	if (percpu_mode == PERCPU_GENERIC)
		drain_generic(d);
	else
		drain_rseq(d);
	return d->taken;
}

unsigned int __percpu_drain(unsigned int first, unsigned int nr,
			    percpu_take_fn take, void *arg)
{
	struct drain d;

	d.first = first;
	d.nr = nr;
	d.only = NULL;
	d.take = take;
	d.arg = arg;
	return drain(&d);
}

unsigned int __percpu_drain_ids(const u64 ids[NR_PERCPU_IDS / 64],
				percpu_take_fn take, void *arg)
{
	struct drain d;

	d.first = 0;
	d.nr = NR_PERCPU_IDS;
	d.only = ids;
	d.take = take;
	d.arg = arg;
	return drain(&d);
}

unsigned int percpu_drain(unsigned int first, unsigned int nr,
			  percpu_take_fn take, void *arg)
{
	unsigned int taken;

	if (!percpu_drain_lock())
		return 0;
	taken = __percpu_drain(first, nr, take, arg);
	percpu_drain_unlock();
	return taken;
}

void percpu_fork_lock(void)
{
	spin_fork_lock(&drain_lock);
}

void percpu_fork_unlock(void)
{
	spin_fork_unlock(&drain_lock);
}

size_t percpu_count(unsigned int id)
{
	size_t n = 0;

	for (unsigned int i = 0; i < nr_areas; i++) {
		uintptr_t tops[2] = { atomic_read(&areas[i].top[id]),
				      atomic_read(&areas[i].spare[id]) };
		int kinds = id >= PERCPU_FIRST_SPARE ? 2 : 1;

		for (int k = 0; k < kinds; k++) {
			void **top = (void **)tops[k];

			if (!percpu_top_is_real(tops[k]))
				continue;
			for (; READ_ONCE(top[-1]); top--)
				n++;
		}
	}
	return n;
}
