/* SPDX-License-Identifier: MIT */
/* Parameters of a module. */
#ifndef KM_TEST_LINUX_MODULEPARAM_H
#define KM_TEST_LINUX_MODULEPARAM_H

void km_add_param(const char *name, void *p, unsigned int size);

/* Set by the environment, KM_PARAMS="NAME=NUMBER ..." (runtime.c). */
#undef module_param
#define module_param(name, type, perm)                                     \
	static void __attribute__((__constructor__)) km_param_##name(void) \
	{                                                                  \
		km_add_param(#name, &name, sizeof(name));                  \
	}
#define MODULE_PARM_DESC(name, text)

#endif
