/* SPDX-License-Identifier: MIT */
/* Threads that are told to stop (runtime.c). */
#ifndef KM_TEST_LINUX_KTHREAD_H
#define KM_TEST_LINUX_KTHREAD_H

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#define kthread_run(fn, arg, ...) km_kthread_run(fn, arg)
struct task_struct *km_kthread_run(int (*fn)(void *arg), void *arg);
int kthread_stop(struct task_struct *task);
bool kthread_should_stop(void);

#endif
