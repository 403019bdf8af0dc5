/* SPDX-License-Identifier: MIT */
/*
 * memblock: reserving address space and bringing it online.
 *
 * See memblock.h for the picture.  Two ways to hold it:
 *
 *   reserved    one PROT_NONE mapping; online = mprotect to read-write.
 *               Costs no memory, no commit charge, no page tables.
 *   unreserved  nothing is mapped; online = mmap at the fixed place, which
 *               fails rather than replaces what is there.  The place is
 *               random, far from where the kernel puts mappings.  For
 *               processes with RLIMIT_AS, and where there is no rseq: that
 *               is an emulator (qemu-user, valgrind), which pays for each
 *               page of a reservation.
 *
 * A process that sets RLIMIT_AS later gives up what is not online of its
 * reservation, which would be more than the limit allows, and goes on without.
 * The system fills holes from the end of the address space on: it takes
 * terabytes until what is behind the ranges is in their way.
 *
 * Invariants: a range's online part is readable and writable; mem_map and
 * mem_class_map cover all online physical memory before mem_phys_limit
 * says so.
 *
 * Locks: MEMBLOCK, a leaf.
 *
 * Left to others: what the memory is used for, and giving it back.
 */
#include "memblock.h"

#include <errno.h>
#include <sys/mman.h>

#include "arch.h"
#include "bitops.h"
#include "gfp.h"
#include "params.h"
#include "vmstat.h"

#define GUARD_SIZE SZ_2M
#define BOOT_SIZE SZ_1G
#define NOLOCK_SIZE SZ_1G
#define LARGEST_ALIGN (256 * SZ_1M) /* its largest blocks' */
#define VMAP_UNIT_BYTES 32	    /* vmap_area.h checks this */
#define THP_HEAP_MIN (16 * SZ_1M)
#define COLLAPSE_LOOKS 4    /* at sections, for each to be collapsed */
#define THP_SPLITS_MAX 4096 /* each may cost two mappings of 65,530 */
#define PHYS_MAX (4 * SZ_1T)

struct mem_range mem_phys, mem_vmalloc, mem_nolock, mem_low;
bool mem_reserved;
size_t mem_dense_pages;
static struct mem_range boot, class_map, memmap, vmap_units;
static struct spinlock memblock_lock = SPIN_LOCK_INIT(MEMBLOCK);

uintptr_t mem_phys_base __hot_data;
u16 *mem_class_map __hot_data;
uintptr_t mem_phys_limit __hot_data;
struct page *mem_map;

static char *reservation, *reservation_end;    /* const after init */
static u64 huge[PHYS_MAX / SECTION_SIZE / 64]; /* atomic: by section */
static u32 nr_splits;			       /* atomic */
static u32 collapse_next; /* of who has set collapse_busy: a section */
static u32 collapse_busy; /* atomic */
static bool has_forked;	  /* atomic: pages may be another process's too */
static size_t boot_used;  /* memblock lock */

/* ---- laying out ---- */

static size_t layout(char *base, size_t phys)
{
	struct {
		struct mem_range *range;
		size_t size, align, guard;
	} const plan[] = {
		{ &boot, BOOT_SIZE, SZ_64K, 0 },
		{ &class_map, (phys >> CLASS_MAP_SHIFT) * sizeof(u16), SZ_64K,
		  0 },
		{ &memmap, (phys >> PAGE_SHIFT) * sizeof(struct page), SZ_64K,
		  0 },
		{ &vmap_units, (phys >> 16) * VMAP_UNIT_BYTES, SZ_64K,
		  GUARD_SIZE },
		{ &mem_phys, phys, SZ_4M, GUARD_SIZE },
		{ &mem_vmalloc, phys, SZ_2M, GUARD_SIZE },
		{ &mem_nolock, NOLOCK_SIZE, LARGEST_ALIGN, GUARD_SIZE },
	};
	char *pos = base;

	for (unsigned int i = 0; i < ARRAY_SIZE(plan); i++) {
		uintptr_t at = ALIGN((uintptr_t)pos, plan[i].align);

		plan[i].range->base = (char *)at;
		plan[i].range->size = ALIGN(plan[i].size, SZ_64K);
		plan[i].range->online = 0;
		plan[i].range->step = SZ_64K;
		pos = (char *)at + plan[i].range->size + plan[i].guard;
	}
	return (size_t)(pos - base);
}

static int map_piece(char *addr, size_t len);

/* The first boot memory and class map, side by side, in one call. */
static int first_online(void)
{
	size_t step = max(boot.step, arch_page_size);
	size_t map = max(class_map.step, arch_page_size);
	int err = map_piece(class_map.base - step, step + map);

	if (!err) {
		boot.online = step;
		class_map.online = map;
	}
	return err;
}

