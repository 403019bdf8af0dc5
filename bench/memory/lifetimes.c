/* SPDX-License-Identifier: MIT */
/*
 * lifetimes: what stays resident, over time, of programs whose objects live
 * for different times.
 *
 *	lifetimes WORKLOAD [-o FILE.csv] [NAME=VALUE ...]
 *
 *	        slots (mapped, not malloc'ed)      heap under test
 *	worker  +-----+------+-----+               +---------------+
 *	  rng   | ptr | size | tag |-------------->| f(tag, 0..) ..|
 *	  live  +-----+------+-----+               +---------------+
 *	  sum   | ... |
 *
 * An object has no header: its slot knows its address, size and tag, and each
 * byte of it follows from the tag. That is checked before a free and after a
 * realloc, so a byte that is lost, or a block that is given out twice, ends
 * the run.
 *
 * Live bytes are what was asked of malloc and not freed. Each worker counts
 * for itself; a free of another one's object makes its own count smaller, and
 * only the sum over all has a meaning.
 *
 * The main thread samples: between its operations, and while it waits. There
 * is no thread for that, because allocators behave differently in a program
 * with threads. A sample reads /proc/self/statm into a buffer, and goes into
 * a mapped table. Tables and thread stacks are populated when they are mapped
 * and subtracted from what is resident: what is left is the heap, and 1 to
 * 3 MiB of program and libraries.
 *
 * A workload is a fixed amount of work, drawn from the seed of its worker, and
 * prints a checksum that no allocator changes. It is done in steps that start
 * by the clock: the curves of a fast and of a slow allocator are over the same
 * time, unless the machine is too slow for MS. Afterwards it idles for IDLE;
 * "final" is at the end of that, and then all is freed.
 */
#include "classic/classic.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIB (1L << 20)
#define MAX_WORKERS 4096
#define MAX_SAMPLES (1L << 16)
#define STACK_BYTES (128L << 10) /* the least of all machines */

/* The defaults are those of the workload. */
static long mb;
static long ms;
static long idle;
static long threads;
static long work = 100;
static long interval = 10;
static long spoil;

static const struct parameter parameters[] = {
	{ "mb", &mb, 1, 1 << 20 },     /* of objects, at most */
	{ "ms", &ms, 1, 1 << 24 },     /* until the work is done */
	{ "idle", &idle, 0, 1 << 24 }, /* ms after that */
	{ "threads", &threads, 1, MAX_WORKERS - 1 },
	{ "work", &work, 1, 10000 },	     /* percent of replacements */
	{ "interval", &interval, 1, 10000 }, /* ms between samples */
	{ "spoil", &spoil, 0,
	  1L << 40 }, /* a byte is lost after so many calls */
	{ 0 },
};

struct slot {
	unsigned char *p;
	uint32_t size;
	uint32_t tag;
};

struct worker {
	_Alignas(CACHE_LINE) atomic_long live; /* written by its thread */
	struct rng rng;
	uint64_t sum;
	unsigned long ops;
	struct slot *slot;
	long slots;
	long used;
};

/* worker[0] is the main thread. */
static struct worker *worker;
static long workers = 1;

/* -- Time and samples ----------------------------------------------------- */

struct sample {
	long ms;
	long live_kb;
	long rss_kb;
};

