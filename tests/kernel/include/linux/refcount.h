/* SPDX-License-Identifier: MIT */
/* Counts of references; overflow is not looked for. */
#ifndef KM_TEST_LINUX_REFCOUNT_H
#define KM_TEST_LINUX_REFCOUNT_H

#include <linux/atomic.h>

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n)               \
	{                              \
		.refs = ATOMIC_INIT(n) \
	}
#define refcount_set(r, n) atomic_set(&(r)->refs, (int)(n))
#define refcount_read(r) ((unsigned int)atomic_read(&(r)->refs))
#define refcount_inc(r) atomic_inc(&(r)->refs)
#define refcount_add(n, r) atomic_add(n, &(r)->refs)
#define refcount_dec(r) atomic_dec(&(r)->refs)
#define refcount_dec_and_test(r) atomic_dec_and_test(&(r)->refs)
#define refcount_sub_and_test(n, r) atomic_sub_and_test((int)(n), &(r)->refs)

static inline bool refcount_inc_not_zero(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	while (old && !atomic_try_cmpxchg(&r->refs, &old, old + 1))
		;
	return old;
}

#endif
