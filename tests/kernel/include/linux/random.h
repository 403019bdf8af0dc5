/* SPDX-License-Identifier: MIT */
/* Numbers of a fixed seed (runtime.c). */
#ifndef KM_TEST_LINUX_RANDOM_H
#define KM_TEST_LINUX_RANDOM_H

#include <linux/types.h>

u64 get_random_u64(void);
#define get_random_u32() ((u32)get_random_u64())
#define get_random_u16() ((u16)get_random_u64())
#define get_random_u8() ((u8)get_random_u64())
#define get_random_u32_below(n) ((u32)(get_random_u64() % (n)))
#define get_random_u32_inclusive(lo, hi) \
	((u32)((lo) + get_random_u64() % ((hi) - (lo) + 1ULL)))
#define prandom_u32() get_random_u32()
#define prandom_u32_max(n) get_random_u32_below(n)

static inline void get_random_bytes(void *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((u8 *)p)[i] = get_random_u8();
}

struct rnd_state {
	u64 none;
};
#define prandom_seed_state(s, seed) ((void)(s))
#define prandom_u32_state(s) ((void)(s), get_random_u32())

#endif
