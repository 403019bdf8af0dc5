/* SPDX-License-Identifier: MIT */
/*
 * memblock: the address space that the library lives in.
 *
 *   [ boot memory | class map | memmap | vmap units ] guard
 *   [ "physical" memory, online up to phys_online   ] guard
 *   [ vmalloc space, online up to its own frontier  ] guard
 *   [ nolock space, each piece when it is first used ]
 *
 *   [ low memory, below 4 GiB, online up to its own frontier ]
 *
 * One reservation holds all but low memory, which is looked for when it is
 * first wanted.  The descriptors of that are where the memmap would have them
 * if it went on downwards for so long: page and address follow from each other
 * by the same arithmetic, and what is free there costs nobody else a branch.
 *
 * Boot memory comes online from its end
 * downwards, so that it and the class map share their first system call;
 * every other range does from its start upwards, as memory is hot-plugged.
 * The end of a big one goes offline again when a limit makes the other want
 * the room.  Where address space is scarce (RLIMIT_AS) the same picture is
 * laid out without reserving it, and each piece is mapped when it comes
 * online.
 *
 * The class map has one entry for each 16 KiB of physical memory: the
 * PERCPU_OFF of the cache whose slab covers it, or 0.
 */
#ifndef KM_MEMBLOCK_H
#define KM_MEMBLOCK_H

#include "bootmem.h"
#include "mm_types.h"
#include "percpu.h"
#include "spinlock.h"

#define CLASS_MAP_SHIFT 14
#define CLASS_MAP_UNIT (1UL << CLASS_MAP_SHIFT)
#define SECTION_SIZE SZ_2M

/* A range of the reservation; online grows. */
struct mem_range {
	char *base;    /* const after init */
	size_t size;   /* const after init */
	size_t online; /* memblock lock; a multiple of the page size */
	size_t step;   /* const after init: online grows by multiples */
};

extern struct mem_range mem_phys __hidden;
extern struct mem_range mem_vmalloc __hidden;
extern struct mem_range mem_nolock __hidden; /* online: atomic, the end of it */
extern struct mem_range mem_low __hidden; /* memblock lock; size 0: none yet */
extern bool mem_reserved __hidden;	  /* memblock lock; racy for others */

/* What free reads first, beside percpu's words.  The class map is named by where
 * the entry of address 0 would be. */
extern uintptr_t mem_phys_base __hidden; /* const after init */
extern u16 *mem_class_map __hidden;	 /* const after init */
extern uintptr_t mem_phys_limit
	__hidden; /* bytes online, divided by 8; grows */
extern struct page *mem_map __hidden; /* const after init */

/* Lays the ranges out.  0 or -ENOMEM. */
int memblock_init(void);

/* Brings at least @size more bytes of physical memory online, contiguous
 * with what is online already; returns its start and stores its size, or
 * NULL.  Context: may make system calls; takes memblock_lock. */
void *memblock_online_phys(size_t size, size_t *got);
/* The same of memory below 4 GiB; of @size bytes there some begin at a
 * multiple of it, if it is a power of two. */
void *memblock_online_low(size_t size, size_t *got);
/* The same for vmalloc space: online becomes at least @upto bytes. */
int memblock_online_vmalloc(size_t upto);
/* The way back: the end of the range, of which nothing is in use, goes
 * offline.  @from: where it is online up to now; -EAGAIN if that is not so.
 * 0, or -errno with everything as it was. */
int memblock_offline_phys(size_t from, size_t to);
int memblock_offline_vmalloc(size_t from, size_t to);
/* Sections of a large heap are advised to be 2 MiB pages, if most of what is
 * online is used densely; what has given back a part is advised no longer, so
 * that the system does not fill the hole. */
extern size_t mem_dense_pages __hidden; /* atomic: slabs of small objects */
bool memblock_is_huge(const void *p);
/* Joins the pages of up to @nr of the heap's sections that were there before it
 * was large, and are resident; returns how many.  Context: none of the locks;
 * makes system calls.  Cost: half a millisecond each. */
unsigned int memblock_collapse(unsigned int nr);
/* [@addr, @addr + @len) is about to be given back. */
void memblock_split_huge(void *addr, size_t len);
/* Puts fresh private memory, as the big ranges have, in place of what is
 * mapped at a part that is online.  0, or -errno: then nobody may use it. */
int memblock_renew(void *addr, size_t len);

/* Address space that is reserved, and not online, is given up. */
void memblock_unreserve(void);
/* arch_discard_ranges, of pages that may be locked. */
struct arch_range;
int memblock_discard(const struct arch_range *ranges, unsigned int nr);

/* A piece of nolock space that nobody else asks for; 0 or -errno.
 * Context: any; takes no lock. */
int memblock_online_nolock(char *addr, size_t len);
/* Descriptor storage for vmalloc's units; readable up to what is online. */
void *memblock_vmap_units(void);

