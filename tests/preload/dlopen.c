/* SPDX-License-Identifier: MIT */
/*
 * dlopen - the library comes late, into a process that runs on libc's malloc
 *
 * Its functions, found by dlsym, work beside libc's, in other threads too; what
 * libc allocated is passed on to libc; unloading it, and going on afterwards,
 * does no harm. Each story is a child process of its own.
 */
#include "child.h"
#include <link.h>
#include "opaque.h"

/* The malloc family of the object, not the process's own. */
struct late {
	void *handle;
	void *(*get)(size_t n);
	void *(*get_zero)(size_t n, size_t size);
	void *(*resize)(void *p, size_t n);
	int (*get_aligned)(void **out, size_t align, size_t n);
	void (*put)(void *p);
	size_t (*usable)(void *p);
};

static struct late late;
static const char *object;

static bool open_late(int flags)
{
	late.handle = dlopen(object, flags);
	if (!late.handle) {
		diag("%s", dlerror());
		return false;
	}
	late.get = (void *(*)(size_t))dlsym(late.handle, "malloc");
	late.get_zero = (void *(*)(size_t, size_t))dlsym(late.handle, "calloc");
	late.resize = (void *(*)(void *, size_t))dlsym(late.handle, "realloc");
	late.put = (void (*)(void *))dlsym(late.handle, "free");
	late.get_aligned = (int (*)(void **, size_t, size_t))dlsym(
		late.handle, "posix_memalign");
	late.usable =
		(size_t(*)(void *))dlsym(late.handle, "malloc_usable_size");
	return late.get && late.get_zero && late.resize && late.put &&
	       late.get_aligned && late.usable;
}

/* Its own functions, not those of libc under its handle. */
static bool is_its_own(void)
{
	Dl_info info;

	return dladdr((void *)late.get, &info) &&
	       !strcmp(tap_base(info.dli_fname), tap_base(object)) &&
	       late.get != (void *(*)(size_t))dlsym(RTLD_DEFAULT, "malloc");
}

static bool exercise(uint64_t seed, unsigned int rounds)
{
	struct tap_rng rng = tap_rng_of(seed);
	struct {
		void *p;
		size_t n;
	} slot[64] = { { NULL, 0 } };
	unsigned int i, k, bad = 0;

	for (i = 0; i < rounds; i++) {
		k = tap_below(&rng, 64);
		if (slot[k].p)
			bad += !tap_check(slot[k].p, slot[k].n, k) ||
			       late.usable(slot[k].p) < slot[k].n;
		slot[k].n = tap_any_size(&rng, i % 64 ? 13 : 20);
		switch (i % 4) {
		case 0:
			slot[k].p = late.resize(slot[k].p, slot[k].n);
			break;
		case 1:
			late.put(slot[k].p);
			slot[k].p = late.get_zero(1, slot[k].n);
			bad += !tap_is_zero(slot[k].p, slot[k].n);
			break;
		case 2:
			late.put(slot[k].p);
			bad += late.get_aligned(&slot[k].p, 64, slot[k].n);
			break;
		default:
			late.put(slot[k].p);
			slot[k].p = late.get(slot[k].n);
		}
		tap_fill(slot[k].p, slot[k].n, k);
	}
	for (k = 0; k < 64; k++)
		late.put(slot[k].p);
	return !bad;
}

static void *exercise_thread(void *arg)
{
	return exercise((uintptr_t)arg, 5000) ? arg : NULL;
}

static bool in_threads(void)
{
	pthread_t t[3];
	uintptr_t i;
	unsigned int bad = 0;
	void *ret;

	for (i = 0; i < 3; i++)
		if (pthread_create(&t[i], NULL, exercise_thread,
				   (void *)(i + 1)))
			return false;
	for (i = 0; i < 3; i++)
		bad += pthread_join(t[i], &ret) || !ret;
	return !bad;
}

/* -- The stories --------------------------------------------------------- */

static bool works(void)
{
	return open_late(RTLD_NOW | RTLD_LOCAL) && is_its_own() &&
	       exercise(7, 20000);
}

