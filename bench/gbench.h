/* SPDX-License-Identifier: MIT */
/*
 * Google Benchmark from C.
 *
 *	static void hot_pair(struct gb_state *s)
 *	{
 *		size_t size = gb_arg(s, 0);
 *
 *		while (gb_keep_running(s))
 *			free(malloc(size));
 *	}
 *
 *	int main(int argc, char **argv)
 *	{
 *		struct gb_bench *b = gb_register("hot", hot_pair, NULL);
 *
 *		gb_add_list(b, GB_LIST(16, 64, 256));
 *		return gb_main(argc, argv);
 *	}
 *
 * A benchmark is registered, then told what to run with: gb_add_* adds runs
 * (each argument with each thread count), gb_use_* says how all of them are
 * timed and shown. Its function is called for each run on each thread, more
 * than once while the library looks for the number of iterations; it loops
 * until gb_keep_running() is false, and then may say gb_set_*. What precedes
 * and follows the loop is not timed.
 *
 * The loop costs a decrement in memory; gb_keep_running_batch() spreads that
 * over many steps, for what takes nanoseconds.
 */
#ifndef GBENCH_H
#define GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gb_bench; /* a registered benchmark; lives as long as the program */

/* One thread's part in one run. */
struct gb_state {
	int64_t left; /* iterations to go; for gb_keep_running() alone */
};

/**
 * gb_main() - run the registered benchmarks that the command line asks for
 *
 * Return: what main returns; 1 if an argument is not understood.
 */
int gb_main(int argc, char **argv);

/** gb_add_context() - a line for the head of the report: "key: value" */
void gb_add_context(const char *key, const char *value);

/* ---- registering ---- */

/**
 * gb_register() - name a benchmark
 * @name: slashes group; arguments are added to it: "hot/64"
 * @fn:   runs it
 * @data: for gb_data()
 *
 * Without gb_add_*, it is run once, without arguments, on one thread.
 */
struct gb_bench *gb_register(const char *name, void (*fn)(struct gb_state *),
			     void *data);

/* Compound literals live until the caller's block ends. */
#define GB_LIST(...)                                                \
	sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), \
		(const int64_t[])                                   \
	{                                                           \
		__VA_ARGS__                                         \
	}

/** gb_add_args() - one run, with @n arguments */
void gb_add_args(struct gb_bench *b, size_t n, const int64_t *args);
/** gb_add_list() - @n runs, each with one of @values for its argument */
void gb_add_list(struct gb_bench *b, size_t n, const int64_t *values);
/** gb_add_range() - runs with @from, the powers between, and @to */
void gb_add_range(struct gb_bench *b, int64_t from, int64_t to);
/** gb_add_dense_range() - runs with @from, @from + @step, ... up to @to */
void gb_add_dense_range(struct gb_bench *b, int64_t from, int64_t to, int step);
/** gb_add_threads() - run everything on @threads threads, too */
void gb_add_threads(struct gb_bench *b, int threads);
/** gb_add_thread_range() - on @from, the powers of 2 between, and @to */
void gb_add_thread_range(struct gb_bench *b, int from, int to);

/** gb_use_range_multiplier() - what the powers of gb_add_range() are of: 8 */
void gb_use_range_multiplier(struct gb_bench *b, int multiplier);
/** gb_use_arg_names() - names of the @n arguments: "large/live:16" */
void gb_use_arg_names(struct gb_bench *b, size_t n, const char *const *names);

/** gb_use_real_time() - wall clock, not CPU time, rules and makes the rates */
void gb_use_real_time(struct gb_bench *b);
/** gb_use_process_cpu_time() - CPU time of all threads, not of the one */
void gb_use_process_cpu_time(struct gb_bench *b);
/** gb_use_manual_time() - each iteration calls gb_set_iteration_time() */
void gb_use_manual_time(struct gb_bench *b);
/** gb_use_min_time() - run for at least @seconds */
void gb_use_min_time(struct gb_bench *b, double seconds);
/** gb_use_iterations() - run exactly @n iterations on each thread */
void gb_use_iterations(struct gb_bench *b, int64_t n);

enum gb_unit { GB_NANOSECOND, GB_MICROSECOND, GB_MILLISECOND, GB_SECOND };

