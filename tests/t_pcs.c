/* SPDX-License-Identifier: MIT */
/*
 * pcs: objects go round by sheaves and barns, few of them wait there, and all
 * come back; in a signal handler, and at random, too.
 */
#include "kmtest.h"

#include "bitops.h"
#include "kmcache.h"
#include "vmstat.h"

/* ---- sheaves and barn ---- */

static void shrink_gives_back(void)
{
	static void *objs[5000];
	struct slab_stat stat;
	struct kmem_cache *s;

	start();
	s = cache_of(64, 64, NULL);
	for (int turn = 0; turn < 3; turn++) {
		u64 put = vmstat_read(VMSTAT_barn_put);

		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		slab_cache_stat(s, &stat);
		must(stat.active == ARRAY_SIZE(objs));
		must(slab_cache_shrink(s) >= ARRAY_SIZE(objs) / s->objects);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(s, objs[i]);
		must(vmstat_read(VMSTAT_barn_put) > put);
		slab_cache_stat(s, &stat);
		must(stat.active == 0 && stat.sheaf_objects > 0);
		must(slab_cache_shrink(s) == 0);
		slab_cache_stat(s, &stat);
		must(!stat.slabs && !stat.objects && !stat.sheaf_objects);
		must(vmstat_read(VMSTAT_slab_alloc) ==
		     vmstat_read(VMSTAT_slab_free));
	}
	finish(s);
}

/* The last freed comes first: it is the one in the processor's cache. */
static void last_in_first_out(void)
{
	struct kmem_cache *s;
	void *objs[20];

	start();
	s = cache_of(64, 0, NULL);
	for (int i = 0; i < 20; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 20; i++)
		kmem_cache_free(s, objs[i]);
	for (int i = 20; i-- > 0;)
		must(kmem_cache_alloc(s, GFP_KERNEL) == objs[i]);
}

