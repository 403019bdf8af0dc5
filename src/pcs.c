/* SPDX-License-Identifier: MIT */
/*
 * pcs: the sheaves of the CPUs, and their way between CPUs, barns and slabs.
 *
 *   CPU 0                 CPU 1
 *   top <-> spare         top <-> spare        percpu: words of the cache's id
 *       |                     |
 *    barn 0                barn 1       ...    barn: full ones, empty ones
 *       |_____________________|____ ...
 *                  |
 *             partial slabs                    slub
 *
 *   alloc: pop top ─empty→ spare ─empty→ barn ─none→ slabs ─none→ new slab
 *   free:  push top ─full→ spare ─full→ barn ─full→ flush to slabs
 *
 * Popping and pushing is the fast paths'; what is here begins where the top is
 * empty, or full.  Another sheaf is found, an object taken from it or put into
 * it, and then it is exchanged for the top, and the old top stashed away: as the
 * spare if there is none, else in the barn, else in the slabs.  If somebody has
 * changed the top meanwhile it is the other sheaf that is stashed away.
 *
 * Of top and spare, if one is full and the other empty, each becomes half full:
 * who allocates and frees in turns would else soon be back for what was just
 * exchanged.
 *
 * A CPU takes from its own barn, and when that has none from others' that are
 * more than half full, or from any if it has no slabs either: what comes round
 * to it is in its cache, and its objects do not share lines with another CPU's,
 * while that costs no memory.
 *
 * Barns are small at first.  Where a sheaf is refilled after another one had to
 * be flushed, one more in a barn would have saved both, and from then on there
 * may be one more; a cache that is found idle starts over.
 *
 * Where the top is empty it may be kfence's turn: then malloc has a block with
 * fences, which is no object of the cache and does not come back here.
 *
 * A cache without sheaves, capacity 0, has its objects straight from the slabs;
 * those of one that is charged to groups (SLAB_ACCOUNT) come back this way, and
 * whose they are is asked.
 *
 * Invariants: a sheaf is in one place: a CPU's top or spare, a barn, the pool,
 * or one thread's hands (tests/model/sheaf_model.c).  Others take away what is
 * in a CPU's words, so these are looked at and exchanged, never stored.
 * barn_max is from barn_least to barn_most.
 *
 * Locks: none of its own; BARN to find or leave a sheaf, SHEAF_POOL for a new
 * one, CACHE to fill or flush one, one after the other; a report counts what is
 * in barns with CACHE held.  A signal handler above who holds one does without
 * the barn, the pool, and in the end without an object; what it frees is
 * deferred.  Other CPUs' sheaves are taken away by the drain, with DRAIN held.
 * Cost: four exchanges at most for as many objects as half a sheaf holds, or as
 * a refill brings, which is less where the cache is small; BARN once where the
 * spare does not help, CACHE once where the barn does not.
 */
#include "pcs.h"

#include "kfence.h"
#include "memcontrol.h"
#include "params.h"
#include "slub.h"
#include "vmstat.h"
#include "zone.h"

/* Of large objects, in a sheaf. */
#define SHEAF_OBJECT_BYTES 32768U
/* Of objects, in a barn: as it is first, and when it has proved too small. */
#define BARN_BYTES 32768
#define BARN_BYTES_MOST 262144
/* Of sheaves that are shared with the spare; smaller ones are full again, or
 * empty, as soon. */
#define SHARE_CAPACITY 4
/* What a sheaf is refilled with from slabs: this part of the cache's objects,
 * but at least so many, and so many bytes. */
#define REFILL_PART 16
#define REFILL_LEAST 8U
#define REFILL_BYTES 8192U
/* How many refills until the clock is looked at. */
#define TICK_REFILLS 64

/* ---- sizes of sheaves and barns ---- */

/* Objects for 128 bytes and less by the sheaf's size, above by bytes. */
static unsigned int sheaf_capacity(unsigned int size)
{
	if (size <= 128)
		return SHEAF_MAX_CAPACITY;
	if (size <= 512)
		return 63;
	if (size <= 1024)
		return 31;
	return clamp(SHEAF_OBJECT_BYTES / size, 2U, 31U);
}

static u8 barn_sheaves(const struct kmem_cache *s, u32 bytes)
{
	return (u8)clamp(bytes / (s->capacity * s->size), 1U, BARN_MAX + 0U);
}

