/* SPDX-License-Identifier: MIT */
/* What loads table.c and uses it. */
#include <stdio.h>
#include <stdlib.h>

#include <linux/err.h>

#include "table.h"

extern int (*kmalloc_linux_init)(void);
extern void (*kmalloc_linux_exit)(void);

#define NR 3000

#define must(cond)                                                     \
	do {                                                           \
		if (!(cond)) {                                         \
			printf("%d: not true: %s\n", __LINE__, #cond); \
			exit(1);                                       \
		}                                                      \
	} while (0)

int main(void)
{
	static u64 values[NR];
	struct name_table *table;
	char name[32];

	must(kmalloc_linux_init() == 0);
	table = name_table_alloc(256, GFP_KERNEL);
	must(!IS_ERR(table));
	for (u64 i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "single-%u", (unsigned int)i);
		must(!name_table_add(table, name, i));
		values[i] = i * i;
	}
	must(!name_table_add_many(table, values, NR));
	must(name_table_size(table) == 2 * NR);
	for (u64 i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "single-%u", (unsigned int)i);
		must(*name_table_find(table, name) == i);
		snprintf(name, sizeof(name), "many-%u", (unsigned int)i);
		must(*name_table_find(table, name) == i * i);
	}
	must(!name_table_find(table, "none"));
	name_table_free(table);
	kmalloc_linux_exit();
	puts("fine");
	return 0;
}
