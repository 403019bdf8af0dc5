/* SPDX-License-Identifier: MIT */
/*
 * percpu: the operations in each mode, and the one promise that everything
 * above rests on: while threads migrate, are interrupted, and have their
 * sheaves drained, no object is lost and none is seen twice.
 *
 * Each object carries its owner.  Whoever gets it from a sheaf finds it
 * free and writes himself in; whoever gives it back finds himself.
 */
#include "kmtest.h"

#include <sched.h>
#include <sys/time.h>

#include "mm_boot.h"
#include "percpu.h"
#include "sheaf.h"
#include "spinlock.h"

#define ID 200 /* nobody else's here */
#define NR_OBJECTS 400
#define CAPACITY 13

struct object {
	u32 owner; /* atomic: 0 free, else whoever holds it */
	u32 seen;  /* whoever counts */
} __aligned(16);

static struct object objects[NR_OBJECTS];

/* ---- where objects are when they are in no sheaf ---- */

static pthread_mutex_t stash_lock = PTHREAD_MUTEX_INITIALIZER;
static struct object *stash[NR_OBJECTS]; /* stash_lock */
static unsigned int stash_nr;		 /* stash_lock */

static void stash_put(void *obj)
{
	pthread_mutex_lock(&stash_lock);
	must(stash_nr < NR_OBJECTS);
	stash[stash_nr++] = obj;
	pthread_mutex_unlock(&stash_lock);
}

static struct object *stash_get(void)
{
	struct object *obj = NULL;

	pthread_mutex_lock(&stash_lock);
	if (stash_nr)
		obj = stash[--stash_nr];
	pthread_mutex_unlock(&stash_lock);
	return obj;
}

static void empty_sheaf(unsigned int id, uintptr_t top, void *arg)
{
	unsigned int *nr = arg;

	while (!sheaf_is_empty(top)) {
		stash_put(sheaf_pop(&top));
		if (nr)
			++*nr;
	}
	sheaf_put(top);
}

static uintptr_t filled_sheaf(unsigned int nr)
{
	uintptr_t top = sheaf_new(CAPACITY);
	struct object *obj;

	must(top);
	while (nr-- && (obj = stash_get()))
		sheaf_push(&top, obj);
	return top;
}

/* Everything is in the stash, once, and nobody's. */
static void check_all_home(void)
{
	must(stash_nr == NR_OBJECTS);
	for (int i = 0; i < NR_OBJECTS; i++)
		objects[i].seen = 0;
	for (int i = 0; i < NR_OBJECTS; i++) {
		must(!stash[i]->owner);
		must(!stash[i]->seen++);
	}
}

/* ---- starting ---- */

static void pin(unsigned int which)
{
	static cpu_set_t all;
	unsigned int cpu = 0;
	cpu_set_t one;

	if (!CPU_COUNT(&all))
		must(!sched_getaffinity(0, sizeof(all), &all));
	which %= (unsigned int)CPU_COUNT(&all);
	for (;; cpu++) {
		if (CPU_ISSET(cpu, &all) && !which--)
			break;
	}
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	must(!sched_setaffinity(0, sizeof(one), &one));
}

static bool generic_wanted(void)
{
	const char *options = getenv("KMALLOC");

	return options && strstr(options, "percpu=generic");
}

/* One thread on one CPU: what is put in is there to be taken out. */
static void start(void)
{
	pin(0);
	must(mm_boot());
	if (generic_wanted())
		must(percpu_mode == PERCPU_GENERIC);
	else if (percpu_mode == PERCPU_GENERIC)
		km_child_skip("the system offers no rseq");
	for (int i = 0; i < NR_OBJECTS; i++) {
		objects[i].owner = 0;
		stash[i] = &objects[i];
	}
	stash_nr = NR_OBJECTS;
}

static uintptr_t install(unsigned int nr)
{
	uintptr_t top = filled_sheaf(nr);

	must(percpu_cmpxchg(PERCPU_TOP, ID, PERCPU_DUMMY, top));
	return top;
}

/* ---- one thread ---- */

static void no_sheaf(void)
{
	start();
	must(!percpu_pop_slowpath(ID));
	must(percpu_push_slowpath(ID, &objects[0]) == RSEQ_FULL);
	must(percpu_read(PERCPU_TOP, ID) == PERCPU_DUMMY);
	must(percpu_read(PERCPU_SPARE, ID) == 0);
	must(!percpu_top_is_real(PERCPU_DUMMY));
	must(!percpu_top_is_real(PERCPU_DRAIN));
	must(!percpu_top_is_real(PERCPU_SPARE_DRAIN));
	must(percpu_count(ID) == 0);
	must(percpu_drain(ID, 1, empty_sheaf, NULL) == 0);
}

