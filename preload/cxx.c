/* SPDX-License-Identifier: MIT */
/*
 * shim: C++'s operator new and delete, without libstdc++.
 *
 * The operators are functions with mangled names.  What they need of the
 * C++ library when memory runs out (the new handler, the exception) is
 * looked up weakly: a program that has no C++ library cannot get there.
 * This file is compiled with -fexceptions, so that the exception passes.
 *
 * A program may replace some of the operators, and ISO C++ says which others
 * those then stand for:
 *
 *   new[] -> new       delete[], sized, nothrow -> delete
 *   nothrow -> new     delete[], sized or nothrow -> delete[] -> delete
 *
 * and the same of the aligned ones.  The names that are led to are weak here,
 * and bound as everybody's are (operators.list), so to the program's, if it has
 * them: then the others make such a call.  Else they do the work themselves.
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

#define OPERATOR(name) __attribute__((__weak__, __alias__(name))) __export

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

/* ---- what the program replaces ---- */

void *new_plain(size_t size);
void *new_array(size_t size);
void *new_aligned(size_t size, size_t align);
void *new_array_aligned(size_t size, size_t align);
void delete_plain(void *p);
void delete_array(void *p);
void delete_aligned(void *p, size_t align);
void delete_array_aligned(void *p, size_t align);

/* The forms that others lead to. */
void *_Znwm(size_t size) OPERATOR("new_plain");
void *_Znam(size_t size) OPERATOR("new_array");
void *_ZnwmSt11align_val_t(size_t size, size_t align) OPERATOR("new_aligned");
void *_ZnamSt11align_val_t(size_t size, size_t align)
	OPERATOR("new_array_aligned");
void _ZdlPv(void *p) OPERATOR("delete_plain");
void _ZdaPv(void *p) OPERATOR("delete_array");
void _ZdlPvSt11align_val_t(void *p, size_t align) OPERATOR("delete_aligned");
void _ZdaPvSt11align_val_t(void *p, size_t align)
	OPERATOR("delete_array_aligned");

static const struct {
	void *bound, *ours;
} operators[] = {
	{ _Znwm, new_plain },
	{ _Znam, new_array },
	{ _ZnwmSt11align_val_t, new_aligned },
	{ _ZnamSt11align_val_t, new_array_aligned },
	{ _ZdlPv, delete_plain },
	{ _ZdaPv, delete_array },
	{ _ZdlPvSt11align_val_t, delete_aligned },
	{ _ZdaPvSt11align_val_t, delete_array_aligned },
};

/* Found to be so, which the fast paths need; racy, only ever turned on. */
static bool all_ours __hot_data;

static noinline bool are_ours(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(operators); i++) {
		if (READ_ONCE(operators[i].bound) != operators[i].ours)
			return false;
	}
	WRITE_ONCE(all_ours, true);
	return true;
}

/* ---- operator new ---- */

static __always_inline void *new_fast(size_t size)
{
	return slab_alloc_fast(slab_malloc_index, size);
}

__fastpath __hidden void *new_plain(size_t size)
{
	void *p = new_fast(size);

	return likely(p) ? p : new_or_throw(1, size);
}

static noinline void *new_array_slowpath(size_t size)
{
	return are_ours() ? new_or_throw(1, size) : _Znwm(size);
}

__fastpath __hidden void *new_array(size_t size)
{
	void *p = likely(READ_FAST(all_ours)) ? new_fast(size) : NULL;

	return likely(p) ? p : new_array_slowpath(size);
}

__hidden void *new_aligned(size_t size, size_t align)
{
	return new_or_throw(align, size);
}

__hidden void *new_array_aligned(size_t size, size_t align)
{
	return are_ours() ? new_or_throw(align, size) :
			    _ZnwmSt11align_val_t(size, align);
}

/*
 * Nothrow: the handler, and the program's own new, may throw, which C cannot
 * catch.  The C++ library's own forms can, and call the throwing ones.
 */
enum nothrow { NEW, NEW_ARRAY, NEW_ALIGNED, NEW_ARRAY_ALIGNED };

static const char *const nothrow_names[] = {
	"_ZnwmRKSt9nothrow_t",
	"_ZnamRKSt9nothrow_t",
	"_ZnwmSt11align_val_tRKSt9nothrow_t",
	"_ZnamSt11align_val_tRKSt9nothrow_t",
};
static void *librarys[ARRAY_SIZE(nothrow_names)];

static void *librarys_new(enum nothrow form)
{
	void *next = READ_ONCE(librarys[form]);

	if (!next && &dlsym) {
		next = dlsym(RTLD_NEXT, nothrow_names[form]);
		WRITE_ONCE(librarys[form], next);
	}
	return next;
}

