/* SPDX-License-Identifier: MIT */
/* Completions. */
#ifndef KM_TEST_LINUX_COMPLETION_H
#define KM_TEST_LINUX_COMPLETION_H

#include <linux/wait.h>

struct completion {
	int done;
};

#define DECLARE_COMPLETION(name) struct completion name
#define init_completion(c) ((c)->done = 0)
#define complete(c) __atomic_fetch_add(&(c)->done, 1, __ATOMIC_SEQ_CST)
#define complete_all(c) __atomic_store_n(&(c)->done, 1 << 30, __ATOMIC_SEQ_CST)
#define wait_for_completion(c) \
	wait_event(NULL, __atomic_load_n(&(c)->done, __ATOMIC_SEQ_CST) > 0)
#define wait_for_completion_timeout(c, jiffies) \
	({                                      \
		wait_for_completion(c);         \
		1UL;                            \
	})

#endif
