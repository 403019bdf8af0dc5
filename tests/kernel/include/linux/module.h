/* SPDX-License-Identifier: MIT */
/* A module of several: those linked together are started by main, in their
 * order (runtime.c). */
#ifndef KM_TEST_LINUX_MODULE_H
#define KM_TEST_LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>

struct module {
	int none;
};

#define THIS_MODULE ((struct module *)0)
#define MODULE_LICENSE(text)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_ALIAS(text)
#define MODULE_VERSION(text)
#define MODULE_IMPORT_NS(name)
#define try_module_get(m) true
#define module_put(m) ((void)(m))
#define request_module(...) ((void)0)

void km_add_module(int (*init)(void), const char *name);
int km_run_modules(void);

#undef module_init
#define module_init(fn)                                                \
	static void __attribute__((__constructor__)) km_add_##fn(void) \
	{                                                              \
		km_add_module(fn, #fn);                                \
	}
#undef module_exit
#define module_exit(fn) \
	static void __attribute__((__unused__)) (*km_exit_##fn)(void) = fn;
#define core_initcall(fn) module_init(fn)
#define subsys_initcall(fn) module_init(fn)
#define late_initcall(fn) module_init(fn)

#endif
