/* SPDX-License-Identifier: MIT */
/*
 * slab_bulk: many objects of one cache at once.
 *
 *   this CPU's sheaf ─one exchange→ our hands ─copy→ array
 *                    ←one exchange─
 *
 * The sheaf is taken whole and given back whole, so that an object costs a
 * copy and no sequence of its own.  Meanwhile the CPU has none, and whoever
 * runs on it finds another by the slow path; then the one in our hands is
 * stashed away.  Then come the spare and the barn's sheaves, as they do for
 * single objects, but that the barn's are emptied and filled where they are,
 * all under one lock; what is beyond them goes to and from the slabs, under
 * one lock from half a sheaf on.
 *
 * Locks: none of its own.
 */
#include "slab_bulk.h"

#include "pcs.h"
#include "slub.h"

/* This CPU's sheaf, now ours; 0 if there is none. */
static uintptr_t borrow_sheaf(struct kmem_cache *s)
{
	uintptr_t top = percpu_read(PERCPU_TOP, s->id);

	if (!percpu_top_is_real(top) ||
	    !percpu_cmpxchg(PERCPU_TOP, s->id, top, PERCPU_DUMMY))
		return 0;
	return top;
}

static void return_sheaf(struct kmem_cache *s, uintptr_t top)
{
	if (!percpu_cmpxchg(PERCPU_TOP, s->id, PERCPU_DUMMY, top))
		pcs_stash_sheaf(s, top);
}

/* What the slabs' locks may be held for. */
#define DIRECT_MOST 1024U

static size_t take_from_slabs(struct kmem_cache *s, void **objs, size_t nr)
{
	size_t got = 0;

	if (s->capacity)
		pcs_note_refill(s, nr / s->capacity);
	while (got < nr) {
		unsigned int want =
			(unsigned int)min(nr - got, DIRECT_MOST + 0UL);
		unsigned int n = slab_alloc_bulk_direct(s, objs + got, want);

		got += n;
		if (n < want)
			break;
	}
	return got;
}

static size_t take_from_sheaves(struct kmem_cache *s, void **objs, size_t nr)
{
	uintptr_t next, top = borrow_sheaf(s);
	size_t got = top ? sheaf_pop_many(&top, objs, nr) : 0;

	while (got < nr && (next = pcs_get_waiting_sheaf(s))) {
		pcs_stash_sheaf(s, top); /* it is empty */
		top = next;
		got += sheaf_pop_many(&top, objs + got, nr - got);
		if (nr - got >= s->capacity)
			got += pcs_take_from_barn(s, objs + got, nr - got);
	}
	if (likely(top))
		return_sheaf(s, top);
	return got;
}

/* Cost: 5 instructions an object, and two exchanges. */
size_t slab_alloc_bulk(struct kmem_cache *s, void **objs, size_t nr)
{
	size_t got = 0;

	for (;;) {
		if (s->capacity)
			got += take_from_sheaves(s, objs + got, nr - got);
		if (likely(got == nr))
			return got;
		if (nr - got >= s->capacity / 2)
			return got + take_from_slabs(s, objs + got, nr - got);
		/* This brings a sheaf as well. */
		objs[got] = pcs_alloc_slowpath(s);
		if (!objs[got])
			return got;
		got++;
	}
}

static void give_to_slabs(struct kmem_cache *s, void **objs, size_t nr)
{
	if (s->capacity)
		pcs_note_overflow(s, nr / s->capacity);
	while (nr) {
		size_t n = min(nr, DIRECT_MOST + 0UL);

		slab_free_direct(s, objs, (unsigned int)n);
		objs += n;
		nr -= n;
	}
}

/* Where the barn is full, another sheaf would be flushed for this one. */
static bool has_place(struct kmem_cache *s, size_t nr)
{
	return nr < s->capacity || pcs_barn_has_room(s);
}

static size_t give_to_sheaves(struct kmem_cache *s, void **objs, size_t nr)
{
	uintptr_t next, top = borrow_sheaf(s);
	size_t done = top ? sheaf_push_many(&top, objs, nr) : 0;

	while (done < nr && has_place(s, nr - done) &&
	       (next = pcs_get_roomy_sheaf(s))) {
		pcs_stash_sheaf(s, top); /* it is full */
		top = next;
		done += sheaf_push_many(&top, objs + done, nr - done);
		if (nr - done >= s->capacity)
			done += pcs_give_to_barn(s, objs + done, nr - done);
	}
	if (likely(top))
		return_sheaf(s, top);
	return done;
}

/* Cost: less than an instruction an object, and two exchanges. */
void slab_free_bulk(struct kmem_cache *s, void **objs, size_t nr)
{
	size_t done = s->capacity ? give_to_sheaves(s, objs, nr) : 0;

	if (unlikely(done < nr))
		give_to_slabs(s, objs + done, nr - done);
}
