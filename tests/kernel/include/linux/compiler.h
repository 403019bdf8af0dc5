/* SPDX-License-Identifier: MIT */
/* The compiler as the kernel's tools see it, and what they leave out. */
#ifndef KM_TEST_LINUX_COMPILER_H
#define KM_TEST_LINUX_COMPILER_H

#include_next <linux/compiler.h>

#ifndef __always_unused
#define __always_unused __attribute__((__unused__))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((__aligned__(n)))
#endif
#ifndef __printf
#define __printf(f, a) __attribute__((__format__(__printf__, f, a)))
#endif
#ifndef __percpu
#define __percpu
#endif
#ifndef __iomem
#define __iomem
#endif
#ifndef __counted_by
#define __counted_by(member)
#endif
#ifndef __alloc_size
#define __alloc_size(...) __attribute__((__alloc_size__(__VA_ARGS__)))
#endif
#ifndef __ro_after_init
#define __ro_after_init
#endif
#ifndef __no_kmsan_checks
#define __no_kmsan_checks
#endif
#ifndef data_race
#define data_race(x) (x)
#endif

#endif
