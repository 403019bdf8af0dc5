/* SPDX-License-Identifier: MIT */
/*
 * limitwatch: does a program stay within the option mem?
 *
 *	limitwatch KIB SECONDS PROGRAM ARGUMENTS...
 *	limitwatch -hog HOW		under the library: all there is, thrice
 *
 * Starts the program with KMALLOC=mem=KIBK and the library in KM_PRELOAD, and
 * looks again and again at how much of the library's range is resident.
 * Prints the most and how the program ended.  Exits with 1 if it was more than
 * the limit, 1 % and 1 MiB, if the program was killed by SIGKILL or had to be,
 * and with 3 if the range was never seen.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "preload/opaque.h"

/* ---- watching ---- */

/* One run of anonymous mappings that touch each other.  The library's begins
 * and ends with what is reserved and not used; what the program has mapped
 * before and behind it may touch it too. */
struct chain {
	unsigned long end;
	unsigned long kib;  /* resident, up to the latest large hole */
	unsigned long more; /* after that */
	int begun;	    /* there was a hole */
	int ours; /* it has a mapping that only a reservation is as large as */
};

#define RESERVATION (1UL << 34)
#define HOLE (1UL << 27)

static void add_hole(struct chain *c, unsigned long size)
{
	if (c->begun)
		c->kib += c->more;
	c->more = 0;
	c->begun = 1;
	if (size >= RESERVATION)
		c->ours = 1;
}

static unsigned long chain_kib(const struct chain *c, unsigned long most)
{
	return c->ours && c->kib > most ? c->kib : most;
}

/* Resident KiB of the library's range; 0: it is not there (yet). */
static unsigned long resident(pid_t pid)
{
	struct chain c = { 0 };
	char path[64], line[512];
	unsigned long most = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long start, end, kib, inode;
		char prot[8], name[8] = "";

		if (sscanf(line, "%lx-%lx %7s %*x %*s %lu %7s", &start, &end,
			   prot, &inode, name) >= 4) {
			if (start != c.end || inode || name[0]) {
				most = chain_kib(&c, most);
				c = (struct chain){ 0 };
			}
			c.end = end;
			if (!strcmp(prot, "---p") && end - start >= HOLE)
				add_hole(&c, end - start);
		} else if (sscanf(line, "Rss: %lu kB", &kib) == 1) {
			c.more += kib;
		}
	}
	if (f)
		fclose(f);
	return chain_kib(&c, most);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static pid_t start(const char *kib, char **argv)
{
	char options[64];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(options, sizeof(options), "mem=%sK", kib);
	setenv("KMALLOC", options, 1);
	setenv("LD_PRELOAD", getenv("KM_PRELOAD"), 1);
	execvp(argv[0], argv);
	_exit(127);
}

static int watch(const char *kib, double seconds, char **argv)
{
	unsigned long limit = strtoul(kib, NULL, 0), most = 0;
	unsigned long bound = limit + limit / 100 + 1024;
	double end = now() + seconds;
	int status = 0, late = 0, killed;
	pid_t pid = start(kib, argv);

	while (!waitpid(pid, &status, WNOHANG)) {
		unsigned long r = resident(pid);

		most = r > most ? r : most;
		if (now() > end && !late++)
			kill(pid, SIGKILL);
		usleep(300);
	}
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	printf("%lu KiB of %lu, %s %d%s\n", most, limit,
	       WIFSIGNALED(status) ? "signal" : "exit",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	       late ? ", hung" : "");
	if (most > bound || killed)
		return 1;
	return most ? 0 : 3;
}

/* ---- taking all there is ---- */

#define MOST 1000000

static size_t block_size; /* 0: any */

static size_t next_size(unsigned long *seed)
{
	*seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
	return block_size ? block_size :
			    1 + (*seed >> 40) % (1UL << (*seed >> 33) % 22);
}

/* Blocks are linked through themselves, lest there is no memory for a list. */
static void *take_all(void *arg)
{
	void **first = NULL, **p = NULL;
	unsigned long seed = (unsigned long)arg, n = 0;
	int err = 0;

	for (; n < MOST; n++) {
		size_t size = next_size(&seed) + sizeof(void *);

		errno = 0;
		p = malloc(size);
		err = errno;
		if (!p)
			break;
		memset(p, 1, size);
		*p = first;
		first = p;
	}
	usleep(30000);
	for (; first; first = p) {
		p = *first;
		free(first);
	}
	return (void *)(n == MOST ? 1UL : err != ENOMEM ? 2UL : !n ? 3UL : 0UL);
}

static int hog(const char *how)
{
	pthread_t t[4];
	unsigned long wrong = 0;
	void *p;

	block_size = strtoul(how, NULL, 0);
	for (int i = 0; i < 2; i++)
		wrong |= (unsigned long)take_all((void *)1L);
	for (unsigned long i = 0; i < 4; i++)
		wrong |= (unsigned long)pthread_create(&t[i], NULL, take_all,
						       (void *)i);
	/* With four at it, one may come when there is nothing. */
	for (int i = 0; !wrong && i < 4; i++) {
		pthread_join(t[i], &p);
		wrong |= (unsigned long)p & 1 && (unsigned long)p != 3;
	}
	return (int)wrong;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "-hog"))
		return hog(argv[2]);
	if (argc < 4)
		return 2;
	return watch(argv[1], strtod(argv[2], NULL), argv + 3);
}
