/* SPDX-License-Identifier: MIT */
/* Nodes, which the machine has or the option numa makes. */
#ifndef KMALLOC_LINUX_NUMA_H
#define KMALLOC_LINUX_NUMA_H

#include <kmalloc/node.h>

#define MAX_NUMNODES 64
#define numa_mem_id() numa_node_id()

#endif
