/* SPDX-License-Identifier: MIT */
/*
 * glibc_simple: batches of one size, the last allocated freed first.
 *
 * After bench-malloc-simple of the GNU C library. For each size of 16 bytes to
 * MOST, doubling, batches of 25, 100, 400 and 1600 blocks are allocated and
 * freed again, backwards, until BLOCKS blocks of that size and batch are done.
 *
 * It stresses the fast paths and nothing else: one size, one thread, a working
 * set that fits first-level caches or does not.
 */
#include "classic.h"

#define LARGEST 1600

static long blocks = 1000000;
static long most = 4096;

static const struct parameter parameters[] = {
	{ "blocks", &blocks, LARGEST, 1L << 40 },
	{ "most", &most, 16, 1 << 24 },
	{ 0 },
};

static uint64_t run_batches(size_t size, long batch)
{
	static struct block *block[LARGEST];
	uint64_t sum = 0;

	for (long done = 0; done < blocks; done += batch) {
		for (long i = 0; i < batch; i++)
			block[i] = block_new(size, done + i);
		for (long i = batch; i--;)
			sum += block_end(block[i]);
	}
	return sum;
}

int main(int argc, char **argv)
{
	static const long batch[] = { 25, 100, 400, LARGEST };
	uint64_t sum = 0;

	(void)argc;
	parse_arguments(argv, parameters);
	for (long size = 16; size <= most; size *= 2)
		for (int i = 0; i < 4; i++)
			sum = mix64(sum + run_batches(size, batch[i]));
	return print_checksum("glibc_simple", sum);
}
