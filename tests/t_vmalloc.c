/* SPDX-License-Identifier: MIT */
/*
 * vmalloc: areas keep their content while they grow, shrink and move, and end
 * before a page that faults.
 */
#include "kmtest.h"

#include "bitops.h"
#include "mm_boot.h"
#include "spinlock.h"
#include "vmalloc.h"
#include "vmap_area.h"
#include "vmstat.h"

#define UNIT (64 * SZ_1K)

static void start(void)
{
	must(mm_boot());
}

/* One word at each page's begin is enough to know whose the page is. */
static void mark(char *p, size_t from, size_t to, u64 tag)
{
	for (size_t at = from; at < to; at += PAGE_SIZE) {
		u64 word = km_mark(tag, at >> PAGE_SHIFT);

		memcpy(p + at, &word, 8);
	}
}

static bool marked(const char *p, size_t to, u64 tag)
{
	for (size_t at = 0; at < to; at += PAGE_SIZE) {
		u64 word;

		memcpy(&word, p + at, 8);
		if (word != km_mark(tag, at >> PAGE_SHIFT))
			return false;
	}
	return true;
}

/* Areas made, be it from new or from used pages. */
static u64 areas_made(void)
{
	return vmstat_read(VMSTAT_vmap_alloc) + vmstat_read(VMSTAT_vmap_reuse);
}

static struct vmap_stat stat_now(void)
{
	struct vmap_stat stat;

	check_vmap();
	vmap_stat(&stat);
	return stat;
}

/* ---- areas ---- */

static void arrays(void)
{
	size_t many = km_hide(SIZE_MAX / 2);
	char *p[] = {
		vmalloc_array(10, 1000),
		__vmalloc_array(10, 1000, GFP_KERNEL | __GFP_ZERO),
		vcalloc(10, 1000),
		__vcalloc(10, 1000, GFP_KERNEL),
		vmalloc_user(10000),
		vmalloc_node(10000, 1),
		vzalloc_node(10000, -1),
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		must(vmap_size(p[i]) == 12288);
		must(i == 0 || i == 5 || km_is_zero(p[i], 12288));
		mark(p[i], 0, 12288, i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		must(marked(p[i], 12288, i));
		vfree(p[i]);
	}
	must(!vmalloc_array(many, 3) && !vcalloc(many, 3));
	must(!__vmalloc_array(many, 3, GFP_KERNEL));
	must(!__vcalloc(many, 3, GFP_KERNEL));
	must(!vmalloc_array(0, 3) && !vmalloc_user(0) && !vmalloc_node(0, 0));
	/* What was used before is cleared as well. */
	p[0] = vcalloc(3, 4096);
	must(km_is_zero(p[0], 12288));
	vfree(p[0]);
}

/* Below 4 GiB or not at all. */
static void low(void)
{
	void *p = vmalloc_32(10000), *q = vmalloc_32_user(10000);

	must(!p || ((uintptr_t)p + 10000) >> 32 == 0);
	must(!q || (((uintptr_t)q + 10000) >> 32 == 0 && km_is_zero(q, 10000)));
	must(!vmalloc_32(0));
	vfree(p);
	vfree(q);
}

static void aligned_resize(void)
{
	char *p = vrealloc_node_align(NULL, 100000, SZ_1M, GFP_KERNEL, 0), *q;

	must(p && IS_ALIGNED((uintptr_t)p, SZ_1M));
	mark(p, 0, 100000, 1);
	q = vrealloc_node_align(p, 3 * SZ_1M, SZ_1M, GFP_KERNEL, 0);
	must(q && IS_ALIGNED((uintptr_t)q, SZ_1M) && marked(q, 100000, 1));
	p = vrealloc_node_align(q, 200000, SZ_1M, GFP_KERNEL, 0);
	must(p == q && marked(p, 100000, 1));
	q = vrealloc_node(p, 150000, GFP_KERNEL, 0);
	must(q == p);
	must(!vrealloc_node_align(p, 100, 3, GFP_KERNEL, 0));
	must(!vrealloc_node_align(p, km_hide(~0UL), 8, GFP_KERNEL, 0));
	must(marked(p, 100000, 1));
	must(!vrealloc_node_align(p, 0, SZ_1M, GFP_KERNEL, 0));
	must(stat_now().areas == 0);
}

/* Whether the system is advised to use 2 MiB pages at @p. */
static bool is_advised(const void *p)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	bool here = false, advised = false;
	unsigned long from, to;
	char line[512];

	must(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)p >= from && (uintptr_t)p < to;
		if (here && !strncmp(line, "VmFlags:", 8))
			advised = strstr(line, " hg");
	}
	fclose(f);
	return advised;
}