static bool works_in_threads(void)
{
	return open_late(RTLD_NOW | RTLD_LOCAL) && in_threads() &&
	       exercise(7, 1000);
}

/* A thread that was there before the library. */
static void *older_thread(void *arg)
{
	int *pipes = arg;
	char c;

	return read(pipes[0], &c, 1) == 1 ? exercise_thread((void *)9) : NULL;
}

static bool works_in_older_thread(void)
{
	int pipes[2];
	pthread_t t;
	void *ret;

	if (pipe(pipes) || pthread_create(&t, NULL, older_thread, pipes) ||
	    !open_late(RTLD_NOW | RTLD_LOCAL) || write(pipes[1], "", 1) != 1)
		return false;
	return !pthread_join(t, &ret) && ret && exercise(10, 1000);
}

/* Blocks older than the library, or of libc's malloc still in use beside it. */
static bool knows_libc_blocks(void)
{
	static const size_t sizes[] = { 1, 24, 100, 5000, 200000, 3000000 };
	void *older[ARRAY_SIZE(sizes)], *p;
	unsigned int i, bad = 0;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		older[i] = malloc(sizes[i]);
		tap_fill(older[i], sizes[i], i);
	}
	if (!open_late(RTLD_NOW | RTLD_LOCAL))
		return false;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		late.put(malloc(sizes[i]));
		bad += late.usable(older[i]) < sizes[i];
		p = late.resize(older[i], sizes[i] * 2);
		bad += !p || !tap_check(p, sizes[i], i);
		late.put(p);
	}
	for (i = 0; i < 10000; i++)
		free(malloc(i));
	return !bad && exercise(11, 1000);
}

static bool forks(void)
{
	int status;
	pid_t pid;

	if (!open_late(RTLD_NOW | RTLD_LOCAL) || !exercise(12, 100))
		return false;
	pid = fork();
	if (!pid)
		_exit(exercise(13, 1000) && in_threads() ? CHILD_WELL : 1);
	status = tap_reap(pid, 10);
	return status == CHILD_WELL << 8 && exercise(14, 1000);
}

static bool closes(void)
{
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < 20; i++) {
		if (!open_late(RTLD_NOW | RTLD_LOCAL) || !exercise(i, 500))
			return false;
		if (i % 5 == 4 && !in_threads())
			return false;
		if (dlclose(late.handle))
			return false;
		free(malloc(1000));
		pid = fork();
		if (!pid)
			_exit(CHILD_WELL);
		status = tap_reap(pid, 10);
		if (status != CHILD_WELL << 8)
			return false;
	}
	return true;
}

static void *use_after_close(void *arg)
{
	char *p = arg;

	memset(p, 1, 100000);
	return p;
}

/* Memory that it handed out stays; threads that used it may end later. */
static bool outlived(void)
{
	char *p;
	pthread_t t;
	void *ret;

	if (!open_late(RTLD_NOW | RTLD_LOCAL))
		return false;
	p = late.get(100000);
	dlclose(late.handle);
	return !pthread_create(&t, NULL, use_after_close, p) &&
	       !pthread_join(t, &ret) && ret == p;
}

static bool comes_globally(void)
{
	unsigned int i;

	if (!open_late(RTLD_LAZY | RTLD_GLOBAL))
		return false;
	for (i = 0; i < 1000; i++)
		free(strdup("libc goes on with its own"));
	return exercise(15, 1000);
}

/* A namespace of its own, with a libc of its own. */
static bool in_a_namespace(void)
{
	void *handle = dlmopen(LM_ID_NEWLM, object, RTLD_NOW);
	void *(*get)(size_t);
	void (*put)(void *);
	unsigned int i;

	if (!handle)
		return false;
	get = (void *(*)(size_t))dlsym(handle, "malloc");
	put = (void (*)(void *))dlsym(handle, "free");
	for (i = 0; get && put && i < 5000; i++) {
		void *p = get(i);

		if (!p)
			return false;
		memset(p, 1, i);
		put(p);
	}
	return get && put;
}

