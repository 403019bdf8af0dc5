/* SPDX-License-Identifier: MIT */
/*
 * mm_init: the order in which the rooms start, and what they do at fork.
 */
#ifndef KM_MM_INIT_H
#define KM_MM_INIT_H

#include "mm_boot.h"

/* When the process begins: reads the environment.  The heap starts later,
 * unless somebody asked for something of it. */
void mm_begin(void);

/* Around fork: everything is taken in lockdep.def's order, so that the
 * child finds every structure whole. */
void mm_fork_prepare(void);
void mm_fork_parent(void);
void mm_fork_child(void);

/* Gives back what can be given back; bytes returned to the system. */
size_t mm_trim(void);
/* Only what is free as pages and areas. */
size_t mm_trim_pages(void);
/* All of it, but what caches hold ten times a second at most. */
size_t mm_trim_lazily(void);

#endif