static void huge_areas(void)
{
	size_t size = 5 * SZ_1M;
	char *p = vmalloc_huge(size, GFP_KERNEL | __GFP_ZERO), *q;
	bool advised;

	must(p && IS_ALIGNED((uintptr_t)p, SZ_2M) && km_is_zero(p, size));
	advised = is_advised(p);
	must(advised || km_valgrind() ||
	     access("/sys/kernel/mm/transparent_hugepage", F_OK));
	mark(p, 0, size, 1);
	/* It stays while it can, and is copied otherwise. */
	q = vrealloc(p, size - SZ_1M, GFP_KERNEL);
	must(q == p);
	q = vrealloc(p, 2 * size, GFP_KERNEL);
	must(q && (!advised || q != p) && marked(q, size - SZ_1M, 1));
	must(!advised || !is_advised(p));
	vfree(q);
	p = vmalloc_huge_node(size, GFP_KERNEL, 0);
	must(p && IS_ALIGNED((uintptr_t)p, SZ_2M));
	mark(p, 0, size, 1);
	q = vrealloc(p, 100, GFP_KERNEL);
	must(q && marked(q, 100, 1));
	vfree(q);
	must(!is_advised(p));
	p = vmalloc_huge(SZ_2M - 1, GFP_KERNEL);
	must(p && !is_advised(p));
	vfree(p);
	must(!vmalloc_huge(0, GFP_KERNEL));
	must(!vmalloc_huge(km_hide(~0UL), GFP_KERNEL));
	must(stat_now().areas == 0);
}

static void huge_areas_not(void)
{
	char *p;

	setenv("KMALLOC", "thp=never", 1);
	p = vmalloc_huge(SZ_4M, GFP_KERNEL);
	must(p && IS_ALIGNED((uintptr_t)p, SZ_2M) && !is_advised(p));
	vfree(p);
}

#define LARGE (8 * SZ_1M)

/* malloc's: a new area, used as far as @used. */
static char *used_area(size_t used)
{
	bool zeroed = false;
	char *p;

	vmap_purge(true);
	p = vmap_alloc(LARGE, 1, false, &zeroed);
	must(p && zeroed && km_is_zero(p + LARGE - SZ_1M, 64));
	memset(p, 1, used);
	return p;
}

static void use_areas(unsigned int times, size_t used)
{
	for (unsigned int i = 0; i < times; i++)
		must(vmap_free(used_area(used)));
}

/* Of 32 new ones, how many are advised to be 2 MiB pages? */
static unsigned int count_advised(size_t used)
{
	unsigned int n = 0;

	for (int i = 0; i < 32; i++) {
		char *p = used_area(used);

		n += is_advised(p + LARGE / 2);
		must(vmap_free(p));
		must(!is_advised(p + LARGE / 2));
	}
	return n;
}

static void whole_areas(void)
{
	char *p, *q;

	start();
	if (km_valgrind() ||
	    access("/sys/kernel/mm/transparent_hugepage", F_OK))
		return;
	vmalloc_dear_ns = ~0ULL;
	/* Until they are seen to be used whole, they are not. */
	use_areas(3, LARGE);
	must(count_advised(LARGE - SZ_1M) == 0);
	use_areas(4, LARGE);
	must(count_advised(LARGE) == 30);
	/* Those that are not advised tell when that ends. */
	count_advised(PAGE_SIZE);
	must(count_advised(PAGE_SIZE) == 0);
	use_areas(4, LARGE);
	/* One that changes is like others. */
	for (int i = 0; i < 2; i++) {
		p = used_area(LARGE);
		if (is_advised(p + LARGE / 2))
			break;
		must(vmap_free(p));
	}
	must(is_advised(p + LARGE / 2));
	must(vmap_resize(p, LARGE - 1) == p);
	q = vmap_resize(p, 3 * LARGE);
	must(q && !is_advised(q + LARGE / 2) && q[LARGE - 1] == 1);
	must(vmap_free(q));
	/* What cannot be told is no evidence. */
	km_fail("mincore", 1);
	count_advised(LARGE);
	must(count_advised(LARGE) == 0);
	km_fail("mincore", 0);
	use_areas(4, LARGE);
	must(count_advised(LARGE) == 30);
	check_vmap();
}

/* A program that keeps what it allocates frees none to be looked at. */
static void whole_areas_kept(void)
{
	char *p[8];

	start();
	if (km_valgrind() ||
	    access("/sys/kernel/mm/transparent_hugepage", F_OK))
		return;
	vmalloc_dear_ns = ~0ULL;
	/* What is not full yet may become so, and says nothing. */
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = used_area(i < 2 ? PAGE_SIZE : LARGE);
		must(is_advised(p[i] + LARGE / 2) == (i == 7));
	}
	/* What is not when it is freed does. */
	must(vmap_free(p[0]));
	must(count_advised(PAGE_SIZE) == 0);
	for (unsigned int i = 1; i < ARRAY_SIZE(p); i++)
		must(vmap_free(p[i]));
	check_vmap();
}

/* Those that take long to be had are not, for a while that doubles. */
static void whole_areas_dear(void)
{
	unsigned int waits = 0;
	char *p;

	start();
	if (km_valgrind() ||
	    access("/sys/kernel/mm/transparent_hugepage", F_OK))
		return;
	vmalloc_dear_ns = 0;
	use_areas(4, LARGE);
	use_areas(1, LARGE); /* the first of 16 is left as it is */
	p = used_area(LARGE);
	must(!is_advised(p));
	must(!is_advised(p + LARGE / 2));
	must(vmap_free(p));
	must(!is_advised(p + LARGE - 1));
	must(count_advised(LARGE) == 0);
	vmalloc_dear_ns = ~0ULL;
	while (!count_advised(LARGE)) {
		must(waits++ < 600);
		usleep(100000);
	}
	must(count_advised(LARGE) == 30);
	check_vmap();
}

static void whole_areas_not(void)
{
	setenv("KMALLOC", "thp=never", 1);
	use_areas(5, LARGE);
	must(count_advised(LARGE) == 0);
}

