/* SPDX-License-Identifier: MIT */
/*
 * The meter: page faults and peak memory of a run.
 *
 * Both are the process's. Faults are those between the first and the last
 * iteration, so that the making of a working set before the loop does not
 * count; thread 0 reports them for all. The peak is set back at the start of
 * a run, to what is resident then: memory that earlier benchmarks of the same
 * process left in the allocator is part of it. For a peak that means one
 * benchmark alone, run one alone (--benchmark_filter).
 */
#include "micro.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

long meter_faults(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_minflt;
}

/*
 * Not getrusage's: there an exec'ed program begins with the peak of the one
 * that started it.
 */
int64_t meter_peak_rss(void)
{
	char status[4096];
	const char *line;
	ssize_t n = 0;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, status, sizeof(status) - 1);
		close(fd);
	}
	status[n > 0 ? n : 0] = '\0';
	line = strstr(status, "VmHWM:");
	return line ? strtol(line + strlen("VmHWM:"), NULL, 10) * KIB : 0;
}

/* "5" asks for exactly this; a kernel without it shows the highest peak. */
static void reset_peak_rss(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "5", 1) != 1)
		perror("/proc/self/clear_refs");
	close(fd);
}

void meter_start(struct meter *m, const struct gb_state *s)
{
	if (gb_thread_index(s) != 0)
		return;
	reset_peak_rss();
	m->faults = meter_faults();
}

void meter_stop(const struct meter *m, struct gb_state *s)
{
	if (gb_thread_index(s) != 0)
		return;
	gb_set_counter(s, "faults", meter_faults() - m->faults,
		       GB_PER_ITERATION);
	gb_set_counter(s, "peak_rss", meter_peak_rss(), GB_BINARY);
}
