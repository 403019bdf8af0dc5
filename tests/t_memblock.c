/* SPDX-License-Identifier: MIT */
/*
 * memblock: the layout, the maps over it, and memory that comes online: in
 * one piece with what is there, or not at all.
 */
#include "kmtest.h"

#include "mm_boot.h"
#include "vmstat.h"

static void boot_with(const char *options)
{
	if (options)
		setenv("KMALLOC", options, 1);
	must(mm_boot());
}

static char *online(size_t size, size_t *got)
{
	char *p = memblock_online_phys(size, got);

	must(!p || (IS_ALIGNED((uintptr_t)p, SECTION_SIZE) && *got >= size &&
		    IS_ALIGNED(*got, SECTION_SIZE)));
	return p;
}

/* Reads as zero, and can be written, at the ends of each 64 KiB. */
static void touch(char *p, size_t len)
{
	for (size_t at = 0; at < len; at += SZ_64K) {
		must(km_is_zero(p + at, 64));
		must(km_is_zero(p + at + SZ_64K - 64, 64));
		p[at] = 1;
		p[at + SZ_64K - 1] = 2;
	}
}

/* ---- layout ---- */

static void layout(void)
{
	boot_with(NULL);
	must(mem_phys_base == (uintptr_t)mem_phys.base);
	must(IS_ALIGNED(mem_phys_base, SZ_4M));
	must(IS_ALIGNED((uintptr_t)mem_vmalloc.base, SZ_64K));
	must(mem_phys.base + mem_phys.size < mem_vmalloc.base);
	must((char *)mem_map +
		     (mem_phys.size >> PAGE_SHIFT) * sizeof(struct page) <=
	     mem_phys.base);
	must((char *)mem_class_entry(mem_phys.base + mem_phys.size) <=
	     (char *)mem_map);
	must(mem_phys.online <= mem_phys.size);
	must(mem_vmalloc.online <= mem_vmalloc.size);
}

/* ---- the maps ---- */

static void class_map(void)
{
	char *p;
	size_t got;

	boot_with(NULL);
	p = online(SZ_4M, &got);
	for (size_t at = 0; at < got; at += SZ_64K)
		must(mem_class(p + at) == 0);
	mem_set_class(p + SZ_64K, 2 * SZ_64K, 77);
	must(mem_class(p + SZ_64K - 1) == 0);
	must(mem_class(p + SZ_64K) == 77);
	must(mem_class(p + 3 * SZ_64K - 1) == 77);
	must(mem_class(p + 3 * SZ_64K) == 0);
	mem_set_class(p + got - SZ_64K, SZ_64K, 255);
	must(mem_class(p + got - 1) == 255);
	mem_set_class(p + SZ_64K, 2 * SZ_64K, 0);
	must(mem_class(p + 2 * SZ_64K) == 0);
}

static int in_data;

/* What is not physical memory has no class, whatever bits it has. */
static void not_phys(void)
{
	int on_stack = 0;
	size_t got;
	uintptr_t end;
	u16 off;
	struct km_rng rng = km_rng_of(1);

	boot_with(NULL);
	must(online(SZ_4M, &got));
	must(!memblock_online_vmalloc(SZ_4M));
	end = mem_phys_base + mem_phys.online;
	must(!mem_is_phys(NULL) && !mem_class(NULL));
	must(!mem_is_phys(&on_stack) && !mem_is_vmalloc(&on_stack));
	must(!mem_is_phys(&in_data) && !mem_class(&in_data));
	must(!mem_is_phys((char *)mem_phys_base - 1));
	must(mem_is_phys((char *)mem_phys_base));
	must(mem_is_phys((char *)end - 1));
	must(!mem_is_phys((char *)end) && !mem_class((char *)end));
	must(!mem_is_phys(mem_map) && !mem_is_phys(mem_class_entry(mem_phys.base)));
	must(!mem_is_phys(mem_vmalloc.base));
	must(!mem_is_vmalloc(mem_vmalloc.base - 1));
	must(mem_is_vmalloc(mem_vmalloc.base + mem_vmalloc.online - 1));
	must(!mem_is_vmalloc(mem_vmalloc.base + mem_vmalloc.online));
	must(!mem_class_fast((char *)end, &off));
	for (int i = 0; i < 100000; i++) {
		uintptr_t any = km_random(&rng) >> km_below(&rng, 64);

		if (any < mem_phys_base || any >= end)
			must(!mem_class((void *)any) &&
			     !mem_is_phys((void *)any));
	}
}