static void sizes(void)
{
	static char *area[400];
	static size_t size[400];
	struct km_rng rng = km_rng_of(1);
	size_t pages = 0;

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
		size[i] = km_any_size(&rng, 3 * SZ_1M);
		area[i] = vmalloc(size[i]);
		must(area[i] && IS_ALIGNED((uintptr_t)area[i], UNIT));
		must(vmap_size(area[i]) == PAGE_ALIGN(size[i]));
		must(is_vmalloc_addr(area[i]));
		must(is_vmalloc_addr(area[i] + size[i] - 1));
		mark(area[i], 0, vmap_size(area[i]), i);
		pages += vmap_size(area[i]) >> PAGE_SHIFT;
	}
	must(stat_now().areas == ARRAY_SIZE(area));
	must(stat_now().live_pages == pages);
	for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
		must(marked(area[i], vmap_size(area[i]), i));
		vfree(area[i]);
	}
	must(stat_now().areas == 0 && stat_now().live_pages == 0);
}

static void refused(void)
{
	size_t got;

	start();
	must(!vmalloc(0) && !vzalloc(0));
	must(!vmalloc(km_hide(~0UL)) && !vmalloc(PTRDIFF_MAX) &&
	     !vmalloc(1UL << 62));
	must(!vmalloc(mem_vmalloc.size));
	must(!is_vmalloc_addr(NULL) && !is_vmalloc_addr(&got));
	must(vmap_size(NULL) == 0 && vmap_size(&got) == 0);
	vfree(NULL);
	must(!vrealloc(NULL, km_hide(~0UL), GFP_KERNEL));
	must(stat_now().areas == 0);
	must(vmalloc(1));
}

static void zeroed(void)
{
	static const size_t lengths[] = { 1, 100, 4096, 5000, UNIT, SZ_1M };

	start();
	for (int turn = 0; turn < 3; turn++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
			char *p = vzalloc(lengths[i]);

			must(km_is_zero(p, lengths[i]));
			memset(p, 0xaa, vmap_size(p));
			vfree(p);
		}
	}
	must(vmstat_read(VMSTAT_vmap_reuse) >= 2 * ARRAY_SIZE(lengths));
}

/* A used run serves again as it is; the caller is told so. */
static void reuse(void)
{
	bool zero = false;
	char *p, *again;

	start();
	p = vmap_alloc(SZ_1M, 1, true, &zero);
	must(zero && km_is_zero(p, SZ_1M));
	mark(p, 0, SZ_1M, 1);
	must(vmap_free(p));
	must(stat_now().dirty_pages == 17 * 16);
	again = vmap_alloc(SZ_1M, 1, true, &zero);
	must(again == p && !zero);
	must(vmstat_read(VMSTAT_vmap_reuse) == 1);
	must(vmap_free(p));
	vmap_purge(true);
	must(stat_now().dirty_pages == 0);
	again = vmap_alloc(SZ_1M, 1, true, &zero);
	must(zero && km_is_zero(again, SZ_1M));
}

static void alignment(void)
{
	/* Up to 1 GiB; valgrind notes the state of each byte. */
	unsigned int nr = km_valgrind() ? 14 : 19;
	char *area[19];
	bool zero;

	start();
	for (int turn = 0; turn < 2; turn++) {
		for (unsigned int i = 0; i < nr; i++) {
			size_t align = PAGE_SIZE << i,
			       size = 3 * SZ_1M >> i % 5;

			area[i] = vmap_alloc(size, align, true, &zero);
			must(area[i] && IS_ALIGNED((uintptr_t)area[i], align));
			mark(area[i], 0, size, i);
			check_vmap();
		}
		must(nr < 19 || IS_ALIGNED((uintptr_t)area[18], SZ_1G));
		for (unsigned int i = 0; i < nr; i++) {
			must(marked(area[i], 3 * SZ_1M >> i % 5, i));
			must(vmap_free(area[i]));
		}
		vmap_purge(true);
	}
	/* What lay before and behind aligned areas is free, in one run. */
	size_t span = stat_now().span_pages;

	must(vmap_alloc((span << PAGE_SHIFT) - 2 * UNIT, 1, true, &zero));
	must(stat_now().span_pages == span);
}

/* ---- guards ---- */

static bool guards_work(void)
{
	char *p = arch_mmap(NULL, arch_page_size, PROT_READ | PROT_WRITE, 0);

	return !arch_madvise(p, arch_page_size, MADV_GUARD_INSTALL);
}

/* The last page of the area's units belongs to nobody. */
static char *guard_of(char *p)
{
	return p + ALIGN(vmap_size(p) + arch_page_size, UNIT) - arch_page_size;
}

struct overrun {
	char *(*make)(void);
};

static void read_guard(void *arg)
{
	struct overrun *o = arg;
	char *p, *guard;

	start();
	p = o->make();
	must(p);
	guard = guard_of(p);
	mark(p, 0, vmap_size(p), 1);
	must(marked(p, vmap_size(p), 1));
	if (vmap_size(p) + arch_page_size == ALIGN(vmap_size(p), UNIT))
		must(guard == p + vmap_size(p));
	dprintf(1, "touching\n");
	*(volatile char *)guard = 1;
	dprintf(1, "touched\n");
}

static char *make_fresh(void)
{
	return vmalloc(15 * PAGE_SIZE);
}

