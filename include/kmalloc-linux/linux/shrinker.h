/* SPDX-License-Identifier: MIT */
/* Memory to give up. */
#ifndef KMALLOC_LINUX_SHRINKER_H
#define KMALLOC_LINUX_SHRINKER_H

#include <linux/types.h>

#include <kmalloc/shrinker.h>

#endif