static struct {
	int statm;
	long page_kb;
	atomic_long mapped_kb; /* tables and stacks */
	uint64_t start;
	uint64_t next;
	struct sample *row;
	long rows;
	double last; /* ms */
	double rss_sum;
	double live_sum;
	double rss_average; /* until final, as the rest */
	double live_average;
	struct sample now;
	struct sample final;
	long peak_kb;
	long before_kb;
} sampler;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static void sleep_until(uint64_t us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

static long live_bytes(void)
{
	long sum = 0;

	for (long i = 0; i < workers; i++)
		sum += atomic_load_explicit(&worker[i].live,
					    memory_order_relaxed);
	return sum;
}

/* The second number of the file, in KiB, less what is not the heap's. */
static long resident_kb(void)
{
	char text[128];
	ssize_t length = pread(sampler.statm, text, sizeof(text) - 1, 0);
	char *p = text;
	long pages = 0;

	if (length <= 0) {
		fputs("/proc/self/statm cannot be read\n", stderr);
		exit(1);
	}
	text[length] = '\0';
	p += strcspn(p, " ") + 1;
	for (; *p >= '0' && *p <= '9'; p++)
		pages = pages * 10 + *p - '0';
	pages = pages * sampler.page_kb - sampler.mapped_kb;
	return pages > 0 ? pages : 0;
}

static void sample(void)
{
	struct sample old = sampler.now;
	uint64_t now = now_us();
	double at = (now - sampler.start) / 1000.0;
	long live = live_bytes();

	/* Between the reads of two counts an object may have been freed. */
	sampler.now = (struct sample){ at, live > 0 ? live / 1024 : 0,
				       resident_kb() };
	if (sampler.now.rss_kb > sampler.peak_kb)
		sampler.peak_kb = sampler.now.rss_kb;
	if (sampler.rows) {
		double half = (at - sampler.last) / 2;

		sampler.rss_sum += half * (old.rss_kb + sampler.now.rss_kb);
		sampler.live_sum += half * (old.live_kb + sampler.now.live_kb);
	}
	if (sampler.rows < MAX_SAMPLES)
		sampler.row[sampler.rows++] = sampler.now;
	sampler.last = at;
	sampler.next = now + interval * 1000;
}

static void sample_if_due(void)
{
	if (now_us() >= sampler.next)
		sample();
}

/* @us of the clock; the main thread samples meanwhile. */
static void wait_until(const struct worker *w, uint64_t us)
{
	if (w == worker) {
		while (sampler.next < us) {
			sleep_until(sampler.next);
			sample_if_due();
		}
	}
	sleep_until(us);
}

/* Until step @step of @steps may begin. */
static void pace(const struct worker *w, long step, long steps)
{
	wait_until(w, sampler.start + ms * 1000 * step / steps);
}

/* -- Objects -------------------------------------------------------------- */

/*
 * Memory that is not the heap's, resident from now on.  It is counted first: a
 * sample meanwhile shows too little, and no peak that was none.
 */
static void *map(size_t size)
{
	size_t page = sampler.page_kb * 1024;
	void *p;

	size = (size + page - 1) / page * page;
	atomic_fetch_add(&sampler.mapped_kb, size / 1024);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p == MAP_FAILED)
		checked(NULL);
	return p;
}

static void map_slots(struct worker *w, long n)
{
	w->slots = n;
	w->slot = map(n * sizeof(w->slot[0]));
}

/* What the word at @at of an object shall be. */
static uint64_t pattern(uint32_t tag, size_t at)
{
	return (tag + (uint64_t)at) * 0x9e3779b97f4a7c15u;
}

static void fill(const struct slot *s)
{
	size_t at = 0;
	uint64_t word;

	for (; at + 8 <= s->size; at += 8) {
		word = pattern(s->tag, at);
		memcpy(s->p + at, &word, 8);
	}
	word = pattern(s->tag, at);
	memcpy(s->p + at, &word, s->size - at);
}

static void lost(const struct slot *s, size_t at)
{
	fprintf(stderr, "%p: object of %u bytes: lost bytes at %zu\n",
		(void *)s->p, s->size, at);
	exit(1);
}

static void check(const struct slot *s)
{
	size_t at = 0;
	uint64_t word;

	for (; at + 8 <= s->size; at += 8) {
		word = pattern(s->tag, at);
		if (memcmp(s->p + at, &word, 8))
			lost(s, at);
	}
	word = pattern(s->tag, at);
	if (memcmp(s->p + at, &word, s->size - at))
		lost(s, at);
}

static void count(struct worker *w, long bytes)
{
	long live = atomic_load_explicit(&w->live, memory_order_relaxed);

	atomic_store_explicit(&w->live, live + bytes, memory_order_relaxed);
	if (++w->ops % 64 == 0 && w == worker)
		sample_if_due();
}

static void object_new(struct worker *w, struct slot *s, size_t size)
{
	s->p = must_malloc(size);
	s->size = size;
	s->tag = rng_next(&w->rng);
	fill(s);
	if (spoil && w->ops >= (unsigned long)spoil) {
		s->p[size / 2] ^= 1;
		spoil = 0;
	}
	count(w, size);
}

