/* SPDX-License-Identifier: MIT */
/*
 * nolock: blocks of 64 KiB << order, in stacks of free ones by order.
 *
 *   free[order]:  tag, head -> unit -> unit -> none      unit[].next
 *   [0, frontier): blocks that were handed out at least once
 *
 * Free blocks keep their order and their address space, without memory, so
 * that the range is as long as the most that was used at once.  The tag
 * counts the pushes and pops of a stack: who read a head and its next, and
 * was overtaken, fails.
 *
 * Invariants: unit[].order is set once, before the block is first used.
 *
 * Locks: none.
 */
#include "nolock.h"

#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "gfp.h"
#include "params.h"
#include "printk.h"
#include "vmstat.h"

#define UNIT_SHIFT 16
#define UNIT_SIZE (1UL << UNIT_SHIFT)
#define NR_UNITS (SZ_1G >> UNIT_SHIFT)
#define MAX_ORDER 12

enum unit_state { UNIT_NONE, UNIT_BUSY, UNIT_FREE };

static struct {
	u16 next; /* of a free block: unit below it in the stack, plus 1 */
	u8 order; /* const after the first use */
	u8 state; /* atomic: enum unit_state, of a block's first unit */
} unit[NR_UNITS];

static u64 free_blocks[MAX_ORDER + 1]; /* atomic: tag << 16 | unit plus 1 */
static u32 frontier;		       /* atomic */

BUILD_BUG_ON(NR_UNITS > 0xffff);

static char *unit_address(u32 i)
{
	return mem_nolock.base + ((size_t)i << UNIT_SHIFT);
}

static size_t block_bytes(u32 i)
{
	return UNIT_SIZE << unit[i].order;
}

/* The head after this one, which is @i, plus 1. */
static u64 next_head(u64 head, u32 i)
{
	return ((head >> 16) + 1) << 16 | i;
}

static bool pop_free(unsigned int order, u32 *i)
{
	u64 head;

	do {
		/* pairs with the release in push_free */
		head = smp_load_acquire(&free_blocks[order]);
		if (!(u16)head)
			return false;
		*i = (u16)head - 1U;
	} while (!try_cmpxchg(&free_blocks[order], &head,
			      next_head(head, READ_ONCE(unit[*i].next))));
	return true;
}

static void push_free(u32 i)
{
	u64 *stack = &free_blocks[unit[i].order], head = atomic_read(stack);

	do
		WRITE_ONCE(unit[i].next, (u16)head);
	/* pairs with the acquire in pop_free */
	while (!try_cmpxchg_release(stack, &head, next_head(head, i + 1)));
}

/* A block that nobody has used yet; what is skipped for alignment is lost,
 * and so is what cannot be mapped: address space only. */
static bool take_fresh(unsigned int order, u32 *i)
{
	u32 nr = 1U << order, old = atomic_read(&frontier);

	if (!gfp_may(UNIT))
		return false;
	do {
		*i = ALIGN(old, nr);
		if (*i + nr > mem_nolock.size >> UNIT_SHIFT)
			return false;
	} while (!try_cmpxchg(&frontier, &old, *i + nr));
	unit[*i].order = (u8)order;
	return !memblock_online_nolock(unit_address(*i), block_bytes(*i));
}

void *nolock_alloc(size_t size, size_t align)
{
	size_t bytes = max(size, align);
	unsigned int order;
	u32 i;

	if (bytes > UNIT_SIZE << MAX_ORDER)
		return NULL;
	order = order_base_2(DIV_ROUND_UP(max(bytes, 1UL), UNIT_SIZE));
	if (!pop_free(order, &i) && !take_fresh(order, &i))
		return NULL;
	atomic_set(&unit[i].state, UNIT_BUSY);
	vmstat_add(VMSTAT_nolock_alloc, 1);
	return unit_address(i);
}

static u32 unit_of(const void *p)
{
	return (u32)(((const char *)p - mem_nolock.base) >> UNIT_SHIFT);
}

static void __cold report_bad(const void *p)
{
	u32 at = unit_of(p), i = at;

	while (i && unit[i].state == UNIT_NONE)
		i--;
	if (unit[i].state == UNIT_FREE && unit_address(i) == p)
		pr_err("double free of %p", p);
	else if (unit[i].state == UNIT_BUSY && at < i + (1U << unit[i].order))
		pr_err("free of %p: interior pointer of a %zu-byte block at %p",
		       p, block_bytes(i), unit_address(i));
	else
		pr_err("free of %p: not an allocated block", p);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

void nolock_free(void *p)
{
	u8 busy = UNIT_BUSY;
	u32 i = unit_of(p);

	if (unit_address(i) != p ||
	    !try_cmpxchg(&unit[i].state, &busy, UNIT_FREE)) {
		report_bad(p);
		return;
	}
	/* Else it stays resident until it is used again. */
	if (gfp_may(UNIT))
		arch_madvise(p, block_bytes(i), MADV_DONTNEED);
	push_free(i);
	vmstat_add(VMSTAT_nolock_free, 1);
}

size_t nolock_size(const void *p)
{
	u32 i = unit_of(p);

	return unit_address(i) == p &&
			       atomic_read(&unit[i].state) == UNIT_BUSY ?
		       block_bytes(i) :
		       0;
}
