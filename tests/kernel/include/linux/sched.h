/* SPDX-License-Identifier: MIT */
/* Threads. */
#ifndef KM_TEST_LINUX_SCHED_H
#define KM_TEST_LINUX_SCHED_H

#include <linux/compiler.h>
#include <linux/kernel.h>

#include <sched.h>

struct task_struct;

#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define HZ 100
#define cond_resched() ((void)sched_yield())
#define schedule() ((void)sched_yield())
#define set_current_state(s) \
	do {                 \
	} while (0)
#define __set_current_state(s) \
	do {                   \
	} while (0)
#define THREAD_ALIGN 16384

#endif
