/* SPDX-License-Identifier: MIT */
/* Whether an overflow or an underflow reaches what the allocator keeps. */
#include "crime.h"

#define BLOCKS 256
/* A fence that is looked at, beside a few blocks, steers nothing. */
#define SAMPLES (BLOCKS / 16)

static char *block[BLOCKS];
static size_t size[BLOCKS];

static int is_in_block(const char *p)
{
	unsigned int i;

	for (i = 0; i < BLOCKS; i++) {
		if (p >= block[i] && p < block[i] + size[i])
			return 1;
	}
	return 0;
}

int main(void)
{
	unsigned int i, k, beside, found = 0;

	for (i = 0; i < BLOCKS; i++) {
		block[i] = malloc(64);
		size[i] = malloc_usable_size(block[i]);
		memset(block[i], 0, size[i]);
	}
	for (i = 0; i < BLOCKS; i++) {
		if (((uintptr_t)block[i] & 4095) < 16)
			continue;
		for (k = 1, beside = 0; k <= 16; k++)
			beside |=
				!is_in_block(block[i] - k) && block[i][-(int)k];
		found += beside;
	}
	return verdict(found <= SAMPLES);
}
