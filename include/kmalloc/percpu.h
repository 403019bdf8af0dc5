/* SPDX-License-Identifier: MIT */
/*
 * Variables of which each CPU has a copy.
 *
 *	long *hits = alloc_percpu(long);
 *
 *	__atomic_fetch_add(this_cpu_ptr(hits), 1, __ATOMIC_RELAXED);
 *	for_each_possible_cpu(cpu)
 *		sum += *per_cpu_ptr(hits, cpu);
 *
 * A thread may be moved to another CPU at any time, and a process cannot
 * forbid that: a copy is usually, not always, used by one thread at a time.
 * What must not be lost is changed by atomic operations, which are cheap on
 * memory that no other CPU uses.
 */
#ifndef KMALLOC_PERCPU_H
#define KMALLOC_PERCPU_H

#include <stddef.h>

#include <kmalloc/attr.h>
#include <kmalloc/cleanup.h>
#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes from one CPU's copies to the next's; no variable is larger. */
#define PCPU_MIN_UNIT_SIZE 32768UL

/**
 * __alloc_percpu_gfp() - a variable for each CPU, zero
 * @size:  bytes, up to PCPU_MIN_UNIT_SIZE
 * @align: a power of two up to 4096
 * @gfp:   see <kmalloc/gfp.h>
 *
 * Context: as vmalloc.
 * Return: a variable for free_percpu, whose copies per_cpu_ptr finds; NULL
 *         if there is no memory or, with a line, if an argument is wrong.
 */
void *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp) __km_malloc
	__km_alloc_size(1);
/** __alloc_percpu() - __alloc_percpu_gfp with GFP_KERNEL */
void *__alloc_percpu(size_t size, size_t align) __km_malloc __km_alloc_size(1);
/**
 * free_percpu() - free a variable
 * @p: the variable, or NULL; what is none aborts with a message
 */
void free_percpu(void *p);
#if defined(__GNUC__)
DEFINE_FREE(free_percpu, void *, free_percpu(_T))
#endif

/** num_possible_cpus() - how many copies there are */
unsigned int num_possible_cpus(void);
/** raw_smp_processor_id() - the CPU that the thread runs on, just now */
unsigned int raw_smp_processor_id(void);

#define alloc_percpu_gfp(type, gfp)                           \
	((__typeof__(type) *)__alloc_percpu_gfp(sizeof(type), \
						__alignof__(type), gfp))
#define alloc_percpu(type) alloc_percpu_gfp(type, GFP_KERNEL)

/* Copies are not in the object that the compiler takes a variable for. */
static inline void *__per_cpu_ptr(const void *p, size_t cpu)
{
	__UINTPTR_TYPE__ at = (__UINTPTR_TYPE__)p + cpu * PCPU_MIN_UNIT_SIZE;

	__asm__("" : "+r"(at));
	return (void *)at;
}

/** per_cpu_ptr() - the copy of one CPU, below num_possible_cpus() */
#define per_cpu_ptr(p, cpu) ((__typeof__(*(p)) *)__per_cpu_ptr(p, cpu))
/** this_cpu_ptr() - the copy of the CPU that the thread runs on, just now */
#define this_cpu_ptr(p) per_cpu_ptr(p, raw_smp_processor_id())
#define raw_cpu_ptr(p) this_cpu_ptr(p)
/** get_cpu_ptr() - this_cpu_ptr; the thread may be moved all the same */
#define get_cpu_ptr(p) this_cpu_ptr(p)
#define put_cpu_ptr(p) ((void)(p))

#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (unsigned int)(cpu) < num_possible_cpus(); (cpu)++)

#ifdef __cplusplus
}
#endif

#endif
