/* SPDX-License-Identifier: MIT */
/* What the kernel's compiler.h says, as far as allocating code needs it. */
#ifndef KMALLOC_LINUX_COMPILER_H
#define KMALLOC_LINUX_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ __volatile__("" : : : "memory")
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#undef __always_inline /* the C library has one, without the attribute's form */
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define __maybe_unused __attribute__((__unused__))
#define __must_check __attribute__((__warn_unused_result__))
#define __printf(f, a) __attribute__((__format__(__printf__, f, a)))
#define __packed __attribute__((__packed__))
#define __aligned(n) __attribute__((__aligned__(n)))
#define __cold __attribute__((__cold__))
#define __user
#define __iomem
#define __percpu
#define __rcu
#define __force
#define fallthrough __attribute__((__fallthrough__))

#endif
