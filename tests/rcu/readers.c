/* SPDX-License-Identifier: MIT */
/*
 * rcu: what readers look at stays what it is while they look, and is freed
 * when they are gone.
 */
#include <kmalloc.h>
#include <kmalloc/rcu.h>

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <urcu.h>

#define NR_READERS 4
#define NR_SLOTS 64
#define MAGIC 0x6b6d616c6c6f63UL

#define must(cond)                                                    \
	do {                                                          \
		if (!(cond)) {                                        \
			printf("not ok - %d: %s\n", __LINE__, #cond); \
			fflush(stdout);                               \
			_exit(1);                                     \
		}                                                     \
	} while (0)

struct node {
	uint64_t magic, value, sum;
	struct rcu_head rcu;
	uint64_t end;
};

static struct node *slots[NR_SLOTS];
static struct kmem_cache *cache;
static bool stop;	     /* atomic */
static unsigned int reading; /* atomic: threads that have begun */

static void fill(struct node *n, uint64_t value)
{
	n->magic = MAGIC;
	n->value = value;
	n->sum = value * 3;
	n->end = ~value;
}

static void look(const struct node *n)
{
	uint64_t value = CMM_LOAD_SHARED(n->value);

	for (int i = 0; i < 3; i++) {
		must(CMM_LOAD_SHARED(n->magic) == MAGIC);
		must(CMM_LOAD_SHARED(n->value) == value);
		must(CMM_LOAD_SHARED(n->sum) == value * 3);
		must(CMM_LOAD_SHARED(n->end) == ~value);
		if (value % 64 == 0)
			sched_yield();
	}
}

static void *reader(void *arg)
{
	unsigned int i = (unsigned int)(uintptr_t)arg;

	rcu_register_thread();
	__atomic_fetch_add(&reading, 1, __ATOMIC_RELAXED);
	while (!CMM_LOAD_SHARED(stop)) {
		struct node *node;

		rcu_read_lock();
		node = rcu_dereference(slots[i++ % NR_SLOTS]);
		if (node)
			look(node);
		rcu_read_unlock();
	}
	rcu_unregister_thread();
	return NULL;
}

/* Runs @update(@rounds) while others read. */
static void with_readers(void *(*read)(void *), void (*update)(unsigned int),
			 unsigned int rounds)
{
	pthread_t t[NR_READERS];

	stop = false;
	reading = 0;
	for (uintptr_t i = 0; i < NR_READERS; i++)
		must(!pthread_create(&t[i], NULL, read, (void *)i));
	while (__atomic_load_n(&reading, __ATOMIC_RELAXED) < NR_READERS)
		sched_yield();
	update(rounds);
	CMM_STORE_SHARED(stop, true);
	for (int i = 0; i < NR_READERS; i++)
		must(!pthread_join(t[i], NULL));
	memset(slots, 0, sizeof(slots));
}

/* What is freed is used at once by somebody else. */
static void scribble(size_t size)
{
	void *p = kmalloc(size, GFP_KERNEL);

	must(p);
	memset(p, 0x5a, size);
	kfree(p);
}

static struct node *replace(unsigned int i, struct node *node)
{
	struct node *old = slots[i % NR_SLOTS];

	fill(node, i);
	rcu_assign_pointer(slots[i % NR_SLOTS], node);
	return old;
}

static void update_kmalloc(unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++) {
		struct node *old =
			replace(i, kmalloc(sizeof(struct node), GFP_KERNEL));

		switch (i % 4) {
		case 0:
			kfree_rcu(old, rcu);
			break;
		case 1:
			kvfree_rcu(old);
			break;
		case 2:
			kfree_rcu_mightsleep(old);
			break;
		default:
			kvfree_rcu(old, rcu);
		}
		scribble(sizeof(struct node));
	}
	for (int i = 0; i < NR_SLOTS; i++) {
		struct node *old = slots[i];

		rcu_assign_pointer(slots[i], NULL);
		kvfree_rcu_mightsleep(old);
	}
}

static void kmalloc_nodes(void)
{
	with_readers(reader, update_kmalloc, 300000);
	kvfree_rcu_barrier();
}

static void update_cache(unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++)
		kfree_rcu(replace(i, kmem_cache_alloc(cache, GFP_KERNEL)), rcu);
	for (int i = 0; i < NR_SLOTS; i++) {
		struct node *old = slots[i];

		rcu_assign_pointer(slots[i], NULL);
		kfree_rcu(old, rcu);
	}
}

/* The end of a cache waits for its objects: nothing is left, nor said. */
static void cache_nodes(void)
{
	for (int turn = 0; turn < 3; turn++) {
		cache = kmem_cache_create("rcu-node", sizeof(struct node), 0,
					  SLAB_NO_MERGE, NULL);
		with_readers(reader, update_cache, 50000);
		if (turn == 1) {
			kvfree_rcu_barrier_on_cache(cache);
			must(kmem_cache_shrink(cache) == 0);
		}
		kmem_cache_destroy(cache);
	}
}

