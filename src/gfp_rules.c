/* SPDX-License-Identifier: MIT */
/*
 * gfp_rules: whose malloc may do what, said from outside.
 *
 *   "comm:audio*=GFP_ATOMIC,sched:rt=GFP_ATOMIC,lib:libx*=GFP_NOWAIT"
 *        └ rules[], in their order
 *
 *   thread   its first slow path of malloc looks at its name and class; the
 *            first rule that fits becomes the thread's flags, as if it had
 *            called kmalloc_thread_gfp_set.  One that none fits looks again,
 *            four times a second at most: it may get a name later.
 *   library  each slow path looks for the caller's address in libs[], which
 *            /proc/self/maps has filled when the address was new
 *
 *   gfp_task.policy of a thread that was looked at: [ scopes | when ]
 *
 * Looking makes system calls, even where the flags that it finds allow none:
 * a thread pays for it once.
 *
 * Invariants: rules are read-only once the library is up.  An entry of libs
 * is complete when its end is not 0, and stays as it is.
 *
 * Locks: none.
 */
#include "gfp_rules.h"

#include <errno.h>

#include "arch.h"
#include "kernel.h"
#include "spinlock.h"

enum rule_kind { RULE_COMM, RULE_SCHED, RULE_LIB };

struct rule {
	enum rule_kind kind;
	u32 classes; /* bits by policy number */
	gfp_t gfp;
	char glob[48];
};

static struct rule rules[GFP_RULES_MAX]; /* const after boot */
static unsigned int nr_rules;		 /* const after boot */
bool gfp_lib_rules;

/* ---- matching ---- */

