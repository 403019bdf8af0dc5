/* SPDX-License-Identifier: MIT */
/* The smaller and the larger. */
#ifndef KMALLOC_LINUX_MINMAX_H
#define KMALLOC_LINUX_MINMAX_H

#include <linux/kernel.h>

#endif
