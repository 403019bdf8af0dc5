/* SPDX-License-Identifier: MIT */
/*
 * First touch: a process that has just started grows to 64 MiB, by objects of
 * one size, each of which it writes to.
 *
 *	first_touch/SIZE
 *
 * It is what a compiler or a script does that runs for a tenth of a second:
 * the kernel clears and maps each page, and the allocator decides in which
 * portions it asks. Here a process is fresh: an iteration starts this very
 * program again, so that the allocator under test comes with it, and takes
 * from it the time of the growth alone, and the faults; peak_rss is that of
 * the process. Items are objects.
 */
#include "micro.h"

#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GROWTH (64 * MIB)

extern char **environ;

static char program[] = "micro", option[] = "--first-touch";

struct growth {
	double seconds;
	int64_t faults;
	int64_t peak_rss;
};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Objects are not kept in a table, which would be memory of its own. */
void first_touch_child(int argc, char **argv)
{
	struct growth g = { 0 };
	size_t size;

	if (argc != 3 || strcmp(argv[1], option) != 0)
		return;
	size = strtoul(argv[2], NULL, 10);
	g.faults = meter_faults();
	g.seconds = cpu_seconds();
	for (size_t grown = 0; grown < GROWTH; grown += size)
		gb_escape(xmalloc(size));
	g.seconds = cpu_seconds() - g.seconds;
	g.faults = meter_faults() - g.faults;
	g.peak_rss = meter_peak_rss();
	_exit(write(STDOUT_FILENO, &g, sizeof(g)) != sizeof(g));
}

/* The child's standard output is the pipe. */
static int spawn(pid_t *pid, int output, size_t size)
{
	posix_spawn_file_actions_t actions;
	char digits[24];
	char *argv[] = { program, option, digits, NULL };
	int err;

	snprintf(digits, sizeof(digits), "%zu", size);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	err = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static bool grow(struct growth *g, size_t size)
{
	int fds[2], status = -1;
	ssize_t got = -1;
	pid_t pid;

	if (pipe(fds))
		return false;
	if (spawn(&pid, fds[1], size) == 0) {
		got = read(fds[0], g, sizeof(*g));
		waitpid(pid, &status, 0);
	}
	close(fds[0]);
	close(fds[1]);
	return status == 0 && got == sizeof(*g);
}

static void first_touch(struct gb_state *s)
{
	size_t size = gb_arg(s, 0);
	struct growth g = { 0 };
	int64_t faults = 0;

	while (gb_keep_running(s)) {
		if (!grow(&g, size)) {
			gb_skip_with_error(s, "the fresh process failed");
			continue;
		}
		gb_set_iteration_time(s, g.seconds);
		faults += g.faults;
	}
	gb_set_items(s, gb_iterations(s) * (GROWTH / size));
	gb_set_counter(s, "faults", faults, GB_PER_ITERATION);
	gb_set_counter(s, "peak_rss", g.peak_rss, GB_BINARY);
}

void register_first_touch(void)
{
	struct gb_bench *b = gb_register("first_touch", first_touch, NULL);

	gb_add_list(b, GB_LIST(64, 512, 4096));
	gb_use_manual_time(b);
	gb_use_unit(b, GB_MILLISECOND);
}
