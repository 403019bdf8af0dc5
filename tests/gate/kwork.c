/* SPDX-License-Identifier: MIT */
/*
 * The kernel's interface, for the gate that counts instructions: kwork NAME
 * does one kind of work and prints how many operations that were.
 */
#include <kmalloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR 64
#define ROUNDS 500

static struct kmem_cache *cache;
static void *p[NR];

static void single(void)
{
	for (int i = 0; i < NR; i++)
		p[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	for (int i = 0; i < NR; i++)
		kmem_cache_free(cache, p[i]);
}

static void bulk(void)
{
	if (!kmem_cache_alloc_bulk(cache, GFP_KERNEL, NR, p))
		exit(1);
	kmem_cache_free_bulk(cache, NR, p);
}

static void constant(void)
{
	for (int i = 0; i < NR; i++)
		p[i] = kmalloc(64, GFP_KERNEL);
	for (int i = 0; i < NR; i++)
		kfree(p[i]);
}

static void sheaf(void)
{
	struct slab_sheaf *s = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, NR);

	if (!s)
		exit(1);
	for (int i = 0; i < NR; i++)
		p[i] = kmem_cache_alloc_from_sheaf(cache, GFP_KERNEL, s);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, s);
	kmem_cache_free_bulk(cache, NR, p);
}

static const struct {
	const char *name;
	void (*work)(void);
	unsigned int size;
} table[] = {
	{ "k_single", single, 64 },	{ "k_bulk", bulk, 64 },
	{ "k_bulk_256", bulk, 256 },	{ "k_bulk_2000", bulk, 2000 },
	{ "k_constant", constant, 64 }, { "k_sheaf", sheaf, 64 },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(table) / sizeof(table[0]);
	     i++) {
		if (strcmp(argv[1], table[i].name))
			continue;
		cache = kmem_cache_create("kwork", table[i].size, 0,
					  SLAB_NO_MERGE, NULL);
		for (int k = 0; k < ROUNDS; k++)
			table[i].work();
		printf("%d\n", 2 * NR * ROUNDS);
		return 0;
	}
	return 2;
}
