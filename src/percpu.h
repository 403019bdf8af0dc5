/* SPDX-License-Identifier: MIT */
/*
 * percpu: one area per CPU, entered without a lock.
 *
 *     -8192  threads whose registration failed (id -2)
 *     -4096  threads that the kernel knows not (id -1)
 *   percpu_base
 *     +0     CPU 0:  top[0..255]  spare[0..255]
 *     +4096  CPU 1:  ...
 *
 * An id names a user (a cache, a page order); top[id] is the top of that
 * user's sheaf on this CPU, spare[id] the top of a second sheaf, or 0.
 *
 * A sheaf is an aligned block of SHEAF_BYTES:
 *
 *      sentinel    objects       free slots
 *   [ .. NULL | o1 | o2 | o3 |  .  |  .  |  . ]
 *                            ^top             ^end: multiple of SHEAF_BYTES
 *
 *   empty:  the slot below top holds NULL
 *   full:   top is a multiple of SHEAF_BYTES
 *   whose:  (top - 8) & ~SHEAF_MASK is the block
 *
 * so a whole sheaf changes hands by one store of top.  PERCPU_DUMMY is the
 * top of a sheaf that is both empty and full: with it every operation
 * leaves the fast path without a test.  PERCPU_DRAIN is another such top: it
 * says that nothing may be put in its place, because somebody is taking
 * this CPU's sheaf away, or because the area is that of unknown threads
 * (which is also where the generic mode's fast paths end up).
 *
 * Modes: RSEQ (sequences on libc's registration), RSEQ_OWN (on our own,
 * made for each thread at its first operation), GENERIC (a few slots,
 * chosen by thread, each under a trylock).
 *
 * Context: every operation may be called from signal handlers and
 * interrupts itself safely.
 */
#ifndef KM_PERCPU_H
#define KM_PERCPU_H

#include "atomic.h"
#include "kernel.h"
#include "spinlock.h"

#define NR_CPUS 1024
#define PERCPU_SHIFT 12
#define NR_PERCPU_IDS 256

#define SHEAF_BYTES 1024
#define SHEAF_MASK 1023
#define SHEAF_SLOTS 128

#if CONFIG_RSEQ && !CONFIG_SANITIZER && defined(__x86_64__)
#include "rseq_x86_64.h"
#define HAVE_RSEQ 1
#elif CONFIG_RSEQ && !CONFIG_SANITIZER && defined(__aarch64__)
#include "rseq_aarch64.h"
#define HAVE_RSEQ 1
#else
#include "rseq_none.h"
#define HAVE_RSEQ 0
#endif

/* Id 0 is nobody's and the first page list has no spare: in the generic mode
 * the words of their spares are the slot's lock. */
#define PERCPU_FIRST_SPARE 2

struct percpu_area {
	uintptr_t top[NR_PERCPU_IDS];
	union {
		struct spinlock lock; /* generic mode: of this slot */
		uintptr_t spare[NR_PERCPU_IDS];
	};
};

enum percpu_mode {
	PERCPU_DOWN,
	PERCPU_RSEQ,
	PERCPU_RSEQ_OWN,
	PERCPU_GENERIC,
};

/* What the fast paths read, all of it in one line; percpu's words begin it. */
#define __hot_data __section("km_hot")

/* Const after init; the offsets are from the thread pointer, to rseq and to
 * the id. */
extern long percpu_rseq_off __hidden;
extern long percpu_cid_off __hidden;
extern char *percpu_base __hidden;

extern const uintptr_t percpu_no_sheaves[2 * SHEAF_SLOTS] __hidden;
extern const uintptr_t percpu_drain_sheaf[2 * SHEAF_SLOTS] __hidden;
#define PERCPU_DUMMY ((uintptr_t)&percpu_no_sheaves[SHEAF_SLOTS])
#define PERCPU_DRAIN ((uintptr_t)&percpu_drain_sheaf[SHEAF_SLOTS])
#define PERCPU_SPARE_DRAIN ((uintptr_t)1) /* PERCPU_DRAIN, for a spare */

/* The fast paths' tables have, for an id, the offset of its word. */
#define PERCPU_OFF(id) ((u16)((id) * sizeof(uintptr_t)))

/* None of this may be used before percpu_init. */
static __always_inline void *percpu_word(size_t off, long *rs, long *cid)
{
	*cid = percpu_cid_off;
	*rs = percpu_rseq_off;
	return READ_FAST(percpu_base) + off;
}

/* Pops an object of this CPU's sheaf; NULL if the slow path must look.
 * Cost: 15 instructions, 1 line of the area, 1 of the sheaf. */
static __always_inline void *percpu_pop(u16 off)
{
	long rs, cid;
	void *word = percpu_word(off, &rs, &cid);
	bool aborted;

	return rseq_pop(word, rs, cid, &aborted);
}

