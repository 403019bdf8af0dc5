/* SPDX-License-Identifier: MIT */
/* Arithmetic on sizes that says when it overflows, or saturates. */
#ifndef KMALLOC_LINUX_OVERFLOW_H
#define KMALLOC_LINUX_OVERFLOW_H

#include <kmalloc/overflow.h>
#include <linux/compiler.h>
#include <linux/types.h>

#endif
