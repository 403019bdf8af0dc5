/* SPDX-License-Identifier: MIT */
/* Sections of start-up code: there are none. */
#ifndef KMALLOC_LINUX_INIT_H
#define KMALLOC_LINUX_INIT_H

#include <linux/compiler.h>

#define __init
#define __exit
#define __initdata
#define __exitdata
#define __ro_after_init
#define early_initcall(fn) module_init(fn)
#define core_initcall(fn) module_init(fn)
#define subsys_initcall(fn) module_init(fn)
#define late_initcall(fn) module_init(fn)

/* Who links the code calls these. */
#define module_init(fn)                                             \
	int (*kmalloc_linux_init)(void) __attribute__((__weak__)) = (fn)
#define module_exit(fn)                                             \
	void (*kmalloc_linux_exit)(void) __attribute__((__weak__)) = (fn)

#endif