/* Pushes @obj onto this CPU's sheaf.  Who gets it next writes to it: that may
 * be soon, and its line, where the last owner did not use it for long, is on
 * its way while nobody waits. */
static __always_inline enum rseq_result percpu_push(u16 off, void *obj)
{
	long rs, cid;
	void *word = percpu_word(off, &rs, &cid);

	__builtin_prefetch(obj, 1);
	return rseq_push(word, rs, cid, obj);
}

/* Whether @obj was the last to enter the sheaf of the CPU that this thread was
 * on a moment ago; never so of an object in the caller's hands, but for loads
 * out of order, so that one who finds it so looks twice.  False in the
 * generic mode.  Cost: 7 instructions. */
static __always_inline bool percpu_is_last(u16 off, const void *obj)
{
	long rs, cid;
	char *word = percpu_word(off, &rs, &cid);
	s32 cpu = (s32)READ_ONCE(
		*(u32 *)((char *)__builtin_thread_pointer() + cid));
	void **top = READ_FAST(
		*(void ***)(word + ((long)cpu << PERCPU_SHIFT)));

	return READ_FAST(top[-1]) == obj;
}

/* ---- the slow halves, right in every mode ---- */

enum percpu_kind { PERCPU_TOP, PERCPU_SPARE };

/* @areas: zeroed memory for percpu_areas_size(nr_cpus) bytes. */
size_t percpu_areas_size(unsigned int nr_cpus);
void percpu_init(void *areas, unsigned int nr_cpus);
extern enum percpu_mode percpu_mode __hidden; /* const after percpu_init */
unsigned int percpu_nr_areas(void);
/* Whether libc or the kernel knows restartable sequences at all; usable
 * before percpu_init. */
bool percpu_has_rseq(void);

void percpu_fork_lock(void);
void percpu_fork_unlock(void);
void percpu_fork_child(void);
/* Around vfork: the child puts RSEQ_CPU_ID_FAILED (-2) in the place of its
 * parent's id; the parent sees to it that the id is right again. */
void percpu_vfork_prepare(void);
void percpu_vfork_parent(void);

/* What a thread that libc does not know of has at its thread pointer: bytes
 * before and behind it. */
void percpu_guest_span(size_t *before, size_t *behind);
/* Makes such a thread, of which @tp is the thread pointer, one that has no
 * CPU: its operations end in the slow paths, and find nothing. */
void percpu_guest_init(char *tp);

/* These try a few times if they are aborted, then give up: NULL,
 * RSEQ_ABORTED, false. */
void *percpu_pop_slowpath(unsigned int id);
enum rseq_result percpu_push_slowpath(unsigned int id, void *obj);
bool percpu_cmpxchg(enum percpu_kind kind, unsigned int id, uintptr_t old,
		    uintptr_t new);
/* The number of the area that this thread uses, if it is not just moved. */
unsigned int percpu_here(void);
/* Cheap: a number from 0 to 7, by the CPU, or where it is not known by the
 * thread: for who would not write where others write.  The first five CPUs have
 * their own. */
static inline unsigned int percpu_spread(void)
{
	char *tp = __builtin_thread_pointer();

	/* the thread pointer itself where there is no id */
	return READ_ONCE(*(u32 *)(tp + percpu_cid_off)) * 0x9e3779b9U >> 29;
}

/* A racy look at a CPU's word, this one's unless we were just moved. */
uintptr_t percpu_read(enum percpu_kind kind, unsigned int id);

/* Takes every CPU's sheaves of @nr ids from @first on away and hands each
 * to @take.  Context: takes DRAIN, the outermost lock; @take may take others.
 * Returns the number of sheaves taken.  Cost: a barrier for each 64. */
typedef void (*percpu_take_fn)(unsigned int id, uintptr_t top, void *arg);
unsigned int percpu_drain(unsigned int first, unsigned int nr,
			  percpu_take_fn take, void *arg);
/* For who has more to do before the next drain: false, without the lock, in
 * a signal handler above it, or above a slot of the generic mode. */
bool percpu_drain_lock(void);
void percpu_drain_unlock(void);
unsigned int __percpu_drain(unsigned int first, unsigned int nr,
			    percpu_take_fn take, void *arg);

/* The same, of those ids whose bits are set. */
unsigned int __percpu_drain_ids(const u64 ids[NR_PERCPU_IDS / 64],
				percpu_take_fn take, void *arg);

/* A racy sum of the objects in all sheaves of @id. */
size_t percpu_count(unsigned int id);

static inline bool percpu_top_is_real(uintptr_t top)
{
	return top > PERCPU_SPARE_DRAIN && top != PERCPU_DUMMY &&
	       top != PERCPU_DRAIN;
}

#endif
