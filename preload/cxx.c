/* SPDX-License-Identifier: MIT */
/*
 * shim: C++'s operator new and delete, without libstdc++.
 *
 * The operators are functions with mangled names.  What they need of the
 * C++ library when memory runs out (the new handler, the exception) is
 * looked up weakly: a program that has no C++ library cannot get there.
 * This file is compiled with -fexceptions, so that the exception passes.
 *
 * ISO C++: sized and aligned forms of delete are given what new was given; a
 * careless caller may give anything, and is told (sized.c).  A zero size is
 * one byte, as malloc does.
 */
#include "shim.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "gfp_rules.h"
#include "printk.h"
#include "sized.h"

typedef void (*new_handler)(void);

extern new_handler _ZSt15get_new_handlerv(void) __weak;
extern void _ZSt17__throw_bad_allocv(void) __weak;
extern void *dlsym(void *, const char *) __weak;

static void *find(void *weak, const char *name)
{
	if (!weak && &dlsym)
		return dlsym(RTLD_DEFAULT, name);
	return weak;
}

static new_handler current_handler(void)
{
	new_handler (*get)(void) = (new_handler(*)(void))find(
		(void *)_ZSt15get_new_handlerv, "_ZSt15get_new_handlerv");

	return get ? get() : NULL;
}

static void throw_bad_alloc(size_t size)
{
	void (*throw)(void) = (void (*)(void))find(
		(void *)_ZSt17__throw_bad_allocv, "_ZSt17__throw_bad_allocv");

	if (throw)
		throw();
	panic("operator new: no memory for %zu bytes, and no C++ library to throw",
	      size);
}

static void *try_alloc(size_t align, size_t size, const void *caller)
{
	u32 lib = gfp_lib_enter(caller);
	void *p = align <= 16 ? shim_try_malloc(size) :
				malloc_aligned(align, size);

	gfp_lib_exit(lib);
	return p;
}

/* Asks the new handler for memory until it gives up. */
static noinline void *new_slowpath(size_t align, size_t size,
				   const void *caller)
{
	for (;;) {
		void *p = try_alloc(align, size, caller);
		new_handler handler;

		if (p)
			return p;
		handler = current_handler();
		if (!handler)
			return NULL;
		handler();
	}
}

/* Called last by the operators, as the next one is. */
static noinline void *new_or_throw(size_t align, size_t size)
{
	void *p = new_slowpath(align, size, __builtin_return_address(0));

	if (!p)
		throw_bad_alloc(size);
	return p;
}

static __always_inline void *new_fast(size_t size)
{
	return slab_alloc_fast(slab_malloc_index, size);
}

/* ---- operator new ---- */

__export __fastpath void *_Znwm(size_t size)
{
	void *p = new_fast(size);

	return likely(p) ? p : new_or_throw(1, size);
}

__export void *_ZnwmSt11align_val_t(size_t size, size_t align)
{
	return new_or_throw(align, size);
}

/* The handler has its chance here as well, and it may throw, which C cannot
 * catch: the C++ library's own nothrow form can, and calls our throwing one
 * for the memory. */
static void *new_nothrow_slowpath(const char *name, size_t align, size_t size,
				  const void *tag)
{
	const void *caller = __builtin_return_address(0);
	void *p = try_alloc(align, size, caller), *next = NULL;

	if (p || !current_handler())
		return p;
	if (&dlsym)
		next = dlsym(RTLD_NEXT, name);
	if (!next)
		return new_slowpath(align, size, caller);
	if (align > 1)
		return ((void *(*)(size_t, size_t, const void *))next)(
			size, align, tag);
	return ((void *(*)(size_t, const void *))next)(size, tag);
}

__export __fastpath void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag)
{
	void *p = new_fast(size);

	return likely(p) ? p :
			   new_nothrow_slowpath("_ZnwmRKSt9nothrow_t", 1, size,
						tag);
}

__export void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
						  const void *tag)
{
	return new_nothrow_slowpath("_ZnwmSt11align_val_tRKSt9nothrow_t",
				    max(align, 2UL), size, tag);
}

void *_Znam(size_t size) SHIM_ALIAS("_Znwm");
void *_ZnamSt11align_val_t(size_t size, size_t align)
	SHIM_ALIAS("_ZnwmSt11align_val_t");
void *_ZnamRKSt9nothrow_t(size_t size, const void *tag)
	SHIM_ALIAS("_ZnwmRKSt9nothrow_t");
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
					 const void *tag)
	SHIM_ALIAS("_ZnwmSt11align_val_tRKSt9nothrow_t");

/* ---- operator delete ---- */

__export __fastpath void _ZdlPv(void *p)
{
	shim_free(p);
}

/* Cost, small block: 6 instructions more than free. */
__export __fastpath void _ZdlPvm(void *p, size_t size)
{
	if (unlikely(!sized_delete_fast(p, size)))
		sized_delete_slowpath(p, 0, size);
}

__export void _ZdlPvSt11align_val_t(void *p, size_t align)
{
	sized_delete_slowpath(p, align, SIZE_UNKNOWN);
}

__export void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	sized_delete_slowpath(p, align, size);
}

/* All forms take the pointer first; nothrow's tag comes last. */
#define DELETE_ALIAS(name) void name(void *p) SHIM_ALIAS("_ZdlPv")
#define DELETE_SIZED_ALIAS(name) \
	void name(void *p, size_t size) SHIM_ALIAS("_ZdlPvm")
#define DELETE_ALIGNED_ALIAS(name) \
	void name(void *p, size_t align) SHIM_ALIAS("_ZdlPvSt11align_val_t")

DELETE_ALIAS(_ZdaPv);
DELETE_ALIAS(_ZdlPvRKSt9nothrow_t);
DELETE_ALIAS(_ZdaPvRKSt9nothrow_t);
DELETE_SIZED_ALIAS(_ZdaPvm);
DELETE_ALIGNED_ALIAS(_ZdaPvSt11align_val_t);
DELETE_ALIGNED_ALIAS(_ZdlPvSt11align_val_tRKSt9nothrow_t);
DELETE_ALIGNED_ALIAS(_ZdaPvSt11align_val_tRKSt9nothrow_t);
void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align)
	SHIM_ALIAS("_ZdlPvmSt11align_val_t");