/* None without a per-CPU id, and none where memory matters most. */
void pcs_init(struct kmem_cache *s, const struct cache_plan *plan)
{
	for (int i = 0; i < NR_BARNS; i++)
		barn_init(&s->barn[i]);
	if (plan->id == CACHE_ID_NONE || param(slub_tiny))
		return;
	s->capacity = plan->capacity ?
			      min(plan->capacity, SHEAF_MAX_CAPACITY + 0U) :
			      sheaf_capacity(s->size);
	s->kfence_due = plan->fences ? kfence_first(s->size) : 0;
	s->fences = s->kfence_due;
	s->barn_least = barn_sheaves(s, BARN_BYTES);
	s->barn_most = barn_sheaves(s, BARN_BYTES_MOST);
	s->barn_max = s->barn_least;
}

static u32 barn_max(const struct kmem_cache *s)
{
	return READ_ONCE(s->barn_max);
}

void pcs_note_overflow(struct kmem_cache *s, size_t sheaves)
{
	WRITE_ONCE(s->overflows,
		   (u8)min(READ_ONCE(s->overflows) + sheaves, BARN_MAX + 0UL));
}

void pcs_note_refill(struct kmem_cache *s, size_t sheaves)
{
	u32 overflows = READ_ONCE(s->overflows), most = barn_max(s);
	u32 more = (u32)min(sheaves, overflows + 0UL);

	if (!more || most >= s->barn_most)
		return;
	WRITE_ONCE(s->overflows, (u8)(overflows - more));
	WRITE_ONCE(s->barn_max, (u8)min(most + more, s->barn_most + 0U));
}

static void reset_barns(struct kmem_cache *s)
{
	WRITE_ONCE(s->overflows, 0);
	WRITE_ONCE(s->barn_max, s->barn_least);
}

/* ---- sheaves that go to and fro ---- */

/* Returns all objects to their slabs; the sheaf stays, empty. */
static uintptr_t flush_sheaf(struct kmem_cache *s, uintptr_t top)
{
	unsigned int nr = sheaf_is_full(top) ? s->capacity : sheaf_count(top);

	slab_free_direct(s, (void **)top - nr, nr);
	vmstat_add(VMSTAT_sheaf_flush, 1);
	return sheaf_reset(top, s->capacity);
}

static uintptr_t overflow_sheaf(struct kmem_cache *s, uintptr_t top)
{
	pcs_note_overflow(s, 1);
	return flush_sheaf(s, top);
}

static void drop_sheaf(struct kmem_cache *s, uintptr_t top)
{
	sheaf_put(flush_sheaf(s, top));
}

void pcs_stash_sheaf(struct kmem_cache *s, uintptr_t top)
{
	if (!percpu_top_is_real(top))
		return;
	if (percpu_cmpxchg(PERCPU_SPARE, s->id, 0, top))
		return;
	if (!sheaf_is_empty(top)) {
		if (barn_put(barn_here(s->barn), barn_max(s), top, NULL))
			return;
		top = overflow_sheaf(s, top);
	}
	sheaf_put(top);
}

/* This CPU's spare sheaf, taken away, if it satisfies the wish. */
static uintptr_t take_spare(struct kmem_cache *s, bool (*unwanted)(uintptr_t))
{
	uintptr_t spare = percpu_read(PERCPU_SPARE, s->id);

	if (!percpu_top_is_real(spare) || unwanted(spare) ||
	    !percpu_cmpxchg(PERCPU_SPARE, s->id, spare, 0))
		return 0;
	return spare;
}

static bool sheaf_is_used(uintptr_t top)
{
	return !sheaf_is_empty(top);
}

/* So many sheaves another CPU leaves in a barn.  (If it left all until the barn
 * is full, sh6 with two threads would take .85 to .95 of the time, and
 * threaded programs a tenth more memory.) */
static u32 barn_reserved(const struct kmem_cache *s)
{
	return READ_ONCE(s->nr_partial[slab_cpu_tag()]) ? barn_max(s) / 2 : 0;
}

static struct barn *barn_to_take_from(struct kmem_cache *s)
{
	struct barn *own = barn_here(s->barn);
	u32 reserved;

	if (READ_ONCE(own->nr_full))
		return own;
	reserved = barn_reserved(s);
	for (unsigned int i = 0; i < NR_BARNS; i++) {
		if (READ_ONCE(s->barn[i].nr_full) > reserved)
			return &s->barn[i];
	}
	return NULL;
}

