/* SPDX-License-Identifier: MIT */
/*
 * vmstat: storage of the counters of vmstat.def.
 *
 * One word each a row, added to without order; sums are exact, a set of them
 * read together is not a snapshot.  Locks: none.
 */
#include "vmstat.h"

struct vmstat_row vmstat_rows[NR_VMSTAT_ROWS];

const char *const vmstat_names[NR_VMSTAT_ITEMS] = {
#define STAT(name, what) #name,
#include "vmstat.def"
#undef STAT
};

u64 vmstat_read(enum vmstat_item item)
{
	u64 sum = 0;

	for (unsigned int row = 0; row < NR_VMSTAT_ROWS; row++)
		sum += atomic_read(&vmstat_rows[row].counters[item]);
	return sum;
}
