/* SPDX-License-Identifier: MIT */
/*
 * rcu: kfree_rcu in batches, and grace periods for type-stable slabs.
 *
 *   kvfree_rcu ─ shard ─ open batch [ p1 p2 p3 . . . ] ─full or tick→ call_rcu
 *                      └ list of heads, where there is no memory  ─tick→
 *
 * One call_rcu serves a whole batch.  A batch that does not fill is closed by
 * the shard's tick, itself a callback: so nothing waits for longer than two
 * grace periods, and no timer or thread of our own is needed.
 *
 * Invariants: a batch is open in its shard, or handed to call_rcu.  In a head
 * on the list, func holds the pointer to free.
 *
 * Locks: one a shard, around call_rcu too, which takes none of ours.  Fork:
 * all are taken.  Who forks and goes on with RCU in the child tells liburcu
 * by its own call_rcu_before_fork and its kin.
 */
#include <kmalloc.h>
#include <kmalloc/rcu.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <urcu.h>

#define __export __attribute__((__visibility__("default")))

#define NR_SHARDS 8
#define BATCH_BYTES 1024

struct batch {
	struct rcu_head head;
	size_t nr;
	void *ptrs[];
};

#define BATCH_MOST ((BATCH_BYTES - sizeof(struct batch)) / sizeof(void *))

/* What each pointer that was handed over goes through. */
static struct shard {
	pthread_mutex_t lock;
	struct batch *open;	     /* lock */
	struct rcu_head *list;	     /* lock */
	struct rcu_head *list_going; /* lock; its callback, if not NULL */
	struct rcu_head list_head;   /* of the callback for list_going */
	struct rcu_head tick;
	bool ticking; /* lock */
} __attribute__((__aligned__(64))) shards[NR_SHARDS];

static size_t nr_pending; /* atomic: handed over, not yet freed */
static const struct rcu_flavor_struct *flavor = &rcu_flavor;

_Static_assert(sizeof(struct rcu_head) == 16, "room in a slab's descriptor");

static void freed(size_t nr)
{
	__atomic_fetch_sub(&nr_pending, nr, __ATOMIC_RELEASE);
}

/* ---- after a grace period ---- */

static void free_batch(struct rcu_head *head)
{
	struct batch *b =
		(struct batch *)((char *)head - offsetof(struct batch, head));
	size_t nr = b->nr;

	kmem_cache_free_bulk(NULL, nr, b->ptrs);
	kfree(b);
	freed(nr);
}

static void free_list(struct rcu_head *head)
{
	struct shard *s = (struct shard *)((char *)head -
					   offsetof(struct shard, list_head));
	struct rcu_head *at, *next;

	pthread_mutex_lock(&s->lock);
	at = s->list_going;
	s->list_going = NULL;
	pthread_mutex_unlock(&s->lock);
	for (; at; at = next) {
		next = (struct rcu_head *)at->next.next;
		kvfree((void *)(uintptr_t)at->func);
		freed(1);
	}
}

/* ---- closing; the shard's lock is held ---- */

static void close_batch(struct shard *s)
{
	struct batch *b = s->open;

	s->open = NULL;
	if (b)
		flavor->update_call_rcu(&b->head, free_batch);
}

static void close_list(struct shard *s)
{
	if (!s->list || s->list_going)
		return;
	s->list_going = s->list;
	s->list = NULL;
	flavor->update_call_rcu(&s->list_head, free_list);
}

static void on_tick(struct rcu_head *head);

static void start_tick(struct shard *s)
{
	if (s->ticking)
		return;
	s->ticking = true;
	flavor->update_call_rcu(&s->tick, on_tick);
}

static void on_tick(struct rcu_head *head)
{
	struct shard *s =
		(struct shard *)((char *)head - offsetof(struct shard, tick));

	pthread_mutex_lock(&s->lock);
	s->ticking = false;
	close_batch(s);
	close_list(s);
	if (s->list)
		start_tick(s);
	pthread_mutex_unlock(&s->lock);
}