/* Zeroed memory for our own structures, never given back; NULL if there
 * is none.  @align: a power of two up to the page size. */
void *memblock_alloc(size_t size, size_t align);

/* Bytes of boot memory handed out; bytes online of both big ranges. */
size_t memblock_boot_bytes(void);

void memblock_fork_lock(void);
void memblock_fork_unlock(void);
void memblock_fork_child(void);

/* A byte of physical memory, online? */
static __always_inline bool mem_is_phys(const void *p)
{
	return ((uintptr_t)p - mem_phys_base) >> 3 < READ_ONCE(mem_phys_limit);
}

static inline bool mem_is_low(const void *p)
{
	/* pairs with the release in online_low_locked */
	size_t online = smp_load_acquire(&mem_low.online);

	return online && (uintptr_t)p - (uintptr_t)mem_low.base < online;
}

/* A byte of memory that has descriptors? */
static inline bool mem_is_paged(const void *p)
{
	return mem_is_phys(p) || mem_is_low(p);
}

static inline bool mem_is_nolock(const void *p)
{
	return (uintptr_t)p - (uintptr_t)mem_nolock.base <
	       READ_ONCE(mem_nolock.online);
}

/* An address in one of our ranges, online or not, that is nobody else's? */
static inline bool mem_is_reserved(const void *p)
{
	return (READ_ONCE(mem_reserved) &&
		((uintptr_t)p - mem_phys_base < mem_phys.size ||
		 (uintptr_t)p - (uintptr_t)mem_vmalloc.base <
			 mem_vmalloc.size ||
		 (uintptr_t)p - (uintptr_t)mem_nolock.base <
			 mem_nolock.size)) ||
	       mem_is_low(p);
}

static inline bool mem_is_vmalloc(const void *p)
{
	return (uintptr_t)p - (uintptr_t)mem_vmalloc.base <
	       READ_ONCE(mem_vmalloc.online);
}

/* An address where a block of ours may be. */
static inline bool mem_is_ours(const void *p)
{
	return mem_is_phys(p) || mem_is_vmalloc(p) || mem_is_nolock(p) ||
	       mem_is_bootmem(p) || mem_is_low(p);
}

static __always_inline u16 *mem_class_entry(const void *p)
{
	return &READ_FAST(mem_class_map)[(uintptr_t)p >> CLASS_MAP_SHIFT];
}

/* The per-CPU offset of @p's class; false if @p is not physical memory or no
 * multiple of 8: its low bits rotate to where they are too large an offset.
 * The entry does not wait for what is checked.
 * Cost: 9 instructions, 1 line of the map. */
static __always_inline bool mem_class_fast(const void *p, u16 *class_off)
{
	uintptr_t off = (uintptr_t)p - READ_FAST(mem_phys_base);

	off = off >> 3 | off << 61;
	if (unlikely(off >= READ_FAST(mem_phys_limit)))
		return false;
	*class_off = READ_FAST(*mem_class_entry(p));
	return true;
}

/* The per-CPU offset of @p's class; 0 for what is not physical memory.
 * Cost: 9 instructions, 1 line of the map. */
static __always_inline u16 mem_class_off(const void *p)
{
	uintptr_t off = (uintptr_t)p - READ_FAST(mem_phys_base);

	return likely(off >> 3 < READ_FAST(mem_phys_limit)) ?
		       READ_FAST(*mem_class_entry(p)) :
		       0;
}

static inline void mem_set_class(const void *p, size_t size, u8 id)
{
	u16 *entry = mem_class_entry(p);

	if (unlikely(mem_is_low(p)))
		return;
	for (size_t i = 0; i < size >> CLASS_MAP_SHIFT; i++)
		WRITE_ONCE(entry[i], PERCPU_OFF(id));
}

/* Below physical memory as well. */
static inline struct page *mem_page(const void *p)
{
	intptr_t off = (intptr_t)((uintptr_t)p - mem_phys_base);

	return mem_map + (off >> PAGE_SHIFT);
}

static inline void *mem_page_address(const struct page *page)
{
	return (void *)(mem_phys_base +
			((uintptr_t)(page - mem_map) << PAGE_SHIFT));
}

/* In low memory all slabs are of caches without a per-CPU id: the first
 * descriptor of a unit says whether one begins there. */
static inline unsigned int mem_low_class(const void *p)
{
	const void *unit = (void *)((uintptr_t)p & ~(CLASS_MAP_UNIT - 1));

	return page_type(mem_page(unit)) == PG_SLAB ? NR_PERCPU_IDS - 1 : 0;
}

/* The id of @p's class; 0: no small object is there. */
static inline unsigned int mem_class(const void *p)
{
	unsigned int id = mem_class_off(p) / PERCPU_OFF(1);

	return id || likely(!mem_is_low(p)) ? id : mem_low_class(p);
}

#endif
