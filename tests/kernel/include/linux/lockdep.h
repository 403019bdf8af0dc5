/* SPDX-License-Identifier: MIT */
/* Nothing is checked. */
#ifndef KM_TEST_LINUX_LOCKDEP_H
#define KM_TEST_LINUX_LOCKDEP_H

#include <linux/spinlock.h>

struct lock_class_key {
	unsigned int a;
};
struct lockdep_map {
	unsigned int a;
};

#define debug_locks 0
#define lockdep_is_held(l) ((void)(l), 1)
#define lockdep_assert_held(l) ((void)(l))
#define lockdep_set_class(l, key) ((void)(l))
#define lockdep_init_map(m, name, key, sub) ((void)(m))
#define lock_map_acquire(m) ((void)(m))
#define lock_map_release(m) ((void)(m))
#define lock_acquire_shared_recursive(...) ((void)0)
#define lock_acquire_exclusive(...) ((void)0)
#define lock_release(...) ((void)0)
#define SINGLE_DEPTH_NESTING 1

#endif
