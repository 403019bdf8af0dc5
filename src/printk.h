/* SPDX-License-Identifier: MIT */
/*
 * printk: messages without malloc or stdio.
 *
 * One call writes one line, "kmalloc: ...", by one write to standard
 * error, if that was open when the library started.  Formats: %s %c %d %u
 * %x %p with l, z and a minimum width on numbers; enough for messages,
 * async-signal-safe.
 */
#ifndef KM_PRINTK_H
#define KM_PRINTK_H

#include "bug.h"

#include <stdarg.h>

void printk_init(void);

/* Formats into @buf, always terminates it; returns the length written. */
size_t vscnprintf(char *buf, size_t size, const char *fmt, va_list args);
size_t scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

void pr_info(const char *fmt, ...) __printf(1, 2);
#define pr_err pr_info
#define pr_warn pr_info

/* Prints and aborts. */
void __noreturn __cold panic(const char *fmt, ...) __printf(1, 2);

#endif
