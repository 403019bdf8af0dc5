/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed when its variable goes out of scope.  GNU C and C++
 * only; where there is no such thing, this header is empty.
 *
 *	char *name __free(kfree) = kstrdup(from, GFP_KERNEL);
 *
 *	if (!name || check(name))
 *		return NULL;
 *	return_ptr(name);
 *
 * Such a variable must have a value where it is declared.
 */
#ifndef KMALLOC_CLEANUP_H
#define KMALLOC_CLEANUP_H

#include <kmalloc/err.h>
#include <kmalloc/page_alloc.h>
#include <kmalloc/slab.h>
#include <kmalloc/vmalloc.h>

#if defined(__GNUC__)

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DEFINE_FREE() - name a way to free
 * @name: what __free() is given
 * @type: the type of the variables
 * @free: a statement, which finds the variable's value in _T
 */
#define DEFINE_FREE(name, type, free)                                          \
	static inline                                                          \
		__attribute__((__unused__)) void __free_##name(void *__km_var) \
	{                                                                      \
		type _T = *(type *)__km_var;                                   \
                                                                               \
		free;                                                          \
	}

/** __free() - this variable's value is freed at the end of its scope */
#define __free(name) __attribute__((__cleanup__(__free_##name)))

#define __km_take(p)                               \
	__extension__({                            \
		__typeof__(p) *__km_at = &(p);     \
		__typeof__(p) __km_was = *__km_at; \
                                                   \
		*__km_at = NULL;                   \
		__km_was;                          \
	})

static inline __km_must_check const volatile void *
__km_taken(const volatile void *p)
{
	return p;
}

/** no_free_ptr() - the variable's value, which is no longer freed with it */
#define no_free_ptr(p) ((__typeof__(p))__km_taken(__km_take(p)))

/** return_ptr() - return the variable's value */
#define return_ptr(p) return no_free_ptr(p)

/** retain_and_null_ptr() - somebody else owns the value already */
#define retain_and_null_ptr(p) ((void)__km_take(p))

DEFINE_FREE(kfree, void *, if (!IS_ERR(_T)) kfree(_T))
DEFINE_FREE(kfree_sensitive, void *, if (!IS_ERR(_T)) kfree_sensitive(_T))
DEFINE_FREE(kvfree, void *, if (!IS_ERR(_T)) kvfree(_T))
DEFINE_FREE(vfree, void *, if (!IS_ERR(_T)) vfree(_T))
DEFINE_FREE(free_page, void *, free_page((unsigned long)_T))

#ifdef __cplusplus
}
#endif

#endif

#endif