/* Every capacity: as many go in, in the order they come out. */
static void full_and_empty(void)
{
	start();
	for (unsigned int n = 1; n <= SHEAF_MAX_CAPACITY; n++) {
		uintptr_t top = sheaf_new(n);

		must(percpu_cmpxchg(PERCPU_TOP, ID, PERCPU_DUMMY, top));
		must(!percpu_pop_slowpath(ID));
		for (unsigned int i = 0; i < n; i++)
			must(percpu_push_slowpath(ID, &objects[i]) ==
			     RSEQ_DONE);
		must(percpu_push_slowpath(ID, &objects[n]) == RSEQ_FULL);
		must(sheaf_is_full(percpu_read(PERCPU_TOP, ID)));
		must(percpu_count(ID) == n);
		for (unsigned int i = n; i-- > 0;)
			must(percpu_pop_slowpath(ID) == &objects[i]);
		must(!percpu_pop_slowpath(ID));
		must(percpu_read(PERCPU_TOP, ID) == top);
		must(percpu_cmpxchg(PERCPU_TOP, ID, top, PERCPU_DUMMY));
		sheaf_put(top);
	}
}

static void twice(void)
{
	start();
	install(0);
	must(percpu_push_slowpath(ID, &objects[0]) == RSEQ_DONE);
	must(percpu_push_slowpath(ID, &objects[0]) == RSEQ_TWICE);
	must(percpu_count(ID) == 1);
	must(percpu_push_slowpath(ID, &objects[1]) == RSEQ_DONE);
	must(percpu_push_slowpath(ID, &objects[1]) == RSEQ_TWICE);
	/* What was popped may be pushed again. */
	must(percpu_pop_slowpath(ID) == &objects[1]);
	must(percpu_push_slowpath(ID, &objects[1]) == RSEQ_DONE);
	must(percpu_count(ID) == 2);
}

/* The inline halves do the same, or leave it to the slow ones. */
static void fast_path(void)
{
	bool fast;

	start();
	fast = percpu_mode != PERCPU_GENERIC;
	install(0);
	must(!percpu_pop(PERCPU_OFF(ID)));
	must(percpu_push(PERCPU_OFF(ID), &objects[7]) ==
	     (fast ? RSEQ_DONE : RSEQ_FULL));
	if (!fast)
		must(percpu_push_slowpath(ID, &objects[7]) == RSEQ_DONE);
	must(percpu_push(PERCPU_OFF(ID), &objects[7]) ==
	     (fast ? RSEQ_TWICE : RSEQ_FULL));
	must(percpu_count(ID) == 1);
	must(percpu_pop(PERCPU_OFF(ID)) == (fast ? &objects[7] : NULL));
	must(percpu_count(ID) == !fast);
}

static void cmpxchg(void)
{
	uintptr_t a, b;

	start();
	a = install(3);
	b = filled_sheaf(5);
	must(!percpu_cmpxchg(PERCPU_TOP, ID, PERCPU_DUMMY, b));
	must(!percpu_cmpxchg(PERCPU_TOP, ID, b, a));
	must(percpu_read(PERCPU_TOP, ID) == a);
	must(percpu_cmpxchg(PERCPU_TOP, ID, a, b));
	must(percpu_read(PERCPU_TOP, ID) == b);
	must(!percpu_cmpxchg(PERCPU_SPARE, ID, b, a));
	must(percpu_cmpxchg(PERCPU_SPARE, ID, 0, a));
	must(percpu_read(PERCPU_SPARE, ID) == a);
	must(percpu_read(PERCPU_TOP, ID) == b);
	must(percpu_count(ID) == 8);
	/* Neighbouring ids saw nothing of it. */
	for (unsigned int id = 1; id < NR_PERCPU_IDS; id++) {
		if (id == ID)
			continue;
		must(!percpu_top_is_real(percpu_read(PERCPU_TOP, id)));
		must(percpu_read(PERCPU_SPARE, id) == 0);
	}
}