static int tls_of(struct dl_phdr_info *info, size_t size, void *out)
{
	unsigned int i;

	(void)size;
	if (strcmp(tap_base(info->dlpi_name), tap_base(object)))
		return 0;
	*(long *)out = 0;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(long *)out = info->dlpi_phdr[i].p_memsz;
	return 1;
}

/* Static TLS is scarce for a library that comes late. */
static bool little_tls(void)
{
	long bytes = -1;

	if (!open_late(RTLD_NOW | RTLD_LOCAL))
		return false;
	dl_iterate_phdr(tls_of, &bytes);
	diag("%ld bytes of static TLS", bytes);
	return bytes >= 0 && bytes <= 64;
}

/* The kernel's names, where the object has them. */
static bool kernel_names(void)
{
	static const char *const name[] = {
		"kfree",	   "ksize",
		"krealloc",	   "kmem_cache_alloc",
		"kmem_cache_free", "kmem_cache_destroy",
	};
	size_t (*ksize)(const void *);
	void (*kfree)(const void *);
	unsigned int i, missing = 0;

	if (!open_late(RTLD_NOW | RTLD_LOCAL))
		return false;
	for (i = 0; i < ARRAY_SIZE(name); i++)
		if (!dlsym(late.handle, name[i]))
			missing++;
	ksize = (size_t(*)(const void *))dlsym(late.handle, "ksize");
	kfree = (void (*)(const void *))dlsym(late.handle, "kfree");
	for (i = 1; i < 5000 && !missing; i++) {
		void *p = late.get(i);

		if (ksize(p) < i)
			missing++;
		kfree(p);
	}
	return !missing;
}

static const struct {
	const char *what;
	bool (*run)(void);
	bool ours;
} story[] = {
	{ "its functions work", works, false },
	{ "in other threads", works_in_threads, false },
	{ "in a thread older than it", works_in_older_thread, false },
	{ "it passes libc's blocks on to libc", knows_libc_blocks, true },
	{ "fork", forks, false },
	{ "opened and closed twenty times", closes, true },
	{ "closed, and its memory still in use", outlived, true },
	{ "RTLD_LAZY | RTLD_GLOBAL", comes_globally, true },
	{ "dlmopen", in_a_namespace, true },
	{ "at most 64 bytes of static TLS", little_tls, true },
};

static int run_story(void *arg)
{
	bool (*run)(void);

	memcpy(&run, arg, sizeof(run));
	return run() ? CHILD_WELL : 1;
}

/* exit(), not _exit(): what the object does at exit is part of the story. */
static int run_and_exit(void *arg)
{
	exit(run_story(arg));
}

static void tell(const char *what, bool (*run)(void))
{
	int code = tap_in_child(run_and_exit, &run, 30);

	ok(code == CHILD_WELL, "%s: %s (%d)", tap_base(object), what, code);
}

static void tell_all(void)
{
	bool ours = !strncmp(tap_base(object), "libkmalloc", 10);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(story); i++) {
		if (story[i].ours && !ours)
			skip(story[i].what, "a promise of libkmalloc only");
		else
			tell(story[i].what, story[i].run);
	}
}

static void to_be_linked(const char *preload)
{
	static char path[PATH_MAX];
	const char *slash = strrchr(preload, '/');

	snprintf(path, sizeof(path), "%.*s/libkmalloc.so",
		 slash ? (int)(slash - preload) : 1, slash ? preload : ".");
	object = path;
	if (access(path, R_OK)) {
		skip("libkmalloc.so", "it is not beside the preload object");
		return;
	}
	tell_all();
	tell("the kernel's names", kernel_names);
}

int main(void)
{
	const char *preload;

	child_begin();
	/* Not preloaded: start again without. */
	if (getenv("LD_PRELOAD")) {
		static char *argv[] = { child_self, NULL };

		unsetenv("LD_PRELOAD");
		execv(child_self, argv);
		tap_bail("cannot start again");
	}
	tap_seed();
	tap_watchdog(60);
	preload = child_preload();
	if (!preload) {
		skip("dlopen", "no object to open");
		return tap_done();
	}
	object = preload;
	tell_all();
	if (!strncmp(tap_base(preload), "libkmalloc", 10))
		to_be_linked(preload);
	return tap_done();
}
