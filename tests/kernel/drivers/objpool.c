/* SPDX-License-Identifier: MIT */
/*
 * Objects in a ring for each CPU.
 * kernel: lib/objpool.c
 */
#include <linux/objpool.h>
#include <linux/slab.h>

#include "runtime.h"

#define NR 1000

static int nr_init, nr_fini;

static int init(void *object, void *context)
{
	must(context == &nr_init);
	memset(object, 0, 40);
	nr_init++;
	return 0;
}

static int fini(struct objpool_head *head, void *context)
{
	(void)head;
	must(context == &nr_init);
	nr_fini++;
	return 0;
}

void driver(int failed)
{
	struct objpool_head head;
	void *got[NR];

	(void)failed;
	must(!objpool_init(&head, NR, 40, GFP_KERNEL, &nr_init, init, fini));
	must(nr_init == NR);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < NR; i++) {
			got[i] = objpool_pop(&head);
			must(got[i]);
			memset(got[i], i, 40);
		}
		must(!objpool_pop(&head));
		for (int i = 0; i < NR; i++) {
			must(*(unsigned char *)got[i] == (unsigned char)i);
			must(!objpool_push(got[i], &head));
		}
	}
	objpool_fini(&head);
	must(nr_fini == 1);
}
