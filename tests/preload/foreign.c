/* SPDX-License-Identifier: MIT */
/*
 * foreign - pointers that were never ours do not bring the program down
 *
 * Freed, they are ignored; the first is reported, in one line, and the program
 * goes on. Blocks of libc's own malloc are handed back to it, in silence. Each
 * story is a child process whose stderr is read.
 */
#include "child.h"
#include <regex.h>
#include <sys/mman.h>
#include "opaque.h"

#define REPORT                                                   \
	"^kmalloc: free of foreign pointer 0x[0-9a-f]+ ignored " \
	"\\(reported once\\)$"

static char stderr_text[4096];

static char of_static[256];
static const char of_rodata[256] = "constant";

/* Neighbours of plausible content, so that a guess by content is no use. */
static void dress(void *p, size_t n, size_t word)
{
	tap_word *w = p;
	size_t i;

	for (i = 0; i < n / 8; i++)
		w[i] = word;
}

static bool goes_on(void)
{
	struct tap_rng rng = tap_rng_of(1);
	void *slot[64] = { NULL };
	unsigned int i, k;

	for (i = 0; i < 20000; i++) {
		k = tap_below(&rng, 64);
		free(slot[k]);
		slot[k] = malloc(tap_any_size(&rng, 16));
		if (!slot[k])
			return false;
		*(char *)slot[k] = 1;
	}
	for (k = 0; k < 64; k++)
		free(slot[k]);
	return true;
}

static void *mapped(int prot, int flags)
{
	return mmap(NULL, 1 << 20, prot, flags | MAP_ANONYMOUS, -1, 0);
}

/* -- The stories: what is freed ------------------------------------------ */

static bool of_stack(void)
{
	char buf[256];
	static const size_t words[] = { 0, 0x21, 0x111, 64, SIZE_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		dress(buf, sizeof(buf), words[i]);
		free(tap_launder(buf + 16));
		free(tap_launder(buf + 64));
		free(tap_launder(buf + 3));
	}
	return buf[100] == (char)(words[4] >> 32);
}

static bool of_globals(void)
{
	free(tap_launder(of_static));
	free(tap_launder(of_static + 32));
	dress(of_static, sizeof(of_static), 0x21);
	free(tap_launder(of_static + 64));
	free(tap_launder((void *)of_rodata));
	free(tap_launder((void *)goes_on));
	free(tap_launder(&errno));
	return !strcmp(of_rodata, "constant");
}

static bool of_mmap(void)
{
	char *p = mapped(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *shared = mapped(PROT_READ | PROT_WRITE, MAP_SHARED);
	char *none = mapped(PROT_NONE, MAP_PRIVATE);
	char *gone = mapped(PROT_NONE, MAP_PRIVATE);

	munmap(gone, 1 << 20);
	dress(p, 1 << 20, 0x5a);
	free(tap_launder(p));
	free(tap_launder(p + 16));
	free(tap_launder(p + 65536));
	free(tap_launder(shared));
	free(tap_launder(shared + 4096));
	free(tap_launder(none));
	free(tap_launder(none + 16));
	free(tap_launder(gone));
	free(tap_launder(gone + 4096 + 16));
	return p[0] == 0x5a && shared[0] == 0;
}

static bool of_nowhere(void)
{
	static const uintptr_t wild[] = {
		1,
		8,
		16,
		255,
		4096,
		65536,
		0x100000,
		0xdead000000000000,
		0x4141414141414140,
		0x5a5a5a5a5a5a5a5a,
		(uintptr_t)1 << 46,
		((uintptr_t)1 << 47) - 16,
		(uintptr_t)1 << 47,
		(uintptr_t)1 << 55,
		(uintptr_t)1 << 63,
		UINTPTR_MAX - 4095,
		UINTPTR_MAX - 15,
		UINTPTR_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wild); i++)
		free((void *)wild[i]);
	return true;
}

static bool of_everywhere(void)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		if (!of_stack() || !of_globals() || !of_mmap() || !of_nowhere())
			return false;
	return true;
}

static void *free_foreign(void *arg)
{
	char buf[64];
	unsigned int i;

	memset(buf, 0, sizeof(buf));
	for (i = 0; i < 1000; i++) {
		free(tap_launder(buf + 16));
		free(malloc(100));
	}
	return arg;
}

static bool in_threads(void)
{
	pthread_t t[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, free_foreign, NULL))
			return false;
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	return true;
}

