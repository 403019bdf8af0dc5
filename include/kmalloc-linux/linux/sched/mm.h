/* SPDX-License-Identifier: MIT */
/* Scopes of a thread's requests. */
#ifndef KMALLOC_LINUX_SCHED_MM_H
#define KMALLOC_LINUX_SCHED_MM_H

#include <linux/gfp.h>

#include <time.h>

#include <kmalloc/memcontrol.h>
#include <kmalloc/scope.h>

/* Who calls it may sleep; there is nobody who could object. */
static inline void might_alloc(gfp_t gfp)
{
	(void)gfp;
}

/* A pause before an allocation that failed is tried again. */
static inline void memalloc_retry_wait(gfp_t gfp)
{
	struct timespec pause = { 0, gfp & __GFP_NORETRY ? 1000000 : 20000000 };

	nanosleep(&pause, NULL);
}

#endif
