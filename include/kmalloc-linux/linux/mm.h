/* SPDX-License-Identifier: MIT */
/* What the kernel's mm.h has of the allocators. */
#ifndef KMALLOC_LINUX_MM_H
#define KMALLOC_LINUX_MM_H

#include <kmalloc/page.h>
#include <kmalloc/scope.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#endif
