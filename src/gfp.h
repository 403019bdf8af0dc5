/* SPDX-License-Identifier: MIT */
/*
 * gfp: what the request at hand may do.
 *
 * A request whose flags are GFP_KERNEL, in a thread without scopes and
 * policy, is plain: nothing is noted, everything is allowed.  Any other one
 * is noted in the thread's word while it is in a slow path:
 *
 *	if (likely(gfp_is_plain(gfp)))
 *		return do_it();
 *	old = gfp_enter(gfp);
 *	p = do_it();
 *	gfp_exit(old);
 *
 * and every step that gfp.def names asks gfp_may first.  A request that may
 * not sleep takes locks as a signal handler above a critical section does:
 * only if they are free (spinlock.h).
 */
#ifndef KM_GFP_H
#define KM_GFP_H

#include <kmalloc/gfp.h>
#include <kmalloc/scope.h>

#include "atomic.h"

/* Beside the flags, in our own words only. */
#define GFP_RULES 0x10000000u	/* of gfp_process: threads may have rules */
#define GFP_NOLOCK 0x20000000u	/* kmalloc_nolock: see STEP(UNIT) */
#define GFP_LAST 0x40000000u	/* retried for long: all of the reserve */
#define GFP_ENTERED 0x80000000u /* the word is in use, whatever the flags */

enum gfp_scope {
	GFP_SCOPE_NOFS = 1U << __GFP_BITS_SHIFT,
	GFP_SCOPE_NOIO = GFP_SCOPE_NOFS << 1,
	GFP_SCOPE_MEMALLOC = GFP_SCOPE_NOFS << 2,
	GFP_SCOPE_PIN = GFP_SCOPE_NOFS << 3,
	GFP_POLICY_SET = GFP_SCOPE_NOFS << 4,
};

union gfp_task {
	struct {
		u32 now; /* owner: the request's flags | GFP_ENTERED, or 0 */
		/* Owner: enum gfp_scope | flags of malloc; without these,
		 * when it was looked for a rule. */
		u32 policy;
	};
	u64 word;
};
extern __tls_ie union gfp_task gfp_task __hidden;
extern gfp_t gfp_process __hidden; /* const after boot, but for tests */

/* Flags that change nothing of what a slow path may do. */
#define GFP_INERT                                                \
	(__GFP_ZERO | __GFP_COMP | __GFP_WRITE | \
	 __GFP_HARDWALL | __GFP_NOWARN | GFP_MOVABLE_MASK)

/* Cost: 6 instructions. */
static __always_inline bool gfp_is_plain(gfp_t gfp)
{
	return likely((gfp & ~GFP_INERT) == GFP_KERNEL) &&
	       likely(!READ_FAST(gfp_task.word));
}

/* The same for malloc, which has no flags.  Cost: 5 instructions. */
static __always_inline bool gfp_malloc_is_plain(void)
{
	return likely(!READ_FAST(gfp_task.word)) &&
	       likely(READ_FAST(gfp_process) == GFP_KERNEL);
}

/* And for a free, which is the thread's. */
static __always_inline bool gfp_free_is_plain(void)
{
	return likely(!(READ_FAST(gfp_task.policy) & GFP_POLICY_SET));
}

gfp_t gfp_of_malloc(void);
/* The flags of malloc in a thread that has none yet; the process's are given
 * (set by gfp_rules, which makes system calls). */
extern gfp_t (*gfp_rule_hook)(gfp_t process) __hidden;
/* The flags of a free in a thread that has a policy. */
gfp_t gfp_of_free(void);

/* From here to gfp_exit, which takes what this returns, slow paths are held
 * to the flags.  They nest.  Context: any. */
u32 gfp_enter(gfp_t gfp);
void gfp_exit(u32 old);

#define GFP_NOT_ENTERED 1U /* no value of a word */

/* Around a free.  Cost: 8 instructions in a thread without policy. */
static __always_inline u32 gfp_enter_free(void)
{
	return gfp_free_is_plain() ? GFP_NOT_ENTERED : gfp_enter(gfp_of_free());
}

static __always_inline void gfp_exit_free(u32 old)
{
	if (unlikely(old != GFP_NOT_ENTERED))
		gfp_exit(old);
}

/* The flags of the request at hand. */
static inline gfp_t gfp_now(void)
{
	u32 now = READ_ONCE(gfp_task.now);

	return likely(!now) ? GFP_KERNEL : now & ~GFP_ENTERED;
}

enum gfp_step {
#define STEP(name, all, any, none, what) GFP_##name##_STEP,
#include "gfp.def"
#undef STEP
	NR_GFP_STEPS
};

struct gfp_rule {
	u32 all, any, none;
	const char *what;
};
extern const struct gfp_rule gfp_rules[NR_GFP_STEPS] __hidden;

static inline bool gfp_allows(gfp_t gfp, enum gfp_step step)
{
	const struct gfp_rule *r = &gfp_rules[step];

	return (gfp & r->all) == r->all && (!r->any || gfp & r->any) &&
	       !(gfp & r->none);
}

/* May the request at hand do this: gfp_may(CALL)? */
#define gfp_may(step) gfp_allows(gfp_now(), GFP_##step##_STEP)

/* Eighths of the reserve that the request at hand may use. */
unsigned int gfp_reserve_share(void);

/* ---- after a failure ---- */

/* What one request has tried; zero at first. */
struct gfp_try {
	u32 waited; /* ms */
	u16 rounds;
	int8_t priority;
	bool drained;
	bool freed;   /* have shrinkers, in this pass? */
	u8 passes;    /* of shrinkers, at all priorities, that freed some */
	u8 fruitless; /* times that nobody freed anything */
};
/* Reclaims, without locks; true if the request is worth another attempt
 * (registered by vmscan). */
extern bool (*gfp_reclaim)(struct gfp_try *t, size_t size);

static inline bool gfp_retry(struct gfp_try *t, size_t size)
{
	bool (*reclaim)(struct gfp_try *, size_t) = READ_ONCE(gfp_reclaim);

	return reclaim && reclaim(t, size);
}

/* NULL, after a line about it if the flags want one. */
void *__cold gfp_failed(gfp_t gfp, size_t size);

/* Reads "GFP_ATOMIC|__GFP_NOWARN"; false if that is not flags. */
bool gfp_parse(const char *s, unsigned int len, gfp_t *gfp);

/* A thread registers whose requests may not sleep: mm_init.c defines this,
 * which starts the library and makes the reserve. */
extern void (*const gfp_nowait_hook)(void);

#endif
