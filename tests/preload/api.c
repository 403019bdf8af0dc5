/* SPDX-License-Identifier: MIT */
/*
 * api - the C family by the book: ISO C, POSIX, C23 and glibc's own rules
 *
 * Values, errno, alignment, zeroing and contents, at every size class border
 * and every magnitude up to 64 MiB.
 */
#include "tap.h"
#include "opaque.h"

#define TOO_BIG ((size_t)PTRDIFF_MAX + 1)
#define ODD_ERRNO 12345
#define TOP_LOG 26

static size_t sizes[2048];
static unsigned int nr_sizes;

/* Every size to 1 KiB, then both sides of each of 8 steps a doubling. */
static void make_sizes(void)
{
	size_t base, step, n;

	for (n = 1; n <= 1024; n++)
		sizes[nr_sizes++] = n;
	for (base = 1024; base < (size_t)1 << TOP_LOG; base *= 2)
		for (step = 1; step <= 8; step++)
			for (n = base + base / 8 * step - 1;
			     n <= base + base / 8 * step + 1; n++)
				sizes[nr_sizes++] = n;
}

/* How many of them are no larger. */
static unsigned int sizes_to(size_t limit)
{
	unsigned int i = 0;

	while (i < nr_sizes && sizes[i] <= limit)
		i++;
	return i;
}

static bool is_aligned(const void *p, size_t align)
{
	return !((uintptr_t)p & (align - 1));
}

/* NULL with ENOMEM; frees what should not have been given. */
static bool refused(void *p)
{
	bool good = !p && errno == ENOMEM;

	free(p);
	return good;
}

/* -- Sizes that cannot be ------------------------------------------------ */

static const size_t impossible[] = {
	TOO_BIG,	  TOO_BIG + 1,	   TOO_BIG + 4096,  SIZE_MAX / 4 * 3,
	SIZE_MAX - 65536, SIZE_MAX - 4096, SIZE_MAX - 4095, SIZE_MAX - 64,
	SIZE_MAX - 16,	  SIZE_MAX - 15,   SIZE_MAX - 8,    SIZE_MAX - 7,
	SIZE_MAX - 1,	  SIZE_MAX,
};

static void test_impossible(void)
{
	unsigned int i, bad[5] = { 0 };
	void *keep = malloc(100), *p;

	tap_fill(keep, 100, 1);
	for (i = 0; i < ARRAY_SIZE(impossible); i++) {
		size_t n = impossible[i];

		errno = 0;
		bad[0] += !refused(malloc(n));
		errno = 0;
		bad[1] += !refused(calloc(1, n));
		errno = 0;
		bad[1] += !refused(calloc(n, 1));
		errno = 0;
		bad[2] += !refused(realloc(NULL, n));
		errno = 0;
		p = realloc(keep, n);
		bad[3] += p || errno != ENOMEM;
		errno = 0;
		bad[4] += !refused(memalign(64, n));
		errno = 0;
		bad[4] += !refused(aligned_alloc(4096, n));
	}
	ok(!bad[0], "malloc of more than PTRDIFF_MAX: NULL, ENOMEM");
	ok(!bad[1], "calloc of more than PTRDIFF_MAX: NULL, ENOMEM");
	ok(!bad[2], "realloc(NULL) to more than PTRDIFF_MAX: NULL, ENOMEM");
	ok(!bad[3], "realloc to more than PTRDIFF_MAX: NULL, ENOMEM");
	ok(tap_check(keep, 100, 1), "a refused realloc leaves the block alone");
	ok(!bad[4], "memalign, aligned_alloc of too much: NULL, ENOMEM");
	free(keep);
}

static void test_unlikely(void)
{
	static const size_t huge[] = {
		PTRDIFF_MAX,
		PTRDIFF_MAX - 1,
		PTRDIFF_MAX - 4095,
		PTRDIFF_MAX / 2,
		(size_t)1 << (sizeof(size_t) * 8 - 8),
	};
	unsigned int i, bad = 0;
	void *p;

	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		errno = 0;
		bad += !refused(malloc(huge[i]));
		errno = 0;
		bad += !refused(calloc(1, huge[i]));
		errno = 0;
		bad += !refused(memalign(1 << 20, huge[i]));
		p = tap_launder(&bad);
		bad += posix_memalign(&p, 1 << 21, huge[i]) != ENOMEM;
		bad += p != &bad;
	}
	ok(!bad, "what no address space holds: NULL, ENOMEM");
	if (!tap_promised("valloc, pvalloc of too much"))
		return;
	errno = 0;
	ok(refused(valloc(SIZE_MAX)), "valloc(SIZE_MAX)");
	errno = 0;
	ok(refused(pvalloc(SIZE_MAX)), "pvalloc(SIZE_MAX)");
	errno = 0;
	ok(refused(pvalloc(SIZE_MAX - 4000)), "pvalloc whose rounding wraps");
	errno = 0;
	ok(refused(valloc(TOO_BIG)), "valloc(PTRDIFF_MAX + 1)");
}

