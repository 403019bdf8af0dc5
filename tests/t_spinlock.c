/* SPDX-License-Identifier: MIT */
/*
 * lock: mutual exclusion, sleeping waiters, a thread that meets itself, and
 * the order of locks.
 */
#include "kmtest.h"

#include "spinlock.h"

#define NR_THREADS 8

static struct spinlock lock = SPIN_LOCK_INIT(ZONE);
static unsigned long counter; /* lock */
static unsigned int inside;   /* lock */

static void reset(void)
{
	lock = (struct spinlock)SPIN_LOCK_INIT(ZONE);
	counter = 0;
	inside = 0;
}

/* ---- exclusion ---- */

static void count_up(unsigned int nr, void *arg)
{
	unsigned long rounds = *(unsigned long *)arg;

	for (unsigned long i = 0; i < rounds; i++) {
		must(spin_lock(&lock));
		must(!inside++);
		counter++;
		must(spin_is_held(&lock));
		inside--;
		spin_unlock(&lock);
	}
}

static void test_exclusion(void **state)
{
	unsigned long rounds = km_load(100000);

	reset();
	km_threads(NR_THREADS, count_up, &rounds);
	assert_int_equal(counter, NR_THREADS * rounds);
	assert_int_equal(lock.word, 0);
}

/* With trylock, every thread counts its own successes. */
static unsigned long won[NR_THREADS];

static void count_tries(unsigned int nr, void *arg)
{
	unsigned long rounds = *(unsigned long *)arg;

	won[nr] = 0;
	for (unsigned long i = 0; i < rounds; i++) {
		if (!spin_trylock(&lock))
			continue;
		must(!inside++);
		counter++;
		won[nr]++;
		inside--;
		spin_tryunlock(&lock);
	}
}

static void test_trylock(void **state)
{
	unsigned long rounds = km_load(100000), all = 0;

	reset();
	km_threads(NR_THREADS, count_tries, &rounds);
	for (int i = 0; i < NR_THREADS; i++)
		all += won[i];
	assert_true(all > 0);
	assert_int_equal(counter, all);
	assert_int_equal(lock.word, 0);
}

/* Both kinds of lockers on one lock: no wake is lost between them. */
static void count_mixed(unsigned int nr, void *arg)
{
	if (nr % 2)
		count_tries(nr, arg);
	else
		count_up(nr, arg);
}

static void test_mixed(void **state)
{
	unsigned long rounds = km_load(50000), all = 0;

	reset();
	memset(won, 0, sizeof(won));
	km_threads(NR_THREADS, count_mixed, &rounds);
	for (int i = 1; i < NR_THREADS; i += 2)
		all += won[i];
	assert_int_equal(counter, all + NR_THREADS / 2 * rounds);
	assert_int_equal(lock.word, 0);
}

/* ---- states ---- */

static void try_once(unsigned int nr, void *arg)
{
	bool *got = arg;

	*got = spin_trylock(&lock);
	must(!spin_is_held(&lock));
}

static void test_held_by_another(void **state)
{
	bool got = true;

	reset();
	assert_false(spin_is_held(&lock));
	assert_true(spin_trylock(&lock));
	assert_true(spin_is_held(&lock));
	km_threads(1, try_once, &got);
	assert_false(got);
	spin_tryunlock(&lock);
	assert_false(spin_is_held(&lock));
	assert_true(spin_trylock(&lock));
	spin_tryunlock(&lock);
}

static void test_recursion(void **state)
{
	reset();
	assert_true(spin_lock(&lock));
	assert_false(spin_lock(&lock));
	assert_false(spin_trylock(&lock));
	assert_true(spin_is_held(&lock));
	spin_unlock(&lock);
	assert_true(spin_lock(&lock));
	spin_unlock(&lock);
}

/* A handler that interrupts its own thread's critical section is told. */
static volatile sig_atomic_t handler_got; /* 1 false, 2 true */

