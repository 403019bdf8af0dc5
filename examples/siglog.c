/* SPDX-License-Identifier: MIT */
/*
 * siglog: a logger that may be called from signal handlers.
 *
 *	siglog SIGNALS
 *
 * A handler interrupts the program anywhere, in the middle of malloc too.
 * kmalloc_nolock gives it memory all the same, as it waits for no lock; what
 * it logs is on a list that the program prints and frees when it likes.
 */
#include <kmalloc.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

struct entry {
	struct entry *next;
	unsigned long nr;
	char text[100];
};

static _Atomic(struct entry *) entries;
static atomic_ulong logged, lost;
static unsigned long wanted = 200;

/* Safe in a handler, whatever it interrupted. */
static void log_text(const char *text)
{
	struct entry *e = kmalloc_nolock(sizeof(*e), 0, NUMA_NO_NODE);

	if (!e) {
		lost++;
		return;
	}
	e->nr = logged++;
	strncpy(e->text, text, sizeof(e->text) - 1);
	e->text[sizeof(e->text) - 1] = '\0';
	e->next = entries;
	while (!atomic_compare_exchange_weak(&entries, &e->next, e))
		;
}

static void handler(int sig)
{
	log_text(sig == SIGALRM ? "tick" : "some signal");
}

static unsigned long print_log(void)
{
	struct entry *e = atomic_exchange(&entries, NULL), *next;
	unsigned long n = 0;

	for (; e; e = next) {
		next = e->next;
		n += !strcmp(e->text, "tick");
		kfree(e);
	}
	return n;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = handler };
	struct itimerval every = { { 0, 500 }, { 0, 500 } };
	unsigned long printed = 0, i = 0;

	if (argc == 2)
		wanted = strtoul(argv[1], NULL, 0);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	while (logged + lost < wanted) {
		free(malloc(1 + i++ * 7919 % 200000));
		if (i % 1000 == 0)
			printed += print_log();
	}
	every = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	setitimer(ITIMER_REAL, &every, NULL);
	printed += print_log();
	printf("%lu entries, %lu lost\n", printed, (unsigned long)lost);
	return printed != logged;
}