/* The spare, if it is empty, stays there: who frees will want one. */
static uintptr_t get_from_barn(struct kmem_cache *s)
{
	struct barn *barn = barn_to_take_from(s);
	uintptr_t top, empty;

	if (!barn)
		return 0;
	empty = take_spare(s, sheaf_is_used);
	top = barn_get(barn, barn_max(s), &empty);
	pcs_stash_sheaf(s, empty);
	return top;
}

/* One block with fences is due, now and then. */
static void note_time(struct kmem_cache *s)
{
	u8 refills = READ_ONCE(s->refills);

	WRITE_ONCE(s->refills, (u8)(refills + 1));
	if (!(refills % TICK_REFILLS) && s->fences && kfence_is_due())
		WRITE_ONCE(s->kfence_due, 1);
}

/* What waits in a sheaf is memory that nobody has asked for yet: little of a
 * cache that is small.  What is freed may fill it. */
static unsigned int refill_size(const struct kmem_cache *s)
{
	unsigned int all = atomic_read(&s->nr_slabs) * s->objects;
	unsigned int part = all / REFILL_PART;
	unsigned int least = max(REFILL_LEAST, REFILL_BYTES / s->size);

	return min(max(part, least), s->capacity + 0U);
}

/* A sheaf with objects from slabs; 0 if there are none.  The spare, if it is
 * empty, saves the pool's lock, which is everybody's. */
static uintptr_t refill_sheaf(struct kmem_cache *s)
{
	uintptr_t top = take_spare(s, sheaf_is_used);
	unsigned int got, nr = refill_size(s);
	void **end;

	if (!top)
		top = sheaf_new(s->capacity);
	if (!top)
		return 0;
	end = (void **)sheaf_end(top);
	got = slab_alloc_bulk_direct(s, end - s->capacity, nr);
	if (!got) {
		sheaf_put(top);
		return 0;
	}
	pcs_note_refill(s, 1);
	vmstat_add(VMSTAT_sheaf_refill, 1);
	note_time(s);
	return top + got * sizeof(void *);
}

uintptr_t pcs_get_waiting_sheaf(struct kmem_cache *s)
{
	uintptr_t top = take_spare(s, sheaf_is_empty);

	return top ? top : get_from_barn(s);
}

static uintptr_t new_sheaf(struct kmem_cache *s)
{
	uintptr_t top = barn_get_empty(barn_here(s->barn));

	return top ? top : sheaf_new(s->capacity);
}

/* An empty sheaf for this CPU: the spare if it has room; else the spare is
 * full and older than what it is exchanged for, so it goes to the barn. */
uintptr_t pcs_get_roomy_sheaf(struct kmem_cache *s)
{
	uintptr_t empty, top = take_spare(s, sheaf_is_full);

	if (top)
		return top;
	top = take_spare(s, sheaf_is_empty);
	if (!top)
		return new_sheaf(s);
	if (!barn_put(barn_here(s->barn), barn_max(s), top, &empty))
		return overflow_sheaf(s, top);
	return empty ? empty : sheaf_new(s->capacity);
}

size_t pcs_take_from_barn(struct kmem_cache *s, void **objs, size_t nr)
{
	return barn_take_objects(barn_here(s->barn), s->capacity, objs, nr);
}

size_t pcs_give_to_barn(struct kmem_cache *s, void **objs, size_t nr)
{
	return barn_give_objects(barn_here(s->barn), s->capacity, objs, nr);
}

bool pcs_barn_has_room(struct kmem_cache *s)
{
	return READ_ONCE(barn_here(s->barn)->nr_full) < barn_max(s);
}

/* ---- what the fast paths leave to ---- */

/* How often somebody may come before us, or a debugger abort us. */
#define SHEAF_TRIES 8

/* An object that is to be charged to a group is not had here. */
static noinline void *alloc_without_sheaves(struct kmem_cache *s)
{
	if (s->flags & SLAB_ACCOUNT && READ_ONCE(memcg_active))
		return NULL;
	return zone_is_ready(s->zone) ? slab_alloc_direct(s) : NULL;
}

static void exchange_top(struct kmem_cache *s, uintptr_t top, uintptr_t other)
{
	bool ok = percpu_cmpxchg(PERCPU_TOP, s->id, top, other);

	pcs_stash_sheaf(s, ok ? top : other);
}

