/* SPDX-License-Identifier: MIT */
/*
 * shim: pointers that are not ours.
 *
 * They come from libc's malloc when a block was allocated before we were
 * loaded (dlopen) or by a library that binds to libc directly
 * (RTLD_DEEPBIND, __libc_malloc).  A pointer outside our ranges is taken
 * for one of those only if what lies before it looks like glibc's chunk
 * header in every respect that can be checked without a fault; anything
 * else is left alone, since handing a wild pointer to libc's free would
 * kill the program.
 *
 *   p - 16: previous size (or offset, of a mapped chunk)
 *   p -  8: size, low bits: 1 previous in use, 2 mapped, 4 other arena
 *
 * Cost: a few system calls that read without faulting; such frees are rare.
 * Locks: none.
 */
#include "foreign.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <unistd.h>

#include "arch.h"
#include "atomic.h"

#define CHUNK_PREV_INUSE 1UL
#define CHUNK_MAPPED 2UL
#define CHUNK_OTHER_ARENA 4UL
#define CHUNK_FLAGS 7UL
#define CHUNK_HEADER 16UL
#define ARENA_HEAP_SIZE (64 * SZ_1M)

static void (*libc_free)(void *); /* const once found */

extern void *dlsym(void *, const char *) __weak;

static void (*find_libc_free(void))(void *)
{
	void *f = READ_ONCE(libc_free);

	if (!f && &dlsym)
		f = dlsym(RTLD_NEXT, "__libc_free");
	WRITE_ONCE(libc_free, f);
	return f;
}

static bool mapped_chunk(uintptr_t p, size_t prev, size_t size)
{
	return IS_ALIGNED(p - CHUNK_HEADER - prev, arch_page_size) &&
	       IS_ALIGNED(prev + size, arch_page_size);
}

/* A secondary arena's heap begins with its arena and its size. */
static bool arena_chunk(uintptr_t p, size_t size)
{
	uintptr_t heap = ALIGN_DOWN(p, ARENA_HEAP_SIZE), info[3], arena;

	return arch_try_read(info, (void *)heap, sizeof(info)) && info[0] &&
	       !(info[0] & 7) && p + size <= heap + info[2] &&
	       arch_try_read(&arena, (void *)info[0], sizeof(arena));
}

/* The program comes first; its heap is above its last segment. */
static int end_of_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t *end = arg;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD)
			*end = max(*end,
				   (uintptr_t)(info->dlpi_addr + ph->p_vaddr +
					       ph->p_memsz));
	}
	return 1;
}

static bool main_chunk(uintptr_t p, size_t size)
{
	uintptr_t end = (uintptr_t)sbrk(0), next = p - CHUNK_HEADER + size;
	uintptr_t start = 0;
	size_t header[2];

	if (p >= end || next >= end)
		return false;
	dl_iterate_phdr(end_of_program, &start);
	return p >= start + CHUNK_HEADER &&
	       arch_try_read(header, (void *)next, sizeof(header)) &&
	       header[1] & CHUNK_PREV_INUSE;
}

size_t foreign_size(void *ptr)
{
	uintptr_t p = (uintptr_t)ptr;
	size_t header[2], size;

	if (p < SZ_64K || p & 15 || p >> 56 ||
	    !arch_try_read(header, (void *)(p - CHUNK_HEADER), sizeof(header)))
		return 0;
	size = header[1] & ~CHUNK_FLAGS;
	if (size < 32 || size & 15 || size > PTRDIFF_MAX)
		return 0;
	if (header[1] & CHUNK_MAPPED)
		return mapped_chunk(p, header[0], size) ? size - CHUNK_HEADER :
							  0;
	if (header[1] & CHUNK_OTHER_ARENA)
		return arena_chunk(p, size) ? size - sizeof(size_t) : 0;
	return main_chunk(p, size) ? size - sizeof(size_t) : 0;
}

bool foreign_free(void *p)
{
	void (*f)(void *);

	if (!foreign_size(p))
		return false;
	f = find_libc_free();
	if (f)
		f(p);
	return f;
}
