/* SPDX-License-Identifier: MIT */
/* A module is a file like others. */
#ifndef KMALLOC_LINUX_MODULE_H
#define KMALLOC_LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>

#define MODULE_LICENSE(text) struct kmalloc_linux_unused
#define MODULE_AUTHOR(text) struct kmalloc_linux_unused
#define MODULE_DESCRIPTION(text) struct kmalloc_linux_unused
#define MODULE_ALIAS(text) struct kmalloc_linux_unused
#define MODULE_VERSION(text) struct kmalloc_linux_unused

#endif
