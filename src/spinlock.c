/* SPDX-License-Identifier: MIT */
/*
 * lock: the waiting half of the futex lock, locks against the order, fork.
 *
 *   word:  0 free | id held | id + SPIN_WAITERS held, somebody may sleep
 *                           | id + SPIN_NOWAKE held, nobody will be woken
 *
 * A waiter spins SPIN_TRIES times, then marks the word and sleeps.  A woken
 * waiter takes the lock with the mark set, because it cannot know whether
 * it was the last one.  Where the owner wakes nobody, because it may make no
 * system call, waiters leave the word alone and look again each millisecond.
 *
 * Who may not wait spins NOWAIT_TRIES times and does without; that is noted in
 * spin_missed, for who may try all of it again (vmscan).  When that was in vain,
 * the holder does not run, and will not as long as this thread does, if that is
 * one of SCHED_FIFO: it spins for that critical section no more.
 *
 * Fairness: none; critical sections are a few hundred nanoseconds.
 */
#include "spinlock.h"

#define SPIN_TRIES 100
/* Of who does without the lock then.  (About as long as a critical section:
 * who holds a lock for longer does not run.) */
#define NOWAIT_TRIES 12

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
		if (old & SPIN_NOWAKE) {
			arch_futex_wait_ms(&lock->word, old, 1);
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
	bool wake = !(atomic_read(&lock->word) & SPIN_NOWAKE);

	/* pairs with the acquire in spin_lock_slowpath */
	smp_store_release(&lock->word, 0);
	if (wake)
		arch_futex_wake(&lock->word, 1);
}

/* ---- order ---- */

__tls_ie u64 lockdep_held;
u32 lockdep_inversions;
u32 lockdep_waits;
__tls_ie u32 spin_missed;

/* Owner: the critical section that this thread gave up. */
static __tls_ie u32 stuck;

/* A number for the critical section that somebody is in, never 0. */
static u32 section_of(const struct spinlock *lock)
{
	u64 word = atomic_read(&lock->word) & ~(SPIN_WAITERS | SPIN_NOWAKE);
	u64 x = (uintptr_t)lock ^ READ_ONCE(lock->taken) << 40 ^ word << 20;

	return (u32)(x * 0x9e3779b97f4a7c15ULL >> 32) | 1;
}

void spin_give_up(void)
{
	stuck = READ_ONCE(spin_missed);
	WRITE_ONCE(spin_missed, 0);
}

/* Another thread's critical section is short, unless it is not running. */
static bool spin_a_little(struct spinlock *lock, u32 self)
{
	if (unlikely(stuck) && stuck == section_of(lock))
		return false;
	for (int i = 0; i < NOWAIT_TRIES && !spin_is_held(lock); i++) {
		u32 old = 0;

		if (!atomic_read(&lock->word) &&
		    try_cmpxchg(&lock->word, &old, self | SPIN_NOWAKE))
			return true;
		cpu_relax();
	}
	WRITE_ONCE(spin_missed, section_of(lock));
	return false;
}

bool spin_lock_inverted(struct spinlock *lock, u32 self)
{
	u64 held = READ_ONCE(lockdep_held) - (1ULL << spin_lane(lock));
	u32 old = 0;

	BUILD_BUG_ON(LOCK_RANK_PERCPU_SLOT != NR_LOCK_RANKS - 1);
	BUILD_BUG_ON(SPIN_FORK_SKIPPED % (64 / LOCKDEP_BITS));
	BUILD_BUG_ON(NR_LOCK_RANKS * LOCKDEP_BITS > 60);
	if (!((held & (LOCKDEP_NOWAIT - 1)) >> spin_lane(lock)))
		return spin_a_little(lock, self);
	if (held >= LOCKDEP_NOWAIT)
		self |= SPIN_NOWAKE;
	atomic_add(&lockdep_inversions, 1);
	return try_cmpxchg(&lock->word, &old, self);
}

void lockdep_reset(void)
{
	lockdep_held = 0;
}

/* ---- fork ---- */

#define SPIN_FORK_TRIES 10000

void lockdep_fork_begin(void)
{
	WRITE_ONCE(lockdep_held, lockdep_held + LOCKDEP_FORK);
}

void lockdep_fork_end(void)
{
	WRITE_ONCE(lockdep_held, lockdep_held - LOCKDEP_FORK);
}

void spin_fork_lock(struct spinlock *lock)
{
	u32 self = spin_self(), old = 0;

	if (lockdep_held == LOCKDEP_FORK) {
		if (!try_cmpxchg(&lock->word, &old, self))
			spin_lock_slowpath(lock, self);
		return;
	}
	for (int i = 0; !spin_is_held(lock) && i < SPIN_FORK_TRIES; i++) {
		if (spin_trylock(lock))
			return;
		arch_sched_yield();
	}
	lock->rank |= SPIN_FORK_SKIPPED;
}

void spin_fork_unlock(struct spinlock *lock)
{
	if (lock->rank & SPIN_FORK_SKIPPED)
		lock->rank &= ~SPIN_FORK_SKIPPED;
	else
		spin_tryunlock(lock);
}
