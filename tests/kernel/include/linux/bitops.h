/* SPDX-License-Identifier: MIT */
/* Operations on bits, those of the tools made atomic. */
#ifndef KM_TEST_LINUX_BITOPS_H
#define KM_TEST_LINUX_BITOPS_H

#include_next <linux/bitops.h>

#include <linux/atomic.h>

#define KM_BIT_WORD(nr, p) (&((unsigned long *)(p))[(nr) / 64])
#define KM_BIT(nr) (1UL << (nr) % 64)
#undef test_and_set_bit
#define test_and_set_bit(nr, p)                               \
	(!!(__atomic_fetch_or(KM_BIT_WORD(nr, p), KM_BIT(nr), \
			      __ATOMIC_SEQ_CST) &             \
	    KM_BIT(nr)))
#undef test_and_clear_bit
#define test_and_clear_bit(nr, p)                               \
	(!!(__atomic_fetch_and(KM_BIT_WORD(nr, p), ~KM_BIT(nr), \
			       __ATOMIC_SEQ_CST) &              \
	    KM_BIT(nr)))
#undef clear_bit_unlock
#define clear_bit_unlock(nr, p)                                    \
	((void)__atomic_fetch_and(KM_BIT_WORD(nr, p), ~KM_BIT(nr), \
				  __ATOMIC_SEQ_CST))

#endif
