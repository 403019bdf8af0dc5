/* SPDX-License-Identifier: MIT */
/* There is one node. */
#ifndef KMALLOC_LINUX_NUMA_H
#define KMALLOC_LINUX_NUMA_H

#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE (-1)
#endif
#define MAX_NUMNODES 1
#define numa_node_id() 0
#define numa_mem_id() 0

#endif