static void drain(void)
{
	unsigned int nr = 0;

	start();
	install(6);
	must(percpu_cmpxchg(PERCPU_SPARE, ID, 0, filled_sheaf(CAPACITY)));
	must(percpu_drain(ID, 1, empty_sheaf, &nr) == 2);
	must(nr == 6 + CAPACITY);
	must(percpu_read(PERCPU_TOP, ID) == PERCPU_DUMMY);
	must(percpu_read(PERCPU_SPARE, ID) == 0);
	must(percpu_drain(ID, 1, empty_sheaf, &nr) == 0);
	check_all_home();
	/* An empty sheaf is a sheaf. */
	install(0);
	must(percpu_drain(ID, 1, empty_sheaf, &nr) == 1);
	must(nr == 6 + CAPACITY);
}

static void drain_of_thread(unsigned int nr, void *arg)
{
	(void)nr;
	(void)arg;
	drain();
}

/* Who starts with threads has the barrier from the first drain on. */
static void drain_late(void)
{
	km_threads(1, drain_of_thread, NULL);
	must(!arch_is_alone());
}

/* Without a barrier nothing may be taken: all stays where it was. */
static void drain_unfenced(void)
{
	unsigned int nr = 0;

	start();
	install(6);
	must(percpu_cmpxchg(PERCPU_SPARE, ID, 0, filled_sheaf(4)));
	km_fail("membarrier", 1);
	if (percpu_mode == PERCPU_GENERIC) {
		must(percpu_drain(ID, 1, empty_sheaf, &nr) == 2);
		must(!arch_fail_count);
		return;
	}
	must(percpu_drain(ID, 1, empty_sheaf, &nr) == 0);
	must(arch_fail_count);
	must(percpu_count(ID) == 10);
	km_fail("membarrier", 0);
	must(percpu_drain(ID, 1, empty_sheaf, &nr) == 2);
	check_all_home();
}

/* ---- many threads ---- */

static void own(struct object *obj, u32 me)
{
	must(xchg(&obj->owner, me) == 0);
}

static void disown(struct object *obj, u32 me)
{
	must(xchg(&obj->owner, 0) == me);
}

/* Puts @top where this CPU's sheaf is if that is still @old; empties the one
 * of both that is in nobody's way then. */
static void exchange(enum percpu_kind kind, uintptr_t old, uintptr_t top)
{
	uintptr_t rest = percpu_cmpxchg(kind, ID, old, top) ? old : top;

	if (percpu_top_is_real(rest))
		empty_sheaf(ID, rest, NULL);
}

static struct object *get(bool fast)
{
	struct object *obj = fast ? percpu_pop(PERCPU_OFF(ID)) : NULL;
	uintptr_t top;

	if (!obj)
		obj = percpu_pop_slowpath(ID);
	if (obj)
		return obj;
	top = percpu_read(PERCPU_TOP, ID);
	if (top != PERCPU_DRAIN && sheaf_is_empty(top))
		exchange(PERCPU_TOP, top, filled_sheaf(CAPACITY));
	return stash_get();
}

static void put(struct object *obj, bool fast)
{
	enum rseq_result r =
		fast ? percpu_push(PERCPU_OFF(ID), obj) : RSEQ_FULL;
	uintptr_t top, roomy;

	if (r == RSEQ_FULL)
		r = percpu_push_slowpath(ID, obj);
	must(r != RSEQ_TWICE);
	if (r == RSEQ_DONE)
		return;
	top = percpu_read(PERCPU_TOP, ID);
	if (top == PERCPU_DRAIN || !sheaf_is_full(top)) {
		stash_put(obj);
		return;
	}
	roomy = sheaf_new(CAPACITY);
	must(roomy);
	sheaf_push(&roomy, obj);
	exchange(PERCPU_TOP, top, roomy);
}

static void change_spare(void)
{
	uintptr_t spare = percpu_read(PERCPU_SPARE, ID);

	if (!spare)
		exchange(PERCPU_SPARE, 0, filled_sheaf(CAPACITY / 2));
	else if (percpu_top_is_real(spare))
		exchange(PERCPU_SPARE, spare, 0);
}

#define HELD 24
#define NR_WORKERS 8

static u32 workers_left; /* atomic */

static void worker(unsigned int nr, void *arg)
{
	unsigned long rounds = *(unsigned long *)arg;
	struct object *held[HELD] = { NULL };
	struct km_rng rng = km_rng_of(nr);
	u32 me = nr + 1;

	for (unsigned long i = 0; i < rounds; i++) {
		u64 r = km_random(&rng);
		struct object **h = &held[r % HELD];

		if (*h) {
			disown(*h, me);
			put(*h, r & 1 << 10);
			*h = NULL;
		} else if ((*h = get(r & 1 << 10))) {
			own(*h, me);
		}
		if (!(r >> 16 & 255))
			change_spare();
		if (!(r >> 32 & 1023))
			pin((unsigned int)(r >> 48));
	}
	for (int i = 0; i < HELD; i++) {
		if (!held[i])
			continue;
		disown(held[i], me);
		put(held[i], true);
	}
	atomic_sub(&workers_left, 1);
}

