/* SPDX-License-Identifier: MIT */
/*
 * BCH codes: many tables of different sizes for each code.
 * kernel: lib/bch.c lib/bitrev.c
 */
#include <linux/bch.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "runtime.h"

void driver(int failed)
{
	(void)failed;
	for (int m = 8; m <= 13; m++) {
		struct bch_control *bch = bch_init(m, 4, 0, false);
		unsigned int len = (1U << m) / 16, errors[4];
		u8 *data = kmalloc(len, GFP_KERNEL), *copy, ecc[16] = { 0 };

		must(bch && data && bch->ecc_bytes <= sizeof(ecc));
		get_random_bytes(data, len);
		copy = kmemdup(data, len, GFP_KERNEL);
		bch_encode(bch, data, len, ecc);
		for (int i = 0; i < 4; i++)
			data[len * i / 4] ^= 1 << i;
		must(bch_decode(bch, data, len, ecc, NULL, NULL, errors) == 4);
		for (int i = 0; i < 4; i++)
			data[errors[i] / 8] ^= 1 << errors[i] % 8;
		must(!memcmp(data, copy, len));
		kfree(copy);
		kfree(data);
		bch_free(bch);
	}
}
