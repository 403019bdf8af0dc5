/* SPDX-License-Identifier: MIT */
/*
 * child.h - a test program that starts itself again under other conditions
 *
 * The parent describes a child: a scenario (its argv[1]), what LD_PRELOAD shall
 * be, more environment, and what to do in the forked process before exec. The
 * child says how it went by its exit code; it prints comments only.
 */
#ifndef TESTS_PRELOAD_CHILD_H
#define TESTS_PRELOAD_CHILD_H

#include "tap.h"

#define CHILD_WELL 42 /* what a good child exits with */
#define CHILD_SKIP 77 /* what it could not be given */

struct child {
	const char *scenario;
	const char *preload;	    /* NULL: KM_PRELOAD; "": none */
	const char *env[4];	    /* NAME=value or NAME to remove it */
	bool (*prepare)(void *arg); /* false: the scenario is skipped */
	void *arg;
	char *const *launcher; /* put before the program's path */
};

static char child_self[PATH_MAX];

static TAP_UNUSED void child_begin(void)
{
	ssize_t len =
		readlink("/proc/self/exe", child_self, sizeof(child_self) - 1);

	if (len <= 0)
		tap_bail("no /proc/self/exe");
	child_self[len] = 0;
}

/* KM_PRELOAD, or NULL where libc's own malloc is under test. */
static TAP_UNUSED const char *child_preload(void)
{
	const char *preload = getenv("KM_PRELOAD");

	return preload && *preload && strcmp(preload, "none") ? preload : NULL;
}

/* A shared object of these tests, built beside the program. */
static TAP_UNUSED const char *child_helper(const char *name)
{
	static char path[4][PATH_MAX + 64];
	static unsigned int turn;
	char *buf = path[turn++ % 4];
	const char *slash = strrchr(child_self, '/');

	snprintf(buf, sizeof(path[0]), "%.*s/.libs/%s.so",
		 (int)(slash - child_self), child_self, name);
	return buf;
}

static inline void child_set_env(const struct child *c)
{
	const char *preload = c->preload ? c->preload : child_preload();
	unsigned int i;

	if (preload && *preload)
		setenv("LD_PRELOAD", preload, 1);
	else
		unsetenv("LD_PRELOAD");
	for (i = 0; i < ARRAY_SIZE(c->env) && c->env[i]; i++) {
		if (strchr(c->env[i], '='))
			putenv((char *)c->env[i]);
		else
			unsetenv(c->env[i]);
	}
}

static inline void child_exec(const struct child *c)
{
	char *argv[16];
	unsigned int n = 0;

	while (c->launcher && c->launcher[n]) {
		argv[n] = c->launcher[n];
		n++;
	}
	argv[n++] = child_self;
	argv[n++] = (char *)c->scenario;
	argv[n] = NULL;
	execv(argv[0], argv);
}

/* Its exit code, or 128 + signal, or -1 if it hung. */
static TAP_UNUSED int child_run(const struct child *c)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -2;
	if (!pid) {
		child_set_env(c);
		if (c->prepare && !c->prepare(c->arg))
			_exit(CHILD_SKIP);
		child_exec(c);
		_exit(126);
	}
	status = tap_reap(pid, 30);
	if (status == -1)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

/* One result. */
static TAP_UNUSED bool child_ok(const struct child *c, const char *what)
{
	int code = child_run(c);

	if (code == CHILD_SKIP) {
		skip(what, "not possible here");
		return true;
	}
	if (code == -1)
		diag("the child hung");
	else if (code > 128)
		diag("the child died of signal %d", code - 128);
	else if (code != CHILD_WELL)
		diag("the child's exit code is %d", code);
	return ok(code == CHILD_WELL, "%s", what);
}

#endif
