/* SPDX-License-Identifier: MIT */
/* Time. */
#ifndef KM_TEST_LINUX_KTIME_H
#define KM_TEST_LINUX_KTIME_H

#include <linux/types.h>

#include <time.h>

static inline ktime_t ktime_get(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#define ktime_get_ns() ktime_get()
#define ktime_us_delta(later, earlier) (((later) - (earlier)) / 1000)
#define ktime_to_ns(t) (t)
#define ktime_sub(a, b) ((a) - (b))
#define get_cycles() ((unsigned long)ktime_get())

#endif
