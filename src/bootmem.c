/* SPDX-License-Identifier: MIT */
/*
 * bootmem: blocks, each behind a header of 16 bytes.
 *
 *   | header | block | header | block |  .. used       | header | large |
 *
 * A header's mark is its address, changed by what the block is, so that
 * what is no header hardly ever looks like one.
 *
 * Invariants: what is beyond `used' was never written.
 *
 * Locks: none.
 */
#include "bootmem.h"

#include "atomic.h"
#include "mm_boot.h"
#include "params.h"
#include "printk.h"

struct header {
	u64 size;
	uintptr_t mark; /* atomic */
};

#define BLOCK_BUSY 0x6b6d616c6c6f6300UL
#define BLOCK_FREE 0x6b66726565000000UL

char bootmem[BOOTMEM_BYTES + BOOTMEM_LARGE_BYTES] __aligned(16);
static u32 used;	 /* atomic; may go beyond BOOTMEM_BYTES */
static bool large_taken; /* atomic */

static void *make_block(char *at, size_t size)
{
	struct header *h = (struct header *)at;

	h->size = size;
	atomic_set(&h->mark, (uintptr_t)h ^ BLOCK_BUSY);
	return h + 1;
}

void *bootmem_alloc(size_t size)
{
	u32 bytes, at;

	if (size > BOOTMEM_LARGE_BYTES - sizeof(struct header))
		return NULL;
	size = ALIGN(max(size, 1UL), 16);
	if (size > BOOTMEM_MAX)
		return xchg(&large_taken, true) ?
			       NULL :
			       make_block(bootmem + BOOTMEM_BYTES, size);
	bytes = (u32)(size + sizeof(struct header));
	at = atomic_read(&used);
	do {
		if (at + bytes > BOOTMEM_BYTES)
			return NULL;
	} while (!try_cmpxchg(&used, &at, at + bytes));
	return make_block(bootmem + at, size);
}

static struct header *header_of(const void *p, uintptr_t state)
{
	struct header *h = (struct header *)((uintptr_t)p - sizeof(*h));

	return IS_ALIGNED((uintptr_t)p, 16) && (char *)h >= bootmem &&
			       atomic_read(&h->mark) == ((uintptr_t)h ^ state) ?
		       h :
		       NULL;
}

static void __cold report_bad(const void *p)
{
	mm_boot(); /* the option is read then */
	if (header_of(p, BLOCK_FREE))
		pr_err("double free of %p", p);
	else
		pr_err("free of %p: not an allocated block", p);
	if (param(on_error) == ON_ERROR_ABORT)
		__builtin_abort();
}

void bootmem_free(void *p)
{
	struct header *h = header_of(p, BLOCK_BUSY);
	uintptr_t busy = (uintptr_t)h ^ BLOCK_BUSY;

	if (!h || !try_cmpxchg(&h->mark, &busy, (uintptr_t)h ^ BLOCK_FREE))
		report_bad(p);
}

size_t bootmem_size(const void *p)
{
	struct header *h = header_of(p, BLOCK_BUSY);

	return h ? h->size : 0;
}