static void object_end(struct worker *w, struct slot *s)
{
	if (!s->p)
		return;
	check(s);
	w->sum += s->tag;
	free(s->p);
	s->p = NULL;
	count(w, -(long)s->size);
}

static void object_grow(struct worker *w, struct slot *s, size_t size)
{
	size_t old = s->size;

	s->p = must_realloc(s->p, size);
	check(s);
	s->size = size;
	fill(s);
	count(w, size - old);
}

static void object_replace(struct worker *w, struct slot *s, size_t size)
{
	object_end(w, s);
	object_new(w, s, size);
}

/* From 1 << @low to 1 << @high, each power of two as often. */
static size_t draw_log(struct rng *rng, int low, int high)
{
	size_t base = 1ul << rng_range(rng, low, high - 1);

	return base + rng_below(rng, base);
}

/* More objects into the worker's slots, until they are @bytes. */
static void objects_add(struct worker *w, long bytes, long least, long most)
{
	while (bytes > 0 && w->used < w->slots) {
		size_t size = rng_range(&w->rng, least, most);

		object_new(w, &w->slot[w->used++], size);
		bytes -= size;
	}
}

static void objects_end(struct worker *w, struct slot *s, long n)
{
	for (long i = 0; i < n; i++)
		object_end(w, &s[i]);
}

static void shuffle(struct rng *rng, struct slot *s, long n)
{
	for (long i = n - 1; i > 0; i--) {
		long j = rng_below(rng, i + 1);
		struct slot other = s[j];

		s[j] = s[i];
		s[i] = other;
	}
}

/* -- Workers -------------------------------------------------------------- */

static pthread_t *thread;
static char *stacks;
static atomic_long busy;
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opened = PTHREAD_COND_INITIALIZER;
static bool gate_open;

static void prepare_workers(void)
{
	stacks = map(threads * STACK_BYTES);
	thread = map(threads * sizeof(thread[0]));
	workers = threads + 1;
	for (long i = 0; i < workers; i++)
		rng_seed(&worker[i].rng, i);
}

/* On stacks of ours, so that what they take is known. */
static void start_workers(long n, void *(*run)(void *))
{
	pthread_attr_t attr;

	atomic_store(&busy, n);
	for (long i = 0; i < n; i++) {
		int error;

		pthread_attr_init(&attr);
		error = pthread_attr_setstack(&attr, stacks + i * STACK_BYTES,
					      STACK_BYTES);
		if (!error)
			error = pthread_create(&thread[i], &attr, run,
					       &worker[i + 1]);
		pthread_attr_destroy(&attr);
		if (error) {
			fprintf(stderr, "no thread: %s\n", strerror(error));
			exit(1);
		}
	}
}

/* Until all workers have said that they are done. */
static void watch_workers(void)
{
	while (atomic_load(&busy)) {
		sleep_until(now_us() + 500);
		sample_if_due();
	}
}

