/* SPDX-License-Identifier: MIT */
/*
 * Scopes: what all requests of this thread may not do for a while, and what
 * its malloc may do.
 *
 *	unsigned int old = memalloc_nofs_save();
 *	... no request below here calls a shrinker ...
 *	memalloc_nofs_restore(old);
 *
 * Scopes nest: a save returns what it alone has set, and a restore takes
 * that away.
 */
#ifndef KMALLOC_SCOPE_H
#define KMALLOC_SCOPE_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PF_MEMALLOC 0x00000800u
#define PF_MEMALLOC_NOFS 0x00040000u
#define PF_MEMALLOC_NOIO 0x00080000u
#define PF_MEMALLOC_PIN 0x10000000u

/**
 * memalloc_flags_save() - opens scopes
 * @flags: of PF_MEMALLOC, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO and
 *         PF_MEMALLOC_PIN; others are ignored
 *
 * Context: any.
 * Return: those that were not open already, for memalloc_flags_restore().
 */
unsigned int memalloc_flags_save(unsigned int flags);
/**
 * memalloc_flags_restore() - closes scopes
 * @flags: what memalloc_flags_save() returned
 *
 * Context: any.
 */
void memalloc_flags_restore(unsigned int flags);

/** memalloc_noio_save() - requests lose __GFP_IO and __GFP_FS */
static inline unsigned int memalloc_noio_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_NOIO);
}
/** memalloc_noio_restore() - @flags: of memalloc_noio_save() */
static inline void memalloc_noio_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/** memalloc_nofs_save() - requests lose __GFP_FS */
static inline unsigned int memalloc_nofs_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_NOFS);
}
/** memalloc_nofs_restore() - @flags: of memalloc_nofs_save() */
static inline void memalloc_nofs_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/** memalloc_noreclaim_save() - requests gain __GFP_MEMALLOC */
static inline unsigned int memalloc_noreclaim_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC);
}
/** memalloc_noreclaim_restore() - @flags: of memalloc_noreclaim_save() */
static inline void memalloc_noreclaim_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/** memalloc_pin_save() - requests lose __GFP_MOVABLE */
static inline unsigned int memalloc_pin_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_PIN);
}
/** memalloc_pin_restore() - @flags: of memalloc_pin_save() */
static inline void memalloc_pin_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/**
 * current_gfp_context() - flags as this thread's scopes leave them
 * @flags: GFP flags of a request
 *
 * Context: any.
 * Return: @flags without what the open scopes take away.
 */
gfp_t current_gfp_context(gfp_t flags);

/* As the process has it: KMALLOC="gfp=...", or GFP_KERNEL. */
#define KMALLOC_GFP_DEFAULT (~(gfp_t)0)

/**
 * kmalloc_thread_gfp_set() - the flags of this thread's malloc
 * @gfp: what malloc(), calloc(), realloc(), operator new and their kin use
 *       in this thread, or KMALLOC_GFP_DEFAULT
 *
 * If @gfp does not allow sleeping, frees of this thread, by whatever
 * function, do not sleep either.  The first such call of the process makes
 * the reserve, unless min_free_kbytes did.
 *
 * Context: may sleep.
 * Return: what was set before: flags, or KMALLOC_GFP_DEFAULT.
 */
gfp_t kmalloc_thread_gfp_set(gfp_t gfp);
/**
 * kmalloc_thread_gfp_get() - the flags that this thread's malloc uses
 *
 * Context: any.
 * Return: the thread's flags, or the process's.
 */
gfp_t kmalloc_thread_gfp_get(void);

#ifdef __cplusplus
}
#endif

#endif