static void edges(void)
{
	struct node *none = NULL, *node;

	kvfree_call_rcu(NULL, NULL);
	node = kmalloc(sizeof(*node), GFP_KERNEL);
	must(node);
	kvfree_call_rcu(&node->rcu, node);
	kvfree_call_rcu(NULL, kmalloc(100, GFP_KERNEL));
	kfree_rcu(none, rcu);
	kvfree_rcu(none);
	kfree_rcu_mightsleep(none);
	kvfree_rcu_barrier();
	/* Large blocks and areas, which have other ways home. */
	for (int i = 0; i < 300; i++) {
		node = kvmalloc(i % 2 ? 3000000 : 100000, GFP_KERNEL);
		must(node);
		kvfree_rcu(node, rcu);
		node = kvmalloc(60000, GFP_KERNEL);
		kvfree_rcu_mightsleep(node);
	}
	kvfree_rcu_barrier();
	kvfree_rcu_barrier();
}

/* Nobody waits for them: they go nevertheless, two grace periods later. */
static void by_themselves(void)
{
	struct node *node[10];
	int tries = 0;

	cache = kmem_cache_create("rcu-alone", sizeof(struct node), 0,
				  SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 10; i++)
		node[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	for (int i = 0; i < 10; i++)
		kfree_rcu(node[i], rcu);
	while (kmem_cache_shrink(cache) && tries++ < 1000)
		usleep(10000);
	must(tries < 1000);
	kmem_cache_destroy(cache);
}

/* ---- type-stable ---- */

struct typed {
	pthread_mutex_t lock; /* made once, and never gone */
	uint64_t key;	      /* lock; 0: free */
	uint64_t value;	      /* lock */
};

static struct typed *table[NR_SLOTS]; /* may lead to what is free by now */

static void typed_ctor(void *p)
{
	struct typed *t = p;

	pthread_mutex_init(&t->lock, NULL);
	t->key = 0;
}

static void *typed_reader(void *arg)
{
	unsigned int i = (unsigned int)(uintptr_t)arg;

	rcu_register_thread();
	__atomic_fetch_add(&reading, 1, __ATOMIC_RELAXED);
	while (!CMM_LOAD_SHARED(stop)) {
		uint64_t key = i++ % NR_SLOTS + 1;
		struct typed *t;

		rcu_read_lock();
		t = rcu_dereference(table[key - 1]);
		if (i % 16 == 0)
			sched_yield();
		if (t) {
			pthread_mutex_lock(&t->lock);
			/* It may be another's now, or nobody's. */
			if (t->key == key)
				must(t->value == key * 7);
			must(t->key <= NR_SLOTS);
			pthread_mutex_unlock(&t->lock);
		}
		rcu_read_unlock();
	}
	rcu_unregister_thread();
	return NULL;
}

static void set_typed(struct typed *t, uint64_t key)
{
	pthread_mutex_lock(&t->lock);
	t->key = key;
	t->value = key * 7;
	pthread_mutex_unlock(&t->lock);
}

static void update_typed(unsigned int rounds)
{
	struct typed *extra[300];

	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int slot = i % NR_SLOTS;
		struct typed *old = table[slot], *t;

		t = kmem_cache_alloc(cache, GFP_KERNEL);
		must(t);
		set_typed(t, slot + 1);
		rcu_assign_pointer(table[slot], t);
		if (old) {
			set_typed(old, 0);
			kmem_cache_free(cache, old);
		}
		if (i % 1000)
			continue;
		/* Slabs come and go. */
		must(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 300,
					   (void **)extra) == 300);
		kmem_cache_free_bulk(cache, 300, (void **)extra);
		kmem_cache_shrink(cache);
		for (int k = 0; k < 30; k++)
			scribble(65536);
	}
	/* The last readers may still look at what is free now. */
	for (int i = 0; i < NR_SLOTS; i++) {
		struct typed *old = table[i];

		rcu_assign_pointer(table[i], NULL);
		set_typed(old, 0);
		kmem_cache_free(cache, old);
	}
	kmem_cache_destroy(cache);
	for (int k = 0; k < 30; k++)
		scribble(65536);
}

static void typesafe(void)
{
	for (int turn = 0; turn < 20; turn++) {
		cache = kmem_cache_create("typed", sizeof(struct typed), 0,
					  SLAB_TYPESAFE_BY_RCU, typed_ctor);
		with_readers(typed_reader, update_typed, 10000);
	}
}

/* The child has no thread that would free, but it can go on. */
static void forked(void)
{
	struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);
	int status;
	pid_t pid;

	kfree_rcu(node, rcu);
	call_rcu_before_fork();
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		call_rcu_after_fork_child();
		node = kmalloc(sizeof(*node), GFP_KERNEL);
		kfree_rcu(node, rcu);
		kvfree_rcu_barrier();
		_exit(0);
	}
	call_rcu_after_fork_parent();
	must(waitpid(pid, &status, 0) == pid && !status);
	kvfree_rcu_barrier();
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{ "edges", edges },
		{ "kmalloc_nodes", kmalloc_nodes },
		{ "cache_nodes", cache_nodes },
		{ "by_themselves", by_themselves },
		{ "typesafe", typesafe },
		{ "forked", forked },
	};
	unsigned int n = sizeof(tests) / sizeof(tests[0]);

	alarm(60);
	kmalloc_rcu_use(NULL);
	rcu_register_thread();
	printf("1..%u\n", n);
	for (unsigned int i = 0; i < n; i++) {
		fflush(stdout);
		tests[i].run();
		printf("ok %u - %s\n", i + 1, tests[i].name);
	}
	rcu_unregister_thread();
	return 0;
}
