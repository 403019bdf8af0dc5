/* SPDX-License-Identifier: MIT */
/* liburcu's read side, and kfree_rcu. */
#ifndef KMALLOC_LINUX_RCUPDATE_H
#define KMALLOC_LINUX_RCUPDATE_H

#include <linux/types.h>

#include <kmalloc/rcu.h>

#endif
