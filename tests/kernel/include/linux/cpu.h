/* SPDX-License-Identifier: MIT */
/* The CPUs. */
#ifndef KM_TEST_LINUX_CPU_H
#define KM_TEST_LINUX_CPU_H

#include <linux/cpumask.h>

#endif