/* This CPU's, into our hands, to share its objects; it has none meanwhile. */
static bool take_top(struct kmem_cache *s, uintptr_t top)
{
	return s->capacity >= SHARE_CAPACITY && percpu_top_is_real(top) &&
	       percpu_cmpxchg(PERCPU_TOP, s->id, top, PERCPU_DUMMY);
}

static void give_both(struct kmem_cache *s, uintptr_t top, uintptr_t spare)
{
	if (!percpu_cmpxchg(PERCPU_TOP, s->id, PERCPU_DUMMY, top))
		pcs_stash_sheaf(s, top);
	pcs_stash_sheaf(s, spare);
}

/* The empty @top gets half of @spare's objects, those that were freed last. */
static void share_spare(struct kmem_cache *s, uintptr_t top, uintptr_t spare)
{
	unsigned int nr = s->capacity - sheaf_room(spare);

	if (!take_top(s, top)) {
		exchange_top(s, top, spare);
		return;
	}
	sheaf_move(&spare, &top, DIV_ROUND_UP(nr, 2));
	give_both(s, top, spare);
}

static void *alloc_fenced(struct kmem_cache *s, size_t size)
{
	void *p = kfence_alloc(size, s->size);
	u8 due = READ_ONCE(s->kfence_due);

	WRITE_ONCE(s->kfence_due, (u8)(p && due ? due - 1 : 0));
	return p;
}

/* @top is empty.  @size: of what may be a block with fences; else 0. */
static noinline void *alloc_beyond(struct kmem_cache *s, uintptr_t top,
				   size_t size)
{
	uintptr_t filled;
	void *obj;

	if (unlikely(READ_ONCE(s->kfence_due)) && size) {
		obj = alloc_fenced(s, size);
		if (obj)
			return obj;
	}
	filled = take_spare(s, sheaf_is_empty);
	if (filled) {
		obj = sheaf_pop(&filled);
		share_spare(s, top, filled);
		return obj;
	}
	filled = get_from_barn(s);
	if (!filled)
		filled = refill_sheaf(s);
	if (!filled)
		return slab_alloc_direct(s);
	obj = sheaf_pop(&filled);
	exchange_top(s, top, filled);
	return obj;
}

/* The top was empty when it was looked at. */
static noinline void *alloc_again(struct kmem_cache *s, size_t size)
{
	uintptr_t top;
	void *obj;

	for (int i = 0;; i++) {
		top = percpu_read(PERCPU_TOP, s->id);
		if (top == PERCPU_DRAIN || i == SHEAF_TRIES)
			return slab_alloc_direct(s);
		if (sheaf_is_empty(top))
			return alloc_beyond(s, top, size);
		obj = percpu_pop_slowpath(s->id);
		if (obj)
			return obj;
	}
}

static __always_inline void *alloc_slowpath(struct kmem_cache *s, size_t size)
{
	void *obj;

	if (!s->capacity)
		return alloc_without_sheaves(s);
	obj = percpu_pop_slowpath(s->id);
	return likely(obj) ? obj : alloc_again(s, size);
}

void *pcs_alloc_slowpath(struct kmem_cache *s)
{
	return alloc_slowpath(s, 0);
}

void *pcs_malloc_slowpath(struct kmem_cache *s, size_t size)
{
	return alloc_slowpath(s, size);
}

static void uncharge(struct kmem_cache *s, void *obj)
{
	u16 owner = slab_take_owner(s, obj);

	if (owner)
		memcg_uncharge(owner, s->size);
}

/* @top is full; false if there is no sheaf for more. */
static noinline bool free_beyond(struct kmem_cache *s, uintptr_t top, void *obj)
{
	uintptr_t roomy = take_spare(s, sheaf_is_used);

	if (roomy && take_top(s, top)) {
		sheaf_move(&top, &roomy, s->capacity / 2);
		sheaf_push(&roomy, obj);
		give_both(s, roomy, top);
		return true;
	}
	if (!roomy)
		roomy = pcs_get_roomy_sheaf(s);
	if (!roomy)
		return false;
	sheaf_push(&roomy, obj);
	exchange_top(s, top, roomy);
	return true;
}

