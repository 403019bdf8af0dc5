/* SPDX-License-Identifier: MIT */
/*
 * vmstat: counters of slow-path events.  No printing here.
 */
#ifndef KM_VMSTAT_H
#define KM_VMSTAT_H

#include "atomic.h"

enum vmstat_item {
#define STAT(name, what) VMSTAT_##name,
#include "vmstat.def"
#undef STAT
	NR_VMSTAT_ITEMS
};

extern u64 vmstat_counters[NR_VMSTAT_ITEMS] __hidden; /* atomic */
extern const char *const vmstat_names[NR_VMSTAT_ITEMS];

static inline void vmstat_add(enum vmstat_item item, u64 n)
{
	atomic_add(&vmstat_counters[item], n);
}

static inline u64 vmstat_read(enum vmstat_item item)
{
	return atomic_read(&vmstat_counters[item]);
}

#endif
