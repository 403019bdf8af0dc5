/* SPDX-License-Identifier: MIT */
/*
 * cgroup: limits and pressure, as files of cgroup v2 and PSI tell them.
 *
 *   /proc/self/cgroup  "0::/a/b"
 *       └ /sys/fs/cgroup/a/b/{memory.current,memory.high,memory.max,
 *                             memory.pressure}, then those of /a
 *   /proc/pressure/memory, where the cgroup has no memory.pressure
 *
 * A file that is not there says nothing: there is no limit, and no pressure.
 * Nothing is kept for long, since a process may be moved.
 *
 * Locks: none.
 */
#include "cgroup.h"

#include "arch.h"
#include "gfp.h"
#include "params.h"
#include "printk.h"
#include "spinlock.h"

#define PATH_BYTES 512
#define NEAR(limit) ((limit) - (limit) / 16)
#define PSI_PERCENT 5 /* of the last ten seconds, in which some task waited */

const char *cgroup_fs = "/sys/fs/cgroup";
const char *cgroup_self = "/proc/self/cgroup";
const char *cgroup_psi = "/proc/pressure/memory";

/* ---- reading ---- */

static bool is_own_line(const char *line, void *arg)
{
	if (line[0] != '0' || line[1] != ':' || line[2] != ':' ||
	    line[3] != '/')
		return false;
	scnprintf(arg, PATH_BYTES, "%s", line + 3);
	return true;
}

/* "max" is ~0, and so is what cannot be read. */
static u64 read_number(const char *path, const char *file)
{
	char name[PATH_BYTES], buf[32];
	u64 v = 0;

	scnprintf(name, sizeof(name), "%s%s/%s", cgroup_fs, path, file);
	if (arch_read_file(name, buf, sizeof(buf)) <= 0 || buf[0] < '0' ||
	    buf[0] > '9')
		return ~0ULL;
	for (const char *s = buf; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (u64)(*s - '0');
	return v;
}

/* "/a/b" becomes "/a", then "", then there is none. */
static bool to_parent(char *path)
{
	size_t n = __builtin_strlen(path);

	if (!n)
		return false;
	while (n && path[--n] != '/')
		;
	path[n] = '\0';
	return true;
}

/* The whole percents of "some avg10=12.34 ..."; 0 if there are none. */
static unsigned int read_psi(const char *name)
{
	static const char head[] = "some avg10=";
	unsigned int v = 0;
	char buf[64];

	if (arch_read_file(name, buf, sizeof(buf)) < (int)sizeof(head) ||
	    __builtin_memcmp(buf, head, sizeof(head) - 1))
		return 0;
	for (const char *s = buf + sizeof(head) - 1; *s >= '0' && *s <= '9';
	     s++)
		v = v * 10 + (unsigned int)(*s - '0');
	return v;
}

/* ---- asking ---- */

static bool find_own(char *path)
{
	if (!arch_read_lines(cgroup_self, is_own_line, path))
		return false;
	if (path[1] == '\0')
		path[0] = '\0';
	return true;
}

u64 cgroup_limit(void)
{
	char path[PATH_BYTES];
	u64 limit = ~0ULL;

	if (!find_own(path))
		return limit;
	do
		limit = min(limit, read_number(path, "memory.max"));
	while (to_parent(path));
	return limit;
}

static bool is_near(const char *path)
{
	u64 most = min(read_number(path, "memory.high"),
		       read_number(path, "memory.max"));
	u64 now;

	if (most == ~0ULL)
		return false;
	now = read_number(path, "memory.current");
	return now != ~0ULL && now >= NEAR(most);
}

bool cgroup_is_pressed(void)
{
	char path[PATH_BYTES], name[PATH_BYTES];
	unsigned int percent = 0;

	if (find_own(path)) {
		scnprintf(name, sizeof(name), "%s%s/memory.pressure", cgroup_fs,
			  path);
		percent = read_psi(name);
		do {
			if (is_near(path))
				return true;
		} while (to_parent(path));
	}
	if (!percent)
		percent = read_psi(cgroup_psi);
	return percent >= PSI_PERCENT;
}

/* ---- now and then ---- */

unsigned int cgroup_look_ms = 5000;

static u64 next_look;	 /* atomic; 0: nobody has come here yet */
static bool was_pressed; /* racy: at the last look */

/* The first look is not at once: most programs end before. */
bool cgroup_was_pressed(void)
{
	u64 now, due = atomic_read(&next_look);

	if (param(cgroup) == CGROUP_OFF || !gfp_may(CALL) || in_nmi() ||
	    arch_is_confined())
		return false;
	now = arch_clock_ms();
	if (now >= due && try_cmpxchg(&next_look, &due, now + cgroup_look_ms) &&
	    due)
		WRITE_ONCE(was_pressed, cgroup_is_pressed());
	return READ_ONCE(was_pressed);
}
