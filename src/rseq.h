/* SPDX-License-Identifier: MIT */
/*
 * arch: how a restartable sequence ends, on every machine.
 */
#ifndef KM_RSEQ_H
#define KM_RSEQ_H

#include "compiler.h"

enum rseq_result {
	RSEQ_DONE,
	RSEQ_FULL,    /* push */
	RSEQ_TWICE,   /* push: the object is already on top of the sheaf */
	RSEQ_DIFFERS, /* cmpxchg */
	RSEQ_ABORTED, /* by preemption, a signal or a debugger's step */
};

#endif
