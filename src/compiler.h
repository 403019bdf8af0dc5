/* SPDX-License-Identifier: MIT */
/*
 * base: what the compiler can do, under the kernel's names.
 *
 * Every source file includes this first; it is the one place that sees
 * config.h.
 */
#ifndef KM_COMPILER_H
#define KM_COMPILER_H

#include "config.h"

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef CONFIG_RSEQ
#define CONFIG_RSEQ 0
#endif

#ifdef KM_DEBUG_VM /* a test's copy of the core chooses its own level */
#undef CONFIG_DEBUG_VM
#define CONFIG_DEBUG_VM KM_DEBUG_VM
#endif
#ifndef CONFIG_DEBUG_VM
#define CONFIG_DEBUG_VM 0
#endif

#define IS_ENABLED(option) (option)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define noinline __attribute__((__noinline__))
#define __cold __attribute__((__cold__, __noinline__))
#define __export __attribute__((__visibility__("default")))
#define __hidden __attribute__((__visibility__("hidden")))
/* Of few lines, and of the same ones whatever is linked before it. */
#define __fastpath __attribute__((__aligned__(64)))
#define __aligned(n) __attribute__((__aligned__(n)))
#define __section(s) __attribute__((__section__(s)))
#define __maybe_unused __attribute__((__unused__))
#define __printf(f, a) __attribute__((__format__(__printf__, f, a)))
#define __noreturn __attribute__((__noreturn__))
#define __weak __attribute__((__weak__))
#define __tls_ie __thread __attribute__((__tls_model__("initial-exec")))

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

/* A load or store that happens once, whole, where it is written. */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)

/* A load that may be folded into the instruction which uses it.  The word
 * is aligned and changes seldom; only the thread sanitizer must be told. */
#if defined(__SANITIZE_THREAD__)
#define READ_FAST(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#else
#define READ_FAST(x) (x)
#endif

/* The same with acquire semantics for what follows a barrier(). */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define READ_FAST_ACQUIRE(x) READ_FAST(x)
#else
#define READ_FAST_ACQUIRE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#endif

/* Hides a value's origin, so that the compiler computes it just once. */
#define OPTIMIZER_HIDE_VAR(v) __asm__("" : "+r"(v))

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CONFIG_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define CONFIG_SANITIZER 1
#endif
#endif
#ifndef CONFIG_SANITIZER
#define CONFIG_SANITIZER 0
#endif

#endif
