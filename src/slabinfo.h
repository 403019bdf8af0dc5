/* SPDX-License-Identifier: MIT */
/*
 * slabinfo: totals and reports; read-only visitors of the rooms below.
 */
#ifndef KM_SLABINFO_H
#define KM_SLABINFO_H

#include "kernel.h"

struct slab_totals {
	size_t online_bytes;   /* brought online: physical and vmalloc */
	size_t used_bytes;     /* in blocks that the program holds */
	size_t free_bytes;     /* free, resident: sheaves, slabs, pages */
	size_t vmalloc_areas;  /* in use */
	size_t vmalloc_bytes;  /* in use */
	size_t metadata_bytes; /* boot memory handed out */
	u64 locks;	       /* taken since the start, trylocks apart */
};

/* Context: takes each cache's lock in turn; a sum, not a snapshot. */
void slabinfo_totals(struct slab_totals *t);

/* Calls @fn once for each cache with its figures. */
struct slab_line {
	const char *name;
	size_t active, objects, size, objs_per_slab, pages_per_slab, slabs;
};
void slabinfo_for_each(void (*fn)(const struct slab_line *, void *), void *arg);

/* One line of totals to standard error. */
void slabinfo_print_totals(void);

#endif
