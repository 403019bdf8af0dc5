/* SPDX-License-Identifier: MIT */
/*
 * linux: a table of names, as a file of the kernel would have it.
 */
#ifndef TABLE_H
#define TABLE_H

#include <linux/list.h>
#include <linux/types.h>

struct name_table;

struct name_table *name_table_alloc(unsigned int buckets, gfp_t gfp);
void name_table_free(struct name_table *table);
int name_table_add(struct name_table *table, const char *name, u64 value);
int name_table_add_many(struct name_table *table, const u64 *values,
			unsigned int nr);
u64 *name_table_find(struct name_table *table, const char *name);
unsigned int name_table_size(const struct name_table *table);

#endif
