/* SPDX-License-Identifier: MIT */
/* Files that show text: standard output. */
#ifndef KM_TEST_LINUX_SEQ_FILE_H
#define KM_TEST_LINUX_SEQ_FILE_H

#include <stdio.h>

struct seq_file {
	int none;
};

#define seq_printf(m, ...) ((void)(m), (void)printf(__VA_ARGS__))
#define seq_puts(m, s) ((void)(m), (void)puts(s))
#define seq_putc(m, c) ((void)(m), (void)putchar(c))

#endif
