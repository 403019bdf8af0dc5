/* SPDX-License-Identifier: MIT */
/* Groups that memory is charged to. */
#ifndef KMALLOC_LINUX_MEMCONTROL_H
#define KMALLOC_LINUX_MEMCONTROL_H

#include <linux/gfp.h>

#include <kmalloc/memcontrol.h>

#endif
