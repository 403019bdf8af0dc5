/* SPDX-License-Identifier: MIT */
/* The C library's strings, and copies of them. */
#ifndef KMALLOC_LINUX_STRING_H
#define KMALLOC_LINUX_STRING_H

#include_next <linux/string.h>

#include <string.h>

#include <linux/types.h>

#include <kmalloc/string.h>

#endif
