/* SPDX-License-Identifier: MIT */
/*
 * base: the few atomic operations that the rooms use.
 *
 * Acquire and release are named; each use says which store or load it
 * pairs with.
 */
#ifndef KM_ATOMIC_H
#define KM_ATOMIC_H

#include "compiler.h"

#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define atomic_read(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_set(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atomic_add(p, v) ((void)__atomic_fetch_add(p, v, __ATOMIC_RELAXED))
#define atomic_sub(p, v) ((void)__atomic_fetch_sub(p, v, __ATOMIC_RELAXED))
#define atomic_fetch_add(p, v) __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define atomic_sub_return(p, v) __atomic_sub_fetch(p, v, __ATOMIC_ACQ_REL)
#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL)
#define try_cmpxchg(p, oldp, v)                                      \
	__atomic_compare_exchange_n(p, oldp, v, false, __ATOMIC_ACQUIRE, \
				    __ATOMIC_RELAXED)
#define try_cmpxchg_release(p, oldp, v)                              \
	__atomic_compare_exchange_n(p, oldp, v, false, __ATOMIC_RELEASE, \
				    __ATOMIC_RELAXED)

/* Orders this thread's accesses against a signal handler's. */
#define barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
