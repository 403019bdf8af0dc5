/* SPDX-License-Identifier: MIT */
/* Sleeping. */
#ifndef KM_TEST_LINUX_DELAY_H
#define KM_TEST_LINUX_DELAY_H

#include <linux/ktime.h>

#include <unistd.h>

#define msleep(ms) usleep((ms)*1000U)
#define udelay(us) usleep(us)

#endif
