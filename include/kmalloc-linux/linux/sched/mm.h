/* SPDX-License-Identifier: MIT */
/* Scopes of a thread's requests. */
#ifndef KMALLOC_LINUX_SCHED_MM_H
#define KMALLOC_LINUX_SCHED_MM_H

#include <linux/gfp.h>

#include <kmalloc/memcontrol.h>
#include <kmalloc/scope.h>

#endif