static void drainer(unsigned int nr, void *arg)
{
	while (atomic_read(&workers_left)) {
		percpu_drain(ID, 1, empty_sheaf, NULL);
		must(percpu_count(ID) <= NR_OBJECTS);
		sched_yield();
	}
}

static void hammer(unsigned int drainers, unsigned long rounds)
{
	struct km_thread t[NR_WORKERS + 2];

	workers_left = NR_WORKERS;
	km_threads_start(t, NR_WORKERS, worker, &rounds);
	km_threads_start(t + NR_WORKERS, drainers, drainer, NULL);
	km_threads_join(t, NR_WORKERS + drainers);
	km_fail("membarrier", 0);
	percpu_drain(ID, 1, empty_sheaf, NULL);
	must(percpu_count(ID) == 0);
	check_all_home();
}

static void stress(void)
{
	start();
	hammer(0, km_load(200000));
}

static void stress_drained(void)
{
	start();
	hammer(1, km_load(200000));
	hammer(2, km_load(100000));
}

/* Half of the drains fail for want of a barrier. */
static void stress_unfenced(void)
{
	start();
	km_fail("membarrier", 2);
	hammer(1, km_load(200000));
}

/* ---- handlers ---- */

static struct object *interrupted[NR_OBJECTS];
static unsigned int nr_interrupted;
static volatile sig_atomic_t nr_signals;

/* Takes two, gives one back: what does not fit, and the second, is kept
 * where the program finds it later. */
static void on_signal(int sig)
{
	struct object *a = percpu_pop_slowpath(ID);
	struct object *b = percpu_pop_slowpath(ID);

	nr_signals = nr_signals + 1;
	if (a)
		own(a, 99);
	if (b)
		own(b, 99);
	if (a) {
		disown(a, 99);
		if (percpu_push_slowpath(ID, a) != RSEQ_DONE)
			interrupted[nr_interrupted++] = a;
	}
	if (b) {
		disown(b, 99);
		interrupted[nr_interrupted++] = b;
	}
}

static void hold_signal(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGVTALRM);
	pthread_sigmask(how, &set, NULL);
}

static void signals(void)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = on_signal };
	struct object *held = NULL;

	start();
	sigaction(SIGVTALRM, &sa, NULL);
	install(CAPACITY);
	setitimer(ITIMER_VIRTUAL, &often, NULL);
	for (unsigned long i = 0; nr_signals < 20 && i < 1UL << 32; i++) {
		held = percpu_pop_slowpath(ID);
		if (held) {
			own(held, 1);
			disown(held, 1);
			if (percpu_push_slowpath(ID, held) == RSEQ_DONE)
				continue;
			stash_put(held);
		}
		hold_signal(SIG_BLOCK);
		while (nr_interrupted)
			stash_put(interrupted[--nr_interrupted]);
		exchange(PERCPU_TOP, percpu_read(PERCPU_TOP, ID),
			 filled_sheaf(CAPACITY));
		hold_signal(SIG_UNBLOCK);
	}
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	must(nr_signals >= 20);
	while (nr_interrupted)
		stash_put(interrupted[--nr_interrupted]);
	percpu_drain(ID, 1, empty_sheaf, NULL);
	check_all_home();
}

static void put_back(unsigned int id, uintptr_t top, void *arg)
{
	(void)arg;
	if (!percpu_cmpxchg(PERCPU_TOP, id, PERCPU_DUMMY, top))
		sheaf_put(top);
}

/* Of an id that the interrupted one does not use: it is the CPU's slot that
 * may be locked. */
static void on_signal_drain(int sig)
{
	nr_signals = nr_signals + 1;
	percpu_drain(ID + 1, 1, put_back, NULL);
}

static void handler_drains(void)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = on_signal_drain };
	struct object *held;

	start();
	sigaction(SIGVTALRM, &sa, NULL);
	install(CAPACITY);
	must(percpu_cmpxchg(PERCPU_TOP, ID + 1, PERCPU_DUMMY,
			    filled_sheaf(CAPACITY)));
	setitimer(ITIMER_VIRTUAL, &often, NULL);
	for (unsigned long i = 0; nr_signals < 100 && i < 1UL << 32; i++) {
		held = percpu_pop_slowpath(ID);
		must(held && percpu_push_slowpath(ID, held) == RSEQ_DONE);
	}
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	must(nr_signals >= 100);
	percpu_drain(ID, 2, empty_sheaf, NULL);
	check_all_home();
}

