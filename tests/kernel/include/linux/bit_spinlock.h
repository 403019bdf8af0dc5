/* SPDX-License-Identifier: MIT */
/* Locks in one bit of a word. */
#ifndef KM_TEST_LINUX_BIT_SPINLOCK_H
#define KM_TEST_LINUX_BIT_SPINLOCK_H

#include <sched.h>

static inline void bit_spin_lock(int nr, unsigned long *word)
{
	while (__atomic_fetch_or(word, 1UL << nr, __ATOMIC_ACQUIRE) & 1UL << nr)
		sched_yield();
}

static inline void bit_spin_unlock(int nr, unsigned long *word)
{
	__atomic_fetch_and(word, ~(1UL << nr), __ATOMIC_RELEASE);
}

static inline int bit_spin_is_locked(int nr, unsigned long *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED) >> nr & 1;
}

#endif
