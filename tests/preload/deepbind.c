/* SPDX-License-Identifier: MIT */
/*
 * deepbind - blocks change hands between the program and a library that was
 * opened with RTLD_DEEPBIND and may be using another malloc
 *
 * Either side frees, resizes and measures what the other allocated, and what
 * libc allocated for the other. Nothing crashes, and contents survive. Each
 * exchange is a child process, so that one crash is one failure.
 */
#include "child.h"
#include "deep.h"
#include "opaque.h"

static const size_t sizes[] = {
	0,     1,     16,     24,     100,    500,     1024,	3000,
	10000, 40000, 100000, 131072, 200000, 1000000, 5000000, 40000000,
};

static const struct deep *deep;

/* Neighbours stay alive on both sides: a crash may come after the crime. */
static void *ours[64], *theirs[64];

static void settle(void)
{
	unsigned int i, k;

	for (k = 0; k < 4; k++)
		for (i = 0; i < 64; i++) {
			free(ours[i]);
			deep->put(theirs[i]);
			ours[i] = malloc(sizes[i % 16] % 70000 + k);
			theirs[i] = deep->get(sizes[i % 16] % 70000 + k);
		}
}

static bool we_free_theirs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		free(deep->get(sizes[i]));
		free(deep->get_zero(1, sizes[i]));
		free(deep->resize(deep->get(10), sizes[i] + 1));
		free(deep->get_aligned(4096, sizes[i]));
		errno = 12345;
		free(deep->get(sizes[i]));
		if (errno != 12345)
			return false;
	}
	return true;
}

static bool they_free_ours(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		deep->put(malloc(sizes[i]));
		deep->put(calloc(1, sizes[i]));
		deep->put(realloc(malloc(10), sizes[i] + 1));
		deep->put(memalign(4096, sizes[i]));
	}
	return true;
}

static bool we_resize_theirs(void)
{
	unsigned int i, bad = 0;
	void *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = deep->get(sizes[i]);
		tap_fill(p, sizes[i], 1);
		p = realloc(p, sizes[i] * 2 + 100);
		bad += !p || !tap_check(p, sizes[i], 1);
		tap_fill(p, sizes[i] * 2 + 100, 2);
		p = realloc(p, sizes[i] / 2 + 1);
		bad += !p || !tap_check(p, sizes[i] / 2 + 1, 2);
		free(p);
	}
	return !bad;
}

static bool they_resize_ours(void)
{
	unsigned int i, bad = 0;
	void *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = malloc(sizes[i]);
		tap_fill(p, sizes[i], 1);
		p = deep->resize(p, sizes[i] * 2 + 100);
		bad += !p || !tap_check(p, sizes[i], 1);
		tap_fill(p, sizes[i] * 2 + 100, 2);
		p = deep->resize(p, sizes[i] / 2 + 1);
		bad += !p || !tap_check(p, sizes[i] / 2 + 1, 2);
		deep->put(p);
	}
	return !bad;
}

static bool usable_sizes(void)
{
	unsigned int i, bad = 0;
	void *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = deep->get(sizes[i]);
		bad += malloc_usable_size(p) < sizes[i];
		tap_fill(p, malloc_usable_size(p), 3);
		free(p);
		p = malloc(sizes[i]);
		bad += deep->usable(p) < sizes[i];
		tap_fill(p, deep->usable(p), 3);
		deep->put(p);
	}
	return !bad;
}

/* libc's strdup and its kin may use either malloc; nobody can know which. */
static bool libc_blocks(void (*release)(void *))
{
	static const char text[] = "a text of some length, for all to see";
	unsigned int i, bad = 0;
	char *p;

	for (i = 0; i < 200; i++) {
		p = deep->strdup(text);
		bad += !p || strcmp(p, text);
		release(p);
		p = deep->getline("/proc/self/status");
		bad += !p || strncmp(p, "Name:", 5);
		release(p);
		p = deep->asprintf(10 + i * 7);
		bad += !p || strlen(p) != 10 + i * 7;
		release(p);
		p = deep->realpath("/");
		bad += !p || strcmp(p, "/");
		release(p);
	}
	return !bad;
}

static void our_free(void *p)
{
	free(p);
}

static bool we_free_libc(void)
{
	return libc_blocks(our_free);
}

static bool they_free_libc(void)
{
	return libc_blocks(deep->put);
}

static bool they_free_our_libc(void)
{
	unsigned int i, bad = 0;
	char *p;

	for (i = 0; i < 200; i++) {
		p = strdup("ours");
		bad += !p || strcmp(p, "ours");
		deep->put(p);
		if (asprintf(&p, "%0*u", i * 5 + 1, i) < 0)
			return false;
		p = deep->resize(p, 5000);
		bad += !p || strlen(p) != i * 5 + 1;
		deep->put(p);
	}
	return !bad;
}

/* All of it in threads, some blocks freed by another than their maker. */
static void *swap_thread(void *arg)
{
	static void *box[32]; /* atomic */
	struct tap_rng rng = tap_rng_of((uintptr_t)arg);
	unsigned int i;
	void *p;

	for (i = 0; i < 20000; i++) {
		size_t n = tap_any_size(&rng, i % 64 ? 11 : 18);

		p = i & 1 ? malloc(n) : deep->get(n);
		memset(p, i, n);
		p = __atomic_exchange_n(&box[tap_below(&rng, 32)], p,
					__ATOMIC_ACQ_REL);
		if (tap_below(&rng, 2))
			free(p);
		else
			deep->put(p);
	}
	return NULL;
}

static bool in_threads(void)
{
	pthread_t t[4];
	uintptr_t i;

	for (i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, swap_thread, (void *)(i + 1)))
			return false;
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	return true;
}

static const struct {
	const char *what;
	bool (*run)(void);
} exchange[] = {
	{ "we free what they allocated", we_free_theirs },
	{ "they free what we allocated", they_free_ours },
	{ "we resize what they allocated", we_resize_theirs },
	{ "they resize what we allocated", they_resize_ours },
	{ "either measures the other's blocks", usable_sizes },
	{ "we free what libc gave them", we_free_libc },
	{ "they free what libc gave them", they_free_libc },
	{ "they free and resize what libc gave us", they_free_our_libc },
	{ "all in threads", in_threads },
};

static int run_exchange(void *arg)
{
	unsigned int i = (uintptr_t)arg;
	bool good;

	settle();
	good = exchange[i].run();
	settle();
	return good ? CHILD_WELL : 1;
}

static void open_deep(int flags)
{
	void *handle = dlopen(child_helper("deep"), flags);

	deep = handle ? dlsym(handle, "deep") : NULL;
	if (!deep)
		tap_bail("deep.so: %s", dlerror());
}

static void test_exchanges(const char *how)
{
	uintptr_t i;
	int code;

	for (i = 0; i < ARRAY_SIZE(exchange); i++) {
		code = tap_in_child(run_exchange, (void *)i, 30);
		ok(code == CHILD_WELL, "%s: %s (%d)", how, exchange[i].what,
		   code);
	}
}

int main(void)
{
	tap_begin();
	tap_seed();
	tap_watchdog(60);
	child_begin();
	if (tap_allocator == TAP_OTHER && !getenv("KM_FORCE")) {
		skip("RTLD_DEEPBIND", "crashes other allocators");
		return tap_done();
	}
	open_deep(RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	test_exchanges("RTLD_DEEPBIND");
	return tap_done();
}