static void test_products(void)
{
	static const size_t pair[][2] = {
		{ SIZE_MAX, 2 },
		{ SIZE_MAX / 2 + 1, 2 },
		{ 3, SIZE_MAX / 2 },
		{ (size_t)1 << 33, (size_t)1 << 33 },
		{ SIZE_MAX, SIZE_MAX },
		{ SIZE_MAX / 16 + 1, 16 },
		{ (size_t)1 << 32, (size_t)1 << 32 },
		{ PTRDIFF_MAX, 2 },
		{ (size_t)1 << 62, 4 },
		{ SIZE_MAX / 3 + 2, 3 },
	};
	unsigned int i, bad[3] = { 0 };
	void *keep = malloc(4000);

	tap_fill(keep, 4000, 2);
	for (i = 0; i < ARRAY_SIZE(pair); i++) {
		errno = 0;
		bad[0] += !refused(calloc(pair[i][0], pair[i][1]));
		errno = 0;
		bad[1] += !refused(reallocarray(NULL, pair[i][0], pair[i][1]));
		errno = 0;
		bad[2] += reallocarray(keep, pair[i][0], pair[i][1]) ||
			  errno != ENOMEM;
	}
	ok(!bad[0], "calloc whose product overflows: NULL, ENOMEM");
	ok(!bad[1], "reallocarray(NULL) whose product overflows");
	ok(!bad[2] && tap_check(keep, 4000, 2),
	   "reallocarray whose product overflows leaves the block alone");
	keep = reallocarray(keep, 1000, 40);
	ok(keep && malloc_usable_size(keep) >= 40000 &&
		   tap_check(keep, 4000, 2),
	   "reallocarray grows");
	free(keep);
}

/* -- Nothing ------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

static void *empty(unsigned int how)
{
	void *p = NULL;

	switch (how % 9) {
	case 0:
		return malloc(0);
	case 1:
		return calloc(0, 0);
	case 2:
		return calloc(0, 77);
	case 3:
		return calloc(77, 0);
	case 4:
		return realloc(NULL, 0);
	case 5:
		return memalign(64, 0);
	case 6:
		return aligned_alloc(256, 0);
	case 7:
		return reallocarray(NULL, 0, 8);
	default:
		return posix_memalign(&p, 32, 0) ? NULL : p;
	}
}

static void test_zero_sizes(void)
{
	enum { N = 900 };
	static void *p[N], *sorted[N];
	unsigned int i, null = 0, same = 0;

	for (i = 0; i < N; i++) {
		p[i] = empty(i);
		null += !p[i];
	}
	memcpy(sorted, p, sizeof(p));
	qsort(sorted, N, sizeof(sorted[0]), by_address);
	for (i = 1; i < N; i++)
		same += sorted[i] == sorted[i - 1];
	ok(!null, "a size of zero gives a block, not NULL");
	ok(!same, "and no two of them alike");
	for (i = 0; i < N; i += 2)
		free(p[i]);
	for (i = 1; i < N; i += 2) {
		p[i] = realloc(p[i], 10);
		memset(p[i], 1, 10);
		free(p[i]);
	}
	ok(true, "and they can be freed and grown");
	errno = ODD_ERRNO;
	free(NULL);
	ok(errno == ODD_ERRNO, "free(NULL) does nothing");
	ok(!malloc_usable_size(NULL), "malloc_usable_size(NULL) is 0");
}

/* realloc(p, 0) frees: were it not so, 400 MiB would stay. */
static void test_realloc_zero(void)
{
	unsigned int i, kept = 0;
	unsigned long before, after;
	void *p;

	for (i = 0; i < 100; i++) {
		p = malloc(4096);
		kept += realloc(p, 0) != NULL;
	}
	before = tap_status("VmRSS");
	for (i = 0; i < 4096; i++) {
		size_t n = i % 16 ? 4096 : 1600000;

		p = malloc(n);
		memset(p, 1, n);
		kept += (i & 1 ? realloc(p, 0) : reallocarray(p, 0, 8)) != NULL;
	}
	after = tap_status("VmRSS");
	if (tap_promised("realloc(p, 0) gives NULL"))
		ok(!kept, "realloc(p, 0) gives NULL");
	ok(after < before + 64 * 1024, "realloc(p, 0) frees (%lu to %lu KiB)",
	   before, after);
}

