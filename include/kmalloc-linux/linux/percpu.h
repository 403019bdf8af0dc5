/* SPDX-License-Identifier: MIT */
/* Memory for each CPU. */
#ifndef KMALLOC_LINUX_PERCPU_H
#define KMALLOC_LINUX_PERCPU_H

#include <linux/types.h>

#include <kmalloc/percpu.h>

/*
 * Operations on the copy of the CPU that the thread runs on, just now.  It may
 * be on another one a moment later, where a thread does the same: therefore
 * they are atomic, and the copy is one CPU's only as a rule.
 */
#define this_cpu_read(v) __atomic_load_n(this_cpu_ptr(&(v)), __ATOMIC_RELAXED)
#define this_cpu_write(v, n) \
	__atomic_store_n(this_cpu_ptr(&(v)), n, __ATOMIC_RELAXED)
#define this_cpu_add_return(v, n) \
	__atomic_add_fetch(this_cpu_ptr(&(v)), n, __ATOMIC_RELAXED)
#define this_cpu_sub_return(v, n) \
	__atomic_sub_fetch(this_cpu_ptr(&(v)), n, __ATOMIC_RELAXED)
#define this_cpu_inc_return(v) this_cpu_add_return(v, 1)
#define this_cpu_dec_return(v) this_cpu_sub_return(v, 1)
#define this_cpu_add(v, n) ((void)this_cpu_add_return(v, n))
#define this_cpu_sub(v, n) ((void)this_cpu_sub_return(v, n))
#define this_cpu_inc(v) this_cpu_add(v, 1)
#define this_cpu_dec(v) this_cpu_sub(v, 1)
#define this_cpu_and(v, n) \
	((void)__atomic_and_fetch(this_cpu_ptr(&(v)), n, __ATOMIC_RELAXED))
#define this_cpu_or(v, n) \
	((void)__atomic_or_fetch(this_cpu_ptr(&(v)), n, __ATOMIC_RELAXED))
#define this_cpu_xchg(v, n) \
	__atomic_exchange_n(this_cpu_ptr(&(v)), n, __ATOMIC_SEQ_CST)
#define this_cpu_cmpxchg(v, old, n)                                       \
	({                                                                \
		__typeof__(v) km_old = (old);                             \
                                                                          \
		__atomic_compare_exchange_n(this_cpu_ptr(&(v)), &km_old, n, \
					    false, __ATOMIC_SEQ_CST,      \
					    __ATOMIC_SEQ_CST);            \
		km_old;                                                   \
	})

#define __this_cpu_read(v) this_cpu_read(v)
#define __this_cpu_write(v, n) this_cpu_write(v, n)
#define __this_cpu_add(v, n) this_cpu_add(v, n)
#define __this_cpu_sub(v, n) this_cpu_sub(v, n)
#define __this_cpu_inc(v) this_cpu_inc(v)
#define __this_cpu_dec(v) this_cpu_dec(v)
#define raw_cpu_read(v) this_cpu_read(v)
#define raw_cpu_write(v, n) this_cpu_write(v, n)
#define raw_cpu_add(v, n) this_cpu_add(v, n)
#define raw_cpu_inc(v) this_cpu_inc(v)
#define raw_cpu_dec(v) this_cpu_dec(v)

#endif
