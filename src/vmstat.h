/* SPDX-License-Identifier: MIT */
/*
 * vmstat: counters of slow-path events.  No printing here.
 */
#ifndef KM_VMSTAT_H
#define KM_VMSTAT_H

#include "atomic.h"
#include "percpu.h"

enum vmstat_item {
#define STAT(name, what) VMSTAT_##name,
#include "vmstat.def"
#undef STAT
	NR_VMSTAT_ITEMS
};

/* By percpu_spread: what two CPUs count at once is not in one line. */
#define NR_VMSTAT_ROWS 8

extern struct vmstat_row {
	u64 counters[NR_VMSTAT_ITEMS]; /* atomic */
} __aligned(64) vmstat_rows[NR_VMSTAT_ROWS] __hidden;
extern const char *const vmstat_names[NR_VMSTAT_ITEMS];

static inline void vmstat_add(enum vmstat_item item, u64 n)
{
	unsigned int row = percpu_spread() % NR_VMSTAT_ROWS;

	atomic_add(&vmstat_rows[row].counters[item], n);
}

u64 vmstat_read(enum vmstat_item item);

#endif
