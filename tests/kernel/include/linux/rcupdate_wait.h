/* SPDX-License-Identifier: MIT */
/* Nothing of it is needed. */
#ifndef KM_TEST_LINUX_RCUPDATE_WAIT_H
#define KM_TEST_LINUX_RCUPDATE_WAIT_H

#include <linux/ktime.h>
#include <linux/rcupdate.h>

#endif
