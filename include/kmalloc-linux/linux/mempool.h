/* SPDX-License-Identifier: MIT */
/* Pools with a reserve. */
#ifndef KMALLOC_LINUX_MEMPOOL_H
#define KMALLOC_LINUX_MEMPOOL_H

#include <linux/slab.h>

#include <kmalloc/mempool.h>

#endif