/* ---- handing over ---- */

static struct shard *this_shard(void)
{
	static __thread char mark;
	uint64_t hash = (uintptr_t)&mark * 0x9e3779b97f4a7c15ULL;

	return &shards[hash >> 32 & (NR_SHARDS - 1)];
}

static bool add_to_batch(struct shard *s, void *ptr)
{
	struct batch *b = s->open;

	if (!b) {
		b = kmalloc(BATCH_BYTES, GFP_NOWAIT);
		if (!b)
			return false;
		b->nr = 0;
		s->open = b;
	}
	b->ptrs[b->nr++] = ptr;
	if (b->nr == BATCH_MOST)
		close_batch(s);
	return true;
}

static void add_to_list(struct shard *s, struct rcu_head *head, void *ptr)
{
	head->next.next = (struct cds_wfcq_node *)s->list;
	head->func = (void (*)(struct rcu_head *))(uintptr_t)ptr;
	s->list = head;
}

__export void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	struct shard *s = this_shard();
	bool added;

	__atomic_fetch_add(&nr_pending, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&s->lock);
	added = add_to_batch(s, ptr);
	if (!added && head) {
		add_to_list(s, head, ptr);
		added = true;
	}
	if (added && (s->open || s->list))
		start_tick(s);
	pthread_mutex_unlock(&s->lock);
	if (added)
		return;
	flavor->update_synchronize_rcu();
	kvfree(ptr);
	freed(1);
}

/* ---- waiting ---- */

/* A list that is going keeps its successor waiting: then once more. */
static bool close_all(void)
{
	bool rest = false;

	for (int i = 0; i < NR_SHARDS; i++) {
		struct shard *s = &shards[i];

		pthread_mutex_lock(&s->lock);
		close_batch(s);
		close_list(s);
		rest |= s->list != NULL;
		pthread_mutex_unlock(&s->lock);
	}
	return rest;
}

__export void kvfree_rcu_barrier(void)
{
	bool rest;

	do {
		/* pairs with the release in freed */
		if (!__atomic_load_n(&nr_pending, __ATOMIC_ACQUIRE))
			return;
		rest = close_all();
		flavor->barrier();
	} while (rest);
}

__export void kvfree_rcu_barrier_on_cache(struct kmem_cache *s)
{
	(void)s;
	kvfree_rcu_barrier();
}

/* ---- type-stable slabs ---- */

/* call_rcu knows callbacks by the type of their argument alone. */
static void call(void *head, void (*fn)(void *))
{
	flavor->update_call_rcu(head, (void (*)(struct rcu_head *))fn);
}

static void wait_for_calls(void)
{
	flavor->barrier();
}

static const struct kmalloc_rcu_ops ops = {
	.call = call,
	.wait = wait_for_calls,
	.flush = kvfree_rcu_barrier_on_cache,
};

/* ---- start and fork ---- */

static void lock_all(void)
{
	for (int i = 0; i < NR_SHARDS; i++)
		pthread_mutex_lock(&shards[i].lock);
}

static void unlock_all(void)
{
	for (int i = NR_SHARDS; i-- > 0;)
		pthread_mutex_unlock(&shards[i].lock);
}

static void start(void)
{
	for (int i = 0; i < NR_SHARDS; i++)
		pthread_mutex_init(&shards[i].lock, NULL);
	pthread_atfork(lock_all, unlock_all, unlock_all);
	kmalloc_register_rcu(&ops);
}

/* Early, so that handlers which liburcu's users register for fork come before
 * ours: a callback that is waited for may need a shard. */
__attribute__((__constructor__)) static void start_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start);
}

__export void kmalloc_rcu_use(const struct rcu_flavor_struct *which)
{
	start_once();
	flavor = which ? which : &rcu_flavor;
}