static char *make_large(void)
{
	return vmalloc(SZ_4M - PAGE_SIZE);
}

static char *make_reused(void)
{
	char *p = vmalloc(31 * PAGE_SIZE);

	vfree(p);
	return vmalloc(30 * PAGE_SIZE);
}

static char *make_purged(void)
{
	char *p = vmalloc(31 * PAGE_SIZE);

	vmalloc(PAGE_SIZE);
	vfree(p);
	vmap_purge(true);
	return vmalloc(31 * PAGE_SIZE);
}

static char *make_shrunk(void)
{
	return vrealloc(vmalloc(SZ_4M), 15 * PAGE_SIZE, GFP_KERNEL);
}

static void test_guards(void **state)
{
	static struct overrun made[] = { { make_fresh },
					 { make_large },
					 { make_reused },
					 { make_purged },
					 { make_shrunk } };
	static struct km_child c;

	if (!guards_work()) {
		km_skip("the system has no MADV_GUARD_INSTALL");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(made); i++) {
		km_child(&c, read_guard, &made[i]);
		assert_child_dies(&c, SIGSEGV, "touching\n");
		assert_null(strstr(c.said, "touched"));
	}
}

/* Growth reserves ahead, an eighth in place and a quarter where it moves;
 * the guard is behind that, and no old guard is left inside. */
static void guard_grown(void *arg)
{
	bool move = *(bool *)arg;
	size_t size = SZ_1M, units;
	char *p;

	start();
	p = vmalloc(size);
	mark(p, 0, size, 3);
	for (int i = 0; i < 6; i++, size *= 2) {
		u64 moved = vmstat_read(VMSTAT_vmap_move);

		if (move)
			vmalloc(3 * size); /* in the way */
		p = vrealloc(p, size * 2, GFP_KERNEL);
		must(p && marked(p, size, 3));
		must(vmstat_read(VMSTAT_vmap_move) ==
		     moved + (move && km_can_move()));
		mark(p, size, size * 2, 3);
	}
	units = (size + arch_page_size + UNIT - 1) / UNIT;
	units += units / (move ? 4 : 8);
	dprintf(1, "touching\n");
	p[units * UNIT - arch_page_size - 1] = 1;
	dprintf(1, "the last byte\n");
	p[units * UNIT - arch_page_size] = 1;
	dprintf(1, "the guard\n");
}

static void test_guard_grown(void **state)
{
	static struct km_child c;
	bool moved[] = { false, true };

	if (!guards_work()) {
		km_skip("the system has no MADV_GUARD_INSTALL");
		return;
	}
	/* Without moves, areas in each other's way are copied. */
	for (int i = 0; i < (km_can_move() ? 2 : 1); i++) {
		km_child(&c, guard_grown, &moved[i]);
		assert_child_dies(&c, SIGSEGV, "the last byte\n");
		assert_null(strstr(c.said, "the guard\n"));
	}
}

/* Where the system refuses, areas are made without. */
static void guards_refused(void)
{
	start();
	km_fail("madvise", 1);
	for (int i = 0; i < 20; i++) {
		char *p = vmalloc(SZ_1M);

		must(p);
		mark(p, 0, vmap_size(p), (u64)i);
		p = vrealloc(p, 5 * SZ_1M, GFP_KERNEL);
		must(p && marked(p, SZ_1M, (u64)i));
		vfree(p);
	}
	check_vmap();
}

/* ---- resizing ---- */

/* Whether the system moves a range that several moves have put together
 * (Linux 6.17 and later); where it does not, such an area is copied. */
static bool moves_pieces(void)
{
	size_t len = 2 * arch_page_size;
	char *from[4], *to;
	int err = 0;

	for (int i = 0; i < 4; i++) {
		from[i] = arch_mmap(NULL, 2 * len, PROT_READ | PROT_WRITE, 0);
		mark(from[i], 0, 2 * len, 1);
	}
	to = from[3];
	for (size_t i = 0; i < 2; i++)
		err |= arch_move_pages(from[i], len, to + i * len);
	return !err && !arch_move_pages(to, 2 * len, from[2]);
}

/* Nothing was copied, unless it was little: no second area was made. */
static void must_not_copy(u64 made, size_t size)
{
	static int pieces = -1;

	if (pieces < 0)
		pieces = moves_pieces();
	must(!pieces || size < SZ_1M / 4 || areas_made() == made);
}

/* Up to 64 MiB in steps of all kinds, in the way of each other or not. */
static void grow(unsigned int mul, unsigned int div, bool obstacles)
{
	u64 made, moved = vmstat_read(VMSTAT_vmap_move);
	size_t size = PAGE_SIZE, next;
	char *p = vmalloc(size);

	mark(p, 0, size, mul);
	for (; size < 64 * SZ_1M; size = next) {
		next = PAGE_ALIGN(size * mul / div + 1);
		if (obstacles)
			must(vmalloc(1));
		made = areas_made();
		p = vrealloc(p, next, GFP_KERNEL);
		must(p && vmap_size(p) == next);
		must(marked(p, size, mul));
		must_not_copy(made, next);
		mark(p, size, next, mul);
		check_vmap();
	}
	must((obstacles && km_can_move()) ==
	     (vmstat_read(VMSTAT_vmap_move) > moved));
	must(marked(p, size, mul));
	vfree(p);
	vmap_purge(true);
	check_vmap();
}

