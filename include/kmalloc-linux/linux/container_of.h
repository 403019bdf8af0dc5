/* SPDX-License-Identifier: MIT */
/* From a member to its structure. */
#ifndef KMALLOC_LINUX_CONTAINER_OF_H
#define KMALLOC_LINUX_CONTAINER_OF_H

#include <linux/kernel.h>

#endif
