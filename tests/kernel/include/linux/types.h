/* SPDX-License-Identifier: MIT */
/* More types. */
#ifndef KM_TEST_LINUX_TYPES_H
#define KM_TEST_LINUX_TYPES_H

#include_next <linux/types.h>

#include <errno.h>
#include <limits.h>
#include <sys/types.h>

typedef unsigned long pgoff_t;
typedef s64 ktime_t;

#endif
