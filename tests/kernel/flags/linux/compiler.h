/* SPDX-License-Identifier: MIT */
/* The compiler as the kernel's tools see it, and what some of them forget. */
#ifndef KM_TEST_FLAGS_COMPILER_H
#define KM_TEST_FLAGS_COMPILER_H

#include_next <linux/compiler.h>

#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif

#endif