/* '*' is any text, '?' any character. */
static bool glob_fits(const char *glob, const char *s)
{
	const char *star = NULL, *again = s;

	while (*s) {
		if (*glob == '*') {
			star = glob++;
			again = s;
		} else if (*glob == *s || *glob == '?') {
			glob++;
			s++;
		} else if (star) {
			glob = star + 1;
			s = ++again;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

static bool fits_thread(const struct rule *r, const char *comm, int policy)
{
	if (r->kind == RULE_COMM)
		return comm[0] && glob_fits(r->glob, comm);
	return r->kind == RULE_SCHED && policy >= 0 && policy < 32 &&
	       r->classes >> policy & 1;
}

static const struct rule *rule_of_thread(void)
{
	char comm[16];
	int policy = arch_sched_policy();

	if (arch_thread_name(comm))
		comm[0] = '\0';
	for (unsigned int i = 0; i < nr_rules; i++) {
		if (fits_thread(&rules[i], comm, policy))
			return &rules[i];
	}
	return NULL;
}

/* ---- threads ---- */

#define LOOK_MS 256

/* False if this thread was looked at just now. */
static bool begin_look(void)
{
	u32 policy = READ_ONCE(gfp_task.policy);
	u32 when = ((u32)(arch_clock_ms() / LOOK_MS) + 1) & __GFP_BITS_MASK;

	if ((policy & __GFP_BITS_MASK) == when)
		return false;
	WRITE_ONCE(gfp_task.policy, (policy & ~__GFP_BITS_MASK) | when);
	return true;
}

static gfp_t flags_by_rule(gfp_t process)
{
	const struct rule *r;

	if (in_nmi() || READ_ONCE(gfp_task.now) || !begin_look())
		return process;
	r = rule_of_thread();
	if (!r)
		return process;
	kmalloc_thread_gfp_set(r->gfp);
	return r->gfp;
}

void gfp_rules_look(void)
{
	u32 policy = READ_ONCE(gfp_task.policy);

	if (!(READ_ONCE(gfp_process) & GFP_RULES) || policy & GFP_POLICY_SET)
		return;
	WRITE_ONCE(gfp_task.policy, policy & ~__GFP_BITS_MASK);
	gfp_of_malloc();
}

/* ---- libraries ---- */

#define NR_LIBS 128

static struct {
	uintptr_t start, end; /* end: atomic, last */
	u32 policy;	      /* flags | GFP_POLICY_SET, or 0: no rule */
} libs[NR_LIBS];
static u32 nr_libs; /* atomic; may go beyond NR_LIBS */

static void add_lib(uintptr_t start, uintptr_t end, u32 policy)
{
	u32 i = atomic_read(&nr_libs);

	if (i >= NR_LIBS)
		return;
	i = atomic_fetch_add(&nr_libs, 1);
	if (i >= NR_LIBS)
		return;
	libs[i].start = start;
	libs[i].policy = policy;
	/* pairs with the acquire in find_lib */
	smp_store_release(&libs[i].end, end);
}

static bool find_lib(uintptr_t at, u32 *policy)
{
	u32 nr = min(atomic_read(&nr_libs), NR_LIBS + 0U);

	for (u32 i = 0; i < nr; i++) {
		/* pairs with the release in add_lib */
		uintptr_t end = smp_load_acquire(&libs[i].end);

		if (at < end && at >= libs[i].start) {
			*policy = libs[i].policy;
			return true;
		}
	}
	return nr == NR_LIBS;
}

static u32 policy_of_file(const char *path)
{
	const char *name = path;

	for (; *path; path++) {
		if (*path == '/')
			name = path + 1;
	}
	for (unsigned int i = 0; *name && i < nr_rules; i++) {
		if (rules[i].kind == RULE_LIB && glob_fits(rules[i].glob, name))
			return rules[i].gfp | GFP_POLICY_SET;
	}
	return 0;
}

static const char *read_hex(const char *s, uintptr_t *v)
{
	for (*v = 0;; s++) {
		if (*s >= '0' && *s <= '9')
			*v = *v << 4 | (uintptr_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			*v = *v << 4 | (uintptr_t)(*s - 'a' + 10);
		else
			return s;
	}
}

/* "start-end perms offset dev inode    path" */
struct map_look {
	uintptr_t at, start, end;
	u32 policy;
};

static bool look_at_line(const char *line, void *arg)
{
	struct map_look *look = arg;

	line = read_hex(line, &look->start);
	if (*line != '-')
		return false;
	line = read_hex(line + 1, &look->end);
	if (look->at < look->start || look->at >= look->end)
		return false;
	for (int field = 0; *line && field < 5; line++)
		field += *line == ' ' && line[1] != ' ';
	look->policy = policy_of_file(line);
	return true;
}

static u32 policy_of_caller(uintptr_t at)
{
	struct map_look look = { .at = at };
	u32 policy = 0;

	if (find_lib(at, &policy))
		return policy;
	if (!arch_read_lines("/proc/self/maps", look_at_line, &look)) {
		look.start = at & ~(PAGE_SIZE - 1);
		look.end = look.start + PAGE_SIZE;
		look.policy = 0;
	}
	if (look.policy && !gfpflags_allow_blocking(look.policy))
		gfp_nowait_hook();
	add_lib(look.start, look.end, look.policy);
	return look.policy;
}

u32 __gfp_lib_enter(const void *caller)
{
	u32 old, policy;

	if (in_nmi() || READ_ONCE(gfp_task.now))
		return 0;
	gfp_of_malloc(); /* the thread's own rule comes first */
	old = READ_ONCE(gfp_task.policy);
	if (old & GFP_POLICY_SET)
		return 0;
	policy = policy_of_caller((uintptr_t)caller);
	if (!policy)
		return 0;
	WRITE_ONCE(gfp_task.policy, (old & ~__GFP_BITS_MASK) | policy);
	return old | GFP_POLICY_SET;
}

void __gfp_lib_exit(u32 old)
{
	u32 kept = READ_ONCE(gfp_task.policy) &
		   ~(__GFP_BITS_MASK | GFP_POLICY_SET);

	WRITE_ONCE(gfp_task.policy, kept | (old & __GFP_BITS_MASK));
}

/* ---- reading rules ---- */

static const struct {
	const char *name;
	u32 classes;
} classes[] = {
	{ "other", 1 << 0 },
	{ "fifo", 1 << 1 },
	{ "rr", 1 << 2 },
	{ "batch", 1 << 3 },
	{ "idle", 1 << 5 },
	{ "deadline", 1 << 6 },
	{ "rt", 1 << 1 | 1 << 2 | 1 << 6 },
};

static bool parse_class(struct rule *r)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!__builtin_strcmp(classes[i].name, r->glob))
			r->classes = classes[i].classes;
	}
	return r->classes;
}

static bool parse_kind(struct rule *r, const char *s, unsigned int len)
{
	static const char *const kinds[] = { "comm", "sched", "lib" };

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (__builtin_strlen(kinds[i]) != len ||
		    __builtin_memcmp(kinds[i], s, len))
			continue;
		r->kind = (enum rule_kind)i;
		return true;
	}
	return false;
}

static unsigned int span(const char *s, unsigned int len, char until)
{
	unsigned int n = 0;

	while (n < len && s[n] != until)
		n++;
	return n;
}

/* "comm:audio*=GFP_ATOMIC" */
static bool parse_rule(const char *s, unsigned int len)
{
	struct rule r = { 0 };
	unsigned int kind = span(s, len, ':'), glob;

	if (nr_rules == GFP_RULES_MAX || kind == len ||
	    !parse_kind(&r, s, kind))
		return false;
	s += kind + 1;
	len -= kind + 1;
	glob = span(s, len, '=');
	if (!glob || glob == len || glob >= sizeof(r.glob))
		return false;
	__builtin_memcpy(r.glob, s, glob);
	if ((r.kind == RULE_SCHED && !parse_class(&r)) ||
	    !gfp_parse(s + glob + 1, len - glob - 1, &r.gfp))
		return false;
	rules[nr_rules++] = r;
	gfp_lib_rules |= r.kind == RULE_LIB;
	return true;
}

int gfp_rules_parse(const char *s, unsigned int len)
{
	nr_rules = 0;
	gfp_lib_rules = false;
	for (unsigned int from = 0; from < len;) {
		unsigned int n = span(s + from, len - from, ',');

		if (!parse_rule(s + from, n)) {
			nr_rules = 0;
			gfp_lib_rules = false;
			return -EINVAL;
		}
		from += n + 1;
	}
	gfp_rule_hook = flags_by_rule;
	return (int)nr_rules;
}
