/* SPDX-License-Identifier: MIT */
/* The last resort. */
#ifndef KMALLOC_LINUX_OOM_H
#define KMALLOC_LINUX_OOM_H

#include <linux/types.h>

#include <kmalloc/shrinker.h>

#endif
