/* SPDX-License-Identifier: MIT */
/*
 * exit - the first and the last that a process does with its memory
 *
 * Constructors of high priority, destructors, exit handlers in both forms,
 * plugins that come and go, threads still busy when the process ends, and what
 * runs after libc gave its own memory back. A child ends with CHILD_WELL only
 * if the last of its destructors found all the earlier steps done.
 */
#include "child.h"
#include "opaque.h"

enum step {
	CONSTRUCTED_FIRST = 1,
	CONSTRUCTED = 2,
	RAN_MAIN = 4,
	AT_EXIT = 8,
	ON_EXIT = 16,
	DESTRUCTED = 32,
	EVERYTHING = 63,
};

static bool ordinary;	  /* the scenario that ends by exit() */
static unsigned int done; /* enum step, or-ed */
static void *first[64], *second[64];

static void take(void **p, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		p[i] = malloc(8 + i * i * 16);
		tap_fill(p[i], 8 + i * i * 16, seed + i);
	}
}

static bool give(void **p, unsigned int seed)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 64; i++) {
		bad += !tap_check(p[i], 8 + i * i * 16, seed + i);
		free(p[i]);
	}
	return !bad;
}

/* Priority 101: before everything of ours, and the last to be destroyed. */
__attribute__((constructor(101))) static void construct_first(void)
{
	take(first, 100);
	done |= CONSTRUCTED_FIRST;
}

__attribute__((constructor)) static void construct(void)
{
	take(second, 200);
	done |= CONSTRUCTED;
}

__attribute__((destructor)) static void destruct(void)
{
	if (give(second, 200))
		done |= DESTRUCTED;
	take(second, 300);
}

__attribute__((destructor(101))) static void destruct_last(void)
{
	if (!ordinary)
		return;
	if (!give(second, 300) || !give(first, 100))
		_exit(3);
	_exit(done == EVERYTHING ? CHILD_WELL : 4);
}

static void at_exit(void)
{
	free(malloc(100));
	done |= AT_EXIT;
}

static void on_exit_too(int code, void *arg)
{
	free(arg);
	free(calloc(100, code + 1));
	done |= ON_EXIT;
}

/* -- Children ------------------------------------------------------------ */

static int do_ordinary(void)
{
	ordinary = true;
	done |= RAN_MAIN;
	atexit(at_exit);
	on_exit(on_exit_too, malloc(5000));
	exit(9);
}

static void quickly(void)
{
	bool good = give(first, 100) && give(second, 200);

	_exit(good ? CHILD_WELL : 3);
}

static int do_quick(void)
{
	at_quick_exit(quickly);
	quick_exit(9);
}

static void *busy(void *arg)
{
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);
	void *p[32] = { NULL };
	unsigned int i;

	for (;;) {
		i = tap_below(&rng, 32);
		free(p[i]);
		p[i] = malloc(tap_any_size(&rng, 17));
	}
	return NULL;
}

/* exit() while others allocate: libraries end under their feet. */
static int do_busy(void)
{
	pthread_t t;
	uintptr_t i;

	for (i = 1; i <= 4; i++)
		if (pthread_create(&t, NULL, busy, (void *)i))
			return 2;
	for (i = 0; i < 2000; i++)
		free(malloc(i));
	ordinary = true;
	done |= RAN_MAIN | ON_EXIT;
	atexit(at_exit);
	exit(9);
}

/* As leak checkers end a process. Allocation goes on nonetheless. */
static int do_freeres(void)
{
	void (*freeres)(void) =
		(void (*)(void))dlsym(RTLD_DEFAULT, "__libc_freeres");
	unsigned int i;

	if (!freeres)
		return CHILD_SKIP;
	freeres();
	for (i = 1; i < 10000; i++)
		free(malloc(i));
	_exit(give(first, 100) && give(second, 200) ? CHILD_WELL : 3);
}

static void *plugin_thread(void *arg)
{
	void *(*keep)(size_t) = (void *(*)(size_t))dlsym(arg, "plugin_keep");
	int (*answer)(int) = (int (*)(int))dlsym(arg, "plugin_answer");

	if (!keep || !answer || answer(4) != 8)
		return NULL;
	return keep(1);
}

/* What a plugin allocated is freed when it is gone. */
static int do_plugins(void)
{
	const char *path = getenv("KM_PLUGIN");
	unsigned long i, bad = 0, n = tap_load(300);
	void *handle, *kept;
	pthread_t t;

	for (i = 0; i < n; i++) {
		handle = dlopen(path, i % 2 ? RTLD_NOW : RTLD_LAZY);
		if (!handle)
			return 2;
		kept = NULL;
		bad += pthread_create(&t, NULL, plugin_thread, handle) ||
		       pthread_join(t, &kept) || !kept;
		dlclose(handle);
		bad += !kept || strcmp(kept, "kept");
		free(kept);
	}
	return bad ? 3 : CHILD_WELL;
}

static int scenario(const char *name)
{
	if (!strcmp(name, "ordinary"))
		return do_ordinary();
	if (!strcmp(name, "quick"))
		return do_quick();
	if (!strcmp(name, "busy"))
		return do_busy();
	if (!strcmp(name, "freeres"))
		return do_freeres();
	if (!strcmp(name, "plugins"))
		return do_plugins();
	return 125;
}

/* -- The parent ---------------------------------------------------------- */

static void test_busy(void)
{
	struct child c = { "busy" };
	unsigned long n = tap_load(30), i;
	int code = CHILD_WELL;

	for (i = 0; i < n && code == CHILD_WELL; i++)
		code = child_run(&c);
	ok(code == CHILD_WELL, "exit beside busy threads, %lu times (%d)", n,
	   code);
}

static void test_plugins(void)
{
	static char env[PATH_MAX + 80];
	struct child c = { "plugins", .env = { env } };

	snprintf(env, sizeof(env), "KM_PLUGIN=%s", child_helper("plugin"));
	child_ok(&c, "plugins loaded and unloaded");
	snprintf(env, sizeof(env), "KM_PLUGIN=%s", child_helper("resolver"));
	child_ok(&c, "plugins whose IFUNC resolver allocates");
}

int main(int argc, char **argv)
{
	struct child c = { "ordinary" };

	if (argc > 1)
		return scenario(argv[1]);
	tap_begin();
	tap_watchdog(60);
	child_begin();
	child_ok(&c, "constructors, exit handlers, destructors");
	c.scenario = "quick";
	child_ok(&c, "quick_exit");
	c.scenario = "freeres";
	child_ok(&c, "after __libc_freeres");
	test_busy();
	test_plugins();
	return tap_done();
}
