/* SPDX-License-Identifier: MIT */
/*
 * kernel: what a driver of files of the kernel has: must(), and its main.
 */
#ifndef KM_RUNTIME_H
#define KM_RUNTIME_H

#include <stdio.h>
#include <stdlib.h>

#define must(cond)                                                          \
	do {                                                                \
		if (!(cond)) {                                              \
			printf("%s:%d: not true: %s\n", __FILE__, __LINE__, \
			       #cond);                                      \
			exit(1);                                            \
		}                                                           \
	} while (0)

/* The test, after the modules; @failed of them did not start. */
void driver(int failed);

#endif
