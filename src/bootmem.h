/* SPDX-License-Identifier: MIT */
/*
 * bootmem: the first blocks of a process, before there is a heap.
 *
 * Starting the heap takes longer than many a program runs.  Until malloc
 * has been asked for more than a little, it gives out memory of our own
 * data segment, in order of addresses, never twice; who outgrows that, or
 * asks for anything else, starts the heap.
 *
 * Context: any; takes no lock, makes no system call.
 */
#ifndef KM_BOOTMEM_H
#define KM_BOOTMEM_H

#include "kernel.h"

#define BOOTMEM_BYTES (32 * SZ_1K)
/* One block of more than BOOTMEM_MAX: the C++ runtime asks for 71 KiB when
 * it is loaded, which it hardly ever touches. */
#define BOOTMEM_MAX (8 * SZ_1K)
#define BOOTMEM_LARGE_BYTES (80 * SZ_1K)

extern char bootmem[BOOTMEM_BYTES + BOOTMEM_LARGE_BYTES] __hidden;

/* Zeroed, aligned to 16 bytes; NULL if it is time for the heap. */
void *bootmem_alloc(size_t size);
/* @p: mem_is_bootmem.  What is wrong with it is reported. */
void bootmem_free(void *p);
/* Usable bytes at @p; 0 if it is no block. */
size_t bootmem_size(const void *p);

static inline bool mem_is_bootmem(const void *p)
{
	return (uintptr_t)p - (uintptr_t)bootmem < sizeof(bootmem);
}

#endif