static void join_workers(long n)
{
	for (long i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

/* What an idle thread of a pool does, until the main thread ends it. */
static void *done_and_wait(void)
{
	atomic_fetch_sub(&busy, 1);
	pthread_mutex_lock(&gate_lock);
	while (!gate_open)
		pthread_cond_wait(&gate_opened, &gate_lock);
	pthread_mutex_unlock(&gate_lock);
	return NULL;
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate_lock);
	gate_open = true;
	pthread_cond_broadcast(&gate_opened);
	pthread_mutex_unlock(&gate_lock);
}

/* -- The end of a workload ------------------------------------------------ */

/* Idles, and takes what is resident then for the final figure. */
static void settle(void)
{
	wait_until(worker, now_us() + idle * 1000);
	sample();
	sampler.final = sampler.now;
	sampler.rss_average = sampler.rss_sum / sampler.last;
	sampler.live_average = sampler.live_sum / sampler.last;
}

/* All that is in slots goes. */
static void free_all(void)
{
	for (long i = 0; i < workers; i++)
		if (worker[i].slot)
			objects_end(worker, worker[i].slot, worker[i].slots);
}

/* Workers that work, idle with the main thread, and end. */
static void run_workers(void *(*run)(void *))
{
	start_workers(threads, run);
	watch_workers();
	settle();
	open_gate();
	join_workers(threads);
	free_all();
}

/* -- server --------------------------------------------------------------- */

/*
 * A request makes 8 to 39 objects and frees them at its end; it replaces one
 * of the 8 objects of its session, and every other time an entry of the cache.
 * The number of sessions rises and falls three times; those that go free all
 * they have. Each worker has its own. While idle, the cache is left.
 */
#define SESSION_OBJECTS 8
#define REQUEST_MOST 40
#define SERVER_STEPS 300

/* Rises and falls @waves times, from 0 to @top. */
static long wave(long step, long steps, long waves, long top)
{
	long at = step * 2 * waves * 1024 / steps % 2048;

	return (at < 1024 ? at : 2048 - at) * top / 1024;
}

static void serve(struct worker *w, struct slot *cache, long entries,
		  struct slot *session, struct slot *request)
{
	struct rng *rng = &w->rng;
	long n = rng_range(rng, 8, REQUEST_MOST - 1);

	for (long i = 0; i < n; i++)
		object_new(w, &request[i],
			   draw_log(rng, 4, rng_below(rng, 64) ? 10 : 16));
	object_replace(w, &session[rng_below(rng, SESSION_OBJECTS)],
		       draw_log(rng, 5, 10));
	if (rng_below(rng, 2))
		object_replace(w, &cache[rng_below(rng, entries)],
			       draw_log(rng, 6, 12));
	objects_end(w, request, n);
}

static void *server_work(void *arg)
{
	struct worker *w = arg;
	/* an entry is 1008 bytes on average, a session 2381 */
	long entries = mb * MIB / 2 / threads / 1008 + 1;
	long sessions = mb * MIB / 2 / threads / 2381 + 1;
	struct slot *cache, *session;
	long active = 0;

	map_slots(w, entries + sessions * SESSION_OBJECTS + REQUEST_MOST);
	cache = w->slot + REQUEST_MOST;
	session = cache + entries;
	for (long step = 0; step < SERVER_STEPS; step++) {
		long next = wave(step, SERVER_STEPS, 3, sessions);

		for (; active > next; active--)
			objects_end(w, session + (active - 1) * SESSION_OBJECTS,
				    SESSION_OBJECTS);
		for (active = next; next && next < active + 10 * work; next++)
			serve(w, cache, entries,
			      session + rng_below(&w->rng, active) *
						SESSION_OBJECTS,
			      w->slot);
		pace(w, step + 1, SERVER_STEPS);
	}
	objects_end(w, session, sessions * SESSION_OBJECTS);
	return done_and_wait();
}

static void server(void)
{
	run_workers(server_work);
}

/* -- phases --------------------------------------------------------------- */

/*
 * Phases of one range of sizes each: objects are made until they are MB, half
 * of them are replaced in random order, and all but one in 50, by chance, are
 * freed. Those stay until the end of the phase after the next.
 */
static const struct {
	long least;
	long most;
} phase_sizes[] = {
	{ 24, 48 },	{ 200, 320 }, { 1000, 1300 }, { 64, 96 },
	{ 3000, 4200 }, { 32, 64 },   { 400, 800 },   { 8192, 12288 },
};

#define PHASES ((long)(sizeof(phase_sizes) / sizeof(phase_sizes[0])))

static void phase(struct worker *w, long i, struct slot *kept, long most_kept)
{
	long least = phase_sizes[i].least;
	long most = phase_sizes[i].most;
	long next = 0;

	objects_add(w, mb * MIB, least, most);
	pace(w, 4 * i + 1, 4 * PHASES);
	for (long k = w->used * work / 200; k > 0; k--)
		object_replace(w, &w->slot[rng_below(&w->rng, w->used)],
			       rng_range(&w->rng, least, most));
	pace(w, 4 * i + 2, 4 * PHASES);
	objects_end(w, kept, most_kept);
	for (long k = 0; k < w->used; k++) {
		if (!rng_below(&w->rng, 50) && next < most_kept) {
			kept[next++] = w->slot[k];
			w->slot[k].p = NULL;
		}
		object_end(w, &w->slot[k]);
	}
	w->used = 0;
	pace(w, 4 * (i + 1), 4 * PHASES);
}

static void phases(void)
{
	long most = mb * MIB / phase_sizes[0].least + 1;
	long most_kept = most / 40 + 1;
	struct slot *kept[2];

	map_slots(worker, most + 2 * most_kept);
	worker->slots = most;
	kept[0] = worker->slot + most;
	kept[1] = kept[0] + most_kept;
	for (long i = 0; i < PHASES; i++)
		phase(worker, i, kept[i % 2], most_kept);
	settle();
	objects_end(worker, kept[0], 2 * most_kept);
}

/* -- survivors ------------------------------------------------------------ */

/*
 * MB of one size, of which one in each page's worth stays for good; then the
 * same of another size, which finds no page free unless pages are smaller
 * than that or change their size.
 */
static const long survivor_sizes[] = { 64, 160, 32, 512 };

#define SURVIVOR_ROUNDS ((long)(sizeof(survivor_sizes) / sizeof(long)))

static void survivors(void)
{
	struct worker *w = worker;
	long most = mb * MIB / 32;
	/* of 160 bytes, a page holds no whole number */
	long most_kept = mb * MIB / 4096 * 11 / 10 + 1;
	struct slot *kept;

	map_slots(w, most + SURVIVOR_ROUNDS * most_kept);
	kept = w->slot + most;
	for (long i = 0; i < SURVIVOR_ROUNDS; i++) {
		long size = survivor_sizes[i];

		for (w->used = 0; w->used < mb * MIB / size; w->used++)
			object_new(w, &w->slot[w->used], size);
		pace(w, 2 * i + 1, 2 * SURVIVOR_ROUNDS);
		for (long k = 0; k < w->used; k++) {
			if (k % (4096 / size) == 0) {
				*kept++ = w->slot[k];
				w->slot[k].p = NULL;
			}
			object_end(w, &w->slot[k]);
		}
		pace(w, 2 * i + 2, 2 * SURVIVOR_ROUNDS);
	}
	settle();
	free_all();
}

/* -- pool ----------------------------------------------------------------- */

/*
 * A pool of 1 to THREADS threads that rises and falls; all of its threads end
 * and start anew in each generation. One makes objects, replaces them a few
 * times, and leaves them; threads of the fourth generation after it free them.
 */
#define POOL_KEEP 4
#define POOL_SETS (POOL_KEEP + 1)
#define POOL_GENERATIONS 120

static long generation;
static long pool_size;
static long pool_objects;

static struct slot *pool_set(long of, long who)
{
	return worker->slot + (of % POOL_SETS * threads + who) * pool_objects;
}

static void *pool_work(void *arg)
{
	struct worker *w = arg;
	long me = w - worker - 1;
	struct slot *mine = pool_set(generation, me);

	for (long i = me; i < threads; i += pool_size)
		objects_end(w, pool_set(generation + 1, i), pool_objects);
	for (long i = 0; i < pool_objects; i++)
		object_new(w, &mine[i], draw_log(&w->rng, 4, 13));
	for (long i = 0; i < pool_objects * 6 * work / 100; i++)
		object_replace(w, &mine[rng_below(&w->rng, pool_objects)],
			       draw_log(&w->rng, 4, 13));
	atomic_fetch_sub(&busy, 1);
	return NULL;
}

static void pool(void)
{
	/* an object is 1363 bytes on average */
	pool_objects = mb * MIB / threads / POOL_KEEP / 1363 + 1;
	map_slots(worker, POOL_SETS * threads * pool_objects);
	for (; generation < POOL_GENERATIONS; generation++) {
		pool_size =
			1 + wave(generation, POOL_GENERATIONS, 3, threads - 1);
		start_workers(pool_size, pool_work);
		watch_workers();
		join_workers(pool_size);
		pace(worker, generation + 1, POOL_GENERATIONS);
	}
	settle();
	free_all();
}

/* -- interpreter ---------------------------------------------------------- */

/*
 * Bursts of small objects of an interpreter's sizes, a few strings and lists
 * that grow, in a window of random size, at most MB, whose objects replace
 * each other at random. One in 100 that would be freed is kept instead, and
 * pushes out another one that was kept. After a burst the window is empty.
 */
#define BURSTS 12

static struct slot *kept_objects;
static long most_kept_objects;

static size_t draw_interpreter(struct rng *rng)
{
	static const unsigned char small[] = {
		16, 24, 24, 32, 32, 40, 40, 40,	 48,  48,
		56, 56, 64, 64, 72, 80, 88, 104, 120, 232,
	};

	if (!rng_below(rng, 20))
		return draw_log(rng, 4, 9);
	return small[rng_below(rng, sizeof(small))];
}

static void leave(struct worker *w, struct slot *s)
{
	struct slot *kept =
		&kept_objects[rng_below(&w->rng, most_kept_objects)];

	if (s->p && !rng_below(&w->rng, 100)) {
		object_end(w, kept);
		*kept = *s;
		s->p = NULL;
	}
	object_end(w, s);
}

static void burst(struct worker *w, long window)
{
	struct slot list = { 0 };

	for (long i = window + window / 2 * work / 100; i > 0; i--) {
		struct slot *s = &w->slot[rng_below(&w->rng, window)];

		leave(w, s);
		object_new(w, s, draw_interpreter(&w->rng));
		if (i % 64)
			continue;
		if (!list.p)
			object_new(w, &list, 64);
		else if (list.size < 65536)
			object_grow(w, &list, list.size * 9 / 8 + 48);
		else
			leave(w, &list);
	}
	leave(w, &list);
	for (long i = 0; i < window; i++)
		leave(w, &w->slot[i]);
}

static void interpreter(void)
{
	struct worker *w = worker;
	/* an object is 73 bytes on average; three slots in four are in use */
	long most = mb * MIB / 64 + 16;

	most_kept_objects = most / 8;
	map_slots(w, most + most_kept_objects);
	kept_objects = w->slot + most;
	for (long i = 0; i < BURSTS; i++) {
		burst(w, most * rng_range(&w->rng, 10, 100) / 100);
		pace(w, i + 1, BURSTS);
	}
	settle();
	free_all();
}

/* -- idle and hundredth --------------------------------------------------- */

/*
 * Objects are made, and at MS freed in random order: all of them, of 16 to
 * 256 bytes, or all but one in 100, of 16 to 2015 bytes. The threads that did
 * it stay, and idle with the program.
 */
static void make_and_free(struct worker *w, long least, long most, long share)
{
	long bytes = mb * MIB / threads;

	map_slots(w, bytes * 2 / (least + most) * 21 / 20 + 64);
	objects_add(w, bytes, least, most);
	shuffle(&w->rng, w->slot, w->used);
	pace(w, 1, 1);
	objects_end(w, w->slot, w->used - (share ? w->used / share : 0));
}

static void *idle_work(void *arg)
{
	make_and_free(arg, 16, 256, 0);
	return done_and_wait();
}

static void idle_program(void)
{
	run_workers(idle_work);
}

static void *hundredth_work(void *arg)
{
	make_and_free(arg, 16, 2015, 100);
	return done_and_wait();
}

static void hundredth(void)
{
	run_workers(hundredth_work);
}

/* -- threads -------------------------------------------------------------- */

/*
 * Threads that make 16 objects of 16 to 1023 bytes, free half of them, and
 * idle. What is then resident more than before the threads, less the live
 * bytes, is what the allocator takes for a thread.
 */
#define THREAD_OBJECTS 16

static void *threads_work(void *arg)
{
	struct worker *w = arg;

	for (long i = 0; i < THREAD_OBJECTS; i++)
		object_new(w, &w->slot[i], draw_log(&w->rng, 4, 10));
	for (long i = 0; i < THREAD_OBJECTS; i += 2)
		object_end(w, &w->slot[i]);
	return done_and_wait();
}

static void idle_threads(void)
{
	struct slot *all = map(threads * THREAD_OBJECTS * sizeof(*all));

	for (long i = 0; i < threads; i++) {
		worker[i + 1].slot = all + i * THREAD_OBJECTS;
		worker[i + 1].slots = THREAD_OBJECTS;
	}
	pace(worker, 1, 1);
	sample();
	sampler.before_kb = sampler.now.rss_kb;
	run_workers(threads_work);
}

/* -- The program ---------------------------------------------------------- */

static const struct workload {
	const char *name;
	void (*run)(void);
	long mb;
	long ms;
	long idle;
	long threads; /* 0: none but main */
} workloads[] = {
	{ "server", server, 160, 5000, 1000, 2 },
	{ "phases", phases, 96, 6000, 1000, 0 },
	{ "survivors", survivors, 100, 4000, 1000, 0 },
	{ "pool", pool, 96, 5000, 1000, 16 },
	{ "interpreter", interpreter, 64, 5000, 1000, 0 },
	{ "idle", idle_program, 400, 2000, 10000, 4 },
	{ "hundredth", hundredth, 512, 2000, 10000, 2 },
	{ "threads", idle_threads, 1, 500, 3000, 1000 },
	{ 0 },
};

static void help(void)
{
	fputs("usage: lifetimes WORKLOAD [-o FILE.csv] [NAME=VALUE ...]\n"
	      "       lifetimes WORKLOAD help\nworkloads:",
	      stderr);
	for (const struct workload *l = workloads; l->name; l++)
		fprintf(stderr, " %s", l->name);
	fputs("\n", stderr);
	exit(2);
}

static const struct workload *find_workload(const char *name)
{
	const struct workload *l = workloads;

	while (l->name && (!name || strcmp(l->name, name)))
		l++;
	if (!l->name)
		help();
	mb = l->mb;
	ms = l->ms;
	idle = l->idle;
	threads = l->threads ? l->threads : 1;
	return l;
}

/* The name of the file for the samples, or NULL. */
static const char *parse(char **argv)
{
	const char *file = NULL;

	for (int i = 2; argv[i]; i++) {
		if (!strcmp(argv[i], "-o") && argv[i + 1])
			file = argv[++i];
		else if (!parse_argument(argv[i], parameters))
			usage(argv[0], parameters);
	}
	return file;
}

static void prepare(const struct workload *l)
{
	sampler.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	sampler.page_kb = sysconf(_SC_PAGESIZE) / 1024;
	sampler.row = map(MAX_SAMPLES * sizeof(sampler.row[0]));
	worker = map(MAX_WORKERS * sizeof(worker[0]));
	rng_seed(&worker->rng, 0);
	if (l->threads)
		prepare_workers();
	sampler.start = now_us();
	sample();
}

static void write_summary(FILE *file, const struct workload *l)
{
	const struct sample *end = &sampler.final;
	double rss = sampler.rss_average;
	double live = sampler.live_average;

	fprintf(file,
		"# peak_kB=%ld average_kB=%.0f final_kB=%ld average_live_kB=%.0f "
		"final_live_kB=%ld ratio=%.3f",
		sampler.peak_kb, rss, end->rss_kb, live, end->live_kb,
		rss / (live > 0 ? live : 1));
	if (l->run == idle_threads)
		fprintf(file, " thread_B=%ld",
			(end->rss_kb - sampler.before_kb - end->live_kb) *
				1024 / threads);
	fputs("\n", file);
}

static void write_samples(const char *name, const struct workload *l)
{
	FILE *file = fopen(name, "w");

	if (!file) {
		perror(name);
		exit(1);
	}
	fputs("ms,live_kB,rss_kB\n", file);
	for (long i = 0; i < sampler.rows; i++) {
		const struct sample *s = &sampler.row[i];

		fprintf(file, "%ld,%ld,%ld\n", s->ms, s->live_kb, s->rss_kb);
	}
	write_summary(file, l);
	if (fclose(file)) {
		perror(name);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const struct workload *l = find_workload(argc > 1 ? argv[1] : NULL);
	const char *file = parse(argv);
	uint64_t sum = 0;

	prepare(l);
	l->run();
	sample();
	if (live_bytes()) {
		fprintf(stderr, "%ld live bytes left\n", live_bytes());
		return 1;
	}
	if (file)
		write_samples(file, l);
	else
		write_summary(stdout, l);
	for (long i = 0; i < workers; i++)
		sum += worker[i].sum;
	return print_checksum(l->name, sum);
}
