/* SPDX-License-Identifier: MIT */
/*
 * moved: who writes through a pointer from before realloc?
 *
 *   held[]:  | block, sum | block, sum | ...    at[]: when, in 1/4 s
 *
 * A few of the blocks that realloc has copied to another place are not freed
 * but held, as they are, with a sum of their contents.  When a block's place is
 * wanted for the next one, in the next quarter of a second at the earliest, or
 * memory is trimmed, the sum must still be right; then the block is freed.
 *
 * Invariants: a block that is held is allocated; nothing in it is changed.
 *
 * Locks: none.  A place is EMPTY, FULL or, in one thread's hands, TAKEN; who
 * finds it TAKEN goes without it.  Who jumps out of a handler that interrupted
 * this loses the block.
 *
 * Cost: of the reallocs that move, one in 32 reads the clock.
 */
#include "moved.h"

#include "arch.h"
#include "bitops.h"
#include "gfp.h"
#include "params.h"
#include "printk.h"

#define NR_HELD 8
#define HELD_MOST 256 /* bytes of one of them */
#define STAMP_MS 250
#define ONE_IN_32 0xf8000000U /* of moved_mask */

enum { EMPTY, FULL, TAKEN };

static struct {
	void *block;
	size_t size;
	u64 sum;
} held[NR_HELD]; /* who has made the place TAKEN */

u32 moved_mask;
static u32 place[NR_HELD]; /* atomic */
static u32 at[NR_HELD];	   /* racy: when the place was filled */
static u32 next_place;	   /* racy */

static bool try_take(u32 i, u32 state)
{
	return try_cmpxchg(&place[i], &state, TAKEN);
}

static void put(u32 i, u32 state)
{
	/* pairs with the acquire in try_take */
	smp_store_release(&place[i], state);
}

/* Of malloc's: nobody destroys the cache meanwhile. */
static bool is_small(const void *p, size_t size)
{
	return size <= HELD_MOST && slab_ksize_fast(p) == size &&
	       mem_class(p) < SLAB_ID_FIRST_NAMED;
}

/* A block that is not what it was stays where it is: who writes to it may have
 * freed it as well. */
static void let_go(u32 i)
{
	void *block = held[i].block;

	if (likely(sum_words(block, held[i].size) == held[i].sum)) {
		put(i, EMPTY);
		kfree(block);
		return;
	}
	put(i, EMPTY);
	pr_err("write to %p: realloc had moved what was there", block);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

/* Not the same address again and again. */
static void choose_others(void)
{
	u32 mask = READ_ONCE(moved_mask);

	WRITE_ONCE(moved_mask, mask << 1 | mask >> 31);
}

static bool hold(void *p, size_t size)
{
	u32 now = (u32)(arch_clock_ms() / STAMP_MS);
	u32 i = READ_ONCE(next_place) % NR_HELD;

	if (READ_ONCE(place[i]) != EMPTY && READ_ONCE(at[i]) == now) {
		choose_others();
		return false;
	}
	if (try_take(i, FULL))
		let_go(i);
	if (!try_take(i, EMPTY))
		return false;
	held[i].block = p;
	held[i].size = size;
	held[i].sum = sum_words(p, size);
	WRITE_ONCE(at[i], now);
	WRITE_ONCE(next_place, i + 1);
	if (i + 1 == NR_HELD)
		WRITE_ONCE(moved_mask, ONE_IN_32);
	put(i, FULL);
	return true;
}

bool moved_try_hold(void *p, size_t size)
{
	return is_small(p, size) && !in_nmi() && gfp_free_is_plain() &&
	       hold(p, size);
}

void moved_free_all(void)
{
	WRITE_ONCE(next_place, 0);
	WRITE_ONCE(moved_mask, 0);
	for (u32 i = 0; i < NR_HELD; i++) {
		if (try_take(i, FULL))
			let_go(i);
	}
}

void moved_fork_child(void)
{
	for (u32 i = 0; i < NR_HELD; i++) {
		if (atomic_read(&place[i]) == TAKEN)
			atomic_set(&place[i], EMPTY);
	}
}