/* -- errno --------------------------------------------------------------- */

static void test_errno_kept(void)
{
	unsigned int i, k, bad = 0;
	void *p[40];

	for (i = 0; i < sizes_to((size_t)1 << TOP_LOG); i++) {
		unsigned int many = sizes[i] <= 2048 ? 40 : 1;

		for (k = 0; k < many; k++) {
			p[k] = malloc(sizes[i]);
			if (p[k])
				*(char *)p[k] = 1;
		}
		errno = ODD_ERRNO;
		for (k = 0; k < many; k++)
			free(p[k]);
		bad += errno != ODD_ERRNO;
	}
	ok(!bad, "free keeps errno, whatever the size");
	p[0] = malloc(100);
	errno = ODD_ERRNO;
	ok(malloc_usable_size(p[0]) >= 100 && errno == ODD_ERRNO,
	   "malloc_usable_size keeps errno");
	free(p[0]);
}

/* -- Zeroing ------------------------------------------------------------- */

static void *any_calloc(size_t n, unsigned int how)
{
	if (how % 3 == 0)
		return calloc(n, 1);
	if (how % 3 == 1 && n % 2 == 0)
		return calloc(n / 2, 2);
	return calloc(1, n);
}

static bool calloc_is_zero(size_t n, unsigned int many)
{
	void *p[64];
	unsigned int k;
	bool good = true;

	for (k = 0; k < many; k++) {
		p[k] = malloc(n);
		memset(p[k], 0xff, malloc_usable_size(p[k]));
	}
	for (k = 0; k < many; k++)
		free(p[k]);
	for (k = 0; k < many; k++) {
		p[k] = any_calloc(n, k);
		good = good && p[k] && tap_is_zero(p[k], n);
	}
	for (k = 0; k < many; k++)
		free(p[k]);
	return good;
}

static unsigned int many_of(size_t n)
{
	if (n <= 4096)
		return 64;
	return n <= 256 * 1024 ? 8 : 1;
}

static void test_calloc(void)
{
	unsigned int i;
	size_t bad = 0;

	for (i = 0; i < sizes_to(8 << 20); i++)
		if (!calloc_is_zero(sizes[i], many_of(sizes[i])))
			bad = sizes[i];
	ok(!bad, "calloc is zero after dirty use of the same size (%zu)", bad);
	ok(calloc_is_zero(40 << 20, 1), "and at 40 MiB");
}

/* Dirty in one size, zero wanted in another: splits, merges, reuse by pages. */
static void test_calloc_mixed(void)
{
	struct tap_rng rng = tap_rng_of(1);
	static struct {
		void *p;
		size_t n;
	} slot[512];
	unsigned long i, rounds = tap_load(60000);
	unsigned int bad = 0;

	for (i = 0; i < rounds; i++) {
		unsigned int k = tap_below(&rng, ARRAY_SIZE(slot));
		size_t n = tap_any_size(&rng, i % 256 ? 16 : 22);

		if (slot[k].p)
			memset(slot[k].p, 0xa5, slot[k].n);
		free(slot[k].p);
		slot[k].p = any_calloc(n, i);
		slot[k].n = n;
		bad += !slot[k].p || !tap_is_zero(slot[k].p, n);
	}
	for (i = 0; i < ARRAY_SIZE(slot); i++)
		free(slot[i].p);
	ok(!bad, "calloc is zero among %lu random sizes", rounds);
}

/* -- Alignment ----------------------------------------------------------- */

static void test_natural_alignment(void)
{
	size_t want, bad = 0;
	unsigned int i, k;
	void *p[6];

	for (i = 0; i < sizes_to((size_t)1 << TOP_LOG); i++) {
		want = sizes[i] >= 16 ? 16 : sizes[i] >= 8 ? 8 : 1;
		p[0] = malloc(sizes[i]);
		p[1] = malloc(sizes[i]);
		p[2] = calloc(1, sizes[i]);
		p[3] = realloc(NULL, sizes[i]);
		p[4] = realloc(malloc(1 + i % 64), sizes[i]);
		p[5] = realloc(malloc(sizes[i] * 2), sizes[i]);
		for (k = 0; k < 6; k++) {
			if (!p[k] || !is_aligned(p[k], want))
				bad = sizes[i];
			free(p[k]);
		}
	}
	ok(!bad, "16-byte alignment from 16 bytes on (%zu)", bad);
}

