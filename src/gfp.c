/* SPDX-License-Identifier: MIT */
/*
 * gfp: scopes, policies, and the flags of the request at hand.
 *
 *   flags of the call ─ or, of malloc, the thread's, else the process's
 *       └ scopes of the thread take some away ─> gfp_task.now
 *                                                   └ gfp.def: may it?
 *
 * One word of a thread holds all of it:
 *
 *   gfp_task   [ now: the request's flags | policy: scopes, malloc's flags ]
 *
 * Zero is a thread without policy outside of any request but plain ones, so
 * that a slow path needs one look to be sure that it may do everything.
 *
 * Invariants: who enters leaves, in the reverse order.  A signal handler
 * finds the word as it was and leaves it so.  While a request that may not
 * sleep is noted, its lanes are in lockdep_held, and no lock is waited for.
 *
 * Locks: none; the word is its thread's.
 *
 * Left to others: the steps themselves; the ladder after a failure (vmscan).
 */
#include "gfp.h"

#include "arch.h"
#include "kernel.h"
#include "printk.h"
#include "spinlock.h"

BUILD_BUG_ON(sizeof(union gfp_task) != 8);
BUILD_BUG_ON((GFP_POLICY_SET << 1) <= GFP_POLICY_SET);

__tls_ie union gfp_task gfp_task;
gfp_t gfp_process = GFP_KERNEL;
gfp_t (*gfp_rule_hook)(gfp_t process);
bool (*gfp_reclaim)(struct gfp_try *t, size_t size);

const struct gfp_rule gfp_rules[NR_GFP_STEPS] = {
#define STEP(name, all, any, none, what) \
	[GFP_##name##_STEP] = { all, any, none, what },
#include "gfp.def"
#undef STEP
};

/* ---- requests ---- */

static void __cold warn_bits(gfp_t gfp)
{
	static bool said; /* atomic */

	if (!xchg(&said, true))
		pr_warn("gfp 0x%x: 0x%x is no GFP flag and ignored (reported once)",
			gfp, gfp & ~__GFP_BITS_MASK);
}

/* No lock is waited for, and who can do without spinning does not. */
static u64 lanes_of(gfp_t gfp)
{
	if (gfp & __GFP_DIRECT_RECLAIM)
		return 0;
	return gfp & __GFP_KSWAPD_RECLAIM ? LOCKDEP_NOWAIT :
					    LOCKDEP_NOWAIT + LOCKDEP_FORK;
}

static gfp_t effective(gfp_t gfp)
{
	if (gfp_task.policy & GFP_SCOPE_MEMALLOC)
		gfp |= __GFP_MEMALLOC;
	return current_gfp_context(gfp);
}

u32 gfp_enter(gfp_t gfp)
{
	u32 old = READ_ONCE(gfp_task.now);

	if (unlikely(gfp & ~(__GFP_BITS_MASK | GFP_NOLOCK))) {
		/* A line is a system call. */
		if (gfp & __GFP_DIRECT_RECLAIM)
			warn_bits(gfp);
		gfp &= __GFP_BITS_MASK;
	}
	gfp = effective(gfp);
	WRITE_ONCE(gfp_task.now, gfp | GFP_ENTERED);
	WRITE_ONCE(lockdep_held, READ_ONCE(lockdep_held) + lanes_of(gfp));
	barrier();
	return old;
}

void gfp_exit(u32 old)
{
	barrier();
	WRITE_ONCE(lockdep_held,
		   READ_ONCE(lockdep_held) - lanes_of(gfp_task.now));
	WRITE_ONCE(gfp_task.now, old);
}

gfp_t gfp_of_malloc(void)
{
	u32 policy = READ_ONCE(gfp_task.policy);
	gfp_t process = READ_ONCE(gfp_process);

	if (policy & GFP_POLICY_SET)
		return policy & __GFP_BITS_MASK;
	return process & GFP_RULES ? gfp_rule_hook(process & __GFP_BITS_MASK) :
				     process;
}

gfp_t gfp_of_free(void)
{
	return gfp_of_malloc();
}

unsigned int gfp_reserve_share(void)
{
	gfp_t gfp = gfp_now();

	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if (gfp & (__GFP_MEMALLOC | GFP_LAST))
		return 8;
	if (!(gfp & __GFP_HIGH))
		return 0;
	return gfp & __GFP_DIRECT_RECLAIM ? 4 : 5;
}

#define FAILURES_SAID 10

void *gfp_failed(gfp_t gfp, size_t size)
{
	static u32 said; /* atomic */

	if (!gfp_allows(gfp, GFP_WARN_STEP) || in_nmi() ||
	    atomic_read(&said) >= FAILURES_SAID)
		return NULL;
	if (atomic_fetch_add(&said, 1) < FAILURES_SAID)
		pr_warn("allocation failure: %zu bytes, mode 0x%x", size, gfp);
	return NULL;
}

/* ---- scopes ---- */

static const struct {
	unsigned int flag;
	u32 scope;
} scopes[] = {
	{ PF_MEMALLOC, GFP_SCOPE_MEMALLOC },
	{ PF_MEMALLOC_NOFS, GFP_SCOPE_NOFS },
	{ PF_MEMALLOC_NOIO, GFP_SCOPE_NOIO },
	{ PF_MEMALLOC_PIN, GFP_SCOPE_PIN },
};

__export unsigned int memalloc_flags_save(unsigned int flags)
{
	unsigned int opened = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(scopes); i++) {
		u32 policy = READ_ONCE(gfp_task.policy);

		if (!(flags & scopes[i].flag) || policy & scopes[i].scope)
			continue;
		WRITE_ONCE(gfp_task.policy, policy | scopes[i].scope);
		opened |= scopes[i].flag;
	}
	return opened;
}

