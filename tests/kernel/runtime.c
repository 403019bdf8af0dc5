/* SPDX-License-Identifier: MIT */
/*
 * kernel: what files of the kernel find around them: deferred work, threads
 * that can be told to stop, random numbers, and main, which starts the modules
 * that are linked together and then a test.
 *
 * Work waits in a list for one thread, started with the first of it. Locks:
 * one mutex for the list and for what is being done.
 */
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "runtime.h"

/* ---- deferred work ---- */

static pthread_mutex_t work_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_change = PTHREAD_COND_INITIALIZER;
static LIST_HEAD(work_list);
static struct work_struct *work_done_now;
static bool work_started;

static void *work_thread(void *arg)
{
	rcu_register_thread();
	pthread_mutex_lock(&work_lock);
	for (;;) {
		while (list_empty(&work_list))
			pthread_cond_wait(&work_change, &work_lock);
		work_done_now =
			list_first_entry(&work_list, struct work_struct, entry);
		list_del_init(&work_done_now->entry);
		work_done_now->pending = 0;
		pthread_mutex_unlock(&work_lock);
		work_done_now->func(work_done_now);
		pthread_mutex_lock(&work_lock);
		work_done_now = NULL;
		pthread_cond_broadcast(&work_change);
	}
	return arg;
}

bool schedule_work(struct work_struct *work)
{
	pthread_t thread;
	bool queued;

	pthread_mutex_lock(&work_lock);
	queued = !work->pending;
	if (queued) {
		work->pending = 1;
		list_add_tail(&work->entry, &work_list);
	}
	if (!work_started)
		must(!pthread_create(&thread, NULL, work_thread, NULL));
	work_started = true;
	pthread_cond_broadcast(&work_change);
	pthread_mutex_unlock(&work_lock);
	return queued;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was;

	pthread_mutex_lock(&work_lock);
	was = work->pending;
	if (was) {
		list_del_init(&work->entry);
		work->pending = 0;
	}
	while (work_done_now == work)
		pthread_cond_wait(&work_change, &work_lock);
	pthread_mutex_unlock(&work_lock);
	return was;
}

/* ---- threads ---- */

struct task_struct {
	pthread_t thread;
	int (*fn)(void *arg);
	void *arg;
	int stop, result;
};

static __thread struct task_struct *current_task;

static void *task_main(void *arg)
{
	current_task = arg;
	rcu_register_thread();
	current_task->result = current_task->fn(current_task->arg);
	rcu_unregister_thread();
	return NULL;
}

struct task_struct *km_kthread_run(int (*fn)(void *arg), void *arg)
{
	struct task_struct *task = kzalloc(sizeof(*task), GFP_KERNEL);

	must(task);
	task->fn = fn;
	task->arg = arg;
	must(!pthread_create(&task->thread, NULL, task_main, task));
	return task;
}

int kthread_stop(struct task_struct *task)
{
	int result;

	__atomic_store_n(&task->stop, 1, __ATOMIC_SEQ_CST);
	must(!pthread_join(task->thread, NULL));
	result = task->result;
	kfree(task);
	return result;
}

bool kthread_should_stop(void)
{
	return __atomic_load_n(&current_task->stop, __ATOMIC_SEQ_CST);
}

/* ---- the rest ---- */

u64 get_random_u64(void)
{
	static u64 state;
	u64 z = __atomic_add_fetch(&state, 0x9e3779b97f4a7c15ULL,
				   __ATOMIC_RELAXED);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

unsigned long simple_strtoul(const char *s, char **end, unsigned int base)
{
	return strtoul(s, end, (int)base);
}

long simple_strtol(const char *s, char **end, unsigned int base)
{
	return strtol(s, end, (int)base);
}

ssize_t km_strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	memcpy(to, from, len == size ? size - 1 : len);
	to[len == size ? size - 1 : len] = '\0';
	return len == size ? -E2BIG : (ssize_t)len;
}

#define MAX_MODULES 16

static struct {
	int (*init)(void);
	const char *name;
} modules[MAX_MODULES];
static int nr_modules;

void km_add_module(int (*init)(void), const char *name)
{
	must(nr_modules < MAX_MODULES);
	modules[nr_modules].init = init;
	modules[nr_modules++].name = name;
}

#define MAX_PARAMS 64

static struct {
	const char *name;
	void *p;
	unsigned int size;
} params[MAX_PARAMS];
static int nr_params;

void km_add_param(const char *name, void *p, unsigned int size)
{
	must(nr_params < MAX_PARAMS);
	params[nr_params].name = name;
	params[nr_params].p = p;
	params[nr_params++].size = size;
}

static void set_param(const char *name, size_t len, long value)
{
	for (int i = 0; i < nr_params; i++) {
		if (strlen(params[i].name) == len &&
		    !strncmp(params[i].name, name, len)) {
			memcpy(params[i].p, &value, params[i].size);
			return;
		}
	}
	must(!"a parameter of the module");
}

static void set_params(const char *text)
{
	const char *equals;

	while (text && (equals = strchr(text, '='))) {
		set_param(text, (size_t)(equals - text),
			  strtol(equals + 1, NULL, 0));
		text = strchr(equals, ' ');
		text += text ? 1 : 0;
	}
}

int km_run_modules(void)
{
	int failed = 0;

	for (int i = 0; i < nr_modules; i++) {
		int error = modules[i].init();

		if (error)
			printf("%s: %d\n", modules[i].name, error);
		failed += !!error;
	}
	return failed;
}

int main(void)
{
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	rcu_register_thread();
	set_params(getenv("KM_PARAMS"));
	failed = km_run_modules();
	driver(failed);
	rcu_barrier();
	rcu_unregister_thread();
	return 0;
}
