/* SPDX-License-Identifier: MIT */
/*
 * Threads.
 *
 *	handoff/SIZE	a producer allocates and a consumer frees, in batches
 *			over a bounded ring: every free is remote
 *	server/THREADS	each thread replaces at random among 1,000 objects of
 *			16 to 1,024 bytes, and after each 1,000 steps hands
 *			its objects to a neighbour, as larson's server does
 *			when a connection moves on: half of the frees and
 *			more are of another thread's objects. With many more
 *			threads than CPUs, a cache for each thread is memory
 *			that lies idle
 *	own/threads:N	as replace/10000, by N threads that share nothing:
 *			what they still share is the allocator
 *	thread/kept/N	a thread is made, allocates N objects of 64 bytes and
 *	thread/left/N	ends; it frees them itself, or leaves that to the
 *			thread that made it. What the allocator sets up and
 *			tears down for a thread is the difference to N of 0
 *
 * Real time rules; CPU time is that of all threads, and of handoff includes a
 * short wait for the other side. An iteration of server and own is a step of
 * any thread, one of thread/ is a thread. server times a fixed number of steps
 * from the first thread's start to the last one's end: where threads are many
 * and turns short, each thread's own clock would tell less than the truth.
 */
#include "micro.h"

#include <pthread.h>
#include <stdatomic.h>

#define LINE 64

/* ---- producer and consumer ---- */

#define BATCH 100
#define RING 64 /* batches; a power of two */
#define SPINS 500

/*
 * Whose a batch is, is told by the two counts alone. Who finds the ring full
 * or empty waits until half of it has moved, first awake, then asleep, as
 * there may be one CPU for both.
 */
struct ring {
	_Alignas(LINE) _Atomic size_t produced; /* written by the producer */
	_Alignas(LINE) _Atomic size_t consumed; /* written by the consumer */
	_Alignas(LINE) _Atomic bool done;	/* written by the producer */
	_Atomic int asleep;			/* written under lock */
	pthread_mutex_t lock;
	pthread_cond_t moved;
	_Alignas(LINE) void *object[RING][BATCH];
};

static size_t stock(struct ring *ring)
{
	return atomic_load(&ring->produced) - atomic_load(&ring->consumed);
}

static bool half_empty(struct ring *ring)
{
	return stock(ring) <= RING / 2;
}

static bool half_full(struct ring *ring)
{
	return stock(ring) >= RING / 2 || atomic_load(&ring->done);
}

static void wait_for(struct ring *ring, bool (*met)(struct ring *))
{
	for (int i = 0; i < SPINS; i++) {
		if (met(ring))
			return;
		cpu_relax();
	}
	pthread_mutex_lock(&ring->lock);
	/* pairs with the load in wake: one of the two sees the other's store */
	atomic_fetch_add(&ring->asleep, 1);
	while (!met(ring))
		pthread_cond_wait(&ring->moved, &ring->lock);
	atomic_fetch_sub(&ring->asleep, 1);
	pthread_mutex_unlock(&ring->lock);
}

/* After a count was stored: the other side may wait for it. */
static void wake(struct ring *ring, bool (*met)(struct ring *))
{
	if (!atomic_load(&ring->asleep) || !met(ring))
		return;
	pthread_mutex_lock(&ring->lock);
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->lock);
}

static void produce(struct ring *ring, size_t size)
{
	size_t at = atomic_load(&ring->produced);
	void **batch = ring->object[at % RING];

	if (stock(ring) == RING)
		wait_for(ring, half_empty);
	for (int i = 0; i < BATCH; i++)
		batch[i] = xmalloc(size);
	atomic_store(&ring->produced, at + 1);
	wake(ring, half_full);
}

static void *consume(void *arg)
{
	struct ring *ring = arg;

	for (size_t at = 0;; at++) {
		void **batch = ring->object[at % RING];

		if (stock(ring) == 0)
			wait_for(ring, half_full);
		if (stock(ring) == 0)
			return NULL;
		for (int i = 0; i < BATCH; i++)
			free(touch(batch[i]));
		atomic_store(&ring->consumed, at + 1);
		wake(ring, half_empty);
	}
}

static void handoff(struct gb_state *s)
{
	static struct ring ring = { .lock = PTHREAD_MUTEX_INITIALIZER,
				    .moved = PTHREAD_COND_INITIALIZER };
	size_t size = gb_arg(s, 0);
	pthread_t consumer;
	struct meter m;

	ring.produced = ring.consumed = 0;
	ring.done = false;
	if (pthread_create(&consumer, NULL, consume, &ring)) {
		gb_skip_with_error(s, "pthread_create failed");
		return;
	}
	/* until the consumer is at work, and the ring has been round */
	for (int i = 0; i < 2 * RING; i++)
		produce(&ring, size);
	meter_start(&m, s);
	while (gb_keep_running_batch(s, BATCH))
		produce(&ring, size);
	meter_stop(&m, s);
	atomic_store(&ring.done, true);
	wake(&ring, half_full);
	pthread_join(consumer, NULL);
}

/* ---- server ---- */

#define LIVE 1000
#define STEPS 1000 /* between two handovers */
#define ROUNDS 200 /* handovers of a thread between two looks at the clock */
#define MAX_THREADS 128

struct connection {
	void *object[LIVE];
};

struct server {
	pthread_barrier_t barrier; /* when ready; around the rounds */
	bool stop;		   /* written between barriers */
	int threads;
	/* between two owners; a thread takes one by leaving its own */
	struct connection *_Atomic box[MAX_THREADS];
};

