/* SPDX-License-Identifier: MIT */
/* liburcu's read side, and kfree_rcu. */
#ifndef KMALLOC_LINUX_RCUPDATE_H
#define KMALLOC_LINUX_RCUPDATE_H

#if __has_include(<urcu.h>) && __has_include(<kmalloc/rcu.h>)
#include <urcu.h>

#include <kmalloc/rcu.h>
#endif

#include <linux/types.h>

#endif
