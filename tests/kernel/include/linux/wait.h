/* SPDX-License-Identifier: MIT */
/* Queues of waiters, who look again and again. */
#ifndef KM_TEST_LINUX_WAIT_H
#define KM_TEST_LINUX_WAIT_H

#include <linux/sched.h>
#include <linux/spinlock.h>

typedef struct wait_queue_head {
	int none;
} wait_queue_head_t;

#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name
#define init_waitqueue_head(q) ((void)(q))
#define wake_up(q) ((void)(q))
#define wake_up_all(q) ((void)(q))
#define wait_event(q, cond)            \
	do {                           \
		while (!(cond))        \
			sched_yield(); \
	} while (0)
#define wait_event_interruptible(q, cond) \
	({                                \
		wait_event(q, cond);      \
		0;                        \
	})

#endif
