/* SPDX-License-Identifier: MIT */
/*
 * shim: the life of the process: fork and exit.
 *
 * The constructor's priority is as early as a library may ask for, so that
 * our handlers are registered first: prepare runs after, parent and child
 * run before everybody else's, whose handlers may allocate.
 *
 * Nothing depends on the constructor for allocation itself.
 */
#include "shim.h"

#include <pthread.h>

#include "foreign.h"
#include "kfence.h"
#include "mm_init.h"
#include "moved.h"
#include "params.h"
#include "slabinfo.h"

/* What pthread_atfork names us by.  We link without the start files, whose
 * it is; a program that has us in itself has theirs. */
__hidden __weak void *__dso_handle = &__dso_handle;

__attribute__((__constructor__(101))) static void shim_start(void)
{
	slab_foreign_free = foreign_free;
	mm_begin();
	shim_read_variables();
	pthread_atfork(mm_fork_prepare, mm_fork_parent, mm_fork_child);
}

__attribute__((__destructor__(101))) static void shim_end(void)
{
	if (atomic_read(&mm_state) != MM_UP)
		return;
	kfence_check_all(true);
	if (param(check) == CHECK_EXIT) { /* what waits is looked at */
		moved_free_all();
		slab_shrink_all();
	}
	if (param(stats) == STATS_EXIT)
		slabinfo_print_totals();
}
