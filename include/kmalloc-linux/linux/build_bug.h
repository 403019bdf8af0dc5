/* SPDX-License-Identifier: MIT */
/* Assertions of the compiler. */
#ifndef KMALLOC_LINUX_BUILD_BUG_H
#define KMALLOC_LINUX_BUILD_BUG_H

#include <linux/kernel.h>

#endif
