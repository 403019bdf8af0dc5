/* SPDX-License-Identifier: MIT */
/* Scopes of flags: none of them changes anything here. */
#ifndef KM_TEST_LINUX_SCHED_MM_H
#define KM_TEST_LINUX_SCHED_MM_H

#define might_alloc(gfp) ((void)(gfp))
#define memalloc_nofs_save() 0U
#define memalloc_nofs_restore(flags) ((void)(flags))

#endif