/** gb_use_unit() - what times are shown in */
void gb_use_unit(struct gb_bench *b, enum gb_unit unit);

enum gb_complexity {
	GB_O_1,
	GB_O_LOG_N,
	GB_O_N,
	GB_O_N_LOG_N,
	GB_O_N_SQUARED,
	GB_O_N_CUBED,
	GB_O_AUTO, /* the one that fits best */
};

/** gb_use_complexity() - fit the times to a curve; see gb_set_complexity_n() */
void gb_use_complexity(struct gb_bench *b, enum gb_complexity o);

/**
 * gb_use_setup() - what surrounds each run, once whatever the thread count
 * @setup:    called before any thread starts, or NULL
 * @teardown: called after all have ended, or NULL
 *
 * Both may ask for gb_arg(), gb_threads() and gb_data(). At most 64
 * benchmarks of a program can have them.
 */
void gb_use_setup(struct gb_bench *b, void (*setup)(const struct gb_state *),
		  void (*teardown)(const struct gb_state *));

/* ---- running ---- */

bool gb_keep_running_slowpath(struct gb_state *s, int64_t n);

/**
 * gb_keep_running_batch() - @n iterations more?
 *
 * @n must not change during a run. The count of iterations is rounded up to
 * a multiple of it.
 */
static inline bool gb_keep_running_batch(struct gb_state *s, int64_t n)
{
	if (__builtin_expect(s->left < n, 0))
		return gb_keep_running_slowpath(s, n);
	s->left -= n;
	return true;
}

/**
 * gb_keep_running() - one iteration more?
 *
 * Return: true, and at last false. The clock runs from the first call to the
 *         last; all threads of a run meet in both.
 */
static inline bool gb_keep_running(struct gb_state *s)
{
	return gb_keep_running_batch(s, 1);
}

/** gb_escape() - the compiler must take *@p as read and written here */
static inline void gb_escape(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

/** gb_arg() - argument @i, from 0 */
int64_t gb_arg(const struct gb_state *s, size_t i);
/** gb_data() - what gb_register() was given */
void *gb_data(const struct gb_state *s);
/** gb_threads() - how many threads this run has */
int gb_threads(const struct gb_state *s);
/** gb_thread_index() - which of them this is, from 0 */
int gb_thread_index(const struct gb_state *s);
/** gb_iterations() - how many iterations this thread has begun */
int64_t gb_iterations(const struct gb_state *s);

/** gb_pause_timing() - stop this thread's clock; costs about a microsecond */
void gb_pause_timing(struct gb_state *s);
/** gb_resume_timing() - start it again */
void gb_resume_timing(struct gb_state *s);
/** gb_skip_with_error() - end the run; it is reported as failed */
void gb_skip_with_error(struct gb_state *s, const char *message);
/** gb_set_iteration_time() - what this iteration took, in seconds */
void gb_set_iteration_time(struct gb_state *s, double seconds);

/* ---- reporting, after the loop ---- */

/* How a counter is shown; may be or'ed. Threads' values are added first. */
enum gb_counter_flags {
	GB_PLAIN = 0,
	GB_RATE = 1,	       /* divided by the seconds of the run */
	GB_AVG_THREADS = 2,    /* divided by the number of threads */
	GB_PER_ITERATION = 4,  /* divided by the iterations of all threads */
	GB_EACH_ITERATION = 8, /* multiplied by them */
	GB_INVERT = 16,	       /* 1 / the value, last of all */
	GB_BINARY = 32,	       /* k is 1,024 */
};

/** gb_set_counter() - a column of the report; @flags of gb_counter_flags */
void gb_set_counter(struct gb_state *s, const char *name, double value,
		    unsigned int flags);
/** gb_set_items() - @n items were processed: items per second */
void gb_set_items(struct gb_state *s, int64_t n);
/** gb_set_bytes() - @n bytes were processed: bytes per second */
void gb_set_bytes(struct gb_state *s, int64_t n);
/** gb_set_label() - a remark at the end of the line; copied */
void gb_set_label(struct gb_state *s, const char *label);
/** gb_set_complexity_n() - N of this run; see gb_use_complexity() */
void gb_set_complexity_n(struct gb_state *s, int64_t n);

#ifdef __cplusplus
}
#endif

#endif
