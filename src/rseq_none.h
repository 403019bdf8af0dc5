/* SPDX-License-Identifier: MIT */
/*
 * arch: restartable sequences where there are none (another machine, or
 * --disable-rseq).  Every operation answers "not here", which sends the
 * caller to percpu's locked slots.
 */
#ifndef KM_RSEQ_NONE_H
#define KM_RSEQ_NONE_H

#include "rseq.h"

#define RSEQ_SIG 0U

static __always_inline void *rseq_pop(void *word, long rs, long cid,
				      bool *was_aborted)
{
	(void)word, (void)rs, (void)cid, (void)was_aborted;
	return NULL;
}

static __always_inline enum rseq_result rseq_push(void *word, long rs, long cid,
						  void *obj)
{
	(void)word, (void)rs, (void)cid, (void)obj;
	return RSEQ_FULL;
}

static inline enum rseq_result rseq_cmpxchg(void *word, long rs, long cid,
					    uintptr_t old, uintptr_t new)
{
	(void)word, (void)rs, (void)cid, (void)old, (void)new;
	return RSEQ_DIFFERS;
}

#endif
