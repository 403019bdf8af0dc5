/* SPDX-License-Identifier: MIT */
/* Semaphores of readers and writers. */
#ifndef KM_TEST_LINUX_RWSEM_H
#define KM_TEST_LINUX_RWSEM_H

#include <pthread.h>

struct rw_semaphore {
	pthread_rwlock_t l;
};

#define DECLARE_RWSEM(name) \
	struct rw_semaphore name = { PTHREAD_RWLOCK_INITIALIZER }
#define init_rwsem(s) pthread_rwlock_init(&(s)->l, NULL)
#define down_read(s) pthread_rwlock_rdlock(&(s)->l)
#define up_read(s) pthread_rwlock_unlock(&(s)->l)
#define down_write(s) pthread_rwlock_wrlock(&(s)->l)
#define up_write(s) pthread_rwlock_unlock(&(s)->l)

#endif
