/* SPDX-License-Identifier: MIT */
/*
 * glibc: what its <malloc.h> and <dlfcn.h> have and another libc's do not.
 * The numbers are glibc's, for programs that were compiled with it.
 */
#ifndef KM_GLIBC_H
#define KM_GLIBC_H

#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>

#ifndef RTLD_DEEPBIND
#define RTLD_DEEPBIND 0x8
#endif

#ifndef M_MXFAST
#define M_MXFAST 1
#define M_TRIM_THRESHOLD (-1)
#define M_TOP_PAD (-2)
#define M_MMAP_THRESHOLD (-3)
#define M_MMAP_MAX (-4)
#define M_CHECK_ACTION (-5)
#define M_PERTURB (-6)
#define M_ARENA_TEST (-7)
#define M_ARENA_MAX (-8)

struct mallinfo {
	int arena, ordblks, smblks, hblks, hblkhd;
	int usmblks, fsmblks, uordblks, fordblks, keepcost;
};

struct mallinfo2 {
	size_t arena, ordblks, smblks, hblks, hblkhd;
	size_t usmblks, fsmblks, uordblks, fordblks, keepcost;
};

int malloc_trim(size_t pad);
struct mallinfo2 mallinfo2(void);
struct mallinfo mallinfo(void);
int mallopt(int what, int value);
void malloc_stats(void);
int malloc_info(int options, FILE *out);
#endif

#endif