static void test_posix_memalign_errors(void)
{
	static const size_t wrong[] = {
		0,
		1,
		2,
		3,
		sizeof(void *) / 2,
		5,
		7,
		9,
		12,
		15,
		24,
		40,
		48,
		100,
		4095,
		4097,
		6144,
		SIZE_MAX,
		SIZE_MAX - 7,
		TOO_BIG + 8,
	};
	static const size_t right[] = { 8, 16, 4096, 1 << 20 };
	unsigned int i, bad = 0, moved = 0;
	void *p;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		p = &bad;
		bad += posix_memalign(&p, wrong[i], 64) != EINVAL;
		moved += p != &bad;
	}
	ok(!bad, "posix_memalign: EINVAL for what is no alignment");
	bad = 0;
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		p = &bad;
		bad += posix_memalign(&p, right[i], TOO_BIG) != ENOMEM;
		moved += p != &bad;
		bad += posix_memalign(&p, right[i], SIZE_MAX - 3) != ENOMEM;
		moved += p != &bad;
	}
	ok(!bad, "posix_memalign: ENOMEM for what is too big");
	ok(!moved, "posix_memalign: a failure does not touch the pointer");
}

static bool aligned_block(size_t align, size_t n, unsigned int how)
{
	void *p = NULL;
	bool good;

	switch (how) {
	case 0:
		p = memalign(align, n);
		break;
	case 1:
		p = aligned_alloc(align, n);
		break;
	default:
		if (posix_memalign(&p, align, n))
			p = NULL;
	}
	good = p && is_aligned(p, align) && malloc_usable_size(p) >= n;
	if (good) {
		tap_fill(p, n, align);
		p = realloc(p, n + n / 2 + 1);
		good = p && tap_check(p, n, align);
	}
	free(p);
	return good;
}

static void test_aligned(void)
{
	static const size_t len[] = {
		1,    8,    13,	   100,	  511,	  1024,	   3000,
		4096, 5000, 65536, 70000, 300000, 3000000,
	};
	size_t align, bad[3] = { 0 };
	unsigned int i, how;

	for (align = sizeof(void *); align <= (size_t)64 << 20; align *= 2)
		for (i = 0; i < ARRAY_SIZE(len); i++)
			for (how = 0; how < 3; how++)
				if (!aligned_block(align, len[i], how))
					bad[how] = align;
	ok(!bad[0], "memalign, 8 bytes to 64 MiB (%zu)", bad[0]);
	ok(!bad[1], "aligned_alloc, 8 bytes to 64 MiB (%zu)", bad[1]);
	ok(!bad[2], "posix_memalign, 8 bytes to 64 MiB (%zu)", bad[2]);
}

/* Many alive at once must neither overlap nor lose their alignment. */
static void test_aligned_many(void)
{
	enum { N = 3000 };
	static struct {
		void *p;
		size_t n, align;
	} b[N];
	struct tap_rng rng = tap_rng_of(2);
	unsigned int i, bad = 0;

	for (i = 0; i < N; i++) {
		b[i].align = (size_t)8 << tap_below(&rng, 10);
		b[i].n = tap_any_size(&rng, 13);
		b[i].p = memalign(b[i].align, b[i].n);
		tap_fill(b[i].p, b[i].n, i);
	}
	for (i = 0; i < N; i++) {
		bad += !is_aligned(b[i].p, b[i].align) ||
		       !tap_check(b[i].p, b[i].n, i);
		free(b[i].p);
	}
	ok(!bad, "%d aligned blocks alive keep apart", N);
}