static bool keeps_errno(void)
{
	char buf[64];

	memset(buf, 0, sizeof(buf));
	errno = 12345;
	free(tap_launder(buf + 16));
	return errno == 12345;
}

/* What a resize of it gives is not promised, only that it does no harm. */
static bool measured_and_resized(void)
{
	char buf[256];
	char *p = mapped(PROT_READ | PROT_WRITE, MAP_PRIVATE), *q;

	dress(buf, sizeof(buf), 0);
	malloc_usable_size(tap_launder(buf + 32));
	malloc_usable_size(tap_launder(p));
	malloc_usable_size(tap_launder(of_static));
	malloc_usable_size((void *)(uintptr_t)4096);
	q = realloc(tap_launder(buf + 32), 50);
	free(q);
	q = realloc(tap_launder(p + 16), 5000);
	free(q);
	q = realloc((void *)(uintptr_t)0xdead000000000000, 10);
	free(q);
	return true;
}

/* The stream has a buffer of ours; the message must not go through it. */
static bool without_stderr(void)
{
	close(STDERR_FILENO);
	return of_nowhere() && of_globals();
}

static bool libc_blocks(void)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	void *(*get)(size_t);
	unsigned int i, bad = 0;
	void *p;

	get = (void *(*)(size_t))dlsym(libc, "__libc_malloc");
	if (!get)
		return false;
	for (i = 0; i < 2000; i++) {
		size_t n = i * i % 300000 + 1;

		p = get(n);
		tap_fill(p, n, i);
		bad += malloc_usable_size(p) < n;
		if (i % 2) {
			p = realloc(p, n + 1000);
			bad += !p || !tap_check(p, n, i);
		}
		free(p);
	}
	return !bad;
}

static const struct {
	const char *what;
	bool (*run)(void);
	unsigned int least, most; /* lines on stderr */
} story[] = {
	{ "the stack", of_stack, 1, 1 },
	{ "statics, constants, code, TLS", of_globals, 1, 1 },
	{ "mappings, also inaccessible and gone", of_mmap, 1, 1 },
	{ "wild addresses", of_nowhere, 1, 1 },
	{ "all of these, twenty times", of_everywhere, 1, 1 },
	{ "by four threads at once", in_threads, 1, 1 },
	{ "errno is kept", keeps_errno, 1, 1 },
	{ "measured and resized", measured_and_resized, 0, 1 },
	{ "no stderr to report to", without_stderr, 0, 0 },
	{ "blocks of libc's own malloc", libc_blocks, 0, 0 },
};

/* -- The parent ---------------------------------------------------------- */

static int run_story(void *arg)
{
	unsigned int i = (uintptr_t)arg;
	bool good = story[i].run() && goes_on();

	exit(good ? CHILD_WELL : 1);
}

/* The child's exit code; what it wrote to stderr is in stderr_text. */
static int run_reading(unsigned int i)
{
	char path[] = "/tmp/km-foreign-XXXXXX";
	int fd = mkstemp(path), keep = dup(STDERR_FILENO), code;
	ssize_t got;

	unlink(path);
	dup2(fd, STDERR_FILENO);
	code = tap_in_child(run_story, (void *)(uintptr_t)i, 30);
	dup2(keep, STDERR_FILENO);
	got = pread(fd, stderr_text, sizeof(stderr_text) - 1, 0);
	stderr_text[got > 0 ? got : 0] = 0;
	close(keep);
	close(fd);
	return code;
}

/* How many lines, or UINT_MAX if one is not the report. */
static unsigned int reports(void)
{
	unsigned int n = 0;
	char *line, *save;
	regex_t re;

	if (regcomp(&re, REPORT, REG_EXTENDED | REG_NOSUB))
		return UINT_MAX;
	for (line = strtok_r(stderr_text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		diag("%s", line);
		if (regexec(&re, line, 0, NULL, 0))
			n = UINT_MAX - 1000;
		n++;
	}
	regfree(&re);
	return n;
}

int main(void)
{
	unsigned int i, n;
	int code;

	tap_begin();
	tap_watchdog(60);
	if (!tap_ours("foreign pointers"))
		return tap_done();
	for (i = 0; i < ARRAY_SIZE(story); i++) {
		code = run_reading(i);
		ok(code == CHILD_WELL, "%s: the program goes on (%d)",
		   story[i].what, code);
		n = reports();
		ok(n >= story[i].least && n <= story[i].most,
		   "%s: lines reported: %u to %u", story[i].what,
		   story[i].least, story[i].most);
	}
	return tap_done();
}
