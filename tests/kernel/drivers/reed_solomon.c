/* SPDX-License-Identifier: MIT */
/*
 * Reed-Solomon codes, tables of which are shared by those who use the same.
 * (The kernel's own test of them computes for minutes and allocates little.)
 * kernel: lib/reed_solomon/reed_solomon.c
 */
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/rslib.h>
#include <linux/slab.h>

#include "runtime.h"

#define LEN 223
#define ROOTS 32

void driver(int failed)
{
	static u8 data[LEN], copy[LEN];

	(void)failed;
	for (int round = 0; round < 200; round++) {
		struct rs_control *rs = init_rs(8, 0x187, 112, 11, ROOTS);
		struct rs_control *other = init_rs(8, 0x187, 112, 11, ROOTS);
		u16 par[ROOTS] = { 0 };

		must(rs && other && rs->codec == other->codec);
		free_rs(other);
		get_random_bytes(data, LEN);
		memcpy(copy, data, LEN);
		must(!encode_rs8(rs, data, LEN, par, 0));
		for (int i = 0; i < ROOTS / 2; i++)
			data[(i * 13 + round) % LEN] ^= (u8)(i + 1);
		must(decode_rs8(rs, data, par, LEN, NULL, 0, NULL, 0, NULL) ==
		     ROOTS / 2);
		must(!memcmp(data, copy, LEN));
		free_rs(rs);
	}
}
