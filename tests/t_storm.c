/* SPDX-License-Identifier: MIT */
/*
 * storm: all at once: threads that allocate by any flags and policy, at a
 * limit, with groups, shrinkers and OOM notifiers, under a rain of signals
 * whose handlers allocate.  No block is lost or changed, nobody hangs, and
 * the lists are sound afterwards.  tests/long.sh runs it for minutes.
 */
#include "kmtest.h"

#include <sys/time.h>

#include "buddy.h"
#include "kmalloc.h"
#include "memcontrol.h"
#include "mm_init.h"
#include "slab_common.h"
#include "vmap_area.h"
#include "vmscan.h"

#define THREADS 4
#define SLOTS 128
#define MARKED 64 /* bytes of a block that are looked at */

struct block {
	u64 tag;
	size_t len;
	char data[];
};

static struct block *slots[SLOTS]; /* atomic: whose is in hand is nobody's */
static struct block *spare[64];	   /* atomic: the shrinker's */
static struct mem_cgroup *groups[3];
static unsigned long handled, refused; /* atomic */

static const gfp_t all_flags[] = {
	GFP_KERNEL,
	GFP_NOFS,
	GFP_NOIO,
	GFP_ATOMIC,
	GFP_NOWAIT,
	0,
	GFP_KERNEL | __GFP_NORETRY,
	GFP_KERNEL | __GFP_RETRY_MAYFAIL,
	GFP_KERNEL_ACCOUNT,
	GFP_ATOMIC | __GFP_ACCOUNT,
	GFP_KERNEL | __GFP_MEMALLOC,
};

static gfp_t any_flags(struct km_rng *rng)
{
	return all_flags[km_below(rng, ARRAY_SIZE(all_flags))] | __GFP_NOWARN;
}

/* ---- blocks ---- */

static struct block *fill(struct block *b, size_t size, struct km_rng *rng)
{
	if (!b) {
		atomic_add(&refused, 1);
		return NULL;
	}
	b->tag = km_random(rng);
	b->len = min(size - sizeof(*b), MARKED + 0UL);
	km_fill(b->data, b->len, b->tag);
	return b;
}

static void drop(struct block *b)
{
	if (!b)
		return;
	must(km_intact(b->data, b->len, b->tag));
	kvfree(b);
}

static struct block *make(struct km_rng *rng)
{
	size_t size = sizeof(struct block) + km_any_size(rng, SZ_1M);
	void *p;

	switch (km_below(rng, 4)) {
	case 0:
		p = kvmalloc(size, any_flags(rng));
		break;
	case 1:
		p = malloc_aligned(1UL << km_below(rng, 14), size);
		break;
	case 2:
		p = __vmalloc(size, any_flags(rng));
		break;
	default:
		p = malloc_slowpath(size, false);
	}
	return fill(p, size, rng);
}

/* ---- who can give up memory ---- */

static unsigned long count(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = 0;

	(void)s, (void)sc;
	for (unsigned int i = 0; i < ARRAY_SIZE(spare); i++)
		n += atomic_read(&spare[i]) != NULL;
	return n ? n : SHRINK_EMPTY;
}

static unsigned long scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = 0;

	(void)s;
	for (unsigned int i = 0; i < ARRAY_SIZE(spare) && n < sc->nr_to_scan;
	     i++) {
		struct block *b = xchg(&spare[i], NULL);

		n += b != NULL;
		drop(b);
	}
	return n ? n : SHRINK_STOP;
}

static int notified(struct notifier_block *nb, unsigned long action, void *data)
{
	struct block *b = xchg(&slots[0], NULL);

	(void)nb, (void)action;
	*(unsigned long *)data += b != NULL;
	drop(b);
	return NOTIFY_OK;
}

/* ---- the rain ---- */

static void handler(int sig)
{
	static __thread struct block *kept;
	struct km_rng rng = { (uintptr_t)&sig + atomic_read(&handled) };
	int saved = errno;
	struct block *b = kept;

	atomic_add(&handled, 1);
	if (b) {
		must(km_intact(b->data, b->len, b->tag));
		kfree_nolock(b);
	}
	kept = fill(kmalloc_nolock(200, 0, NUMA_NO_NODE), 200, &rng);
	drop(fill(malloc_slowpath(300, false), 300, &rng));
	drop(fill(kmalloc(5000, GFP_ATOMIC), 5000, &rng));
	errno = saved;
}

static void rain(long usec)
{
	struct itimerval every = { { 0, usec }, { 0, usec } };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	must(!sigaction(SIGPROF, &sa, NULL));
	must(!setitimer(ITIMER_PROF, &every, NULL));
}

/* ---- the storm ---- */

static void change_weather(struct km_rng *rng)
{
	if (km_below(rng, 3))
		kmalloc_thread_gfp_set(any_flags(rng));
	else
		kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
	set_active_memcg(km_below(rng, 2) ? groups[km_below(rng, 3)] : NULL);
}

static void blow(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	unsigned long load = km_load(40000);
	unsigned int scope;

	(void)arg;
	for (unsigned long i = 0; i < load; i++) {
		if (!km_below(&rng, 32))
			change_weather(&rng);
		scope = km_below(&rng, 8) ? 0 : memalloc_noio_save();
		drop(xchg(&slots[km_below(&rng, SLOTS)], make(&rng)));
		if (!km_below(&rng, 8))
			drop(xchg(&spare[km_below(&rng, ARRAY_SIZE(spare))],
				  make(&rng)));
		memalloc_noio_restore(scope);
		if (!km_below(&rng, 2000))
			mm_trim();
	}
	kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
	set_active_memcg(NULL);
	must(!gfp_task.word);
}

static void storm(void)
{
	static struct notifier_block nb = { .notifier_call = notified };
	struct vmap_stat stat;
	struct shrinker *s;

	setenv("KMALLOC",
	       getenv("KMALLOC") ? "percpu=generic mem=24M" : "mem=24M", 1);
	s = shrinker_alloc(KMALLOC_SHRINKER_NOFS, "spare");
	must(s && !register_oom_notifier(&nb));
	s->count_objects = count;
	s->scan_objects = scan;
	shrinker_register(s);
	for (int i = 0; i < 3; i++) {
		must((groups[i] = kmalloc_group_create(i ? groups[0] : NULL,
						       "storm")));
		kmalloc_group_set(groups[i], KMALLOC_GROUP_MAX, 6 * SZ_1M);
	}
	rain(1000);
	km_threads(THREADS, blow, NULL);
	rain(0);
	shrinker_free(s);
	must(!unregister_oom_notifier(&nb));
	for (int i = 0; i < SLOTS; i++)
		drop(slots[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(spare); i++)
		drop(spare[i]);
	mm_trim();
	vmap_stat(&stat);
	must(!stat.areas);
	for (int i = 0; i < 3; i++)
		must(!kmalloc_group_get(groups[i], KMALLOC_GROUP_CURRENT));
	check_zone();
	check_vmap();
	dprintf(1, "%lu refused, %lu signals\n", refused, handled);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_modes(storm),
	};

	return km_run_tests(tests);
}