static bool try_reserve(size_t phys)
{
	size_t len = layout(NULL, phys) + LARGEST_ALIGN;
	char *base = arch_mmap(NULL, len, PROT_NONE, MAP_NORESERVE);

	if (IS_ERR(base))
		return false;
	layout(base, phys);
	reservation = base;
	reservation_end = base + len;
	/* Metadata steps are free where nothing is charged for them. */
	boot.step = SZ_2M;
	memmap.step = SZ_2M;
	vmap_units.step = SZ_2M;
	mem_reserved = true;
	if (param(thp) != THP_ALWAYS)
		arch_madvise(base, len, MADV_NOHUGEPAGE);
	/* Of no use if none of it can be brought online. */
	if (!first_online())
		return true;
	arch_munmap(base, len);
	return false;
}

/* A random place above 1 TiB, or above 4 GiB where that is out of reach. */
static bool try_place(size_t phys, bool high)
{
	uintptr_t span = high ? 32 * SZ_1T : 64 * SZ_1G;
	uintptr_t base = (high ? SZ_1T : 4 * SZ_1G) +
			 (arch_random() % span & ~(SZ_1G - 1));

	layout((char *)base, phys);
	mem_reserved = false;
	return !first_online();
}

int memblock_init(void)
{
	size_t phys = IS_ENABLED(CONFIG_SANITIZER) ? 64 * SZ_1G : PHYS_MAX;
	bool ok = false;

	if (arch_rlimit_as() == ~0ULL && percpu_has_rseq()) {
		for (; phys >= SZ_1G && !ok; phys /= 8)
			ok = try_reserve(phys);
	}
	for (int i = 0; i < 16 && !ok; i++)
		ok = try_place(i < 12 ? 256 * SZ_1G : 4 * SZ_1G, i < 12);
	if (!ok)
		return -ENOMEM;
	mem_map = (struct page *)memmap.base;
	mem_phys_base = (uintptr_t)mem_phys.base;
	mem_class_map = (u16 *)((uintptr_t)class_map.base -
				(mem_phys_base >> CLASS_MAP_SHIFT) *
					sizeof(*mem_class_map));
	return 0;
}

/* ---- bringing online ---- */

/* Exactly there, where nothing is. */
static int map_fixed(char *addr, size_t len, int prot)
{
	void *p =
		arch_mmap(addr, len, prot, MAP_NORESERVE | MAP_FIXED_NOREPLACE);

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	if (p == addr)
		return 0;
	arch_munmap(p, len); /* a kernel that takes the address for a hint */
	return -EEXIST;
}

static int map_piece(char *addr, size_t len)
{
	int err;

	if (READ_ONCE(mem_reserved))
		return arch_mprotect(addr, len, PROT_READ | PROT_WRITE);
	err = map_fixed(addr, len, PROT_READ | PROT_WRITE);
	if (err)
		return err;
	if (param(thp) != THP_ALWAYS)
		arch_madvise(addr, len, MADV_NOHUGEPAGE);
	return 0;
}

static int range_online(struct mem_range *r, size_t upto)
{
	int err;

	upto = ALIGN(upto, max(r->step, arch_page_size));
	if (upto <= r->online)
		return 0;
	if (upto > r->size)
		return -ENOMEM;
	err = map_piece(r->base + r->online, upto - r->online);
	if (!err)
		WRITE_ONCE(r->online, upto);
	return err;
}

/* What every program needs of our own structures is not counted: a limit is
 * about the program.  Beyond that they are its doing. */
#define BOOT_FREE (512 * SZ_1K)

static bool over_limit(size_t more)
{
	u64 limit = param(mem), own = boot_used;

	own -= min(own, (u64)BOOT_FREE);
	return limit && mem_phys.online + mem_vmalloc.online + mem_low.online +
					own + more >
				limit;
}

/* ---- 2 MiB pages ---- */

static size_t section_of(const void *p)
{
	return ((uintptr_t)p - mem_phys_base) / SECTION_SIZE;
}

/* Of larger blocks it is not certain that all is used. */
static bool is_dense(void)
{
	size_t online = READ_ONCE(mem_phys.online) >> PAGE_SHIFT;

	return atomic_read(&mem_dense_pages) >= online / 3 * 2;
}

/* Sections of a heap that is large already are worth 2 MiB pages. */
static bool wants_huge(void)
{
	return param(thp) == THP_MADVISE &&
	       READ_ONCE(mem_phys.online) >= THP_HEAP_MIN && is_dense() &&
	       atomic_read(&nr_splits) < THP_SPLITS_MAX;
}

