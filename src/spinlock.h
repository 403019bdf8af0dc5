/* SPDX-License-Identifier: MIT */
/*
 * lock: short locks that spin a little, then sleep in the kernel.
 *
 * The lock word holds the owner's thread id, so that a signal handler that
 * interrupted its own thread inside a critical section is told so instead
 * of waiting for itself: spin_lock then returns false, and the caller
 * takes the path that needs no lock.
 *
 * Ranks are those of lockdep.def.  Who asks for a lock while holding one
 * that is further down the list is such a handler too (or a fault of ours,
 * which tests find by lockdep_inversions): it gets the lock only if it is
 * free, because waiting could be for ever.
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
	u32 word;  /* atomic: owner's id, bit 31 set if others may sleep */
	u32 rank;  /* const after init */
	u64 taken; /* the lock: how often, but for trylocks; racy readers */
};

#define SPIN_LOCK_INIT(r)             \
	{                             \
		.rank = LOCK_RANK_##r \
	}
#define SPIN_WAITERS 0x80000000U

static inline u32 spin_self(void)
{
	return arch_thread_id() & ~SPIN_WAITERS;
}

bool __cold spin_lock_slowpath(struct spinlock *lock, u32 self);
bool __cold spin_lock_inverted(struct spinlock *lock, u32 self);
void __cold spin_unlock_slowpath(struct spinlock *lock);

/* One bit for each rank that this thread holds; signal handlers see what
 * they interrupted. */
extern __tls_ie u32 lockdep_held __hidden;
extern u32 lockdep_inversions; /* atomic */
extern u32 lockdep_waits;      /* atomic: for a lock that another thread had */

static inline u32 spin_rank_bit(const struct spinlock *lock)
{
	return 1U << (lock->rank & 31);
}

/* Waits for @lock.  False, without it, if this thread holds it already:
 * then a signal handler is running inside the critical section. */
static inline bool spin_lock(struct spinlock *lock)
{
	u32 old = 0, self = spin_self(), bit = spin_rank_bit(lock);

	if (unlikely(READ_ONCE(lockdep_held) >= bit)) {
		if (!spin_lock_inverted(lock, self))
			return false;
		/* pairs with the release in spin_unlock */
	} else if (unlikely(!try_cmpxchg(&lock->word, &old, self)) &&
		   !spin_lock_slowpath(lock, self)) {
		return false;
	}
	WRITE_ONCE(lockdep_held, lockdep_held | bit);
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

	WRITE_ONCE(lockdep_held, lockdep_held & ~spin_rank_bit(lock));
	/* pairs with the acquire in spin_lock */
	if (unlikely(!try_cmpxchg_release(&lock->word, &self, 0)))
		spin_unlock_slowpath(lock);
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
	return (atomic_read(&lock->word) & ~SPIN_WAITERS) == spin_self();
}

#define lockdep_assert_held(lock) VM_BUG_ON(!spin_is_held(lock))

/*
 * Around fork.  A signal handler may fork while its own thread holds the
 * lock below it: then it stays held, by whom it was.
 */
#define SPIN_FORK_SKIPPED 0x100

static inline void spin_fork_lock(struct spinlock *lock)
{
	while (!spin_lock(lock)) {
		if (spin_is_held(lock)) {
			lock->rank |= SPIN_FORK_SKIPPED;
			return;
		}
		arch_sched_yield();
	}
}

static inline void spin_fork_unlock(struct spinlock *lock)
{
	if (lock->rank & SPIN_FORK_SKIPPED)
		lock->rank &= ~SPIN_FORK_SKIPPED;
	else
		spin_unlock(lock);
}

/* In a forked child: the lock is free, whoever held or awaited it. */
static inline void spin_lock_reinit(struct spinlock *lock)
{
	atomic_set(&lock->word, 0);
	lock->rank &= ~SPIN_FORK_SKIPPED;
}

/* In a forked child, before any release: forget the parent's ranks. */
void lockdep_reset(void);

#endif