static void growth_in_place(void)
{
	start();
	grow(2, 1, false);
}

static void growth_by_moving(void)
{
	start();
	grow(2, 1, true);
	grow(3, 2, true);
	grow(5, 1, true);
	grow(9, 8, true);
}

/* Where an area was to be moved to, and was not, may have been dirty. */
static void move_fails_over_dirty(void)
{
	char *p, *dirty;
	bool zero;

	start();
	p = vmalloc(SZ_1M);
	must(vmalloc(1));
	dirty = vmalloc(SZ_1M);
	mark(dirty, 0, SZ_1M, 1);
	vfree(dirty);
	km_fail("mremap", 1);
	must(!vmap_resize(p, SZ_4M));
	km_fail("mremap", 0);
	for (int i = 0; i < 4; i++) {
		p = vmap_alloc(SZ_1M, 1, i % 2, &zero);
		must(p && (!zero || km_is_zero(p, SZ_1M)));
	}
	check_vmap();
}

/* Two that grow in turns: moved, grown in place, moved again. */
static void growth_in_turns(void)
{
	char *p[2];
	size_t size = 3 * PAGE_SIZE;
	u64 made;

	start();
	for (u64 k = 0; k < 2; k++) {
		p[k] = vmalloc(size);
		mark(p[k], 0, size, k);
	}
	for (; size < 48 * SZ_1M; size += size / 3) {
		size = PAGE_ALIGN(size);
		for (u64 k = 0; k < 2; k++) {
			size_t old = vmap_size(p[k]);

			made = areas_made();
			p[k] = vrealloc(p[k], size, GFP_KERNEL);
			must(p[k] && marked(p[k], old, k));
			must_not_copy(made, size);
			mark(p[k], old, size, k);
		}
		check_vmap();
	}
	must(!km_can_move() || vmstat_read(VMSTAT_vmap_move) > 3);
}

static void shrink(void)
{
	size_t size = 64 * SZ_1M;
	struct vmap_stat stat;
	char *p, *q;

	start();
	p = vmalloc(size);
	mark(p, 0, size, 1);
	for (; size > PAGE_SIZE; size = PAGE_ALIGN(size / 3)) {
		q = vrealloc(p, size, GFP_KERNEL);
		must(q == p && vmap_size(p) == PAGE_ALIGN(size));
		must(marked(p, size, 1));
		stat = stat_now();
		must(stat.live_pages == PAGE_ALIGN(size) >> PAGE_SHIFT);
		must(stat.areas == 1);
	}
	/* What was cut off is there for others. */
	vmap_purge(true);
	stat = stat_now();
	must(stat.dirty_pages == 0);
	q = vmalloc(20 * SZ_1M);
	must(q && stat_now().span_pages == stat.span_pages);
	mark(q, 0, 20 * SZ_1M, 2);
	must(marked(p, PAGE_SIZE, 1));
	p = vrealloc(p, 5 * SZ_1M, GFP_KERNEL);
	must(marked(p, PAGE_SIZE, 1) && marked(q, 20 * SZ_1M, 2));
	vfree(q);
	vfree(p);
	must(stat_now().areas == 0);
}

/* The pages of what was cut off do not stay for ever. */
static void shrink_bounded(void)
{
	char *p;

	start();
	p = vmalloc(64 * SZ_1M);
	mark(p, 0, 64 * SZ_1M, 1);
	must(vrealloc(p, PAGE_SIZE, GFP_KERNEL) == p);
	must(stat_now().dirty_pages << PAGE_SHIFT <= 32 * SZ_1M);
	must(marked(p, PAGE_SIZE, 1));
}

static void to_nothing(void)
{
	char *p;

	start();
	p = vrealloc(NULL, 10000, GFP_KERNEL);
	must(p && vmap_size(p) == 12288);
	must(!vrealloc(p, 0, GFP_KERNEL));
	must(stat_now().areas == 0);
}

/* Growth with __GFP_ZERO reads as zero, whatever the pages held before. */
static void grow_zero(size_t first, size_t then)
{
	char *p = vmalloc(2 * SZ_1M);

	memset(p, 0xee, vmap_size(p));
	vfree(p); /* a dirty run, to be used again */
	p = vzalloc(first);
	must(km_is_zero(p, first));
	p = vrealloc(p, then, GFP_KERNEL | __GFP_ZERO);
	must(p && km_is_zero(p, then));
	memset(p, 0xdd, vmap_size(p));
	vfree(p);
}

static void zero_growth(void)
{
	start();
	grow_zero(2 * SZ_1M - PAGE_SIZE, 2 * SZ_1M);
	grow_zero(SZ_1M, 3 * SZ_1M);
	grow_zero(2 * SZ_1M, 9 * SZ_1M);
}

/* The first size ended inside a page: the page's rest is growth too. */
static void zero_growth_in_page(void)
{
	start();
	grow_zero(2 * SZ_1M - 4000, 2 * SZ_1M);
	grow_zero(2 * SZ_1M - 100, 5 * SZ_1M);
}

/* Shrunk and grown again: what was cut off is not seen again. */
static void zero_regrowth(void)
{
	char *p;

	start();
	p = vzalloc(SZ_1M);
	memset(p, 0xcc, SZ_1M);
	p = vrealloc(p, SZ_1M - 5000, GFP_KERNEL | __GFP_ZERO);
	p = vrealloc(p, SZ_1M, GFP_KERNEL | __GFP_ZERO);
	must(km_is_zero(p + SZ_1M - 5000, 5000));
}

