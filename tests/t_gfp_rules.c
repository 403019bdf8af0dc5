/* SPDX-License-Identifier: MIT */
/*
 * gfp_rules: the syntax, threads by name and class, callers by library.
 */
#include "kmtest.h"

#include <sched.h>
#include <sys/prctl.h>

#include "buddy.h"
#include "gfp_rules.h"
#include "kmalloc.h"
#include "mm_init.h"
#include "slab_common.h"

static int parse(const char *s)
{
	return gfp_rules_parse(s, (unsigned int)strlen(s));
}

static void syntax(void)
{
	static const char *const wrong[] = {
		"x",
		"comm",
		"comm:",
		"comm:a",
		"comm:=GFP_ATOMIC",
		"comm:a=",
		"comm:a=GFP_NONE",
		"name:a=GFP_ATOMIC",
		"sched:fif=GFP_ATOMIC",
		"comm:a=GFP_ATOMIC,,",
		"comm:a=GFP_ATOMIC,x",
		"comm:0123456789012345678901234567890123456789012345678=GFP_ATOMIC",
	};
	char many[1024] = "";

	must(parse("") == 0);
	must(parse("comm:audio*=GFP_ATOMIC") == 1);
	must(!gfp_lib_rules);
	must(parse("comm:a=GFP_ATOMIC,sched:fifo=GFP_NOFS|__GFP_NOWARN,lib:*=GFP_NOIO") ==
	     3);
	must(gfp_lib_rules);
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		must(parse(wrong[i]) < 0);
		must(!gfp_lib_rules);
	}
	for (int i = 0; i < GFP_RULES_MAX; i++)
		strcat(many, i ? ",sched:rr=GFP_NOFS" : "sched:rr=GFP_NOFS");
	must(parse(many) == GFP_RULES_MAX);
	strcat(many, ",sched:rr=GFP_NOFS");
	must(parse(many) < 0);
}

/* What malloc's flags are in a thread of that name. */
static gfp_t gfp_of_thread(const char *name)
{
	kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	return gfp_of_malloc();
}

static void named(unsigned int nr, void *arg)
{
	void *p;

	(void)nr, (void)arg;
	prctl(PR_SET_NAME, "audio0", 0, 0, 0);
	/* Nothing happens before a slow path. */
	must(!gfp_task.word);
	p = malloc_slowpath(100000, false);
	must(p);
	must(kmalloc_thread_gfp_get() == GFP_ATOMIC);
	must(gfp_task.policy == (GFP_ATOMIC | GFP_POLICY_SET));
	must(page_reserve_min());
	kfree(p);
	/* What the thread itself says comes first. */
	must(kmalloc_thread_gfp_set(GFP_NOIO) == GFP_ATOMIC);
	must(kmalloc_thread_gfp_get() == GFP_NOIO);
	must(!lockdep_held && !gfp_task.now);
}

static void by_name(void)
{
	struct km_thread t;

	setenv("KMALLOC",
	       "gfp_rules=comm:audio*=GFP_ATOMIC,comm:?b*d=GFP_NOFS,comm:*x*y=GFP_NOIO",
	       1);
	must(mm_boot());
	must(gfp_process == (GFP_KERNEL | GFP_RULES));
	must(gfp_of_thread("main") == GFP_KERNEL);
	must(gfp_of_thread("audio") == GFP_ATOMIC);
	must(gfp_of_thread("audio 3") == GFP_ATOMIC);
	must(gfp_of_thread("abcd") == GFP_NOFS);
	must(gfp_of_thread("bd") == GFP_KERNEL);
	must(gfp_of_thread("axbycy") == GFP_NOIO);
	must(gfp_of_thread("axbyc") == GFP_KERNEL);
	km_threads_start(&t, 1, named, NULL);
	km_threads_join(&t, 1);
}

/* A thread that no rule fits is looked at again, but not at each call. */
static void named_later(void)
{
	u32 policy;

	setenv("KMALLOC", "gfp_rules=comm:late*=GFP_NOFS gfp=GFP_NOIO", 1);
	must(mm_boot());
	must(gfp_of_thread("early") == GFP_NOIO);
	policy = gfp_task.policy;
	must(policy && !(policy & GFP_POLICY_SET));
	prctl(PR_SET_NAME, "later", 0, 0, 0);
	while (gfp_of_malloc() == GFP_NOIO)
		usleep(1000);
	must(gfp_of_malloc() == GFP_NOFS);
}

