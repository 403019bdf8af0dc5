/* SPDX-License-Identifier: MIT */
/*
 * bench: run one command under an allocator and say what it took.
 *
 *	measure COMMAND [ARG ...]
 *
 * KM_BENCH_PRELOAD is what the command gets as LD_PRELOAD, KM_BENCH_ENV holds
 * lines of NAME=VALUE that it gets besides. When it has ended,
 * one line goes to file descriptor 3:
 *
 *	KM_BENCH wall=SECONDS cpu=SECONDS peak_kib=N faults=N
 *
 * for the command and those of its children that it waited for; the peak is
 * that of the largest process. The exit status is the command's, 128 + N after
 * signal N. Signals that ask to end are passed on.
 *
 * This is a program of its own because the kernel counts the memory of whoever
 * starts a process into the peak of what is started: an interpreter's 15 MiB
 * would hide the whole heap of a small benchmark.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPORT_FD 3

static volatile pid_t child;

static void pass_on(int sig)
{
	if (child > 0)
		kill(child, sig);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void become(char **command)
{
	const char *preload = getenv("KM_BENCH_PRELOAD");
	char *list = getenv("KM_BENCH_ENV");

	unsetenv("LD_PRELOAD");
	if (preload && *preload)
		setenv("LD_PRELOAD", preload, 1);
	/* putenv keeps the pieces, which live as long as this process */
	for (char *s = list ? strtok(strdup(list), "\n") : NULL; s;
	     s = strtok(NULL, "\n"))
		putenv(s);
	unsetenv("KM_BENCH_PRELOAD");
	unsetenv("KM_BENCH_ENV");
	/* by this a sampler tells what is under test from what serves it */
	setenv("KM_BENCH_TARGET", "1", 1);
	execvp(command[0], command);
	fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction action = { .sa_handler = pass_on };
	sigset_t block, old;
	struct rusage use;
	double began;
	int status;

	if (argc < 2) {
		fprintf(stderr, "usage: measure COMMAND [ARG ...]\n");
		return 2;
	}
	/* without anybody who listens there is nothing to report */
	fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);
	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&block, signals[i]);
	sigprocmask(SIG_BLOCK, &block, &old);

	began = now();
	child = fork();
	if (child < 0) {
		perror("measure: fork");
		return 126;
	}
	if (!child) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		become(argv + 1);
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);

	while (wait4(child, &status, 0, &use) < 0)
		if (errno != EINTR) {
			perror("measure: wait4");
			return 126;
		}
	dprintf(REPORT_FD, "KM_BENCH wall=%.6f cpu=%.6f peak_kib=%ld faults=%ld\n",
		now() - began, seconds(use.ru_utime) + seconds(use.ru_stime),
		use.ru_maxrss, use.ru_minflt);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}
