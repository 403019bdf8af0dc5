/* SPDX-License-Identifier: MIT */
/*
 * shim: malloc, calloc, realloc, free and their kin over the engine.
 *
 *   malloc ─ index table ─ this CPU's sheaf            (slab_common.h)
 *      └ *_slowpath: start-up, refill, large blocks, errno
 *
 * The rules are glibc's where ISO C and POSIX leave a choice: malloc(0) is
 * a unique block, realloc(p, 0) frees and returns NULL, memalign rounds an
 * alignment up to a power of two, sizes above PTRDIFF_MAX are ENOMEM, free
 * keeps errno.
 *
 * Each function works before libc is ready, in signal handlers, and in
 * destructors that run after everybody else's.  Locks: none of its own.
 */
#include "shim.h"

#include <errno.h>

#include "arch.h"
#include "bitops.h"
#include "foreign.h"
#include "gfp_rules.h"
#include "kfence.h"
#include "mm_boot.h"
#include "sized.h"
#include "util.h"

/* ---- allocating ---- */

/* The functions below that look at their return address are called last by
 * those that programs call, so that it is the program's. */

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static noinline void *malloc_by_lib(size_t size, bool zero, const void *caller)
{
	u32 lib = __gfp_lib_enter(caller);
	void *p = malloc_slowpath(size, zero);

	gfp_lib_exit(lib);
	return p ? p : no_memory();
}

static noinline void *shim_malloc_slowpath(size_t size, bool zero)
{
	void *p;

	if (unlikely(READ_ONCE(gfp_lib_rules)))
		return malloc_by_lib(size, zero, __builtin_return_address(0));
	p = malloc_slowpath(size, zero);
	return likely(p) ? p : no_memory();
}

/* Cost, small size: 21 instructions, 2 branches, no atomic, no call; lines
 * touched: 1 of the table, 1 of the CPU's area, 1 of the sheaf. */
__export __fastpath void *malloc(size_t size)
{
	void *p = slab_alloc_fast(slab_malloc_index, size);

	if (unlikely(!p))
		return shim_malloc_slowpath(size, false);
	return p;
}

void *shim_try_malloc(size_t size)
{
	void *p = slab_alloc_fast(slab_malloc_index, size);

	return likely(p) ? p : malloc_slowpath(size, false);
}

__export __fastpath void *calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return no_memory();
	p = slab_alloc_fast(slab_malloc_index, bytes);
	if (unlikely(!p))
		return shim_malloc_slowpath(bytes, true);
	return __builtin_memset(p, 0, bytes);
}

/* ---- freeing ---- */

static noinline void shim_free_slowpath(void *p)
{
	int saved = errno;

	kfree_slowpath(p);
	errno = saved;
}

/* Cost, small block: 27 instructions, 4 branches, no atomic, no call; lines
 * touched: 1 of the class map, 1 of the CPU's area, 1 of the sheaf; none of
 * the block. */
__export __fastpath void free(void *p)
{
	if (unlikely(!slab_free_fast(p)))
		shim_free_slowpath(p);
}

__export void free_sized(void *p, size_t size)
{
	sized_free(p, 0, size);
}

__export void free_aligned_sized(void *p, size_t align, size_t size)
{
	sized_free(p, align, size);
}

/* ---- sizes ---- */

/* Usable bytes at @p; 0 if it is no small object, or if it was freed just
 * now. */
static __always_inline size_t size_fast(const void *p)
{
	u16 off = mem_class_off(p);
	size_t size = *(size_t *)((char *)slab_object_size + off);

	return likely(size) && likely(!percpu_is_last(off, p)) ? size : 0;
}

/* True, after a report, if @p is a small object that was freed just now.
 * Where a push's stores may be seen out of order, they are not twice. */
static bool __cold is_freed(const char *who, const void *p)
{
	u16 off = mem_class_off(p);

	if (mem_is_phys(p) && is_kfence_address(p))
		return kfence_is_freed(who, p);
	if (!off || !slab_ksize_fast(p) || !percpu_is_last(off, p))
		return false;
	smp_mb();
	if (!percpu_is_last(off, p))
		return false;
	slab_report_freed(slab_cache_of(p, mem_class(p)), who, p);
	return true;
}

static noinline size_t shim_usable_slowpath(void *p)
{
	if (is_freed("malloc_usable_size", p))
		return 0;
	if (slab_ksize_fast(p))
		return slab_ksize_fast(p);
	if (mem_is_ours(p) || !p)
		return ksize_slowpath(p);
	return foreign_size(p);
}

/* Cost, small block: 23 instructions. */
__export __fastpath size_t malloc_usable_size(void *p)
{
	size_t size = size_fast(p);

	return likely(size) ? size : shim_usable_slowpath(p);
}

/* ---- resizing ---- */

static void *realloc_foreign(void *p, size_t size)
{
	size_t old = foreign_size(p);
	void *to;

	if (!old) {
		free(p); /* says what it is */
		return no_memory();
	}
	to = shim_malloc_slowpath(size, false);
	if (to) {
		__builtin_memcpy(to, p, min(old, size));
		free(p);
	}
	return to;
}

