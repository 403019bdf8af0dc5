/* SPDX-License-Identifier: MIT */
/* The CPUs. */
#ifndef KM_TEST_LINUX_SMP_H
#define KM_TEST_LINUX_SMP_H

#include <linux/percpu.h>

#define smp_processor_id() ((int)raw_smp_processor_id())
#define get_cpu() smp_processor_id()
#define put_cpu() \
	do {      \
	} while (0)

#endif