/* ---- failing calls ---- */

/* An area that cannot move is copied. */
static void move_fails(void)
{
	u64 made;
	char *p;

	start();
	km_fail("mremap", 1);
	p = vmalloc(SZ_1M);
	mark(p, 0, SZ_1M, 1);
	must(vmalloc(1));
	made = areas_made();
	p = vrealloc(p, 7 * SZ_1M, GFP_KERNEL);
	must(p && marked(p, SZ_1M, 1) && vmap_size(p) == 7 * SZ_1M);
	must(arch_fail_count == 1 && areas_made() == made + 1);
	must(stat_now().areas == 2);
	vfree(p);
	check_vmap();
}

static void no_room(void)
{
	struct vmap_stat stat;
	char *p, *q;

	setenv("KMALLOC", "mem=32M", 1);
	start();
	p = vmalloc(8 * SZ_1M);
	q = vmalloc(8 * SZ_1M);
	must(p && q);
	mark(p, 0, 8 * SZ_1M, 1);
	mark(q, 0, 8 * SZ_1M, 2);
	must(!vmalloc(40 * SZ_1M));
	must(!vrealloc(p, 60 * SZ_1M, GFP_KERNEL));
	must(marked(p, 8 * SZ_1M, 1) && marked(q, 8 * SZ_1M, 2));
	must(vmap_size(p) == 8 * SZ_1M);
	stat = stat_now();
	must(stat.areas == 2 && stat.live_pages == 4096);
	vfree(p);
	must(vmalloc(8 * SZ_1M));
}

static void online_fails(void)
{
	char *p;

	start();
	km_fail_growth(1);
	must(!vmalloc(SZ_1M));
	must(stat_now().areas == 0);
	km_fail_growth(0);
	p = vmalloc(SZ_1M);
	mark(p, 0, SZ_1M, 1);
	km_fail_growth(1);
	must(!vrealloc(p, 99 * SZ_1M, GFP_KERNEL));
	must(marked(p, SZ_1M, 1));
	check_vmap();
}

/* Every second advice fails: some guards stay, none of them in an area. */
static void purge_fails_sometimes(void)
{
	struct km_rng rng = km_rng_of(9);

	start();
	for (unsigned int every = 2; every < 6; every++) {
		char *area[50];

		km_fail("madvise", every);
		for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
			area[i] = vmalloc(km_any_size(&rng, SZ_1M));
			must(area[i]);
			mark(area[i], 0, vmap_size(area[i]), i);
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(area); i++) {
			must(marked(area[i], vmap_size(area[i]), i));
			vfree(area[i]);
		}
		vmap_purge(true);
		check_vmap();
	}
}

/* ---- misuse ---- */

struct crime {
	void (*commit)(char *p);
	const char *text; /* with %p for the area of 20480 bytes */
};

static void free_twice(char *p)
{
	vfree(p);
	vfree(p);
}

static void free_inside_page(char *p)
{
	vfree(p + 8);
}

static void free_inside(char *p)
{
	vfree(p + UNIT);
}

static void free_purged(char *p)
{
	vfree(p);
	vmap_purge(true);
	vfree(p);
}

static void free_never(char *p)
{
	vfree(p + SZ_2M);
}

static void free_elsewhere(char *p)
{
	vfree(&p);
}

static void realloc_freed(char *p)
{
	vfree(p);
	p = vrealloc(p, SZ_4M, GFP_KERNEL);
	must(!p);
}

static void write_freed(char *p)
{
	vfree(p);
	p[0] = 7;
	must(vmalloc(100 * SZ_1K));
}

/* The area there begins before it. */
static void write_freed_within(char *p)
{
	char *q = vmalloc(SZ_1M);

	must(q > p);
	vfree(q);
	q[7] = 7;
	vfree(p);
	must(vmalloc(SZ_1M + SZ_64K) == p);
}

static void commit(void *arg)
{
	const struct crime *crime = arg;
	char *p;

	start();
	p = vmalloc(100 * SZ_1K);
	must(p);
	dprintf(2, "area %p\n", (void *)p);
	crime->commit(p);
	must(stat_now().areas <= 1);
	dprintf(2, "went on\n");
}

static const struct crime crimes[] = {
	{ free_twice, "double free of %p (25 pages)\n" },
	{ free_inside_page, "interior pointer of a 102400-byte block at %p\n" },
	{ free_inside, "interior pointer of a 102400-byte block at %p\n" },
	{ free_purged, "free of %p" },
	{ free_never, ": not an allocated block\n" },
	{ free_elsewhere, ": not an allocated block\n" },
	{ realloc_freed, "double free of %p (25 pages)\n" },
};

static void expected_line(const struct km_child *c, const char *fmt, char *want,
			  size_t size)
{
	const char *at = strstr(fmt, "%p");
	void *p = NULL;

	assert_int_equal(sscanf(c->said, "area %p\n", &p), 1);
	if (at)
		snprintf(want, size, "%.*s%p%s", (int)(at - fmt), fmt, p,
			 at + 2);
	else
		snprintf(want, size, "%s", fmt);
}

