/* SPDX-License-Identifier: MIT */
/* Division and rounding. */
#ifndef KMALLOC_LINUX_MATH_H
#define KMALLOC_LINUX_MATH_H

#include <linux/kernel.h>

#endif