/* Not when they are needed, which is often then: the loader's lock may be held,
 * by who waits for the caller. */
__attribute__((__constructor__(101))) static void find_librarys(void)
{
	for (unsigned int i = 0; !are_ours() && i < ARRAY_SIZE(librarys); i++)
		librarys_new(i);
}

static noinline void *new_of_librarys(enum nothrow form, size_t align,
				      size_t size, const void *tag)
{
	void *next = librarys_new(form);

	if (!next)
		return align ? _ZnwmSt11align_val_t(size, align) : _Znwm(size);
	if (align)
		return ((void *(*)(size_t, size_t, const void *))next)(
			size, align, tag);
	return ((void *(*)(size_t, const void *))next)(size, tag);
}

/* The handler has its chance here as well. */
static noinline void *new_nothrow(enum nothrow form, size_t align, size_t size,
				  const void *tag)
{
	const void *caller = __builtin_return_address(0);
	void *p;

	if (!are_ours())
		return new_of_librarys(form, align, size, tag);
	p = try_alloc(max(align, 1UL), size, caller);
	if (p || !current_handler())
		return p;
	return librarys_new(form) ?
		       new_of_librarys(form, align, size, tag) :
		       new_slowpath(max(align, 1UL), size, caller);
}

__export __weak __fastpath void *_ZnwmRKSt9nothrow_t(size_t size,
						     const void *tag)
{
	void *p = likely(READ_FAST(all_ours)) ? new_fast(size) : NULL;

	return likely(p) ? p : new_nothrow(NEW, 0, size, tag);
}

__export __weak void *_ZnamRKSt9nothrow_t(size_t size, const void *tag)
{
	return new_nothrow(NEW_ARRAY, 0, size, tag);
}

__export __weak void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size,
							 size_t align,
							 const void *tag)
{
	return new_nothrow(NEW_ALIGNED, align, size, tag);
}

__export __weak void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size,
							 size_t align,
							 const void *tag)
{
	return new_nothrow(NEW_ARRAY_ALIGNED, align, size, tag);
}

/* ---- operator delete ---- */

__fastpath __hidden void delete_plain(void *p)
{
	shim_free(p);
}

static noinline void delete_array_slowpath(void *p)
{
	if (are_ours())
		shim_free(p);
	else
		_ZdlPv(p);
}

__fastpath __hidden void delete_array(void *p)
{
	if (likely(READ_FAST(all_ours)))
		shim_free(p);
	else
		delete_array_slowpath(p);
}

__hidden void delete_aligned(void *p, size_t align)
{
	if (are_ours())
		sized_delete_slowpath(p, align, SIZE_UNKNOWN);
	else
		shim_free(p);
}

__hidden void delete_array_aligned(void *p, size_t align)
{
	_ZdlPvSt11align_val_t(p, align);
}

static __always_inline bool delete_fast(void *p, size_t size)
{
	return likely(READ_FAST(all_ours)) && likely(sized_delete_fast(p, size));
}

static noinline void delete_sized(void *p, size_t size)
{
	if (are_ours())
		sized_delete_slowpath(p, 0, size);
	else
		_ZdlPv(p);
}

static noinline void delete_sized_array(void *p, size_t size)
{
	if (are_ours())
		sized_delete_slowpath(p, 0, size);
	else
		_ZdaPv(p);
}

/* Cost, small block: 8 instructions more than free. */
__export __weak __fastpath void _ZdlPvm(void *p, size_t size)
{
	if (unlikely(!delete_fast(p, size)))
		delete_sized(p, size);
}

__export __weak __fastpath void _ZdaPvm(void *p, size_t size)
{
	if (unlikely(!delete_fast(p, size)))
		delete_sized_array(p, size);
}

__export __weak void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	if (are_ours())
		sized_delete_slowpath(p, align, size);
	else
		_ZdlPvSt11align_val_t(p, align);
}

__export __weak void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	if (are_ours())
		sized_delete_slowpath(p, align, size);
	else
		_ZdaPvSt11align_val_t(p, align);
}

/* Nothrow: for what a constructor that throws leaves behind. */
__export __weak void _ZdlPvRKSt9nothrow_t(void *p, const void *tag)
{
	_ZdlPv(p);
}

__export __weak void _ZdaPvRKSt9nothrow_t(void *p, const void *tag)
{
	_ZdaPv(p);
}

__export __weak void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
							 const void *tag)
{
	_ZdlPvSt11align_val_t(p, align);
}

__export __weak void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,
							 const void *tag)
{
	_ZdaPvSt11align_val_t(p, align);
}
