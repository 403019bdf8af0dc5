/* SPDX-License-Identifier: MIT */
/*
 * shim: setrlimit and prlimit, because RLIMIT_AS counts address space that is
 * merely reserved.
 *
 * Ours is terabytes.  A program that limits itself, after the start, could not
 * map anything any more, not even a thread's stack: so before such a limit
 * comes into force the reservation is given up (memblock_unreserve).  A limit
 * that another process sets, or the bare system call, is not seen.
 */
#include "shim.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "memblock.h"
#include "mm_boot.h"

#define RESOURCE_AS 9 /* on every architecture that we serve */

/* As the C library's, of 64 bits. */
struct limit {
	u64 now, most;
};

static void before(int resource, const struct limit *limit)
{
	if (resource == RESOURCE_AS && limit && ~limit->now &&
	    smp_load_acquire(&mm_state) == MM_UP)
		memblock_unreserve();
}

__export int prlimit(pid_t pid, int resource, const struct limit *limit,
		     struct limit *old)
{
	if (!pid || pid == getpid())
		before(resource, limit);
	return (int)syscall(SYS_prlimit64, pid, resource, limit, old);
}

__export int setrlimit(int resource, const struct limit *limit)
{
	before(resource, limit);
	return (int)syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

int prlimit64(pid_t pid, int resource, const struct limit *limit,
	      struct limit *old) SHIM_ALIAS("prlimit");
int setrlimit64(int resource, const struct limit *limit)
	SHIM_ALIAS("setrlimit");
