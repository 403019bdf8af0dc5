/* SPDX-License-Identifier: MIT */
/*
 * arch: restartable sequences where there are none (another machine, or
 * --disable-rseq).  Every operation answers "not here", which sends the
 * caller to percpu's locked slots.
 */
#ifndef KM_RSEQ_NONE_H
#define KM_RSEQ_NONE_H

#include "compiler.h"

#define RSEQ_SIG 0U

static __always_inline void *rseq_pop(void *word, long rs, long cid)
{
	(void)word, (void)rs, (void)cid;
	return NULL;
}

enum rseq_push_result {
	RSEQ_PUSHED,
	RSEQ_FULL,
	RSEQ_TWICE,
};

static __always_inline enum rseq_push_result rseq_push(void *word, long rs,
						       long cid, void *obj)
{
	(void)word, (void)rs, (void)cid, (void)obj;
	return RSEQ_FULL;
}

static inline uintptr_t rseq_read(void *word, long rs, long cid)
{
	(void)word, (void)rs, (void)cid;
	return 0;
}

static inline bool rseq_cmpxchg(void *word, long rs, long cid, uintptr_t old,
				uintptr_t new)
{
	(void)word, (void)rs, (void)cid, (void)old, (void)new;
	return false;
}

#endif
