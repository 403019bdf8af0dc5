/* SPDX-License-Identifier: MIT */
/* Part of workqueue.h. */
#ifndef KM_TEST_LINUX_WORKQUEUE_TYPES_H
#define KM_TEST_LINUX_WORKQUEUE_TYPES_H

#include <linux/workqueue.h>

#endif