static void test_odd_alignment(void)
{
	static const size_t odd[][2] = {
		{ 3, 4 },	{ 24, 32 },	{ 33, 64 },
		{ 48, 64 },	{ 100, 128 },	{ 1000, 1024 },
		{ 4095, 4096 }, { 4097, 8192 }, { 100000, 131072 },
	};
	static const size_t tiny[] = { 0, 1, 2, 4 };
	unsigned int i, bad = 0;
	void *p;

	if (!tap_promised("memalign rounds an odd alignment up"))
		return;
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		p = memalign(odd[i][0], 200);
		bad += !p || !is_aligned(p, odd[i][1]);
		free(p);
	}
	ok(!bad, "memalign rounds an odd alignment up");
	for (i = 0; i < ARRAY_SIZE(tiny); i++) {
		p = memalign(tiny[i], 200);
		bad += !p || !is_aligned(p, 16);
		free(p);
	}
	ok(!bad, "memalign of a tiny alignment is malloc");
	errno = 0;
	p = memalign(SIZE_MAX / 2 + 2, 1);
	ok(!p && errno == EINVAL, "memalign beyond any power of two: EINVAL");
	errno = 0;
	ok(refused(memalign(SIZE_MAX / 2 + 1, 1)),
	   "memalign of half the address space: ENOMEM");
	errno = 0;
	p = aligned_alloc(48, 200);
	ok(p ? is_aligned(p, 16) : errno == EINVAL,
	   "aligned_alloc of an odd alignment: a block or EINVAL");
	free(p);
}

static void test_page_aligned(void)
{
	size_t page = sysconf(_SC_PAGESIZE), n;
	unsigned int bad[2] = { 0 };
	void *p;

	for (n = 0; n < page * 5; n += 97) {
		p = valloc(n);
		bad[0] +=
			!p || !is_aligned(p, page) || malloc_usable_size(p) < n;
		free(p);
		if (tap_allocator == TAP_OTHER)
			continue;
		p = pvalloc(n);
		bad[1] += !p || !is_aligned(p, page) ||
			  malloc_usable_size(p) < (n + page - 1) / page * page;
		free(p);
	}
	ok(!bad[0], "valloc: page-aligned");
	if (tap_promised("pvalloc: page-aligned, whole pages"))
		ok(!bad[1], "pvalloc: page-aligned, whole pages");
}

/* -- Usable size --------------------------------------------------------- */

static void test_usable(void)
{
	unsigned int i, k, bad = 0;
	size_t usable[8], n, slack = 2 * sysconf(_SC_PAGESIZE);
	void *p[8];

	for (i = 0; i < sizes_to((size_t)1 << TOP_LOG); i++) {
		unsigned int many = sizes[i] <= 65536 ? 8 : 2;

		for (k = 0; k < many; k++) {
			p[k] = malloc(sizes[i]);
			usable[k] = malloc_usable_size(p[k]);
			n = usable[k];
			bad += n < sizes[i] || n > sizes[i] * 2 + slack;
			tap_fill(p[k], n, i + k);
		}
		for (k = 0; k < many; k++)
			bad += !tap_check(p[k], usable[k], i + k) ||
			       malloc_usable_size(p[k]) != usable[k];
		for (k = 0; k < many; k++)
			free(p[k]);
	}
	ok(!bad, "all of malloc_usable_size can be written, neighbours intact");
}

/* -- realloc ------------------------------------------------------------- */

static bool resize(void **p, size_t *n, size_t to, uint64_t seed)
{
	void *new = realloc(*p, to);

	if (!new || !tap_check(new, to < *n ? to : *n, seed) ||
	    malloc_usable_size(new) < to)
		return false;
	tap_fill_from(new, (to < *n ? to : *n) / 8 * 8, to, seed);
	*p = new;
	*n = to;
	return true;
}

static void test_realloc_ladder(void)
{
	size_t n = 1, bad = 0;
	void *p = malloc(1), *block = NULL;
	unsigned int i;

	tap_fill(p, 1, 3);
	for (i = 0; i < sizes_to((size_t)1 << TOP_LOG); i++) {
		if (!resize(&p, &n, sizes[i], 3))
			bad = sizes[i];
		/* What could grow in place is now blocked, often. */
		free(block);
		block = sizes[i] <= 65536 ? malloc(sizes[i]) : NULL;
	}
	ok(!bad, "realloc up the ladder to 64 MiB keeps contents (%zu)", bad);
	while (i-- > 0)
		if (!resize(&p, &n, sizes[i], 3))
			bad = sizes[i];
	ok(!bad, "realloc down the ladder keeps contents (%zu)", bad);
	free(p);
	free(block);
}