static void test_misuse(void **state)
{
	static struct km_child c;
	char want[200];

	for (unsigned int i = 0; i < ARRAY_SIZE(crimes); i++) {
		km_child(&c, commit, &crimes[i]);
		expected_line(&c, crimes[i].text, want, sizeof(want));
		assert_child_dies(&c, SIGABRT, want);
	}
}

static void test_misuse_warned(void **state)
{
	static struct km_child c;
	char want[200];

	setenv("KMALLOC", "on_error=warn", 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(crimes); i++) {
		km_child(&c, commit, &crimes[i]);
		assert_child_ok(&c);
		expected_line(&c, crimes[i].text, want, sizeof(want));
		assert_non_null(strstr(c.said, want));
		assert_non_null(strstr(c.said, "went on\n"));
	}
	unsetenv("KMALLOC");
}

static void test_writes(void **state)
{
	static const struct crime written[] = {
		{ write_freed, "write to free memory at %p: by a pointer" },
		{ write_freed_within, "write to free memory at 0x" },
	};
	static struct km_child c;
	char want[200];

	if (km_valgrind()) {
		km_skip("valgrind sees to it");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(written); i++) {
		km_child(&c, commit, (void *)&written[i]);
		expected_line(&c, written[i].text, want, sizeof(want));
		assert_child_dies(&c, SIGABRT, want);
	}
}

/* An area of 0x01 bytes that was freed. */
static char *freed_area(void)
{
	char *p = vmalloc(SZ_1M);

	must(p);
	memset(p, 1, SZ_1M);
	vfree(p);
	return p;
}

/* Of whatever begins where that one did. */
static void take_again(char *p)
{
	char *q = vmalloc(SZ_1M);

	must(q == p);
	memset(q, 2, SZ_1M);
	vfree(q);
	check_vmap();
}

/* None of it is a write to free memory. */
static void no_writes(void *arg)
{
	char *p, *q;

	(void)arg;
	start();
	p = freed_area();
	take_again(p);
	p[8] = 7; /* which nobody knows */
	take_again(p);
	must(vmap_purge(true));
	take_again(p);
	p = vmalloc(SZ_1M);
	memset(p, 1, SZ_1M);
	must(!madvise(p, SZ_1M, MADV_FREE));
	vfree(p);
	must(!madvise(p, SZ_1M, MADV_DONTNEED)); /* taken in the end */
	take_again(p);
	/* An area that grows over the place of another. */
	p = vmalloc(SZ_1M);
	q = freed_area();
	must(q > p && vmap_resize(p, 2 * SZ_1M) == p);
	memset(km_hide(p), 3, 2 * SZ_1M);
	check_vmap();
	vfree(p);
	must(vmalloc(2 * SZ_1M) == p);
}

/* What cannot be read is not looked at, when it is freed. */
static void no_access(void *arg)
{
	char *p;

	(void)arg;
	start();
	p = vmalloc(SZ_1M);
	must(!mprotect(p, arch_page_size, PROT_NONE));
	vfree(p);
	must(!mprotect(p, arch_page_size, PROT_READ | PROT_WRITE));
	*p = 1;
	take_again(p);
}

/* More than are noted. */
static void many(void *arg)
{
	char *p[40];

	(void)arg;
	start();
	for (int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
			p[i] = vmalloc(SZ_64K + (i << 14));
			must(p[i]);
			memset(p[i], (int)i, SZ_64K);
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
			vfree(p[i * 7 % ARRAY_SIZE(p)]);
		check_vmap();
	}
}

static void test_no_writes(void **state)
{
	static struct km_child c;

	km_child(&c, no_writes, NULL);
	assert_child_ok(&c);
	assert_string_equal(c.said, "");
	km_child(&c, no_access, NULL);
	assert_child_ok(&c);
	assert_string_equal(c.said, "");
	km_child(&c, many, NULL);
	assert_child_ok(&c);
	assert_string_equal(c.said, "");
}

/* ---- zeroing what was used ---- */

#define CLEARED SZ_4M
#define CLEARED_PAGES (CLEARED / arch_page_size)

/* A page in @step is written to, then all must read as zero; returns how many
 * pages are resident before it is read.  (All of a page: a sanitizer's own
 * memory for it would be a page fault otherwise.) */
static size_t clear_area(size_t step)
{
	char *p = vmalloc(CLEARED);
	size_t pages;

	for (size_t at = 0; at < CLEARED; at += step * arch_page_size)
		memset(p + at, 1, arch_page_size);
	vfree(p);
	p = vzalloc(CLEARED);
	pages = km_resident(p, CLEARED);
	must(km_is_zero(p, CLEARED));
	vfree(p);
	must(!vmap_purge(true) || !km_resident(p, CLEARED));
	return pages;
}

/* What is not resident does not become so for being cleared, but for what it
 * takes to find that out. */
static void cleared(void)
{
	start();
	must(clear_area(1) == CLEARED_PAGES);
	must(clear_area(64) <= CLEARED_PAGES / 8);
	km_fail("getrusage", 1);
	must(clear_area(64) == CLEARED_PAGES);
	km_fail("getrusage", 0);
	km_fail("madvise", 1);
	must(clear_area(64) == CLEARED_PAGES);
	km_fail("madvise", 0);
	vmap_purge(true);
	must(clear_area(64) <= CLEARED_PAGES / 8);
}

/* ---- inside the lock, as a signal handler may be ---- */

