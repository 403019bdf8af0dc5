/* SPDX-License-Identifier: MIT */
/*
 * cgroup: what the system says about memory around this process.
 *
 * Context: the first two functions make system calls.
 */
#ifndef KM_CGROUP_H
#define KM_CGROUP_H

#include "kernel.h"

/* The smallest memory.max of this process's cgroup and those above; ~0: there
 * is none, or nothing can be read. */
u64 cgroup_limit(void);
/* Is memory short: is the cgroup near its memory.high or memory.max, or do
 * tasks wait for memory? */
bool cgroup_is_pressed(void);

/* The same, looked at every cgroup_look_ms at most, for who frees and has no
 * thread that looks.  False in a request that may not sleep, and where system
 * calls are filtered.  Context: any. */
bool cgroup_was_pressed(void);

extern unsigned int cgroup_look_ms __hidden; /* tests have no time */

/* Where the files are; tests put others there. */
extern const char *cgroup_fs __hidden;	 /* /sys/fs/cgroup */
extern const char *cgroup_self __hidden; /* /proc/self/cgroup */
extern const char *cgroup_psi __hidden;	 /* /proc/pressure/memory */

#endif
