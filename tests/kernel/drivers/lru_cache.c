/* SPDX-License-Identifier: MIT */
/*
 * A cache of elements, least recently used first, each from a kmem_cache.
 * kernel: lib/lru_cache.c
 */
#include <linux/lru_cache.h>
#include <linux/slab.h>

#include "runtime.h"

struct extent {
	struct lc_element e;
	unsigned long hits;
};

void driver(int failed)
{
	struct kmem_cache *cache = KMEM_CACHE(extent, 0);
	struct lru_cache *lc;

	(void)failed;
	lc = lc_create("extents", cache, 1, 61, sizeof(struct extent),
		       offsetof(struct extent, e));
	must(cache && lc);
	for (unsigned int i = 0; i < 100000; i++) {
		struct lc_element *e = lc_get(lc, i * 7919 % 300);

		must(e);
		if (e->lc_number != i * 7919 % 300)
			lc_committed(lc);
		lc_put(lc, e);
	}
	must(lc->hits + lc->misses == 100000 && lc->used == 0);
	lc_reset(lc);
	lc_destroy(lc);
	kmem_cache_destroy(cache);
}
