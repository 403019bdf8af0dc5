/* SPDX-License-Identifier: MIT */
/* One thread does all deferred work (runtime.c). */
#ifndef KM_TEST_LINUX_WORKQUEUE_H
#define KM_TEST_LINUX_WORKQUEUE_H

#include <linux/list.h>
#include <linux/types.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	struct list_head entry;
	work_func_t func;
	int pending;
};

#define INIT_WORK(w, f)                      \
	do {                                 \
		INIT_LIST_HEAD(&(w)->entry); \
		(w)->func = (f);             \
		(w)->pending = 0;            \
	} while (0)

bool schedule_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);

#endif
