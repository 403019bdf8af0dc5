/* SPDX-License-Identifier: MIT */
/*
 * cgroup: limits and pressure from files that a test writes.
 */
#include "kmtest.h"

#include <sys/stat.h>

#include "buddy.h"
#include "cgroup.h"
#include "gfp.h"
#include "kmalloc.h"
#include "kswapd.h"
#include "mm_init.h"
#include "params.h"
#include "spinlock.h"

static char root[64];

static void put(const char *file, const char *text)
{
	char name[200];
	int fd;

	snprintf(name, sizeof(name), "%s/%s", root, file);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0);
	must(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void begin(void)
{
	static char self[128], psi[128];
	char name[128];

	strcpy(root, "/tmp/km-cgroup-XXXXXX");
	must(mkdtemp(root));
	snprintf(name, sizeof(name), "%s/a", root);
	must(!mkdir(name, 0700));
	snprintf(name, sizeof(name), "%s/a/b", root);
	must(!mkdir(name, 0700));
	snprintf(self, sizeof(self), "%s/self", root);
	snprintf(psi, sizeof(psi), "%s/psi", root);
	cgroup_fs = root;
	cgroup_self = self;
	cgroup_psi = psi;
}

static void end(void)
{
	static const char *const files[] = {
		"self",
		"psi",
		"memory.max",
		"a/memory.max",
		"a/memory.high",
		"a/memory.current",
		"a/b/memory.max",
		"a/b/memory.high",
		"a/b/memory.current",
		"a/b/memory.pressure",
		"a/b",
		"a",
		"",
	};
	char name[200];

	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(name, sizeof(name), "%s/%s", root, files[i]);
		remove(name);
	}
}

static void limits(void)
{
	begin();
	must(cgroup_limit() == ~0ULL);
	put("self", "12:cpu:/x\n1:name=systemd:/y\n");
	must(cgroup_limit() == ~0ULL);
	put("self", "1:name=systemd:/y\n0::/a/b\n");
	must(cgroup_limit() == ~0ULL);
	put("a/b/memory.max", "max\n");
	put("a/memory.max", "300000000\n");
	must(cgroup_limit() == 300000000);
	put("a/b/memory.max", "200000000\n");
	must(cgroup_limit() == 200000000);
	put("memory.max", "100000000\n");
	must(cgroup_limit() == 100000000);
	put("self", "0::/\n");
	must(cgroup_limit() == 100000000);
	km_fail("openat", 1);
	must(cgroup_limit() == ~0ULL && !cgroup_is_pressed());
	km_fail("openat", 0);
	km_fail("read", 1);
	must(cgroup_limit() == ~0ULL && !cgroup_is_pressed());
	end();
}

static void pressure(void)
{
	begin();
	must(!cgroup_is_pressed());
	put("psi", "some avg10=4.99 avg60=50.00 avg300=90.00 total=1\n");
	must(!cgroup_is_pressed());
	put("psi", "some avg10=12.00 avg60=0.00 avg300=0.00 total=1\n");
	must(cgroup_is_pressed());
	put("psi", "nonsense\n");
	put("self", "0::/a/b\n");
	must(!cgroup_is_pressed());
	put("a/b/memory.high", "1600\n");
	must(!cgroup_is_pressed());
	put("a/b/memory.current", "1499\n");
	must(!cgroup_is_pressed());
	put("a/b/memory.current", "1500\n");
	must(cgroup_is_pressed());
	put("a/b/memory.high", "max\n");
	must(!cgroup_is_pressed());
	put("a/memory.max", "3000\n");
	put("a/memory.current", "2999\n");
	must(cgroup_is_pressed());
	put("a/memory.max", "30000\n");
	must(!cgroup_is_pressed());
	put("a/b/memory.pressure", "some avg10=7.50 avg60=0.00\n");
	must(cgroup_is_pressed());
	end();
}

/* What is free goes back at once, though it is not old. */
static void round_under_pressure(void)
{
	void *p;
	bool used;
	struct zone_stat zone;

	begin();
	put("self", "0::/a\n");
	put("a/memory.high", "1000\n");
	put("a/memory.current", "10\n");
	setenv("KMALLOC", "page_reporting_delay=3600000", 1);
	must(mm_boot());
	p = alloc_pages_exact(SZ_1M, GFP_KERNEL);
	memset(km_hide(p), 1, SZ_1M);
	free_pages_exact(p, SZ_1M);
	kswapd_round(&used);
	page_alloc_stat(&zone);
	must(zone.dirty_pages >= SZ_1M / PAGE_SIZE);
	put("a/memory.current", "990\n");
	kswapd_round(&used);
	page_alloc_stat(&zone);
	must(!zone.dirty_pages);
	end();
}