static void handler(int sig)
{
	bool got = spin_lock(&lock);

	handler_got = got ? 2 : 1;
	if (got)
		spin_unlock(&lock);
}

static void test_signal(void **state)
{
	struct sigaction sa = { .sa_handler = handler };

	reset();
	sigaction(SIGUSR1, &sa, NULL);
	assert_true(spin_lock(&lock));
	handler_got = 0;
	raise(SIGUSR1);
	assert_int_equal(handler_got, 1);
	spin_unlock(&lock);
	raise(SIGUSR1);
	assert_int_equal(handler_got, 2);
	assert_int_equal(lock.word, 0);
}

/* ---- waiters ---- */

static void wait_for_lock(unsigned int nr, void *arg)
{
	must(spin_lock(&lock));
	counter++;
	spin_unlock(&lock);
}

/* All of them have marked the word, or soon will, when it is released. */
static void test_waiters_wake(void **state)
{
	struct km_thread t[NR_THREADS];

	for (unsigned long i = 0; i < km_load(50); i++) {
		reset();
		assert_true(spin_lock(&lock));
		km_threads_start(t, NR_THREADS, wait_for_lock, NULL);
		while (!(atomic_read(&lock.word) & SPIN_WAITERS))
			sched_yield();
		assert_true(spin_is_held(&lock));
		assert_false(spin_lock(&lock)); /* ours, mark or no mark */
		spin_unlock(&lock);
		km_threads_join(t, NR_THREADS);
		assert_int_equal(counter, NR_THREADS);
		assert_int_equal(lock.word, 0);
	}
}

static void test_wait_fails(void **state)
{
	unsigned long rounds = km_load(20000);

	reset();
	km_fail("futex", 2);
	km_threads(NR_THREADS, count_up, &rounds);
	km_fail("futex", 0);
	assert_int_equal(counter, NR_THREADS * rounds);
}

/* ---- the order ---- */

static struct spinlock outer = SPIN_LOCK_INIT(SLAB_MUTEX);
static struct spinlock inner = SPIN_LOCK_INIT(MEMBLOCK);
static struct spinlock caches[3] = { SPIN_LOCK_INIT(CACHE),
				     SPIN_LOCK_INIT(CACHE),
				     SPIN_LOCK_INIT(CACHE) };

/* All ranks, in order, twice; unlocked inside out and the other way. */
static void in_order(void *arg)
{
	struct spinlock all[NR_LOCK_RANKS];

	for (int turn = 0; turn < 2; turn++) {
		for (u32 i = 0; i < NR_LOCK_RANKS; i++) {
			all[i] = (struct spinlock){ .rank = i };
			must(spin_lock(&all[i]));
		}
		for (u32 i = 0; i < NR_LOCK_RANKS; i++)
			spin_unlock(&all[turn ? i : NR_LOCK_RANKS - 1 - i]);
	}
	must(spin_lock(&outer) && spin_lock(&inner));
	spin_unlock(&outer);
	spin_unlock(&inner);
	must(spin_lock(&outer));
}

/* Fork takes all caches' locks at once; a handler in between waits for
 * none, but gets those that are free. */
static void in_fork(void *arg)
{
	static struct spinlock others = SPIN_LOCK_INIT(DRAIN);

	lockdep_fork_begin();
	for (int i = 0; i < 3; i++)
		spin_fork_lock(&caches[i]);
	spin_fork_lock(&inner);
	must(in_nmi() && !spin_may_wait(&others));
	must(spin_is_held(&caches[0]) && !spin_lock(&caches[0]));
	must(spin_lock(&others));
	spin_unlock(&others);
	for (int i = 0; i < 3; i++)
		spin_fork_unlock(&caches[i]);
	spin_fork_unlock(&inner);
	lockdep_fork_end();
	must(!in_nmi() && !lock.word && spin_may_wait(&others));
	must(!caches[0].word && !inner.word);
}

