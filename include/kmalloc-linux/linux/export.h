/* SPDX-License-Identifier: MIT */
/* Every symbol is exported. */
#ifndef KMALLOC_LINUX_EXPORT_H
#define KMALLOC_LINUX_EXPORT_H

#define EXPORT_SYMBOL(name) struct kmalloc_linux_unused
#define EXPORT_SYMBOL_GPL(name) EXPORT_SYMBOL(name)
#define THIS_MODULE ((struct module *)0)

struct module;
struct kmalloc_linux_unused;

#endif
