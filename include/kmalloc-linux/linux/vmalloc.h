/* SPDX-License-Identifier: MIT */
/* Large areas. */
#ifndef KMALLOC_LINUX_VMALLOC_H
#define KMALLOC_LINUX_VMALLOC_H

#include <linux/gfp.h>
#include <linux/overflow.h>

#include <kmalloc/vmalloc.h>

#endif
