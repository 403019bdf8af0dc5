// SPDX-License-Identifier: MIT
/*
 * linux: a table of names, as a file of the kernel would have it: kernel
 * headers alone, caches, flexible arrays, pages, areas, a sheaf.
 */
#define pr_fmt(fmt) "table: " fmt

#include <linux/cache.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "table.h"

struct name_entry {
	struct list_head list;
	u64 value;
	char name[24];
} ____cacheline_aligned;

struct name_table {
	unsigned int nr;
	unsigned int mask;
	unsigned long *filter; /* a page */
	u8 *log;	       /* an area */
	struct list_head buckets[];
};

static struct kmem_cache *entry_cache __ro_after_init;
static struct kmem_cache *scratch_cache __ro_after_init;

static void entry_ctor(void *p)
{
	struct name_entry *entry = p;

	INIT_LIST_HEAD(&entry->list);
}

static u32 hash(const char *name)
{
	u32 h = 5381;

	while (*name)
		h = h * 33 + (u8)*name++;
	return h;
}

struct name_table *name_table_alloc(unsigned int buckets, gfp_t gfp)
{
	struct name_table *table;

	BUILD_BUG_ON(sizeof(struct name_entry) % SMP_CACHE_BYTES);
	if (WARN_ON_ONCE(!buckets))
		return ERR_PTR(-EINVAL);
	buckets = min_t(unsigned int, buckets, 1024);
	table = kzalloc(struct_size(table, buckets, buckets), gfp);
	if (!table)
		return ERR_PTR(-ENOMEM);
	table->mask = buckets - 1;
	table->filter = (unsigned long *)get_zeroed_page(gfp);
	table->log = vmalloc(PAGE_ALIGN(100000));
	if (unlikely(!table->filter || !table->log)) {
		name_table_free(table);
		return ERR_PTR(-ENOMEM);
	}
	for (unsigned int i = 0; i < buckets; i++)
		INIT_LIST_HEAD(&table->buckets[i]);
	return table;
}
EXPORT_SYMBOL_GPL(name_table_alloc);

void name_table_free(struct name_table *table)
{
	struct name_entry *entry, *next;

	if (IS_ERR_OR_NULL(table))
		return;
	for (unsigned int i = 0; i <= table->mask; i++) {
		if (!table->buckets[i].next)
			break;
		list_for_each_entry_safe(entry, next, &table->buckets[i],
					 list) {
			list_del_init(&entry->list);
			kmem_cache_free(entry_cache, entry);
		}
	}
	vfree(table->log);
	free_pages((unsigned long)table->filter, 0);
	kfree_sensitive(table);
}
EXPORT_SYMBOL_GPL(name_table_free);

static void link_entry(struct name_table *table, struct name_entry *entry,
		       const char *name, u64 value)
{
	BUG_ON(!list_empty(&entry->list));
	entry->value = value;
	strncpy(entry->name, name, sizeof(entry->name) - 1);
	entry->name[sizeof(entry->name) - 1] = '\0';
	list_add_tail(&entry->list, &table->buckets[hash(name) & table->mask]);
	table->nr++;
}

int name_table_add(struct name_table *table, const char *name, u64 value)
{
	struct name_entry *entry = kmem_cache_alloc(entry_cache, GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	link_entry(table, entry, name, value);
	return 0;
}

int name_table_add_many(struct name_table *table, const u64 *values,
			unsigned int nr)
{
	struct slab_sheaf *sheaf =
		kmem_cache_prefill_sheaf(entry_cache, GFP_KERNEL, nr);
	char *name = kmem_cache_zalloc(scratch_cache, GFP_NOFS);

	if (!sheaf || !name)
		return -ENOMEM;
	while (kmem_cache_sheaf_size(sheaf)) {
		struct name_entry *entry = kmem_cache_alloc_from_sheaf(
			entry_cache, GFP_NOWAIT, sheaf);

		snprintf(name, 32, "many-%u", --nr);
		link_entry(table, entry, name, values[nr]);
	}
	kmem_cache_return_sheaf(entry_cache, GFP_KERNEL, sheaf);
	kmem_cache_free(scratch_cache, name);
	pr_debug("%u entries\n", table->nr);
	return 0;
}

u64 *name_table_find(struct name_table *table, const char *name)
{
	struct name_entry *entry;

	list_for_each_entry(entry, &table->buckets[hash(name) & table->mask],
			    list) {
		if (!strcmp(entry->name, name))
			return &entry->value;
	}
	return NULL;
}

unsigned int name_table_size(const struct name_table *table)
{
	return READ_ONCE(table->nr);
}

static int __init name_table_init(void)
{
	struct kmem_cache_args args = {
		.align = __alignof__(struct name_entry),
		.ctor = entry_ctor,
		.sheaf_capacity = 32,
	};

	entry_cache = kmem_cache_create("name_entry", sizeof(struct name_entry),
					&args, SLAB_HWCACHE_ALIGN | SLAB_PANIC);
	scratch_cache =
		kmem_cache_create("name_scratch", 32, 0, SLAB_TEMPORARY, NULL);
	return scratch_cache ? 0 : -ENOMEM;
}

static void __exit name_table_exit(void)
{
	kmem_cache_destroy(scratch_cache);
	kmem_cache_destroy(entry_cache);
}

module_init(name_table_init);
module_exit(name_table_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("A table of names");
