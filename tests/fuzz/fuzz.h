/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h: what the fuzz targets and the driver agree on.  A target is a
 * function of libFuzzer's name; the driver calls it with inputs of its own
 * where there is no libFuzzer.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words that inputs are made of, besides random bytes; NULL ends them. */
extern const char *const fuzz_words[];
/* Bytes of an input at most, inputs of a bounded run. */
extern const size_t fuzz_max_len;
extern const unsigned int fuzz_runs;
/* System calls that were made to fail, up to now. */
unsigned long fuzz_faults(void);

#define fuzz_must(cond)                                                    \
	do {                                                               \
		if (!(cond)) {                                             \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, \
				__LINE__, #cond);                          \
			abort();                                           \
		}                                                          \
	} while (0)

#endif