static bool advise_huge(char *start, size_t len)
{
	size_t first = section_of(start);

	if (!wants_huge() || arch_madvise(start, len, MADV_HUGEPAGE))
		return false;
	for (size_t i = first; i < first + len / SECTION_SIZE; i++)
		__atomic_fetch_or(&huge[i / 64], 1ULL << i % 64,
				  __ATOMIC_RELAXED);
	return true;
}

/* What is all resident takes no more memory as one page, unless it is shared
 * with another process, and copied. */
static bool collapse(char *section)
{
	return !memblock_is_huge(section) &&
	       arch_is_resident(section, SECTION_SIZE) &&
	       advise_huge(section, SECTION_SIZE) &&
	       !arch_madvise(section, SECTION_SIZE, MADV_COLLAPSE);
}

unsigned int memblock_collapse(unsigned int nr)
{
	unsigned int done = 0;

	if (atomic_read(&has_forked) || !wants_huge() ||
	    xchg(&collapse_busy, 1))
		return 0;
	for (unsigned int i = 0; i < COLLAPSE_LOOKS * nr && done < nr; i++) {
		size_t at = (size_t)collapse_next++ * SECTION_SIZE;

		if (at >= READ_ONCE(mem_phys.online))
			collapse_next = 0;
		else
			done += collapse(mem_phys.base + at);
	}
	/* pairs with the xchg above */
	smp_store_release(&collapse_busy, 0);
	vmstat_add(VMSTAT_thp_collapse_alloc, done);
	return done;
}

bool memblock_is_huge(const void *p)
{
	size_t i = section_of(p);

	return atomic_read(&huge[i / 64]) >> i % 64 & 1;
}

void memblock_split_huge(void *addr, size_t len)
{
	size_t i = section_of(addr);

	if (len >= SECTION_SIZE || !memblock_is_huge(addr))
		return;
	arch_madvise(mem_phys.base + i * SECTION_SIZE, SECTION_SIZE,
		     MADV_NOHUGEPAGE);
	__atomic_fetch_and(&huge[i / 64], ~(1ULL << i % 64), __ATOMIC_RELAXED);
	atomic_add(&nr_splits, 1);
}

