/* SPDX-License-Identifier: MIT */
/*
 * extras - glibc's extras act on the heap that malloc really uses
 *
 * malloc_trim, mallinfo, mallinfo2, mallopt, malloc_info, malloc_stats.
 */
#include "tap.h"
#include "opaque.h"

#define MIB (1024ul * 1024)

static void *block[1 << 17];

static void take(unsigned int many, size_t n)
{
	unsigned int i;

	for (i = 0; i < many; i++) {
		block[i] = malloc(n);
		memset(block[i], 1, n);
	}
}

static void give(unsigned int many)
{
	unsigned int i;

	for (i = 0; i < many; i++)
		free(block[i]);
}

/* -- Trim ---------------------------------------------------------------- */

static void test_trim(size_t n)
{
	unsigned int many = 64 * MIB / n;
	unsigned long base, full, freed, trimmed;
	int said;

	malloc_trim(0);
	base = tap_status("VmRSS");
	take(many, n);
	full = tap_status("VmRSS");
	give(many);
	freed = tap_status("VmRSS");
	said = malloc_trim(0);
	trimmed = tap_status("VmRSS");
	ok(full >= base + 63 * 1024, "64 MiB in blocks of %zu are resident", n);
	ok(trimmed < base + 4 * 1024,
	   "malloc_trim(0) returns them (%lu, %lu, %lu KiB)", base, full,
	   trimmed);
	ok(said == 1 || (said == 0 && freed < trimmed + 1024),
	   "malloc_trim says whether it did (%d)", said);
	take(many, n);
	give(many);
	ok(true, "and they can be had again");
}

static void test_trim_keeps(void)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 4096; i++) {
		block[i] = malloc(2000);
		tap_fill(block[i], 2000, i);
	}
	for (i = 0; i < 4096; i++)
		if (i % 64)
			free(block[i]);
	malloc_trim(0);
	for (i = 0; i < 4096; i += 64) {
		bad += !tap_check(block[i], 2000, i);
		free(block[i]);
	}
	ok(!bad, "malloc_trim keeps what is in use");
}

/* -- Accounts ------------------------------------------------------------ */

static bool grew(size_t before, size_t after, size_t by)
{
	return after > before + by - by / 20 && after < before + by + by / 3;
}

/* Big blocks stand apart, in hblkhd, as glibc has them. */
static void test_mallinfo2(size_t n, size_t total)
{
	unsigned int many = total / n;
	struct mallinfo2 before, full, after;
	size_t apart;

	before = mallinfo2();
	take(many, n);
	full = mallinfo2();
	give(many);
	after = mallinfo2();
	apart = full.hblkhd - before.hblkhd;
	ok(grew(apart ? before.hblkhd : before.uordblks,
		apart ? full.hblkhd : full.uordblks, total) &&
		   (!apart || full.uordblks < before.uordblks + total / 16),
	   "mallinfo2: %u blocks of %zu count (%zu and %zu)", many, n,
	   full.uordblks - before.uordblks, apart);
	ok(after.uordblks < before.uordblks + total / 16 &&
		   after.hblkhd <= before.hblkhd,
	   "mallinfo2: and no longer once freed (%zu, %zu)", after.uordblks,
	   after.hblkhd);
}

static void test_mallinfo2_fields(void)
{
	struct mallinfo2 mi;
	struct mallinfo old;

	take(4096, 1000);
	mi = mallinfo2();
	ok(mi.arena + mi.hblkhd >= mi.uordblks,
	   "mallinfo2: arena %zu holds uordblks %zu", mi.arena, mi.uordblks);
	ok(mi.uordblks >= 4096 * 1000, "mallinfo2: uordblks");
	give(4096);
	mi = mallinfo2();
	ok(mi.fordblks <= mi.arena, "mallinfo2: fordblks %zu within arena %zu",
	   mi.fordblks, mi.arena);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	take(4096, 1000);
	old = mallinfo();
#pragma GCC diagnostic pop
	ok(old.uordblks >= 4096 * 1000, "mallinfo: uordblks %d", old.uordblks);
	give(4096);
}

/* -- mallopt ------------------------------------------------------------- */

