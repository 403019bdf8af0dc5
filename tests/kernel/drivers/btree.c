/* SPDX-License-Identifier: MIT */
/*
 * A B+ tree, its nodes from a cache by way of a mempool.
 * kernel: lib/btree.c
 */
#include <linux/btree.h>
#include <linux/slab.h>

#include "runtime.h"

#define NR 200000UL

static unsigned long key(unsigned long i)
{
	return i * 2654435761UL % 1000003UL + 1;
}

static unsigned long n;

static void count(void *elem, unsigned long opaque, unsigned long key,
		  size_t index)
{
	(void)elem, (void)opaque, (void)key, (void)index;
	n++;
}

void driver(int failed)
{
	struct btree_headl head;
	unsigned long found, at;

	must(!failed && !btree_initl(&head));
	for (unsigned long i = 0; i < NR; i++)
		must(!btree_insertl(&head, key(i), (void *)(i + 1),
				    GFP_KERNEL));
	for (unsigned long i = 0; i < NR; i++)
		must(btree_lookupl(&head, key(i)) == (void *)(i + 1));
	must(!btree_lookupl(&head, 2000000));
	btree_for_each_safel(&head, at, found) n++;
	must(n == NR);
	for (unsigned long i = 0; i < NR; i += 2)
		must(btree_removel(&head, key(i)) == (void *)(i + 1));
	for (unsigned long i = 0; i < NR; i++)
		must(!btree_lookupl(&head, key(i)) == !(i % 2));
	must(btree_visitorl(&head, 0, count) == NR / 2);
	must(btree_grim_visitorl(&head, 0, count) == NR / 2);
	must(n == 2 * NR);
	btree_destroyl(&head);
}
