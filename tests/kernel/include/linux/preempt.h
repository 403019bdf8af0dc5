/* SPDX-License-Identifier: MIT */
/* Threads are always preempted. */
#ifndef KM_TEST_LINUX_PREEMPT_H
#define KM_TEST_LINUX_PREEMPT_H

#define preempt_disable() \
	do {              \
	} while (0)
#define preempt_enable() \
	do {             \
	} while (0)
#define in_interrupt() 0

#endif
