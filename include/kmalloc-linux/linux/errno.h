/* SPDX-License-Identifier: MIT */
/* The error numbers; those of the kernel alone are here. */
#ifndef KMALLOC_LINUX_ERRNO_H
#define KMALLOC_LINUX_ERRNO_H

#include_next <linux/errno.h>

#define ERESTARTSYS 512
#define ENOTSUPP 524

#endif