int memblock_renew(void *addr, size_t len)
{
	void *p = arch_mmap(addr, len, PROT_READ | PROT_WRITE,
			    MAP_NORESERVE | MAP_FIXED);
	bool in_huge = mem_is_phys(addr) && memblock_is_huge(addr);

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	/* As its neighbours are, so that the system joins them again. */
	if (param(thp) != THP_ALWAYS)
		arch_madvise(addr, len,
			     in_huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return 0;
}

/* ---- pages and areas ---- */

#define VMALLOC_STEP (4 * SZ_1M)

static void set_phys_limit(size_t online)
{
	WRITE_ONCE(mem_phys_limit, online >> 3);
}

static int online_phys_locked(size_t size)
{
	size_t upto = mem_phys.online + size;
	int err;

	if (over_limit(size))
		return -ENOMEM;
	err = range_online(&class_map, (upto >> CLASS_MAP_SHIFT) * sizeof(u16));
	if (!err)
		err = range_online(&memmap,
				   (upto >> PAGE_SHIFT) * sizeof(struct page));
	if (!err)
		err = range_online(&mem_phys, upto);
	if (!err)
		/* pairs with nothing: a free of this memory follows an
		 * allocation of it, which a lock orders after this */
		set_phys_limit(upto);
	return err;
}

/* The step grows with the heap, so that a large one takes few calls. */
void *memblock_online_phys(size_t size, size_t *got)
{
	size_t want, least = ALIGN(size, SECTION_SIZE);
	char *start;
	int err;

	if (!spin_lock(&memblock_lock))
		return NULL;
	want = clamp(ALIGN_DOWN(mem_phys.online / 8, SECTION_SIZE),
		     SECTION_SIZE, 64 * SZ_1M);
	want = mem_reserved ? max(want, least) : least;
	start = mem_phys.base + mem_phys.online;
	err = online_phys_locked(want);
	if (err && want > least) {
		want = least;
		err = online_phys_locked(want);
	}
	if (!err)
		advise_huge(start, want);
	spin_unlock(&memblock_lock);
	if (err)
		return NULL;
	/* Not at boot: most programs never outgrow their first section. */
	if (start != mem_phys.base)
		params_seal();
	vmstat_add(VMSTAT_pgonline, want >> PAGE_SHIFT);
	*got = want;
	return start;
}

/* Small areas in one step together; the end of a large one is the end of what
 * may be touched, until the next one comes. */
static size_t vmalloc_step(size_t upto)
{
	if (upto <= mem_vmalloc.online)
		return mem_vmalloc.online;
	if (!mem_reserved || upto >= mem_vmalloc.online + VMALLOC_STEP)
		return upto;
	return ALIGN(upto, VMALLOC_STEP);
}

int memblock_online_vmalloc(size_t upto)
{
	size_t want;
	int err = -ENOMEM;

	if (!spin_lock(&memblock_lock))
		return -EDEADLK;
	want = vmalloc_step(upto);
	if (!over_limit(want - mem_vmalloc.online))
		err = range_online(&vmap_units,
				   ((want >> 16) + 1) * VMAP_UNIT_BYTES);
	if (!err)
		err = range_online(&mem_vmalloc, want);
	spin_unlock(&memblock_lock);
	return err;
}

/* ---- low memory ---- */

/*
 * The largest hole below 4 GiB, by powers of two, from the top downwards.  How
 * much of it there is decides the program: what it is linked to, and its heap
 * of old, may be there as well.
 */

#define LOW_END (4 * SZ_1G)
#define LOW_MOST SZ_1G
#define LOW_SCARCE (64 * SZ_1M) /* at most, where nothing is reserved */
#define LOW_LEAST (16 * SZ_1M)
#define LOW_STEP (128 * SZ_1M)
#define LOW_ALIGN (16 * SZ_1M) /* of it and its descriptors, relatively */

static size_t descriptor_bytes(size_t size)
{
	return (size >> PAGE_SHIFT) * sizeof(struct page);
}

/* A place and its descriptors, both or none. */
static bool take_low(char *base, size_t size)
{
	char *pages = (char *)mem_page(base);

	if (map_fixed(base, size, PROT_NONE))
		return false;
	if (mem_reserved && param(thp) != THP_ALWAYS)
		arch_madvise(base, size, MADV_NOHUGEPAGE);
	if (!map_fixed(pages, descriptor_bytes(size), PROT_READ | PROT_WRITE)) {
		/* Where nothing is reserved each piece is mapped when it
		 * comes online. */
		if (!mem_reserved)
			arch_munmap(base, size);
		return true;
	}
	arch_munmap(base, size);
	return false;
}

static bool find_low_of(size_t size)
{
	size_t skew = mem_phys_base % LOW_ALIGN;
	size_t step = max(size, LOW_STEP);

	for (size_t end = LOW_END; end >= size + LOW_ALIGN; end -= step) {
		size_t base = end - size;

		/* As far from a multiple of the alignment as the others. */
		base = base - (skew ? LOW_ALIGN - skew : 0);
		if (take_low((char *)base, size)) {
			mem_low.base = (char *)base;
			mem_low.size = size;
			mem_low.step = SECTION_SIZE;
			return true;
		}
		if (end <= step)
			break;
	}
	return false;
}

static bool find_low(void)
{
	size_t most = mem_reserved ? LOW_MOST : LOW_SCARCE;

	for (size_t size = most; size >= LOW_LEAST; size /= 2) {
		if (find_low_of(size))
			return true;
	}
	return false;
}

static int online_low_locked(size_t size, size_t *got)
{
	char *end;
	size_t want;
	int err;

	if (!mem_low.size && !find_low())
		return -ENOMEM;
	end = mem_low.base + mem_low.online;
	want = size + ((mem_phys_base - (uintptr_t)end) & (size - 1));
	want = ALIGN(want, max(SECTION_SIZE, arch_page_size));
	if (want > mem_low.size - mem_low.online || over_limit(want))
		return -ENOMEM;
	err = map_piece(end, want);
	if (err)
		return err;
	*got = want;
	/* pairs with the acquire in mem_is_low */
	smp_store_release(&mem_low.online, mem_low.online + want);
	return 0;
}

void *memblock_online_low(size_t size, size_t *got)
{
	char *end;
	int err;

	if (!spin_lock(&memblock_lock))
		return NULL;
	err = online_low_locked(size, got);
	end = mem_low.base + mem_low.online;
	spin_unlock(&memblock_lock);
	if (err)
		return NULL;
	vmstat_add(VMSTAT_pgonline, *got >> PAGE_SHIFT);
	return end - *got;
}

/* ---- giving back, taking offline ---- */

/* Pages that were in a locked reserve are locked until they come here: the
 * system refuses what contains any. */
int memblock_discard(const struct arch_range *ranges, unsigned int nr)
{
	int err = arch_discard_ranges(ranges, nr);

	if (likely(!err) || param(mlock) == MLOCK_NONE)
		return err;
	for (unsigned int i = 0; i < nr; i++)
		arch_munlock(ranges[i].addr, ranges[i].len);
	return arch_discard_ranges(ranges, nr);
}

static int unmap_piece(char *addr, size_t len)
{
	struct arch_range range = { addr, len };
	int err;

	if (!mem_reserved)
		return arch_munmap(addr, len);
	err = memblock_discard(&range, 1);
	return err ? err : arch_mprotect(addr, len, PROT_NONE);
}

static int range_offline(struct mem_range *r, size_t from, size_t to)
{
	int err;

	if (r->online != from)
		return -EAGAIN;
	err = unmap_piece(r->base + to, from - to);
	if (!err)
		WRITE_ONCE(r->online, to);
	return err;
}

int memblock_offline_phys(size_t from, size_t to)
{
	int err = -EDEADLK;

	if (!spin_lock(&memblock_lock))
		return err;
	set_phys_limit(to);
	err = range_offline(&mem_phys, from, to);
	if (err)
		set_phys_limit(mem_phys.online);
	spin_unlock(&memblock_lock);
	return err;
}

int memblock_offline_vmalloc(size_t from, size_t to)
{
	int err = -EDEADLK;

	if (!spin_lock(&memblock_lock))
		return err;
	err = range_offline(&mem_vmalloc, from, to);
	spin_unlock(&memblock_lock);
	return err;
}

/* It is counted before it is decided how it is mapped. */
int memblock_online_nolock(char *addr, size_t len)
{
	size_t end = (size_t)(addr + len - mem_nolock.base);
	size_t old = atomic_read(&mem_nolock.online);

	while (old < end && !try_cmpxchg(&mem_nolock.online, &old, end))
		;
	smp_mb();
	return map_piece(addr, len);
}

/* ---- giving up the reservation ---- */

static void unmap_between(char *from, char *to)
{
	if (from < to)
		arch_munmap(from, (size_t)(to - from));
}

/* All but what is online. */
static void unmap_rest(void)
{
	const struct mem_range *const r[] = { &class_map,   &memmap,
					      &vmap_units,  &mem_phys,
					      &mem_vmalloc, &mem_nolock };
	char *pos = reservation;

	unmap_between(pos, class_map.base - boot.online);
	for (unsigned int i = 0; i < ARRAY_SIZE(r); i++) {
		if (i)
			unmap_between(pos, r[i]->base);
		pos = r[i]->base +
		      ALIGN(READ_ONCE(r[i]->online), arch_page_size);
	}
	unmap_between(pos, reservation_end);
	if (mem_low.size)
		unmap_between(mem_low.base + mem_low.online,
			      mem_low.base + mem_low.size);
}

void memblock_unreserve(void)
{
	if (!spin_lock(&memblock_lock))
		return;
	if (mem_reserved) {
		boot.step = SZ_64K;
		memmap.step = SZ_64K;
		vmap_units.step = SZ_64K;
		WRITE_ONCE(mem_reserved, false);
		/* pairs with the one in memblock_online_nolock */
		smp_mb();
		unmap_rest();
	}
	spin_unlock(&memblock_lock);
}

void *memblock_vmap_units(void)
{
	return vmap_units.base;
}

/* ---- boot memory ---- */

static int boot_online(size_t upto)
{
	int err;

	upto = ALIGN(upto, max(boot.step, arch_page_size));
	if (upto <= boot.online)
		return 0;
	if (upto > boot.size || !gfp_may(CALL))
		return -ENOMEM;
	err = map_piece(class_map.base - upto, upto - boot.online);
	if (!err)
		boot.online = upto;
	return err;
}

void *memblock_alloc(size_t size, size_t align)
{
	void *p = NULL;
	size_t upto;

	if (!spin_lock(&memblock_lock))
		return NULL;
	upto = ALIGN(boot_used + size, align);
	/* Half as much again, lest a limit that is reached stops it all. */
	if (upto > BOOT_FREE + BOOT_FREE / 2 && over_limit(size))
		upto = BOOT_SIZE + 1;
	if (!boot_online(upto)) {
		boot_used = upto;
		p = class_map.base - upto;
	}
	spin_unlock(&memblock_lock);
	return p;
}

size_t memblock_boot_bytes(void)
{
	return boot_used;
}

void memblock_fork_lock(void)
{
	spin_fork_lock(&memblock_lock);
	atomic_set(&has_forked, true);
}

void memblock_fork_unlock(void)
{
	spin_fork_unlock(&memblock_lock);
}

void memblock_fork_child(void)
{
	spin_lock_reinit(&memblock_lock);
}
