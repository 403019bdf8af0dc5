/* SPDX-License-Identifier: MIT */
/*
 * Intervals in a red-black tree, nodes from a cache.
 * kernel: lib/interval_tree.c tools/lib/rbtree.c
 */
#include <linux/interval_tree.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "runtime.h"

#define NR 3000

void driver(int failed)
{
	static struct interval_tree_node *nodes[NR];
	struct kmem_cache *cache =
		kmem_cache_create("interval", sizeof(*nodes[0]), 0, 0, NULL);
	struct rb_root_cached root = RB_ROOT_CACHED;
	struct interval_tree_node *node;

	(void)failed;
	must(cache);
	for (int i = 0; i < NR; i++) {
		nodes[i] = kmem_cache_zalloc(cache, GFP_KERNEL);
		must(nodes[i]);
		nodes[i]->start = get_random_u32_below(100000);
		nodes[i]->last = nodes[i]->start + get_random_u32_below(100);
		interval_tree_insert(nodes[i], &root);
	}
	for (unsigned long at = 0; at < 100000; at += 97) {
		int found = 0, all = 0;

		for (node = interval_tree_iter_first(&root, at, at + 10); node;
		     node = interval_tree_iter_next(node, at, at + 10))
			found++;
		for (int i = 0; i < NR; i++)
			all += nodes[i]->start <= at + 10 &&
			       nodes[i]->last >= at;
		must(found == all);
	}
	for (int i = 0; i < NR; i++) {
		interval_tree_remove(nodes[i], &root);
		kmem_cache_free(cache, nodes[i]);
	}
	must(RB_EMPTY_ROOT(&root.rb_root));
	kmem_cache_destroy(cache);
}