/* The same by who frees: now and then, and not in every context. */
static void free_under_pressure(void)
{
	u32 old;

	begin();
	put("self", "0::/a\n");
	put("a/memory.high", "1000\n");
	put("a/memory.current", "990\n");
	setenv("KMALLOC", "page_reporting_delay=3600000 kswapd=off", 1);
	must(mm_boot());
	cgroup_look_ms = 0;
	must(!cgroup_was_pressed()); /* the first look is not at once */
	old = gfp_enter(GFP_ATOMIC);
	must(!cgroup_was_pressed());
	gfp_exit(old);
	nmi_enter();
	must(!cgroup_was_pressed());
	nmi_exit();
	must(cgroup_was_pressed());
	/* Remembered, but not by who may not look. */
	cgroup_look_ms = 3600000;
	must(cgroup_was_pressed());
	put("a/memory.current", "10\n");
	must(cgroup_was_pressed());
	nmi_enter();
	must(!cgroup_was_pressed());
	nmi_exit();
	end();
}

static size_t dirty_after_free(void)
{
	struct zone_stat zone;
	void *p = alloc_pages_exact(SZ_1M, GFP_KERNEL);

	memset(km_hide(p), 1, SZ_1M);
	free_pages_exact(p, SZ_1M);
	page_alloc_stat(&zone);
	return zone.dirty_pages;
}

static void free_looks(void)
{
	begin();
	put("self", "0::/a\n");
	put("a/memory.high", "1000\n");
	put("a/memory.current", "10\n");
	setenv("KMALLOC", "page_reporting_delay=3600000 kswapd=off", 1);
	must(mm_boot());
	cgroup_look_ms = 0;
	must(!cgroup_was_pressed());
	must(dirty_after_free() >= SZ_1M / PAGE_SIZE);
	put("a/memory.current", "990\n");
	/* A free looks twice a second: the test's time limit is the bound. */
	while (dirty_after_free() >= SZ_1M / PAGE_SIZE)
		;
	end();
}

static void free_does_not_look(void)
{
	begin();
	put("self", "0::/a\n");
	put("a/memory.high", "1000\n");
	put("a/memory.current", "1000\n");
	setenv("KMALLOC", "cgroup=off", 1);
	must(mm_boot());
	cgroup_look_ms = 0;
	must(!cgroup_was_pressed() && !cgroup_was_pressed());
	end();
}

static void confined_does_not_look(void)
{
	begin();
	put("self", "0::/a\n");
	put("a/memory.high", "1000\n");
	put("a/memory.current", "1000\n");
	must(mm_boot());
	cgroup_look_ms = 0;
	must(!cgroup_was_pressed() && cgroup_was_pressed());
	arch_confine();
	must(!cgroup_was_pressed());
	end();
}

struct limited {
	const char *options;
	size_t mem; /* what comes of it */
};

static void limited(void *arg)
{
	const struct limited *l = arg;

	begin();
	put("self", "0::/a\n");
	put("a/memory.max", "33554432\n");
	put("a/memory.current", "33554432\n");
	setenv("KMALLOC", l->options, 1);
	must(mm_boot());
	must(param(mem) == l->mem);
	must(!vmalloc(40 * SZ_1M) == !!l->mem);
	end();
}

/* The group's limit is that of the library if it is asked for, and has none of
 * its own. */
static void test_limited(void **state)
{
	static const struct limited rows[] = {
		{ "cgroup=limit", 30 * SZ_1M },
		{ "cgroup=limit mem=20M", 20 * SZ_1M },
		{ "cgroup=off", 0 },
	};
	static struct km_child c;

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		km_child(&c, limited, &rows[i]);
		assert_child_ok(&c);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(limits),
		km_unit_child(pressure),
		km_unit_child(round_under_pressure),
		km_unit_child(free_under_pressure),
		km_unit_child(free_looks),
		km_unit_child(free_does_not_look),
		km_unit_child(confined_does_not_look),
		cmocka_unit_test(test_limited),
	};

	return km_run_tests(tests);
}
