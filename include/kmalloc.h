/* SPDX-License-Identifier: MIT */
/*
 * libkmalloc: the Linux kernel's memory allocator in a process.
 *
 * Names, argument order and failure values are the kernel's, as of 6.18.
 * malloc and its kin, which the library also provides, draw on the same
 * engine: kfree(malloc(n)) works, and so does free(kmalloc(n)).
 */
#ifndef KMALLOC_H
#define KMALLOC_H

#include <kmalloc/cleanup.h>
#include <kmalloc/dmapool.h>
#include <kmalloc/err.h>
#include <kmalloc/genalloc.h>
#include <kmalloc/gfp.h>
#include <kmalloc/memcontrol.h>
#include <kmalloc/mempool.h>
#include <kmalloc/node.h>
#include <kmalloc/nolock.h>
#include <kmalloc/obj.h>
#include <kmalloc/overflow.h>
#include <kmalloc/page.h>
#include <kmalloc/page_alloc.h>
#include <kmalloc/page_frag.h>
#include <kmalloc/percpu.h>
#include <kmalloc/scope.h>
#include <kmalloc/shrinker.h>
#include <kmalloc/slab.h>
#include <kmalloc/string.h>
#include <kmalloc/vmalloc.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * kmalloc_version() - the version of the library that runs
 *
 * Context: any.
 * Return: a string such as "0.1.0".
 */
const char *kmalloc_version(void);

#ifdef __cplusplus
}
#endif

#endif