static void test_realloc_random(void)
{
	enum { N = 64 };
	static struct {
		void *p;
		size_t n;
	} s[N];
	struct tap_rng rng = tap_rng_of(3);
	unsigned long i, rounds = tap_load(20000);
	unsigned int bad = 0, k;

	for (k = 0; k < N; k++) {
		s[k].n = tap_any_size(&rng, 12);
		s[k].p = k % 4 ? malloc(s[k].n) :
				 memalign((size_t)64 << k % 8, s[k].n);
		tap_fill(s[k].p, s[k].n, k);
	}
	for (i = 0; i < rounds; i++) {
		k = tap_below(&rng, N);
		bad += !resize(&s[k].p, &s[k].n,
			       tap_any_size(&rng, i % 64 ? 14 : 22), k);
	}
	for (k = 0; k < N; k++) {
		bad += !tap_check(s[k].p, s[k].n, k);
		free(s[k].p);
	}
	ok(!bad, "%lu random reallocs keep contents", rounds);
}

static void test_realloc_null(void)
{
	char *p = realloc(NULL, 1000);
	size_t n;

	ok(p && malloc_usable_size(p) >= 1000, "realloc(NULL, n) is malloc(n)");
	memset(p, 7, 1000);
	n = malloc_usable_size(p);
	p = realloc(p, n);
	ok(p && p[0] == 7 && p[999] == 7 && malloc_usable_size(p) >= n,
	   "realloc to the usable size");
	free(p);
}

/* -- C23 and history ----------------------------------------------------- */

static void test_free_sized(void)
{
	void (*sized)(void *, size_t);
	void (*aligned)(void *, size_t, size_t);
	unsigned int i;

	sized = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
	aligned = (void (*)(void *, size_t, size_t))dlsym(RTLD_DEFAULT,
							  "free_aligned_sized");
	if (tap_allocator == TAP_KMALLOC)
		ok(sized && aligned, "C23's free_sized, free_aligned_sized");
	if (!sized || !aligned) {
		skip("C23's sized frees", "this malloc has none");
		return;
	}
	errno = ODD_ERRNO;
	for (i = 0; i < sizes_to((size_t)1 << TOP_LOG); i++) {
		sized(malloc(sizes[i]), sizes[i]);
		sized(calloc(1, sizes[i]), sizes[i]);
		sized(realloc(malloc(8), sizes[i]), sizes[i]);
		aligned(aligned_alloc(256, sizes[i]), 256, sizes[i]);
		aligned(aligned_alloc(16384, sizes[i]), 16384, sizes[i]);
	}
	sized(malloc(0), 0);
	sized(NULL, 0);
	sized(NULL, 100);
	aligned(NULL, 64, 64);
	ok(errno == ODD_ERRNO, "sized frees of the right size, errno kept");
}

static void test_cfree(void)
{
	void (*old)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "cfree");

	if (!old) {
		if (tap_allocator == TAP_KMALLOC)
			ok(false, "cfree is there");
		else
			skip("cfree", "this malloc has none");
		return;
	}
	old(malloc(100));
	old(NULL);
	ok(true, "cfree frees");
}

/* -- What libc allocates ------------------------------------------------- */

static void test_libc_blocks(void)
{
	char *line = NULL, *text = NULL, *path, *copy, *mem = NULL;
	size_t n = 0, len = 0;
	unsigned int bad = 0;
	FILE *f = tmpfile();

	bad += !f || fprintf(f, "%04000d\n", 7) != 4001;
	rewind(f);
	bad += getline(&line, &n, f) != 4001 || malloc_usable_size(line) < n;
	fclose(f);
	bad += asprintf(&text, "%0500d", 3) != 500;
	copy = strdup(line);
	bad += !copy || strcmp(copy, line);
	path = realpath("/", NULL);
	bad += !path || strcmp(path, "/");
	f = open_memstream(&mem, &len);
	bad += !f || fprintf(f, "%s%s", line, text) != 4501;
	fclose(f);
	bad += len != 4501;
	mem = realloc(mem, 100000);
	bad += !mem || memcmp(mem, line, 4001);
	free(line);
	free(text);
	free(copy);
	free(path);
	free(mem);
	ok(!bad, "blocks from getline, asprintf, strdup, open_memstream");
}

int main(void)
{
	tap_begin();
	tap_seed();
	tap_watchdog(60);
	make_sizes();
	test_impossible();
	test_unlikely();
	test_products();
	test_zero_sizes();
	test_realloc_zero();
	test_errno_kept();
	test_calloc();
	test_calloc_mixed();
	test_natural_alignment();
	test_posix_memalign_errors();
	test_aligned();
	test_aligned_many();
	test_odd_alignment();
	test_page_aligned();
	test_usable();
	test_realloc_null();
	test_realloc_ladder();
	test_realloc_random();
	test_free_sized();
	test_cfree();
	test_libc_blocks();
	return tap_done();
}