/* @old: what size_fast says. */
static __always_inline void *do_realloc(void *p, size_t size, size_t old)
{
	size_t room = size;
	void *to;

	if (!old && is_freed("realloc", p))
		return no_memory();
	old = old ? old : shim_usable_slowpath(p);
	if (size > PTRDIFF_MAX)
		return no_memory();
	if (!mem_is_ours(p))
		return realloc_foreign(p, size);
	if (mem_class(p) == SLAB_ID_MALLOC_0) {
		to = util_realloc_copy(p, 0, size);
		return to ? to : no_memory();
	}
	if (!old) {
		kfree_slowpath(p); /* reports what is wrong with it */
		return no_memory();
	}
	if (size <= old && size > old / 2)
		return p;
	if (krealloc_large(p, size, &to))
		return to ? to : no_memory();
	/* Who grows a large block a little will do so again. */
	if (size > old && size > KMALLOC_MAX_CACHE_SIZE)
		room = max(size, old + old / 4);
	to = util_realloc_copy(p, old, room);
	if (!to && room != size)
		to = util_realloc_copy(p, old, size);
	return to ? to : no_memory();
}

static noinline void *realloc_by_lib(void *p, size_t size, size_t old,
				     const void *caller)
{
	u32 lib = __gfp_lib_enter(caller);

	p = do_realloc(p, size, old);
	gfp_lib_exit(lib);
	return p;
}

/* Called last by realloc: the caller is whoever called that. */
static noinline void *realloc_slowpath(void *p, size_t size, size_t old)
{
	if (unlikely(READ_ONCE(gfp_lib_rules)))
		return realloc_by_lib(p, size, old,
				      __builtin_return_address(0));
	return do_realloc(p, size, old);
}

__export void *realloc(void *p, size_t size)
{
	size_t old;

	if (unlikely(!p))
		return malloc(size);
	if (unlikely(!size)) {
		free(p);
		return NULL;
	}
	old = size_fast(p);
	if (size <= old && (size > old / 2 || old <= 64))
		return p;
	return realloc_slowpath(p, size, old);
}

__export void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return no_memory();
	return realloc(p, bytes);
}

/* ---- aligned ---- */

static noinline void *aligned_by_lib(size_t align, size_t size,
				     const void *caller)
{
	u32 lib = __gfp_lib_enter(caller);
	void *p = malloc_aligned(align, size);

	gfp_lib_exit(lib);
	return p ? p : no_memory();
}

static noinline void *aligned(size_t align, size_t size)
{
	void *p;

	if (unlikely(READ_ONCE(gfp_lib_rules)))
		return aligned_by_lib(align, size, __builtin_return_address(0));
	p = malloc_aligned(align, size);
	return likely(p) ? p : no_memory();
}

__export void *memalign(size_t align, size_t size)
{
	if (align > SIZE_MAX / 2 + 1) {
		errno = EINVAL;
		return NULL;
	}
	return aligned(roundup_pow_of_two(max(align, 1UL)), size);
}

__export void *aligned_alloc(size_t align, size_t size)
{
	if (!is_power_of_2(align)) {
		errno = EINVAL;
		return NULL;
	}
	return aligned(align, size);
}

__export int posix_memalign(void **out, size_t align, size_t size)
{
	int saved = errno;
	void *p;

	if (!is_power_of_2(align) || align % sizeof(void *))
		return EINVAL;
	p = malloc_aligned(align, size);
	errno = saved;
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

__export void *valloc(size_t size)
{
	return aligned(arch_page_size, size);
}

__export void *pvalloc(size_t size)
{
	size_t rounded;

	if (check_add_overflow(size, arch_page_size - 1, &rounded))
		return no_memory();
	rounded &= ~(arch_page_size - 1);
	return aligned(arch_page_size, max(rounded, arch_page_size));
}

/* ---- the names used inside ---- */

#define INSIDE(name) __attribute__((__alias__(name)))

void *shim_malloc(size_t size) INSIDE("malloc");
void *shim_calloc(size_t n, size_t size) INSIDE("calloc");
void *shim_realloc(void *p, size_t size) INSIDE("realloc");
void *shim_memalign(size_t align, size_t size) INSIDE("memalign");
void *shim_reallocarray(void *p, size_t n, size_t size) INSIDE("reallocarray");
void *shim_aligned_alloc(size_t align, size_t size) INSIDE("aligned_alloc");
int shim_posix_memalign(void **out, size_t align, size_t size)
	INSIDE("posix_memalign");
void *shim_valloc(size_t size) INSIDE("valloc");
void *shim_pvalloc(size_t size) INSIDE("pvalloc");
void shim_free(void *p) INSIDE("free");
size_t shim_usable_size(void *p) INSIDE("malloc_usable_size");
void cfree(void *p) SHIM_ALIAS("free");
