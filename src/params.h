/* SPDX-License-Identifier: MIT */
/*
 * params: the options of the KMALLOC environment variable, in the form of
 * a kernel command line: name=value, separated by spaces.
 *
 * They are read once, at boot, and sealed when the heap outgrows its first
 * section: the page that holds them becomes read-only.  Values in the
 * environment of a setuid program are ignored.
 */
#ifndef KM_PARAMS_H
#define KM_PARAMS_H

#include "kernel.h"

struct kmalloc_params {
#define PARAM(name, type, def, lo, hi, help) u64 name;
#include "params.def"
#undef PARAM
};

/* Reads one option's value: param(percpu). */
#define param(name) (params_page.p.name)

union params_page {
	struct kmalloc_params p;
	char page[PAGE_SIZE];
};
extern union params_page params_page __hidden; /* const after params_seal */

enum { PERCPU_PARAM_RSEQ, PERCPU_PARAM_GENERIC };
enum { ON_ERROR_ABORT, ON_ERROR_WARN };
enum { STATS_NONE, STATS_EXIT };
enum { CHECK_NONE, CHECK_EXIT };
enum { THP_NEVER, THP_MADVISE, THP_ALWAYS };
enum { CGROUP_OFF, CGROUP_WATCH, CGROUP_LIMIT };
enum { MLOCK_NONE, MLOCK_RESERVE };
enum { KSWAPD_AUTO, KSWAPD_OFF, KSWAPD_ON };

/* Finds KMALLOC in the environment and reads it; false if it is not there. */
bool params_init(void);
/* Reads one string of options; each that is wrong is named on a line of
 * its own and ignored.  Returns how many were wrong. */
unsigned int params_parse(const char *options);
void params_seal(void);

#endif
