/* SPDX-License-Identifier: MIT */
/* Pools over memory of any kind. */
#ifndef KMALLOC_LINUX_GENALLOC_H
#define KMALLOC_LINUX_GENALLOC_H

#include <kmalloc/genalloc.h>
#include <linux/types.h>

#endif
