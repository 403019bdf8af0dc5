/* SPDX-License-Identifier: MIT */
/*
 * vmstat: storage of the counters of vmstat.def.
 *
 * One word each, added to without order; sums are exact, a set of them
 * read together is not a snapshot.  Locks: none.
 */
#include "vmstat.h"

u64 vmstat_counters[NR_VMSTAT_ITEMS];

const char *const vmstat_names[NR_VMSTAT_ITEMS] = {
#define STAT(name, what) #name,
#include "vmstat.def"
#undef STAT
};