struct worker {
	pthread_t thread;
	struct server *server;
	int index;
};

static size_t random_size(struct rng *r)
{
	return 16 + below(rng_next(r) >> 32, 1024 - 16 + 1);
}

static void fill(void **object, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		object[i] = xmalloc(random_size(r));
}

static void empty(void **object, int n)
{
	for (int i = 0; i < n; i++)
		free(object[i]);
}

static void step(void **object, int n, struct rng *r)
{
	void **slot = &object[below(rng_next(r) >> 32, n)];

	free(touch(*slot));
	*slot = xmalloc(random_size(r));
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct server *server = w->server;
	struct rng r = { RNG_INIT.state + w->index };
	struct connection *mine = xmalloc(sizeof(*mine));
	unsigned int turn = w->index;

	fill(mine->object, LIVE, &r);
	atomic_store(&server->box[w->index], xmalloc(sizeof(*mine)));
	fill(atomic_load(&server->box[w->index])->object, LIVE, &r);
	pthread_barrier_wait(&server->barrier);
	for (;;) {
		pthread_barrier_wait(&server->barrier);
		if (server->stop)
			break;
		for (int round = 0; round < ROUNDS; round++) {
			for (int i = 0; i < STEPS; i++)
				step(mine->object, LIVE, &r);
			mine = atomic_exchange(
				&server->box[++turn % server->threads], mine);
		}
		pthread_barrier_wait(&server->barrier);
	}
	empty(mine->object, LIVE);
	free(mine);
	return NULL;
}

static void start_server(struct server *server, struct worker *w, int n)
{
	server->threads = n;
	server->stop = false;
	if (pthread_barrier_init(&server->barrier, NULL, n + 1))
		abort();
	for (int i = 0; i < n; i++) {
		w[i].server = server;
		w[i].index = i;
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			abort();
	}
	pthread_barrier_wait(&server->barrier);
}

static void stop_server(struct server *server, struct worker *w)
{
	server->stop = true;
	pthread_barrier_wait(&server->barrier);
	for (int i = 0; i < server->threads; i++) {
		struct connection *c = atomic_load(&server->box[i]);

		pthread_join(w[i].thread, NULL);
		empty(c->object, LIVE);
		free(c);
	}
	pthread_barrier_destroy(&server->barrier);
}

static void server(struct gb_state *s)
{
	static struct server shared;
	static struct worker worker[MAX_THREADS];
	int n = gb_arg(s, 0);
	struct meter m;

	start_server(&shared, worker, n);
	meter_start(&m, s);
	while (gb_keep_running_batch(s, (int64_t)n * ROUNDS * STEPS)) {
		pthread_barrier_wait(&shared.barrier);
		pthread_barrier_wait(&shared.barrier);
	}
	meter_stop(&m, s);
	stop_server(&shared, worker);
}

/* ---- threads that share nothing ---- */

#define OWN_LIVE 10000

static void own(struct gb_state *s)
{
	void **object = xmalloc(OWN_LIVE * sizeof(*object));
	struct rng r = { RNG_INIT.state + gb_thread_index(s) };
	struct meter m;

	fill(object, OWN_LIVE, &r);
	meter_start(&m, s);
	while (gb_keep_running(s))
		step(object, OWN_LIVE, &r);
	meter_stop(&m, s);
	empty(object, OWN_LIVE);
	free(object);
}

/* ---- a thread's life ---- */

#define THREAD_SIZE 64
#define THREAD_MOST 1000

struct life {
	int n;
	bool frees;
	void *object[THREAD_MOST];
};

static void *live(void *arg)
{
	struct life *l = arg;

	for (int i = 0; i < l->n; i++)
		l->object[i] = xmalloc(THREAD_SIZE);
	if (l->frees)
		empty(l->object, l->n);
	return NULL;
}

static void run_lives(struct gb_state *s, bool frees)
{
	struct life l = { .n = gb_arg(s, 0), .frees = frees };
	struct meter m;
	pthread_t t;

	meter_start(&m, s);
	while (gb_keep_running(s)) {
		if (pthread_create(&t, NULL, live, &l)) {
			gb_skip_with_error(s, "pthread_create failed");
			continue;
		}
		pthread_join(t, NULL);
		if (!frees)
			empty(l.object, l.n);
	}
	meter_stop(&m, s);
}

static void thread_kept(struct gb_state *s)
{
	run_lives(s, true);
}

static void thread_left(struct gb_state *s)
{
	run_lives(s, false);
}

static struct gb_bench *register_timed(const char *name,
				       void (*fn)(struct gb_state *))
{
	struct gb_bench *b = gb_register(name, fn, NULL);

	gb_use_real_time(b);
	gb_use_process_cpu_time(b);
	return b;
}

void register_threads(void)
{
	struct gb_bench *b = register_timed("handoff", handoff);

	gb_add_list(b, GB_LIST(64, 512));

	b = register_timed("server", server);
	gb_add_list(b, GB_LIST(2, 8, 32, MAX_THREADS));

	b = register_timed("own", own);
	gb_add_thread_range(b, 1, 4);

	b = register_timed("thread/kept", thread_kept);
	gb_add_list(b, GB_LIST(0, 10, THREAD_MOST));
	gb_use_unit(b, GB_MICROSECOND);

	b = register_timed("thread/left", thread_left);
	gb_add_list(b, GB_LIST(10, THREAD_MOST));
	gb_use_unit(b, GB_MICROSECOND);
}
