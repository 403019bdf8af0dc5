/* SPDX-License-Identifier: MIT */
/* Memory for each CPU. */
#ifndef KMALLOC_LINUX_PERCPU_H
#define KMALLOC_LINUX_PERCPU_H

#include <linux/types.h>

#include <kmalloc/percpu.h>

#endif
