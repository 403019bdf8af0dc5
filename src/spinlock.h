/* SPDX-License-Identifier: MIT */
/*
 * lock: short locks that spin a little, then sleep in the kernel.
 *
 * The lock word holds the owner's thread id, so that a signal handler that
 * interrupted its own thread inside a critical section is told so instead
 * of waiting for itself: spin_lock then returns false, and the caller
 * takes the path that needs no lock.
 *
 * Ranks are those of lockdep.def.  Who asks for a lock while holding one of
 * its rank or further down the list is such a handler too (or a fault of
 * ours, which tests find by lockdep_inversions): it gets the lock only if
 * it is free, because waiting could be for ever.  It is in the place of the
 * kernel's NMI; what it may have without a lock is nolock.h.
 */
#ifndef KM_SPINLOCK_H
#define KM_SPINLOCK_H

#include "arch.h"
#include "atomic.h"
#include "bug.h"

enum lock_rank {
#define LOCK(name, what) LOCK_RANK_##name,
#include "lockdep.def"
#undef LOCK
	NR_LOCK_RANKS
};

struct spinlock {
	u32 word;  /* atomic: owner's id; bits 31, 30: spinlock.c */
	u32 rank;  /* const after init */
	u64 taken; /* the lock: how often, but for trylocks; racy readers */
};

#define SPIN_LOCK_INIT(r)             \
	{                             \
		.rank = LOCK_RANK_##r \
	}
#define SPIN_WAITERS 0x80000000U
#define SPIN_NOWAKE 0x40000000U

static inline u32 spin_self(void)
{
	return arch_thread_id() & ~(SPIN_WAITERS | SPIN_NOWAKE);
}

bool __cold spin_lock_slowpath(struct spinlock *lock, u32 self);
bool __cold spin_lock_inverted(struct spinlock *lock, u32 self);
void __cold spin_unlock_slowpath(struct spinlock *lock);

/* How many locks of each rank this thread holds, or is about to: four bits
 * each, for up to fifteen handlers above one another, all of which interrupted
 * a critical section of that rank.  Signal handlers see what they
 * interrupted. */
extern __tls_ie u64 lockdep_held __hidden;
/* Owner: a lock that may not be waited for was not had; which critical section
 * that was, as a number, or 0. */
extern __tls_ie u32 spin_missed __hidden;
/* That was for the last time: until its holder goes on, it is not spun for, and
 * not noted. */
void __cold spin_give_up(void);
extern u32 lockdep_inversions; /* atomic */
extern u32 lockdep_waits;      /* atomic: for a lock that another thread had */

#define LOCKDEP_BITS 4
/* A request that may not sleep (gfp.h): locks are tried, as a handler would,
 * and no waiter is woken, which is a system call. */
#define LOCKDEP_NOWAIT (1ULL << 60)

/* Fork holds them all. */
#define LOCKDEP_FORK (1ULL << LOCKDEP_BITS * LOCK_RANK_PERCPU_SLOT)

static inline unsigned int spin_lane(const struct spinlock *lock)
{
	return LOCKDEP_BITS * (lock->rank % (64 / LOCKDEP_BITS));
}

/* No lock is held that comes at @lock's rank or after it: then spin_lock
 * waits until it has it. */
static inline bool spin_may_wait(const struct spinlock *lock)
{
	return !(READ_ONCE(lockdep_held) >> spin_lane(lock));
}

/* The same about a lock that is held: may it be dropped and taken again? */
static inline bool spin_may_drop(const struct spinlock *lock)
{
	return READ_ONCE(lockdep_held) >> spin_lane(lock) == 1;
}

/* A signal handler above one of this thread's critical sections? */
static inline bool in_nmi(void)
{
	return READ_ONCE(lockdep_held);
}

/* From here to nmi_exit this thread waits for no lock, as if it were such a
 * handler: the rank of fork is after all others. */
static inline void nmi_enter(void)
{
	WRITE_ONCE(lockdep_held, READ_ONCE(lockdep_held) + LOCKDEP_FORK);
	barrier();
}

static inline void nmi_exit(void)
{
	barrier();
	WRITE_ONCE(lockdep_held, READ_ONCE(lockdep_held) - LOCKDEP_FORK);
}

/* Waits for @lock.  False, without it, if this thread holds it already:
 * then a signal handler is running inside the critical section.  The rank
 * is noted before the lock is taken and until it is free again, so that no
 * handler can see a lock held and the rank not. */
static inline bool spin_lock(struct spinlock *lock)
{
	u64 held = READ_ONCE(lockdep_held);
	u32 old = 0, self = spin_self();

	WRITE_ONCE(lockdep_held, held + (1ULL << spin_lane(lock)));
	barrier();
	if (unlikely(held >> spin_lane(lock)) ?
		    !spin_lock_inverted(lock, self) :
		    unlikely(!try_cmpxchg(&lock->word, &old, self)) &&
			    !spin_lock_slowpath(lock, self)) {
		WRITE_ONCE(lockdep_held, held);
		return false;
	}
	/* pairs with the release in spin_unlock */
	WRITE_ONCE(lock->taken, lock->taken + 1);
	return true;
}

static inline bool spin_trylock(struct spinlock *lock)
{
	u32 old = 0;

	return try_cmpxchg(&lock->word, &old, spin_self());
}

static inline void spin_unlock(struct spinlock *lock)
{
	u32 self = spin_self();

	/* pairs with the acquire in spin_lock */
	if (unlikely(!try_cmpxchg_release(&lock->word, &self, 0)))
		spin_unlock_slowpath(lock);
	barrier();
	WRITE_ONCE(lockdep_held,
		   READ_ONCE(lockdep_held) - (1ULL << spin_lane(lock)));
}

/* Releases a lock that was taken by spin_trylock. */
static inline void spin_tryunlock(struct spinlock *lock)
{
	u32 self = spin_self();

	if (unlikely(!try_cmpxchg_release(&lock->word, &self, 0)))
		spin_unlock_slowpath(lock);
}

static inline bool spin_is_held(const struct spinlock *lock)
{
	return (atomic_read(&lock->word) & ~(SPIN_WAITERS | SPIN_NOWAKE)) ==
	       spin_self();
}

#define lockdep_assert_held(lock) VM_BUG_ON(!spin_is_held(lock))

/*
 * Around fork.  A signal handler may fork while its own thread holds a lock
 * below it: then it stays held, by whom it was.  So does one whose owner
 * waits for that thread, as far as can be told.
 */
#define SPIN_FORK_SKIPPED 0x100

void spin_fork_lock(struct spinlock *lock);
void spin_fork_unlock(struct spinlock *lock);
/* Before the first of them, and after the last, in parent and child. */
void lockdep_fork_begin(void);
void lockdep_fork_end(void);

/* In a forked child: the lock is free, whoever held or awaited it, unless this
 * thread does, below the handler that forked. */
static inline void spin_lock_reinit(struct spinlock *lock)
{
	if (!(lock->rank & SPIN_FORK_SKIPPED) || !spin_is_held(lock))
		atomic_set(&lock->word, 0);
	lock->rank &= ~SPIN_FORK_SKIPPED;
}

/* In tests: forget what is held. */
void lockdep_reset(void);

#endif