void pcs_free_slowpath(struct kmem_cache *s, void *obj)
{
	uintptr_t top;

	if (!s->capacity) {
		if (unlikely(s->flags & SLAB_ACCOUNT))
			uncharge(s, obj);
		slab_free_direct(s, &obj, 1);
		return;
	}
	for (int i = 0; i < SHEAF_TRIES; i++) {
		enum rseq_result r = percpu_push_slowpath(s->id, obj);

		if (r == RSEQ_DONE)
			return;
		if (r == RSEQ_TWICE) {
			slab_report_double_free(s, obj);
			return;
		}
		top = percpu_read(PERCPU_TOP, s->id);
		if (top == PERCPU_DRAIN)
			break;
		if (!sheaf_is_full(top))
			continue;
		if (!free_beyond(s, top, obj))
			break;
		return;
	}
	slab_free_direct(s, &obj, 1);
}

/* ---- the whole cache ---- */

static void drain_one(unsigned int id, uintptr_t top, void *arg)
{
	(void)arg;
	drop_sheaf(atomic_read(&slab_caches[id]), top);
}

void __pcs_drain(unsigned int first, unsigned int nr)
{
	__percpu_drain(first, nr, drain_one, NULL);
}

void __pcs_drain_ids(const u64 ids[NR_PERCPU_IDS / 64])
{
	__percpu_drain_ids(ids, drain_one, NULL);
}

static void empty_barn(struct kmem_cache *s, struct barn *barn)
{
	uintptr_t top, none = 0;

	while ((top = barn_get(barn, barn_max(s), &none)))
		drop_sheaf(s, top);
	barn_drop_empty(barn);
}

unsigned int slab_cache_shrink_drained(struct kmem_cache *s)
{
	reset_barns(s);
	for (int i = 0; i < NR_BARNS; i++)
		empty_barn(s, &s->barn[i]);
	return slab_drop_empty(s);
}

unsigned int slab_cache_shrink(struct kmem_cache *s)
{
	if (s->capacity)
		percpu_drain(s->id, 1, drain_one, NULL);
	return slab_cache_shrink_drained(s);
}

/* How often somebody wanted more than the fast paths have. */
static u64 locks_taken(const struct kmem_cache *s)
{
	u64 taken = READ_ONCE(s->lock.taken);

	for (int i = 0; i < NR_BARNS; i++)
		taken += READ_ONCE(s->barn[i].lock.taken);
	return taken;
}

static void reap_word(struct kmem_cache *s, enum percpu_kind kind,
		      uintptr_t none)
{
	uintptr_t top = percpu_read(kind, s->id);

	if (percpu_top_is_real(top) && percpu_cmpxchg(kind, s->id, top, none))
		drop_sheaf(s, top);
}

/* Who takes the lock is not idle.  One that lives by its fast paths alone
 * looks like it: that costs it one refill. */
void slab_cache_reap(struct kmem_cache *s)
{
	if (locks_taken(s) == READ_ONCE(s->reaped)) {
		reap_word(s, PERCPU_TOP, PERCPU_DUMMY);
		reap_word(s, PERCPU_SPARE, 0);
		slab_cache_shrink_drained(s);
	}
	WRITE_ONCE(s->reaped, locks_taken(s));
}

void slab_cache_seen(struct kmem_cache *s, enum slab_idle by)
{
	u64 taken = locks_taken(s) - s->idle[by].seen;

	for (int i = 0; i < NR_IDLE; i++)
		s->idle[i].seen += taken;
}

unsigned int slab_cache_idle(struct kmem_cache *s, enum slab_idle by)
{
	u64 taken = locks_taken(s);

	if (taken == s->idle[by].seen)
		s->idle[by].looks++;
	else
		s->idle[by].looks = 0;
	s->idle[by].seen = taken;
	return s->idle[by].looks;
}

void slab_cache_stat(struct kmem_cache *s, struct slab_stat *stat)
{
	*stat = (struct slab_stat){ 0 };
	if (!spin_lock(&s->lock))
		return;
	stat->locks = locks_taken(s);
	stat->slabs = s->nr_slabs;
	stat->objects = s->nr_objects;
	for (int i = 0; i < NR_BARNS; i++)
		stat->sheaf_objects += barn_objects(&s->barn[i]);
	if (s->id != CACHE_ID_NONE)
		stat->sheaf_objects += percpu_count(s->id);
	stat->active = stat->objects -
		       min(s->nr_free + stat->sheaf_objects, stat->objects);
	spin_unlock(&s->lock);
}

void check_cache(struct kmem_cache *s)
{
	for (int i = 0; i < NR_BARNS; i++)
		check_barn(&s->barn[i], s->barn_most);
	check_slabs(s);
}