/* One that says so is looked at there and then. */
static void renamed(void)
{
	setenv("KMALLOC", "gfp_rules=comm:late*=GFP_ATOMIC", 1);
	must(mm_boot());
	for (int i = 0; i < 10; i++) {
		must(gfp_of_thread("early") == GFP_KERNEL);
		prctl(PR_SET_NAME, "later", 0, 0, 0);
		gfp_rules_look();
		must(gfp_task.policy == (GFP_ATOMIC | GFP_POLICY_SET));
	}
	must(page_reserve_min());
	/* What it has, it keeps. */
	prctl(PR_SET_NAME, "early", 0, 0, 0);
	gfp_rules_look();
	must(gfp_of_malloc() == GFP_ATOMIC);
}

/* Without rules there is nothing to look at. */
static void renamed_without(void)
{
	must(mm_boot());
	gfp_rules_look();
	must(!gfp_task.word);
}

static void by_class(void)
{
	struct sched_param none = { 0 };

	setenv("KMALLOC", "gfp_rules=sched:batch=GFP_NOFS,sched:idle=GFP_NOIO",
	       1);
	must(mm_boot());
	must(gfp_of_thread("x") == GFP_KERNEL);
	if (sched_setscheduler(0, SCHED_BATCH, &none))
		km_child_skip("no class may be chosen");
	must(gfp_of_thread("x") == GFP_NOFS);
	must(!sched_setscheduler(0, SCHED_IDLE, &none));
	must(gfp_of_thread("x") == GFP_NOIO);
}

static noinline void *call_as(const void *caller, gfp_t *gfp)
{
	u32 lib = gfp_lib_enter(caller);
	void *p = malloc_slowpath(100000, false);

	*gfp = gfp_of_malloc();
	gfp_lib_exit(lib);
	return p;
}

static void by_library(void)
{
	char name[64], rule[128];
	gfp_t gfp;

	snprintf(name, sizeof(name), "%s", strrchr(km_self, '/') + 1);
	name[strlen(name) - 1] = '*';
	snprintf(rule, sizeof(rule), "gfp_rules=lib:%s=GFP_NOFS", name);
	setenv("KMALLOC", rule, 1);
	must(mm_boot() && gfp_lib_rules);
	for (int i = 0; i < 3; i++) {
		must(call_as((void *)by_library, &gfp));
		must(gfp == GFP_NOFS);
		must(gfp_of_malloc() == GFP_KERNEL);
		/* libc's, and nobody's. */
		must(call_as((void *)strtoull, &gfp));
		must(gfp == GFP_KERNEL || CONFIG_SANITIZER);
		must(call_as((void *)16, &gfp));
		must(gfp == GFP_KERNEL);
	}
	/* The thread's own flags come first; scopes stay. */
	kmalloc_thread_gfp_set(GFP_NOIO);
	must(call_as((void *)by_library, &gfp) && gfp == GFP_NOIO);
	kmalloc_thread_gfp_set(KMALLOC_GFP_DEFAULT);
	memalloc_noio_save();
	must(call_as((void *)by_library, &gfp) && gfp == GFP_NOFS);
	must(current_gfp_context(GFP_KERNEL) == GFP_NOIO);
}

/* No rule is found without what tells, and nothing else goes wrong. */
static void no_names(void)
{
	setenv("KMALLOC", "gfp_rules=comm:*=GFP_NOFS,sched:rt=GFP_ATOMIC", 1);
	must(mm_boot());
	km_fail("prctl", 1);
	must(gfp_of_thread("x") == GFP_KERNEL);
}

static void no_maps(void)
{
	gfp_t gfp;

	setenv("KMALLOC", "gfp_rules=lib:*=GFP_NOFS", 1);
	must(mm_boot());
	km_fail("openat", 1);
	must(call_as((void *)no_maps, &gfp));
	must(gfp == GFP_KERNEL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(syntax),		km_unit_child(by_name),
		km_unit_child(named_later),	km_unit_child(renamed),
		km_unit_child(renamed_without), km_unit_child(by_class),
		km_unit_child(by_library),	km_unit_child(no_names),
		km_unit_child(no_maps),
	};

	return km_run_tests(tests);
}