/* ---- fork ---- */

static void after_fork(void *arg)
{
	percpu_fork_child();
	lockdep_reset();
	must(percpu_count(ID) == 6);
	for (int i = 0; i < 6; i++)
		must(percpu_pop_slowpath(ID));
	must(!percpu_pop_slowpath(ID));
	must(percpu_drain(ID, 1, empty_sheaf, NULL) == 1);
}

static void fork_child(void)
{
	static struct km_child c;

	start();
	install(6);
	km_enter(percpu_fork_lock);
	km_child(&c, after_fork, NULL);
	km_leave(percpu_fork_unlock);
	must(km_child_exited(&c, 0));
	/* What the child took is still here. */
	must(percpu_count(ID) == 6);
	must(percpu_drain(ID, 1, empty_sheaf, NULL) == 1);
}

/* ---- the choice of mode ---- */

extern const unsigned int __rseq_size __weak;

static void mode_chosen(void)
{
	must(percpu_mode == PERCPU_DOWN);
	must(mm_boot());
	if (!HAVE_RSEQ)
		must(percpu_mode == PERCPU_GENERIC);
	else if (&__rseq_size && __rseq_size && !km_valgrind())
		must(percpu_mode == PERCPU_RSEQ);
	must(percpu_nr_areas() >= 1 && percpu_nr_areas() <= NR_CPUS);
}

static void mode_generic(void)
{
	setenv("KMALLOC", "percpu=generic", 1);
	must(mm_boot());
	must(percpu_mode == PERCPU_GENERIC);
	must(percpu_nr_areas() >= 4);
}

/* A machine that does not tell its CPUs. */
static void mode_unknown_cpus(void)
{
	setenv("KMALLOC", "fail_syscall=openat:1", 1);
	must(mm_boot());
	if (HAVE_RSEQ && percpu_mode != PERCPU_GENERIC)
		must(percpu_nr_areas() && percpu_nr_areas() % 64 == 0);
}

/* ---- our own registration ---- */

static void no_libc_rseq(void)
{
	setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
}

/* In the new process; the exit status is the mode. */
static int scenario(const char *what)
{
	must(mm_boot());
	if (percpu_mode != PERCPU_RSEQ_OWN || !strcmp(what, "mode"))
		return (int)percpu_mode;
	start();
	hammer(1, km_load(100000));
	return (int)percpu_mode;
}

static void run_own(const char *what, const char *options, int mode)
{
	static struct km_child c;
	struct km_exec e = { options, what, no_libc_rseq };

	if (!HAVE_RSEQ || !&__rseq_size || !__rseq_size) {
		km_skip("libc has no registration to switch off");
		return;
	}
	km_exec(&c, &e);
	assert_true(km_child_exited(&c, mode));
}

static void test_own_mode(void **state)
{
	run_own("mode", NULL, PERCPU_RSEQ_OWN);
}

static void test_own_refused(void **state)
{
	run_own("mode", "fail_syscall=rseq:1", PERCPU_GENERIC);
}

static void test_own_stress(void **state)
{
	run_own("stress", NULL, PERCPU_RSEQ_OWN);
}

/* The main thread is registered at boot; every second other one is not. */
static void test_own_stress_refused(void **state)
{
	run_own("stress", "fail_syscall=rseq:3", PERCPU_RSEQ_OWN);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(mode_chosen),
		km_unit_child(mode_generic),
		km_unit_child(mode_unknown_cpus),
		km_unit_modes(no_sheaf),
		km_unit_modes(full_and_empty),
		km_unit_modes(twice),
		km_unit_modes(fast_path),
		km_unit_modes(cmpxchg),
		km_unit_modes(drain),
		km_unit_modes(drain_late),
		km_unit_modes(drain_unfenced),
		km_unit_modes(signals),
		km_unit_modes(handler_drains),
		km_unit_modes(fork_child),
		km_unit_modes(stress),
		km_unit_modes(stress_drained),
		km_unit_modes(stress_unfenced),
		cmocka_unit_test(test_own_mode),
		cmocka_unit_test(test_own_refused),
		cmocka_unit_test(test_own_stress),
		cmocka_unit_test(test_own_stress_refused),
	};

	if (argc > 1)
		return scenario(argv[1]);
	return km_run_tests(tests);
}
