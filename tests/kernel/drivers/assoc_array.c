/* SPDX-License-Identifier: MIT */
/*
 * An array by keys: nodes and shortcuts that are replaced, and freed by RCU.
 * kernel: lib/assoc_array.c
 */
#include <linux/assoc_array.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "runtime.h"

#define NR 20000UL

struct object {
	unsigned long key[2];
};

static unsigned long chunk(const void *key, int level)
{
	return level < 128 ? ((const unsigned long *)key)[level / 64] : 0;
}

static unsigned long object_chunk(const void *object, int level)
{
	return chunk(((const struct object *)object)->key, level);
}

static bool same(const void *object, const void *key)
{
	return !memcmp(((const struct object *)object)->key, key, 16);
}

static int differ(const void *object, const void *key)
{
	const unsigned long *a = ((const struct object *)object)->key, *b = key;

	for (int i = 0; i < 2; i++) {
		if (a[i] != b[i])
			return i * 64 + __builtin_ctzl(a[i] ^ b[i]);
	}
	return -1;
}

static void put(void *object)
{
	kfree(object);
}

static const struct assoc_array_ops ops = {
	.get_key_chunk = chunk,
	.get_object_key_chunk = object_chunk,
	.compare_object = same,
	.diff_objects = differ,
	.free_object = put,
};

static void key_of(unsigned long i, unsigned long *key)
{
	key[0] = i % 7 * 0x1111111111111111UL;
	key[1] = i * 0x9e3779b97f4a7c15UL;
}

static int count(const void *object, void *nr)
{
	(void)object;
	++*(unsigned long *)nr;
	return 0;
}

void driver(int failed)
{
	struct assoc_array array;
	struct assoc_array_edit *edit;
	unsigned long key[2], nr = 0;

	(void)failed;
	assoc_array_init(&array);
	for (unsigned long i = 0; i < NR; i++) {
		struct object *object = kmalloc(sizeof(*object), GFP_KERNEL);

		must(object);
		key_of(i, object->key);
		edit = assoc_array_insert(&array, &ops, object->key, object);
		must(!IS_ERR(edit));
		assoc_array_apply_edit(edit);
	}
	for (unsigned long i = 0; i < NR; i++) {
		struct object *object;

		key_of(i, key);
		object = assoc_array_find(&array, &ops, key);
		must(object && same(object, key));
	}
	for (unsigned long i = 0; i < NR; i += 3) {
		key_of(i, key);
		edit = assoc_array_delete(&array, &ops, key);
		must(!IS_ERR_OR_NULL(edit));
		assoc_array_apply_edit(edit);
		must(!assoc_array_find(&array, &ops, key));
	}
	rcu_read_lock();
	assoc_array_iterate(&array, count, &nr);
	rcu_read_unlock();
	must(nr == array.nr_leaves_on_tree);
	assoc_array_destroy(&array, &ops);
}
