/* SPDX-License-Identifier: MIT */
/* Pointers that are freed at the end of their scope. */
#ifndef KMALLOC_LINUX_CLEANUP_H
#define KMALLOC_LINUX_CLEANUP_H

#include <kmalloc/cleanup.h>
#include <linux/types.h>

#endif
