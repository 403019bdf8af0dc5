/* SPDX-License-Identifier: MIT */
/*
 * vmstat: counters of slow-path events.  No printing here.
 */
#ifndef KM_VMSTAT_H
#define KM_VMSTAT_H

#include "arch.h"
#include "atomic.h"

enum vmstat_item {
#define STAT(name, what) VMSTAT_##name,
#include "vmstat.def"
#undef STAT
	NR_VMSTAT_ITEMS
};

/* Threads have one of these each, or share it with few: not all count in the
 * same line. */
#define NR_VMSTAT_ROWS 8

extern struct vmstat_row {
	u64 counters[NR_VMSTAT_ITEMS]; /* atomic */
} __aligned(64) vmstat_rows[NR_VMSTAT_ROWS] __hidden;
extern const char *const vmstat_names[NR_VMSTAT_ITEMS];

static inline void vmstat_add(enum vmstat_item item, u64 n)
{
	unsigned int row = arch_thread_id() % NR_VMSTAT_ROWS;

	atomic_add(&vmstat_rows[row].counters[item], n);
}

u64 vmstat_read(enum vmstat_item item);

#endif
