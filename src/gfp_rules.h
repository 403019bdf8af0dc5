/* SPDX-License-Identifier: MIT */
/*
 * gfp_rules: the flags of malloc by thread name, scheduling class, library.
 *
 * Where there are rules, gfp_process has GFP_RULES, and every slow path of
 * malloc comes to gfp_of_malloc; without them nobody asks.
 */
#ifndef KM_GFP_RULES_H
#define KM_GFP_RULES_H

#include "gfp.h"

#define GFP_RULES_MAX 32

/* Reads "comm:GLOB=FLAGS,sched:CLASS=FLAGS,lib:GLOB=FLAGS", which replaces
 * what was read before.  How many, or -EINVAL with none. */
int gfp_rules_parse(const char *s, unsigned int len);

/* This thread has another name: it has that name's rule from now on, unless it
 * has flags already.  Context: makes system calls, if there are rules. */
void gfp_rules_look(void);

extern bool gfp_lib_rules __hidden; /* const after boot: any of libraries */

u32 __cold __gfp_lib_enter(const void *caller);

/* From here to gfp_lib_exit, which takes what this returns, the malloc of
 * this thread is that of the library which called it, unless the thread has
 * flags of its own.  Cost without such rules: a load, a branch. */
static __always_inline u32 gfp_lib_enter(const void *caller)
{
	return likely(!READ_ONCE(gfp_lib_rules)) ? 0 : __gfp_lib_enter(caller);
}

void __cold __gfp_lib_exit(u32 old);

static __always_inline void gfp_lib_exit(u32 old)
{
	if (unlikely(old))
		__gfp_lib_exit(old);
}

#endif
