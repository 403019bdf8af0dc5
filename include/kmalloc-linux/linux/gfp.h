/* SPDX-License-Identifier: MIT */
/* GFP flags and pages. */
#ifndef KMALLOC_LINUX_GFP_H
#define KMALLOC_LINUX_GFP_H

#include <linux/gfp_types.h>
#include <linux/numa.h>

#include <kmalloc/page_alloc.h>

#endif
