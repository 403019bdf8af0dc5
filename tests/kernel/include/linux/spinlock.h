/* SPDX-License-Identifier: MIT */
/* Locks that spin are mutexes here, as in the kernel's tools. */
#ifndef KM_TEST_LINUX_SPINLOCK_H
#define KM_TEST_LINUX_SPINLOCK_H

#include_next <linux/spinlock.h>

#include <linux/irqflags.h>
#include <linux/preempt.h>

#define raw_spinlock_t spinlock_t
#define DEFINE_RAW_SPINLOCK(name) DEFINE_SPINLOCK(name)
#define raw_spin_lock_init(l) spin_lock_init(l)
#define raw_spin_lock(l) spin_lock(l)
#define raw_spin_unlock(l) spin_unlock(l)
#define raw_spin_lock_irqsave(l, f) spin_lock_irqsave(l, f)
#define raw_spin_unlock_irqrestore(l, f) spin_unlock_irqrestore(l, f)
#define spin_trylock(l) (!pthread_mutex_trylock(l))
#define assert_spin_locked(l) ((void)(l))

#endif
