/* SPDX-License-Identifier: MIT */
/* RCU of liburcu, and kfree_rcu of ours. */
#ifndef KM_TEST_LINUX_RCUPDATE_H
#define KM_TEST_LINUX_RCUPDATE_H

#include <urcu.h>

#include <kmalloc/rcu.h>

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>

#undef rcu_dereference
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_CONSUME)
#undef rcu_assign_pointer
#define rcu_assign_pointer(p, v) \
	__atomic_store_n((void **)&(p), (void *)(v), __ATOMIC_RELEASE)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_dereference_raw(p) rcu_dereference(p)
#define rcu_dereference_protected(p, cond) (p)
#define rcu_dereference_check(p, cond) rcu_dereference(p)
#define rcu_dereference_raw_check(p) rcu_dereference(p)
#define RCU_INIT_POINTER(p, v) ((p) = (v))
#define RCU_INITIALIZER(v) (v)
#define rcu_head_init(h) ((h)->func = NULL)
#define rcu_head_after_call_rcu(h, f) ((h)->func == (f))
#undef synchronize_rcu
#define synchronize_rcu() urcu_memb_synchronize_rcu()
#define __list_add_valid(node, prev, next) true
#define cond_resched_rcu() \
	do {               \
	} while (0)

#endif
