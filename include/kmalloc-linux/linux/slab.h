/* SPDX-License-Identifier: MIT */
/* kmalloc and kmem_cache. */
#ifndef KMALLOC_LINUX_SLAB_H
#define KMALLOC_LINUX_SLAB_H

#include <linux/alloc_tag.h>
#include <linux/cache.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/types.h>

#include <kmalloc/node.h>
#include <kmalloc/obj.h>
#include <kmalloc/slab.h>
#include <kmalloc/string.h>

#define ARCH_KMALLOC_MINALIGN 16
#define ARCH_SLAB_MINALIGN 8
#define KMALLOC_MIN_SIZE 16

#endif
