/* SPDX-License-Identifier: MIT */
/* All possible CPUs are online. */
#ifndef KM_TEST_LINUX_CPUMASK_H
#define KM_TEST_LINUX_CPUMASK_H

#include <linux/kernel.h>
#include <linux/smp.h>

#define NR_CPUS 256
#define nr_cpu_ids num_possible_cpus()
#define num_online_cpus() num_possible_cpus()
struct cpumask;
#define cpu_possible_mask ((const struct cpumask *)0)
#define cpumask_first(mask) 0
#define cpumask_next_wrap(n, mask, start, wrap) \
	((int)(((n) + 1) % num_possible_cpus()))
#define cpumask_next(cpu, mask) ((cpu) + 1)
#define cpu_possible(cpu) ((unsigned int)(cpu) < num_possible_cpus())
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu)
#define cpu_to_node(cpu) 0

#endif