/* However many objects are freed, few of them wait outside their slabs. */
static void sheaves_bounded(void)
{
	static void *objs[20000];
	struct slab_stat stat;
	struct kmem_cache *s;

	start();
	s = cache_of(32, 0, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	slab_cache_stat(s, &stat);
	must(stat.sheaf_objects <=
	     (size_t)s->capacity * (s->barn_most + 2 * percpu_nr_areas()));
	finish(s);
}

/* Who goes to and fro, wherever that is, does not exchange sheaves each time. */
static void to_and_fro(void)
{
	static void *objs[500];
	struct kmem_cache *s;

	start();
	km_stay();
	s = cache_of(256, 0, NULL);
	must(ARRAY_SIZE(objs) > 6 * s->capacity);
	for (unsigned int held = 0; held < 6 * s->capacity; held++) {
		uintptr_t now, top = percpu_read(PERCPU_TOP, s->id);
		unsigned int changes = 0;
		void *more[3];

		for (unsigned int i = 0; i < 100 * ARRAY_SIZE(more); i++) {
			void **p = &more[i % ARRAY_SIZE(more)];

			if (i / ARRAY_SIZE(more) % 2)
				kmem_cache_free(s, *p);
			else
				*p = kmem_cache_alloc(s, GFP_KERNEL);
			now = percpu_read(PERCPU_TOP, s->id);
			changes += sheaf_block(now) != sheaf_block(top);
			top = now;
		}
		must(changes <= 3);
		objs[held] = kmem_cache_alloc(s, GFP_KERNEL);
	}
	for (unsigned int i = 0; i < 6 * s->capacity; i++)
		kmem_cache_free(s, objs[i]);
	finish(s);
}

/* The smallest sheaves of all. */
static void one_object(void)
{
	struct kmem_cache_args args = { .sheaf_capacity = 1 };
	struct kmem_cache *s;
	void *objs[10];

	start();
	s = kmem_cache_create("one", 100, &args, 0);
	must(s && s->capacity == 1);
	for (unsigned int n = 1; n <= ARRAY_SIZE(objs); n++) {
		for (unsigned int i = 0; i < n; i++)
			must((objs[i] = kmem_cache_alloc(s, GFP_KERNEL)));
		for (unsigned int i = 0; i < n; i++)
			km_fill(objs[i], 100, i);
		for (unsigned int i = 0; i < n; i++) {
			must(km_intact(objs[i], 100, i));
			kmem_cache_free(s, objs[i]);
		}
		check_cache(s);
	}
	finish(s);
}

/* A barn that was too small for what comes and goes becomes larger, and then
 * nothing goes to the slabs; idle, it is as it was. */
static void barns_grow(void)
{
	static void *objs[3000];
	struct kmem_cache *s;
	unsigned int rounds = 0;
	u64 flushed;

	start();
	km_stay();
	s = cache_of(64, 0, NULL);
	must(s->barn_least < s->barn_most && s->barn_max == s->barn_least);
	do {
		flushed = vmstat_read(VMSTAT_sheaf_flush);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(s, objs[i]);
		must(s->barn_max <= s->barn_most);
	} while (vmstat_read(VMSTAT_sheaf_flush) > flushed && rounds++ < 10);
	must(rounds >= 1 && rounds < 10);
	must(s->barn_max > s->barn_least);
	check_cache(s);
	slab_cache_shrink(s);
	must(s->barn_max == s->barn_least);
	/* What is freed once and for all is no reason to grow. */
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	must(s->barn_max == s->barn_least);
	finish(s);
}

/* ---- inside the lock, as a signal handler may be ---- */

/* Through the front door, with a sheaf that is empty or full. */
static void from_handler(void)
{
	static void *objs[3000], *inside[3000];
	struct kmem_cache *s;
	unsigned int nr = 0;

	start();
	s = cache_of(64, 0, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	must(spin_lock(&s->lock));
	while (nr < ARRAY_SIZE(inside) &&
	       (inside[nr] = kmem_cache_alloc(s, GFP_KERNEL)))
		nr++;
	must(nr < ARRAY_SIZE(inside)); /* what the sheaves had */
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	spin_unlock(&s->lock);
	check_cache(s);
	must(vmstat_read(VMSTAT_deferred_free) > 0);
	/* The next free that reaches the slabs brings the rest home. */
	must(slab_free_direct(s, inside, nr));
	objs[0] = slab_alloc_direct(s);
	must(slab_free_direct(s, objs, 1));
	finish(s);
}

/* ---- at random ---- */

#define NR_CACHES 12
#define NR_SLOTS 2000

static struct kmem_cache *caches[NR_CACHES];

/* A block that any thread may take over: 0 none, 1 being changed. */
static struct slot {
	uintptr_t obj; /* atomic */
	unsigned int cache;
} slots[NR_SLOTS];

static void make_caches(void)
{
	static const unsigned int object_sizes[NR_CACHES] = {
		24, 8, 16, 40, 64, 136, 520, 1000, 4096, 10000, 33000, 200000,
	};

	for (unsigned int i = 0; i < NR_CACHES; i++)
		caches[i] = cache_of(object_sizes[i], i % 3 ? 0 : 8,
				     i ? NULL : build);
}

/* Its first bytes say which slot has it; a built object keeps its words. */
static void label(char *obj, unsigned int cache, u64 tag)
{
	if (cache)
		km_fill(obj, min(caches[cache]->object_size, 64U), tag);
	else
		((u64 *)obj)[1] = tag;
}

static void check_label(char *obj, unsigned int cache, u64 tag)
{
	if (cache)
		must(km_intact(obj, min(caches[cache]->object_size, 64U), tag));
	else
		must(is_built((u64 *)obj) && ((u64 *)obj)[1] == tag);
}

static void fill_slot(struct slot *slot, unsigned int cache, u64 tag)
{
	char *obj = kmem_cache_alloc(caches[cache], GFP_KERNEL);

	if (obj) {
		if (!cache)
			must(is_built((u64 *)obj));
		label(obj, cache, tag);
		slot->cache = cache;
	}
	smp_store_release(&slot->obj, (uintptr_t)obj);
}

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		struct slot *slot = &slots[km_below(&rng, NR_SLOTS)];
		u64 tag = (u64)(slot - slots) << 8;
		unsigned int cache = (unsigned int)__ffs(km_random(&rng) |
							 1U << (NR_CACHES - 1));
		uintptr_t obj = xchg(&slot->obj, 1);

		if (obj == 1)
			continue; /* whoever changes it stores it back */
		if (!obj) {
			fill_slot(slot, cache, tag);
		} else {
			check_label((char *)obj, slot->cache, tag);
			kmem_cache_free(caches[slot->cache], (void *)obj);
			smp_store_release(&slot->obj, 0);
		}
		if (!km_below(&rng, 5000))
			check_cache(caches[km_below(&rng, NR_CACHES)]);
		if (!km_below(&rng, 5000))
			slab_cache_shrink(caches[km_below(&rng, NR_CACHES)]);
		if (!km_below(&rng, 5000))
			purge(caches[km_below(&rng, NR_CACHES)]);
	}
}

static void end_of_stress(void)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		if (!slots[i].obj)
			continue;
		check_label((char *)slots[i].obj, slots[i].cache, (u64)i << 8);
		kmem_cache_free(caches[slots[i].cache], (void *)slots[i].obj);
		slots[i].obj = 0;
	}
	for (unsigned int i = 0; i < NR_CACHES; i++)
		finish(caches[i]);
	check_zone();
	must(vmstat_read(VMSTAT_slab_alloc) == vmstat_read(VMSTAT_slab_free));
}

static void stress_one_thread(void)
{
	unsigned long rounds = km_load(500000);

	start();
	make_caches();
	worker(0, &rounds);
	end_of_stress();
}

static void stress(void)
{
	unsigned long rounds = km_load(400000);

	start();
	make_caches();
	km_threads(8, worker, &rounds);
	end_of_stress();
}

/* Sheaves stay with their CPUs at times, and pages at others. */
static void stress_failing(void)
{
	static const char *const names[] = { "membarrier", "madvise",
					     "mprotect" };
	unsigned long rounds = km_load(100000);

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		make_caches();
		km_fail(names[i], 2);
		km_threads(8, worker, &rounds);
		km_fail(names[i], 0);
		end_of_stress();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(shrink_gives_back),
		km_unit_modes(last_in_first_out),
		km_unit_modes(sheaves_bounded),
		km_unit_modes(to_and_fro),
		km_unit_modes(one_object),
		km_unit_child(barns_grow),
		km_unit_modes(from_handler),
		km_unit_modes(stress_one_thread),
		km_unit_modes(stress),
		km_unit_modes(stress_failing),
	};

	return km_run_tests(tests);
}