__export void memalloc_flags_restore(unsigned int flags)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(scopes); i++) {
		if (flags & scopes[i].flag)
			WRITE_ONCE(gfp_task.policy, READ_ONCE(gfp_task.policy) &
							    ~scopes[i].scope);
	}
}

__export gfp_t current_gfp_context(gfp_t gfp)
{
	u32 policy = READ_ONCE(gfp_task.policy);

	if (policy & GFP_SCOPE_NOIO)
		gfp &= ~(__GFP_IO | __GFP_FS);
	else if (policy & GFP_SCOPE_NOFS)
		gfp &= ~__GFP_FS;
	if (policy & GFP_SCOPE_PIN)
		gfp &= ~__GFP_MOVABLE;
	return gfp;
}

/* ---- the flags of malloc ---- */

__export gfp_t kmalloc_thread_gfp_set(gfp_t gfp)
{
	u32 policy = READ_ONCE(gfp_task.policy);
	u32 kept = policy & ~(__GFP_BITS_MASK | GFP_POLICY_SET);

	if (gfp == KMALLOC_GFP_DEFAULT) {
		WRITE_ONCE(gfp_task.policy, kept);
	} else {
		if (gfp & ~__GFP_BITS_MASK)
			warn_bits(gfp);
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			gfp_nowait_hook();
		WRITE_ONCE(gfp_task.policy,
			   kept | (gfp & __GFP_BITS_MASK) | GFP_POLICY_SET);
	}
	return policy & GFP_POLICY_SET ? policy & __GFP_BITS_MASK :
					 KMALLOC_GFP_DEFAULT;
}

__export gfp_t kmalloc_thread_gfp_get(void)
{
	return gfp_of_malloc();
}

/* ---- names ---- */

static const struct {
	const char *name;
	gfp_t gfp;
} names[] = {
#define FLAG(name) { #name, name },
#include "gfp.def"
#undef FLAG
};

static bool parse_one(const char *s, unsigned int len, gfp_t *gfp)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (__builtin_strlen(names[i].name) == len &&
		    !__builtin_memcmp(names[i].name, s, len)) {
			*gfp |= names[i].gfp;
			return true;
		}
	}
	return false;
}

bool gfp_parse(const char *s, unsigned int len, gfp_t *gfp)
{
	unsigned int from = 0;

	*gfp = 0;
	for (unsigned int i = 0; i <= len; i++) {
		if (i < len && s[i] != '|')
			continue;
		if (!parse_one(s + from, i - from, gfp))
			return false;
		from = i + 1;
	}
	return true;
}
