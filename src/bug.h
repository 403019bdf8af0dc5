/* SPDX-License-Identifier: MIT */
/*
 * base: assertions.
 *
 * BUILD_BUG_ON: layout and ranges, at compile time.
 * VM_BUG_ON:    cheap checks, present at debug level 1 and above.
 * BUG_ON:       where going on would corrupt the program's heap.
 */
#ifndef KM_BUG_H
#define KM_BUG_H

#include "compiler.h"

/* Says which check failed and aborts (printk.c). */
void __noreturn __cold bug_report(const char *file, int line,
				  const char *what);

#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "BUILD_BUG_ON: " #cond)
#define BUG_ON(cond)                                            \
	do {                                                    \
		if (unlikely(cond))                             \
			bug_report(__FILE__, __LINE__, #cond);  \
	} while (0)
#define VM_BUG_ON(cond)                                         \
	do {                                                    \
		if (IS_ENABLED(CONFIG_DEBUG_VM) && unlikely(cond)) \
			bug_report(__FILE__, __LINE__, #cond);  \
	} while (0)

#endif
