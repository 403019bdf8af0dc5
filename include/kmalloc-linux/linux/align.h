/* SPDX-License-Identifier: MIT */
/* Rounding. */
#ifndef KMALLOC_LINUX_ALIGN_H
#define KMALLOC_LINUX_ALIGN_H

#include <linux/kernel.h>

#endif