static void test_mallopt(void)
{
	ok(mallopt(M_TRIM_THRESHOLD, 1 << 20) == 1,
	   "mallopt(M_TRIM_THRESHOLD)");
	ok(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1,
	   "mallopt(M_MMAP_THRESHOLD)");
	ok(mallopt(M_ARENA_MAX, 2) == 1, "mallopt(M_ARENA_MAX)");
	ok(mallopt(M_TOP_PAD, 1 << 16) == 1, "mallopt(M_TOP_PAD)");
	mallopt(-99999, -1);
	mallopt(INT_MAX, INT_MAX);
	take(1000, 3000);
	give(1000);
	ok(true, "mallopt of nonsense does no harm");
}

/* -- malloc_info --------------------------------------------------------- */

/*
 * Well-formed enough: elements nest, one root, attributes quoted, no text
 * outside. The names are left to the allocator.
 */
static bool is_xml(const char *s)
{
	const char *name[64], *end;
	unsigned int depth = 0, roots = 0;

	for (; *s; s = end + 1) {
		s += strspn(s, " \t\n");
		if (!*s)
			break;
		end = strchr(s, '>');
		if (*s++ != '<' || !end)
			return false;
		if (*s == '?' || *s == '!')
			continue;
		if (*s == '/') {
			if (!depth ||
			    strncmp(name[--depth], s + 1, end - s - 1))
				return false;
			continue;
		}
		roots += !depth;
		if (end[-1] == '/')
			continue;
		if (depth == ARRAY_SIZE(name))
			return false;
		name[depth++] = s;
	}
	return !depth && roots == 1;
}

/* The stream's own buffer comes from the heap that is being described. */
static void test_malloc_info(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	take(3000, 500);
	ok(f && malloc_info(0, f) == 0, "malloc_info(0) returns 0");
	fclose(f);
	give(3000);
	ok(text && !strncmp(text, "<malloc version=", 16),
	   "malloc_info begins with <malloc version=");
	ok(text && len > 40 && is_xml(text), "malloc_info gives XML");
	if (!text || !is_xml(text))
		diag("%.300s", text ? text : "(nothing)");
	free(text);
	f = fopen("/dev/null", "w");
	ok(f && malloc_info(1, f) != 0, "malloc_info(1) is refused");
	fclose(f);
}

/* -- malloc_stats -------------------------------------------------------- */

static void test_malloc_stats(void)
{
	char path[] = "/tmp/km-extras-XXXXXX";
	int fd = mkstemp(path), keep = dup(STDERR_FILENO);
	off_t size;

	unlink(path);
	dup2(fd, STDERR_FILENO);
	errno = 0;
	malloc_stats();
	fflush(stderr);
	dup2(keep, STDERR_FILENO);
	size = lseek(fd, 0, SEEK_END);
	ok(size > 0, "malloc_stats reports on stderr");
	close(keep);
	close(fd);
}

/* -- All at once --------------------------------------------------------- */

static bool stop;

static void *churn(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);
	void *p[64] = { NULL };
	unsigned int k;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		k = tap_below(&rng, 64);
		free(p[k]);
		p[k] = malloc(tap_any_size(&rng, 17));
		*(char *)p[k] = 1;
	}
	for (k = 0; k < 64; k++)
		free(p[k]);
	return NULL;
}

static void test_together(void)
{
	unsigned int i, rounds = tap_load(60);
	FILE *f = fopen("/dev/null", "w");
	pthread_t t[3];

	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, churn, (void *)(uintptr_t)(i + 1));
	for (i = 0; i < rounds; i++) {
		malloc_trim(i % 2 * 4096);
		malloc_info(0, f);
		mallinfo2();
		mallopt(M_TRIM_THRESHOLD, 128 * 1024 << i % 4);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	fclose(f);
	ok(true, "%u rounds of all of them beside three busy threads", rounds);
}

int main(void)
{
	tap_begin();
	tap_seed();
	tap_watchdog(60);
	if (!tap_promised("glibc's extras"))
		return tap_done();
	test_trim(1000);
	test_trim(10000);
	test_trim(300000);
	test_trim_keeps();
	test_mallinfo2(1000, 16 * MIB);
	test_mallinfo2(40000, 32 * MIB);
	test_mallinfo2(16 * MIB, 64 * MIB);
	test_mallinfo2_fields();
	test_mallopt();
	test_malloc_info();
	test_malloc_stats();
	test_together();
	return tap_done();
}