static void page_round_trip(void)
{
	size_t got, nr;
	char *p;

	boot_with(NULL);
	p = online(SZ_4M, &got);
	nr = got >> PAGE_SHIFT;
	for (size_t i = 0; i < nr; i++) {
		char *at = p + (i << PAGE_SHIFT);

		must(mem_page_address(mem_page(at)) == at);
		must(mem_page(at + PAGE_SIZE - 1) == mem_page(at));
		must(mem_page(at) == mem_page(p) + i);
		must(mem_page(at)->type == PG_NONE);
		mem_page(at)->nr = (u32)i;
	}
	for (size_t i = 0; i < nr; i++)
		must(mem_page(p + (i << PAGE_SHIFT))->nr == i);
}

/* ---- growth ---- */

static void growth(void)
{
	u64 before;
	size_t got, calls = 0, total = mem_phys.online, size = 1;
	char *p;

	boot_with(NULL);
	before = vmstat_read(VMSTAT_pgonline);
	for (; total < (km_valgrind() ? SZ_1G / 8 : SZ_1G / 2);
	     total += got, calls++) {
		p = online(size, &got);
		must(p == mem_phys.base + total);
		touch(p, min(got, SZ_4M));
		size = size * 2 < 3 * SZ_4M ? size * 2 : 1;
	}
	must(mem_phys.online == total);
	must(mem_phys_limit == total >> 3);
	must((vmstat_read(VMSTAT_pgonline) - before) << PAGE_SHIFT == total);
	/* A large heap takes few calls to grow. */
	must(calls < 100);
}

static void vmalloc_growth(void)
{
	size_t before = 0;

	boot_with(NULL);
	for (size_t upto = 1; upto < SZ_1G; upto = upto * 3 + 1) {
		must(!memblock_online_vmalloc(upto));
		must(mem_vmalloc.online >= upto);
		must(mem_vmalloc.online >= before);
		touch(mem_vmalloc.base + before,
		      min(mem_vmalloc.online - before, SZ_4M));
		before = mem_vmalloc.online;
		/* What is there already costs nothing. */
		must(!memblock_online_vmalloc(upto));
		must(mem_vmalloc.online == before);
	}
}

static void too_much(void)
{
	size_t got = 0, was;

	boot_with(NULL);
	must(online(1, &got));
	was = mem_phys.online;
	must(!memblock_online_phys(mem_phys.size + 1, &got));
	must(!memblock_online_phys(mem_phys.size, &got));
	must(mem_phys.online == was);
	must(!memblock_online_vmalloc(SZ_4M));
	was = mem_vmalloc.online;
	must(memblock_online_vmalloc(mem_vmalloc.size + 1) == -ENOMEM);
	must(mem_vmalloc.online == was);
	must(online(1, &got));
}

/* Pieces that threads bring at once are theirs alone. */
struct piece {
	char *start;
	size_t len;
};

#define PIECES 20

static void grow_some(unsigned int nr, void *arg)
{
	struct piece *mine = (struct piece *)arg + nr * PIECES;

	for (int i = 0; i < PIECES; i++) {
		mine[i].start = online(1, &mine[i].len);
		must(mine[i].start);
		must(!mine[i].start[0]);
		mine[i].start[0] = (char)(nr + 1);
		must(mem_page(mine[i].start)->nr == 0);
		mem_page(mine[i].start)->nr = nr + 1;
	}
}

static void threads(void)
{
	static struct piece all[8 * PIECES];
	size_t total = 0;

	boot_with(NULL);
	km_threads(8, grow_some, all);
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		must(all[i].start[0] == (char)(i / PIECES + 1));
		must(mem_page(all[i].start)->nr == i / PIECES + 1);
		total += all[i].len;
	}
	must(total == mem_phys.online);
}

/* ---- boot memory ---- */