/* A handler that forks leaves what is held as it was. */
static void fork_in_handler(void *arg)
{
	must(spin_lock(&caches[0]));
	lockdep_fork_begin();
	for (int i = 0; i < 2; i++)
		spin_fork_lock(&caches[i]);
	for (int i = 0; i < 2; i++)
		spin_fork_unlock(&caches[i]);
	lockdep_fork_end();
	must(spin_is_held(&caches[0]) && !spin_may_wait(&caches[0]));
	must(!caches[1].word);
	spin_unlock(&caches[0]);
	must(!in_nmi());
}

/* What may be waited for, and dropped, while what is held. */
static void permitted(void *arg)
{
	must(spin_may_wait(&outer) && !in_nmi());
	must(spin_lock(&caches[0]));
	must(in_nmi());
	must(!spin_may_wait(&outer) && !spin_may_wait(&caches[1]));
	must(spin_may_wait(&inner) && spin_may_drop(&caches[0]));
	must(spin_lock(&caches[1])); /* against the order, but free */
	must(!spin_may_drop(&caches[1]));
	spin_unlock(&caches[1]);
	must(!spin_may_wait(&caches[1]) && spin_may_drop(&caches[0]));
	must(spin_lock(&inner) && spin_may_drop(&inner));
	must(!spin_may_drop(&caches[0]));
	spin_unlock(&inner);
	spin_unlock(&caches[0]);
	must(!in_nmi());
}

static void hold_outer(unsigned int nr, void *arg)
{
	must(spin_lock(&outer));
}

/* Against the order a lock is given if it is free, and never waited for. */
static void upwards(void *arg)
{
	lockdep_inversions = 0;
	must(spin_lock(&inner));
	must(lockdep_inversions == 0);
	must(spin_lock(&outer));
	must(lockdep_inversions == 1);
	spin_unlock(&outer);
	km_threads(1, hold_outer, NULL);
	must(!spin_lock(&outer));
	must(lockdep_inversions == 2);
	spin_unlock(&inner);
}

static void same_rank(void *arg)
{
	struct spinlock other = SPIN_LOCK_INIT(MEMBLOCK);

	lockdep_inversions = 0;
	must(spin_lock(&inner));
	must(spin_lock(&other));
	must(lockdep_inversions == 1);
}

static void not_held(void *arg)
{
	lockdep_assert_held(&inner);
}

static void held_by_another(void *arg)
{
	bool got;

	spin_lock(&lock);
	km_threads(1, try_once, &got);
	lockdep_assert_held(&lock);
	spin_unlock(&lock);
	lockdep_assert_held(&lock);
}

/* What a forked child forgets. */
static void forgotten(void *arg)
{
	must(spin_lock(&inner));
	spin_lock_reinit(&inner);
	lockdep_reset();
	must(spin_lock(&outer) && spin_lock(&inner));
}

static void test_order_kept(void **state)
{
	static struct km_child c;

	km_child(&c, in_order, NULL);
	assert_child_ok(&c);
	km_child(&c, in_fork, NULL);
	assert_child_ok(&c);
	km_child(&c, fork_in_handler, NULL);
	assert_child_ok(&c);
	km_child(&c, permitted, NULL);
	assert_child_ok(&c);
	km_child(&c, forgotten, NULL);
	assert_child_ok(&c);
}

static void test_order_broken(void **state)
{
	static struct km_child c;

	km_child(&c, upwards, NULL);
	assert_child_ok(&c);
	km_child(&c, same_rank, NULL);
	assert_child_ok(&c);
	assert_aborts(not_held, NULL, "BUG at t_spinlock.c:");
	assert_aborts(held_by_another, NULL, "spin_is_held");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exclusion),
		cmocka_unit_test(test_trylock),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_held_by_another),
		cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_waiters_wake),
		cmocka_unit_test(test_wait_fails),
		cmocka_unit_test(test_order_kept),
		cmocka_unit_test(test_order_broken),
	};

	return km_run_tests(tests);
}
