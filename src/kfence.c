/* SPDX-License-Identifier: MIT */
/*
 * kfence: who writes beside a block, or into one that he has freed?
 *
 *   pool:  |fence| block .. |fence| |fence| block ... |fence| |fence| ...
 *                       size ^     ^ usable: what it would have elsewhere
 *   slots: by address       FREE -> USED -> FREED -> USED ...
 *
 * The first few blocks of each size are had from here, and later on one in
 * each sample_interval: those of a short run, and, of a long one, some of every
 * kind.  A block ends where its user wanted it to end, to the byte.  Its fences
 * are looked at when it is freed, its contents, by a sum of them, when its slot
 * is wanted again: the oldest one first, after those that were never used.
 * They are looked at, too, when memory is trimmed, and at the end of the
 * process, fences as well; not at the end of a child of fork.
 *
 * A write behind the block that would have done no harm elsewhere is said, and
 * no more; what comes behind it ends the program, if errors do.
 *
 * Nothing is written to a block that was freed: who only reads it, by mistake,
 * finds what he would find elsewhere.
 *
 * Invariants: slots below nr_slots do not move, and never change their room.
 * Who has made a slot TAKEN owns it; one that was written to stays so.
 *
 * Locks: none.  One thread at a time makes a block, who comes meanwhile has an
 * ordinary one.  A handler that jumps out of this leaves that as it is; one that
 * forks leaves it to its own thread.
 * Cost: to who gets no block, none: who calls this asks where a sheaf is empty.
 */
#include "kfence.h"

#include "arch.h"
#include "bitops.h"
#include "buddy.h"
#include "memblock.h"
#include "params.h"
#include "printk.h"
#include "spinlock.h"
#include "vmstat.h"

#define FENCE 16
#define NR_SLOTS 255
/* Of the pool and of the slots, before some that were freed are used again. */
#define SLOTS_FRESH (NR_SLOTS * 3 / 4)
#define BYTES_FRESH (KFENCE_POOL_SIZE * 3 / 4)
/* The first blocks of a size. */
#define FIRST_SMALL 8
#define FIRST_LARGE 3
#define SMALL 512
#define LARGE 2048

enum { FREE, USED, FREED, TAKEN };

struct slot {
	u32 offset; /* const: of the block in the pool */
	u16 room;   /* const: until the fence, if it is all usable */
	u16 size;   /* owner */
	u16 usable; /* owner */
	u8 state;   /* atomic */
	u32 stamp;  /* owner; racy readers: when it was used, or freed */
	u64 sum;    /* owner: of what was freed */
};

char *kfence_pool;

static struct slot slots[NR_SLOTS]; /* in order of address */
static u32 nr_slots;		    /* atomic; one thread at a time adds */
static u32 pool_used;		    /* who is busy: bytes */
static u32 next_stamp;		    /* atomic */
static u32 busy;      /* atomic: whose thread makes a block; 0: none */
static bool is_child; /* of a fork */
static u32 last_ms;   /* racy: when one was due */

/* ---- whose turn it is ---- */

u8 kfence_first(size_t size)
{
	if (!param(kfence_sample_interval) || size > LARGE)
		return 0;
	return size <= SMALL ? FIRST_SMALL : FIRST_LARGE;
}

bool kfence_is_due(void)
{
	u32 now;

	if (!param(kfence_sample_interval))
		return false;
	now = (u32)arch_clock_ms();
	if (now - READ_ONCE(last_ms) < param(kfence_sample_interval))
		return false;
	WRITE_ONCE(last_ms, now);
	return true;
}

/* ---- fences ---- */

/* The kernel's pattern. */
static u8 fence_byte(const u8 *p)
{
	return (u8)(0xaa ^ ((uintptr_t)p & 7));
}

static u64 fence_word(const u8 *p)
{
	u64 word = 0;

	for (int i = 0; i < 8; i++)
		((u8 *)&word)[i] = fence_byte(p + i);
	return word;
}

static bool in_words(const u8 *p)
{
	return IS_ALIGNED((uintptr_t)p, sizeof(u64));
}

/* @end: where a word does. */
static void raise_fence(u8 *p, const u8 *end)
{
	u64 word = fence_word(end);

	for (; !in_words(p); p++)
		WRITE_ONCE(*p, fence_byte(p));
	for (; p < end; p += sizeof(word))
		WRITE_ONCE(*(u64 *)p, word);
}

/* The first byte that is not as it was; NULL: they all are.  @end: likewise. */
static const u8 *find_gap(const u8 *p, const u8 *end)
{
	u64 word = fence_word(end);

	while (p < end) {
		if (in_words(p) && READ_ONCE(*(const u64 *)p) == word)
			p += sizeof(word);
		else if (READ_ONCE(*p) == fence_byte(p))
			p++;
		else
			return p;
	}
	return NULL;
}

