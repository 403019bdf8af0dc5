/* SPDX-License-Identifier: MIT */
/* Assertions. */
#ifndef KM_TEST_LINUX_BUG_H
#define KM_TEST_LINUX_BUG_H

#include_next <linux/bug.h>

#include <stdio.h>

#include <asm/bug.h>

#endif
