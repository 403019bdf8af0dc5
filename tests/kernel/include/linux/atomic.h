/* SPDX-License-Identifier: MIT */
/* Atomic operations, all fully ordered. */
#ifndef KM_TEST_LINUX_ATOMIC_H
#define KM_TEST_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#include <stdbool.h>

#include <asm/barrier.h>

typedef struct {
	s64 counter;
} atomic64_t;

#define ATOMIC_INIT(v) \
	{              \
		(v)    \
	}
#define atomic_set(a, v) __atomic_store_n(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_read(a) __atomic_load_n(&(a)->counter, __ATOMIC_SEQ_CST)
#define atomic_add_return(v, a) \
	__atomic_add_fetch(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_sub_return(v, a) \
	__atomic_sub_fetch(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_fetch_add(v, a) \
	__atomic_fetch_add(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_xchg(a, v) \
	__atomic_exchange_n(&(a)->counter, v, __ATOMIC_SEQ_CST)
#define atomic_add(v, a) ((void)atomic_add_return(v, a))
#define atomic_sub(v, a) ((void)atomic_sub_return(v, a))
#define atomic_inc(a) atomic_add(1, a)
#define atomic_dec(a) atomic_sub(1, a)
#define atomic_inc_return(a) atomic_add_return(1, a)
#define atomic_dec_return(a) atomic_sub_return(1, a)
#define atomic_dec_and_test(a) (atomic_dec_return(a) == 0)
#define atomic_inc_and_test(a) (atomic_inc_return(a) == 0)
#define atomic_sub_and_test(v, a) (atomic_sub_return(v, a) == 0)
#define atomic_cmpxchg(a, old, new) cmpxchg(&(a)->counter, old, new)
#define atomic_try_cmpxchg(a, old, new)                             \
	__atomic_compare_exchange_n(&(a)->counter, old, new, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define atomic_cmpxchg_relaxed atomic_cmpxchg
#define atomic_cmpxchg_release atomic_cmpxchg
#define atomic_fetch_add_relaxed atomic_fetch_add

#define atomic_long_set atomic_set
#define atomic_long_read atomic_read
#define atomic_long_add atomic_add
#define atomic_long_sub atomic_sub
#define atomic_long_inc atomic_inc
#define atomic_long_dec atomic_dec
#define atomic_long_inc_return atomic_inc_return
#define atomic_long_cmpxchg atomic_cmpxchg
#define atomic64_set atomic_set
#define atomic64_read atomic_read
#define atomic64_add atomic_add
#define atomic64_inc atomic_inc
#define atomic64_dec atomic_dec

#define cmpxchg(p, old, new)                                        \
	({                                                          \
		__typeof__(*(p)) km_old = (old);                    \
		__atomic_compare_exchange_n(p, &km_old, new, false, \
					    __ATOMIC_SEQ_CST,       \
					    __ATOMIC_SEQ_CST);      \
		km_old;                                             \
	})
#define try_cmpxchg(p, old, new)                                          \
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, \
				    __ATOMIC_SEQ_CST)
#define try_cmpxchg_release try_cmpxchg
#define try_cmpxchg_acquire try_cmpxchg
#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#undef smp_store_release
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#undef smp_load_acquire
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_mb__after_atomic() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb__before_atomic() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
