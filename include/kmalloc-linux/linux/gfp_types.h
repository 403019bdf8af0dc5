/* SPDX-License-Identifier: MIT */
/* GFP flags. */
#ifndef KMALLOC_LINUX_GFP_TYPES_H
#define KMALLOC_LINUX_GFP_TYPES_H

#include <linux/types.h>

#include <kmalloc/gfp.h>

#endif