static void boot_memory(void)
{
	struct km_rng rng = km_rng_of(2);
	char *blocks[200];
	size_t before;

	boot_with(NULL);
	before = memblock_boot_bytes();
	for (unsigned int i = 0; i < ARRAY_SIZE(blocks); i++) {
		size_t align = 1UL << km_below(&rng, PAGE_SHIFT + 1);

		blocks[i] = memblock_alloc(100 + i, align);
		must(blocks[i] && IS_ALIGNED((uintptr_t)blocks[i], align));
		must(km_is_zero(blocks[i], 100 + i));
		km_fill(blocks[i], 100 + i, i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(blocks); i++)
		must(km_intact(blocks[i], 100 + i, i));
	must(memblock_boot_bytes() - before >= 100 * ARRAY_SIZE(blocks));
	/* Too much of it fails alone. */
	before = memblock_boot_bytes();
	must(!memblock_alloc(2 * SZ_1G, 8));
	must(memblock_boot_bytes() == before);
	must(memblock_alloc(8, 8));
}

/* ---- limits ---- */

static void mem_limit(void)
{
	size_t total = 0, got;

	boot_with("mem=33M");
	while (online(SZ_2M, &got))
		total += got;
	must(total == mem_phys.online);
	must(total <= 33 * SZ_1M && total > 30 * SZ_1M);
	must(memblock_online_vmalloc(SZ_4M) == -ENOMEM);
	must(mem_vmalloc.online == 0);
	/* Our own structures do not count. */
	must(memblock_alloc(100, 8));
}

static void mem_limit_vmalloc(void)
{
	size_t got;

	boot_with("mem=16M");
	must(!memblock_online_vmalloc(12 * SZ_1M));
	must(memblock_online_vmalloc(17 * SZ_1M) == -ENOMEM);
	must(!memblock_online_vmalloc(12 * SZ_1M));
	must(online(1, &got));
	must(mem_phys.online + mem_vmalloc.online <= 16 * SZ_1M);
	must(!memblock_online_phys(SZ_4M, &got));
}

static void mem_limit_tiny(void)
{
	size_t got;

	boot_with("mem=1M");
	must(!memblock_online_phys(1, &got));
	must(memblock_online_vmalloc(2 * SZ_1M) == -ENOMEM);
	must(mem_phys.online == 0 && mem_vmalloc.online == 0);
}

/* Growth in steps must not refuse what fits without them. */
static void mem_limit_exact(void)
{
	size_t total = 0, got;

	boot_with("mem=512M");
	while (online(1, &got))
		total += got;
	must(total == 512 * SZ_1M);
}

/* ---- failing calls ---- */

static void fail_then(unsigned int every)
{
	size_t got, failed = 0, total = mem_phys.online;
	unsigned int rounds = km_valgrind() ? 8 : 40;

	km_fail_growth(every);
	for (unsigned int i = 0; i < rounds; i++) {
		char *p = online(SZ_2M, &got);

		if (!p) {
			failed++;
			must(mem_phys.online == total);
			continue;
		}
		must(p == mem_phys.base + total);
		touch(p, SZ_64K);
		must(mem_page(p + got - 1)->type == PG_NONE);
		must(mem_class(p + got - 1) == 0);
		total += got;
	}
	must(every > 1 || failed == rounds);
	must(every == 1 || failed < rounds);
	km_fail_growth(0);
	must(online(1, &got) == mem_phys.base + total);
}

static void failing(void)
{
	boot_with(NULL);
	for (unsigned int every = 1; every < 6; every++)
		fail_then(every);
	/* Advice that is not taken costs nothing. */
	km_fail("madvise", 1);
	for (int i = 0; i < 40; i++) {
		size_t got;

		must(online(SZ_4M, &got));
	}
}

/* ---- scarce address space ---- */

static void limit_space(size_t bytes)
{
	struct rlimit lim = { bytes, bytes };

	if (CONFIG_SANITIZER)
		km_child_skip("a sanitizer needs its address space");
	if (km_valgrind())
		km_child_skip("valgrind needs its address space");
	must(!setrlimit(RLIMIT_AS, &lim));
}

static size_t space_used(void)
{
	char buf[64];
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	must(n > 0);
	buf[n] = '\0';
	close(fd);
	return strtoul(buf, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void unreserved(void)
{
	size_t got, total = 0;
	char *p;

	limit_space(SZ_1G);
	boot_with(NULL);
	must(space_used() < 100 * SZ_1M);
	must(!arch_try_read(&(char){ 0 }, mem_phys.base, 1));
	while ((p = online(SZ_2M, &got))) {
		must(p == mem_phys.base + total);
		must(!p[got - 1]);
		p[0] = p[got - 1] = 1;
		mem_page(p)->nr = 1;
		total += got;
	}
	must(total == mem_phys.online);
	must(total > SZ_1G / 2 && total < SZ_1G);
	must(memblock_online_vmalloc(SZ_1G) < 0);
	must(!memblock_online_phys(SZ_2M, &got));
}

/* What is online stays and grows, what is not is somebody else's. */
static void unreserved_late(void)
{
	size_t got, before;
	char *p, *area, *nolock;

	if (CONFIG_SANITIZER)
		km_child_skip("a sanitizer needs its address space");
	if (km_valgrind())
		km_child_skip("nothing is reserved under valgrind");
	boot_with(NULL);
	p = online(SZ_4M, &got);
	must(p && !memblock_online_vmalloc(SZ_4M));
	area = mem_vmalloc.base;
	nolock = mem_nolock.base + SZ_64K;
	must(!memblock_online_nolock(nolock, SZ_64K));
	touch(p, got);
	touch(area, SZ_4M);
	must(mem_is_reserved(p) && mem_is_reserved(area + SZ_1G));
	before = mem_phys.online;
	memblock_unreserve();
	memblock_unreserve();
	if (arch_has_rseq())
		must(space_used() < 200 * SZ_1M);
	limit_space(SZ_1G);
	must(!mem_is_reserved(area + SZ_1G) && !mem_is_ours(area + SZ_1G));
	must(mem_is_nolock(nolock) && !mem_is_nolock(nolock + SZ_64K));
	must(p[0] == 1 && area[0] == 1);
	nolock[0] = 1;
	must(online(SZ_4M, &got) == mem_phys.base + before);
	touch(mem_phys.base + before, got);
	must(!memblock_online_vmalloc(8 * SZ_1M));
	touch(area + SZ_4M, SZ_4M);
	must(!memblock_online_nolock(nolock + SZ_64K, SZ_64K));
	must(memblock_online_vmalloc(2 * SZ_1G) < 0);
	must(memblock_alloc(SZ_4M, 64));
}

/* Mappings of the program stand in the way: they stay. */
static void unreserved_obstacle(void)
{
	size_t got;
	char *p, *in_the_way;

	limit_space(SZ_1G);
	boot_with(NULL);
	p = online(SZ_2M, &got);
	must(p);
	in_the_way =
		mmap(p + got, SZ_64K, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	must(in_the_way == p + got);
	km_fill(in_the_way, SZ_64K, 1);
	must(!memblock_online_phys(SZ_2M, &got));
	must(km_intact(in_the_way, SZ_64K, 1));
	must(!munmap(in_the_way, SZ_64K));
	must(online(SZ_2M, &got) == in_the_way);
	must(km_is_zero(in_the_way, SZ_64K));
}

/* Where nothing fits the answer is no, and later, with room, yes. */
static void unreserved_hopeless(void)
{
	struct rlimit lim = { RLIM_INFINITY, RLIM_INFINITY };

	if (CONFIG_SANITIZER || km_valgrind())
		km_child_skip("the tool needs its address space");
	must(!getrlimit(RLIMIT_AS, &lim));
	lim.rlim_cur = space_used() + SZ_64K;
	must(!setrlimit(RLIMIT_AS, &lim));
	must(!mm_boot());
	must(!mm_boot());
	lim.rlim_cur = lim.rlim_max;
	must(!setrlimit(RLIMIT_AS, &lim));
	must(mm_boot());
}

static void fork_locks(void *arg)
{
	size_t got;

	memblock_fork_child();
	lockdep_reset();
	must(online(1, &got));
}

static void fork_child(void)
{
	static struct km_child c;
	size_t got;

	boot_with(NULL);
	must(online(1, &got));
	km_enter(memblock_fork_lock);
	km_child(&c, fork_locks, NULL);
	km_leave(memblock_fork_unlock);
	must(km_child_exited(&c, 0));
	must(online(1, &got));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(layout),
		km_unit_child(class_map),
		km_unit_child(not_phys),
		km_unit_child(page_round_trip),
		km_unit_child(growth),
		km_unit_child(vmalloc_growth),
		km_unit_child(too_much),
		km_unit_child(threads),
		km_unit_child(boot_memory),
		km_unit_child(mem_limit),
		km_unit_child(mem_limit_vmalloc),
		km_unit_child(mem_limit_tiny),
		km_unit_child(mem_limit_exact),
		km_unit_child(failing),
		km_unit_child(unreserved),
		km_unit_child(unreserved_late),
		km_unit_child(unreserved_obstacle),
		km_unit_child(unreserved_hopeless),
		km_unit_child(fork_child),
	};

	return km_run_tests(tests);
}
