/* SPDX-License-Identifier: MIT */
/*
 * lock: the waiting half of the futex lock, and locks against the order.
 *
 *   word:  0 free | id held | id + SPIN_WAITERS held, somebody may sleep
 *
 * A waiter spins SPIN_TRIES times, then marks the word and sleeps.  A woken
 * waiter takes the lock with the mark set, because it cannot know whether
 * it was the last one.
 *
 * Fairness: none; critical sections are a few hundred nanoseconds.
 */
#include "spinlock.h"

#define SPIN_TRIES 100

bool spin_lock_slowpath(struct spinlock *lock, u32 self)
{
	u32 old;

	if ((atomic_read(&lock->word) & ~SPIN_WAITERS) == self)
		return false;
	atomic_add(&lockdep_waits, 1);
	for (int i = 0; i < SPIN_TRIES; i++) {
		old = 0;
		if (!atomic_read(&lock->word) &&
		    try_cmpxchg(&lock->word, &old, self))
			return true;
		cpu_relax();
	}
	for (;;) {
		old = atomic_read(&lock->word);
		if (!old) {
			if (try_cmpxchg(&lock->word, &old, self | SPIN_WAITERS))
				return true;
			continue;
		}
		if (!(old & SPIN_WAITERS) &&
		    !try_cmpxchg(&lock->word, &old, old | SPIN_WAITERS))
			continue;
		arch_futex_wait(&lock->word, old | SPIN_WAITERS);
	}
}

void spin_unlock_slowpath(struct spinlock *lock)
{
	/* pairs with the acquire in spin_lock_slowpath */
	smp_store_release(&lock->word, 0);
	arch_futex_wake(&lock->word, 1);
}

/* ---- order ---- */

__tls_ie u32 lockdep_held;
u32 lockdep_inversions;
u32 lockdep_waits;

/* This rank, or one further down, is held.  Fork is in its right to do so
 * with the caches' locks, which share a rank; it tries until it has them. */
bool spin_lock_inverted(struct spinlock *lock, u32 self)
{
	u32 old = 0;

	BUILD_BUG_ON(NR_LOCK_RANKS > 31);
	if (lock->rank != LOCK_RANK_CACHE ||
	    READ_ONCE(lockdep_held) >> (LOCK_RANK_CACHE + 1))
		atomic_add(&lockdep_inversions, 1);
	return try_cmpxchg(&lock->word, &old, self);
}

void lockdep_reset(void)
{
	lockdep_held = 0;
}
