/* SPDX-License-Identifier: MIT */
/* Equal blocks of registered memory. */
#ifndef KMALLOC_LINUX_DMAPOOL_H
#define KMALLOC_LINUX_DMAPOOL_H

#include <kmalloc/dmapool.h>
#include <linux/types.h>

#endif