static void deferred(void)
{
	char *p[5];

	start();
	for (int i = 0; i < 5; i++)
		p[i] = vmalloc(SZ_1M);
	km_enter(vmap_fork_lock);
	must(!vmalloc(1));
	for (int i = 0; i < 4; i++)
		vfree(p[i]);
	must(vmap_size(p[0]) == SZ_1M);
	km_leave(vmap_fork_unlock);
	must(stat_now().areas == 5);
	must(vmstat_read(VMSTAT_deferred_free) == 4);
	vfree(p[4]);
	must(stat_now().areas == 0);
	must(vmap_purge(true) == 5 * 17 * 16);
}

static void in_child(void *arg)
{
	char *p = *(char **)arg;

	vmap_fork_child();
	lockdep_reset();
	check_vmap();
	must(marked(p, SZ_1M, 1));
	p = vrealloc(p, 9 * SZ_1M, GFP_KERNEL);
	must(marked(p, SZ_1M, 1));
	vfree(p);
	check_vmap();
}

static void fork_child(void)
{
	static struct km_child c;
	char *p;

	start();
	p = vmalloc(SZ_1M);
	mark(p, 0, SZ_1M, 1);
	must(vmalloc(1));
	km_enter(vmap_fork_lock);
	km_child(&c, in_child, &p);
	km_leave(vmap_fork_unlock);
	must(km_child_exited(&c, 0));
	must(marked(p, SZ_1M, 1) && stat_now().areas == 2);
}

/* ---- at random ---- */

#define HELD 16

static void change(struct km_rng *rng, char **p, u64 tag)
{
	size_t size = km_any_size(rng, 3 * SZ_1M), old = vmap_size(*p);
	char *to;

	must(marked(*p, old, tag));
	to = vrealloc(*p, size, GFP_KERNEL);
	if (!to) {
		must(marked(*p, old, tag));
		return;
	}
	must(marked(to, min(old, PAGE_ALIGN(size)), tag));
	must(vmap_size(to) == PAGE_ALIGN(size));
	if (old < size)
		mark(to, old, size, tag);
	*p = to;
}

static void make(struct km_rng *rng, char **p, u64 tag)
{
	size_t align = km_below(rng, 4) ? 1 : PAGE_SIZE << km_below(rng, 12);
	size_t size = km_any_size(rng, 2 * SZ_1M);
	bool zero;

	*p = vmap_alloc(size, align, km_below(rng, 2), &zero);
	if (!*p)
		return;
	must(IS_ALIGNED((uintptr_t)*p, align));
	if (zero)
		must(km_is_zero(*p, min(size, UNIT)));
	mark(*p, 0, vmap_size(*p), tag);
}

static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	char *held[HELD] = { NULL };

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		u64 k = km_below(&rng, HELD), tag = (u64)nr << 32 | k << 20;

		if (!held[k]) {
			make(&rng, &held[k], tag);
		} else if (km_below(&rng, 2)) {
			change(&rng, &held[k], tag);
		} else {
			must(marked(held[k], vmap_size(held[k]), tag));
			vfree(held[k]);
			held[k] = NULL;
		}
		if (!km_below(&rng, 100))
			vmap_purge(km_below(&rng, 2));
		if (!km_below(&rng, 100))
			check_vmap();
	}
	for (int k = 0; k < HELD; k++)
		vfree(held[k]);
}

static void finish(void)
{
	must(stat_now().areas == 0 && stat_now().live_pages == 0);
	vmap_purge(true);
	must(stat_now().dirty_pages == 0);
}

static void stress(void)
{
	unsigned long rounds = km_load(1500);

	start();
	km_threads(8, worker, &rounds);
	finish();
}

static void stress_failing(void)
{
	static const char *const names[] = { "madvise", "mremap", "mprotect",
					     "process_madvise" };
	unsigned long rounds = km_load(300);

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		km_fail(names[i], 3);
		km_threads(8, worker, &rounds);
		km_fail(names[i], 0);
		finish();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(arrays),
		km_unit_child(low),
		km_unit_child(aligned_resize),
		km_unit_child(huge_areas),
		km_unit_child(huge_areas_not),
		km_unit_child(whole_areas),
		km_unit_child(whole_areas_kept),
		km_unit_child(whole_areas_dear),
		km_unit_child(whole_areas_not),
		km_unit_child(sizes),
		km_unit_child(refused),
		km_unit_child(zeroed),
		km_unit_child(cleared),
		km_unit_child(reuse),
		km_unit_child(alignment),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_guard_grown),
		km_unit_child(guards_refused),
		km_unit_child(growth_in_place),
		km_unit_child(growth_by_moving),
		km_unit_child(move_fails_over_dirty),
		km_unit_child(growth_in_turns),
		km_unit_child(shrink),
		km_unit_child(shrink_bounded),
		km_unit_child(to_nothing),
		km_unit_child(zero_growth),
		km_unit_child(zero_growth_in_page),
		km_unit_child(zero_regrowth),
		km_unit_child(move_fails),
		km_unit_child(no_room),
		km_unit_child(online_fails),
		km_unit_child(purge_fails_sometimes),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_misuse_warned),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_no_writes),
		km_unit_child(deferred),
		km_unit_child(fork_child),
		km_unit_child(stress),
		km_unit_child(stress_failing),
	};

	return km_run_tests(tests);
}