static u8 *block_of(const struct slot *slot)
{
	return (u8 *)READ_ONCE(kfence_pool) + READ_ONCE(slot->offset);
}

static const u8 *end_of(const struct slot *slot)
{
	return block_of(slot) + slot->room + FENCE;
}

/* ---- what is wrong ---- */

static void __cold error(bool end)
{
	if (!end && param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

/* There are programs that live with this. */
static void __cold report_slack(const struct slot *slot, const u8 *gap)
{
	static bool reported; /* atomic */

	if (!xchg(&reported, true))
		pr_warn("write to %p: past the %u bytes that were asked for at %p (reported once)",
			gap, slot->size, block_of(slot));
}

/* True if the slot may be used on. */
static bool __cold report_gap(const struct slot *slot, const u8 *gap, bool end)
{
	const u8 *block = block_of(slot);

	if (gap >= block && !find_gap(block + slot->usable, end_of(slot))) {
		report_slack(slot, gap);
		return true;
	}
	pr_err("write to %p: %s a block of %u bytes at %p", gap,
	       gap < block ? "before" : "past the end of", slot->size, block);
	error(end);
	return false;
}

static const u8 *first_gap(const struct slot *slot)
{
	u8 *block = block_of(slot);
	const u8 *gap = find_gap(block - FENCE, block);

	return gap ? gap : find_gap(block + slot->size, end_of(slot));
}

static bool fences_stand(const struct slot *slot, bool end)
{
	const u8 *gap = first_gap(slot);

	return likely(!gap) || report_gap(slot, gap, end);
}

static u64 sum_of(const struct slot *slot)
{
	return sum_words(block_of(slot), slot->room);
}

static bool contents_stand(const struct slot *slot, bool end)
{
	if (likely(sum_of(slot) == slot->sum))
		return true;
	pr_err("write to %p, a block of %u bytes that was freed",
	       block_of(slot), slot->size);
	error(end);
	return false;
}

/* ---- slots ---- */

static bool try_take(struct slot *slot, u8 state)
{
	return try_cmpxchg(&slot->state, &state, TAKEN);
}

static void put(struct slot *slot, u8 state)
{
	/* pairs with the acquire in try_take */
	smp_store_release(&slot->state, state);
}

/* The slot whose block begins at @p or, below it, next; NULL: none. */
static struct slot *find_slot(const void *p)
{
	u32 offset = (u32)((const char *)p - READ_ONCE(kfence_pool));
	/* pairs with the release in fresh_slot */
	u32 lo = 0, hi = smp_load_acquire(&nr_slots);

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (slots[mid].offset <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &slots[lo - 1] : NULL;
}

static bool has_pool(void)
{
	struct page *page;

	if (likely(kfence_pool))
		return true;
	page = page_alloc_block(KFENCE_POOL_ORDER);
	if (!page)
		return false;
	page_set_type(page, PG_KFENCE);
	WRITE_ONCE(kfence_pool, mem_page_address(page));
	return true;
}

/* Up to so many bytes of the pool and slots in all. */
static struct slot *fresh_slot(u32 room, u32 bytes, u32 nr)
{
	struct slot *slot = &slots[nr_slots];

	if (nr_slots >= nr || pool_used + room + 2 * FENCE > bytes ||
	    !has_pool())
		return NULL;
	slot->offset = pool_used + FENCE;
	slot->room = (u16)room;
	atomic_set(&slot->state, TAKEN);
	pool_used += room + 2 * FENCE;
	/* pairs with the acquire in find_slot */
	smp_store_release(&nr_slots, nr_slots + 1);
	return slot;
}

/* Not much larger than it must be. */
static bool fits(const struct slot *slot, u32 room)
{
	return slot->room >= room && slot->room <= 2 * room;
}

static struct slot *oldest_freed(u32 room)
{
	struct slot *oldest = NULL;
	u32 age = 0;

	for (u32 i = 0; i < nr_slots; i++) {
		struct slot *slot = &slots[i];
		u32 a = atomic_read(&next_stamp) - READ_ONCE(slot->stamp);

		if (atomic_read(&slot->state) != FREED || !fits(slot, room))
			continue;
		if (oldest && a < age)
			continue;
		oldest = slot;
		age = a;
	}
	return oldest;
}

static struct slot *used_slot(u32 room)
{
	struct slot *slot = oldest_freed(room);

	if (!slot || !try_take(slot, FREED))
		return NULL;
	return contents_stand(slot, false) && fences_stand(slot, false) ? slot :
									  NULL;
}

static struct slot *get_slot(u32 room)
{
	struct slot *slot = fresh_slot(room, BYTES_FRESH, SLOTS_FRESH);

	if (!slot)
		slot = used_slot(room);
	return slot ? slot : fresh_slot(room, KFENCE_POOL_SIZE, NR_SLOTS);
}

static void stamp(struct slot *slot)
{
	WRITE_ONCE(slot->stamp, atomic_fetch_add(&next_stamp, 1));
}

/* ---- blocks ---- */

static void *make_block(struct slot *slot, size_t size, size_t usable)
{
	u8 *block = block_of(slot);

	WRITE_ONCE(slot->size, (u16)size);
	WRITE_ONCE(slot->usable, (u16)usable);
	raise_fence(block - FENCE, block);
	raise_fence(block + size, end_of(slot));
	stamp(slot);
	put(slot, USED);
	vmstat_add(VMSTAT_kfence_alloc, 1);
	return block;
}

static bool try_begin(void)
{
	u32 nobody = 0;

	return try_cmpxchg(&busy, &nobody, spin_self());
}

void *kfence_alloc(size_t size, size_t usable)
{
	struct slot *slot;

	if (in_nmi() || !try_begin())
		return NULL;
	slot = get_slot((u32)ALIGN(usable, 16UL));
	/* pairs with the acquire in try_begin */
	smp_store_release(&busy, 0);
	return slot ? make_block(slot, size, usable) : NULL;
}

static void __cold report_bad_free(const struct slot *slot, const void *p)
{
	const u8 *block = slot ? block_of(slot) : NULL;

	if (slot && p == block)
		pr_err("double free of %p (%u bytes)", p, slot->size);
	else if (slot && (const u8 *)p < block + slot->size &&
		 atomic_read(&slot->state) == USED)
		pr_err("free of %p: interior pointer of a %u-byte block at %p",
		       p, slot->size, block);
	else
		pr_err("free of %p: not an allocated block", p);
	error(false);
}

void kfence_free(void *p)
{
	struct slot *slot = find_slot(p);

	if (unlikely(!slot || p != block_of(slot) || !try_take(slot, USED))) {
		report_bad_free(slot, p);
		return;
	}
	if (unlikely(!fences_stand(slot, false)))
		return;
	/* What was said of the room behind it is said once. */
	raise_fence(block_of(slot) + slot->size, block_of(slot) + slot->usable);
	slot->sum = sum_of(slot);
	stamp(slot);
	put(slot, FREED);
}

size_t kfence_usable(const void *p)
{
	const struct slot *slot = find_slot(p);

	return slot && p == block_of(slot) ? slot->usable : 0;
}

static bool is_block(const struct slot *slot, const void *p, u8 state)
{
	return slot && p == block_of(slot) &&
	       atomic_read(&slot->state) == state;
}

size_t kfence_ksize(const void *p)
{
	const struct slot *slot = find_slot(p);

	return is_block(slot, p, USED) ? slot->size : 0;
}

bool kfence_is_freed(const char *who, const void *p)
{
	const struct slot *slot = find_slot(p);

	if (!is_block(slot, p, FREED))
		return false;
	pr_err("%s of %p: expected a block in use, it was freed (%u bytes)",
	       who, p, slot->size);
	error(false);
	return true;
}

/* Its owner may free it meanwhile, and somebody else have it then. */
static void check_used(const struct slot *slot)
{
	struct slot seen = {
		.state = smp_load_acquire(&slot->state),
		.offset = slot->offset,
		.room = slot->room,
		.size = READ_ONCE(slot->size),
		.usable = READ_ONCE(slot->usable),
		.stamp = READ_ONCE(slot->stamp),
	};
	const u8 *gap;

	if (seen.state != USED)
		return;
	gap = first_gap(&seen);
	smp_mb();
	/* pairs with the release in make_block */
	if (gap && smp_load_acquire(&slot->state) == USED &&
	    READ_ONCE(slot->stamp) == seen.stamp)
		report_gap(&seen, gap, true);
}

/* What a process made inaccessible to its children, these do not look at as
 * they end. */
void kfence_check_all(bool end)
{
	/* pairs with the release in fresh_slot */
	u32 nr = end && is_child ? 0 : smp_load_acquire(&nr_slots);

	for (u32 i = 0; i < nr; i++) {
		struct slot *slot = &slots[i];

		if (!try_take(slot, FREED)) {
			if (end)
				check_used(slot);
		} else if (contents_stand(slot, end) &&
			   fences_stand(slot, end)) {
			put(slot, FREED);
		}
	}
}

/* A handler may have forked that interrupted this thread there. */
void kfence_fork_child(void)
{
	if (atomic_read(&busy) != spin_self())
		atomic_set(&busy, 0);
	is_child = true;
}
