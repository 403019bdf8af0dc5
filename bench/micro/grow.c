/* SPDX-License-Identifier: MIT */
/*
 * Growth by realloc.
 *
 *	vector		an array doubles from 16 bytes to 1 MiB, then is
 *			freed: copies, and whether large blocks move by
 *			remapping
 *	append/LENGTH/STRINGS
 *			strings get 16 bytes longer at a time until they have
 *			LENGTH; STRINGS of them grow in turn, so that a
 *			block's neighbour is taken when it wants to grow. An
 *			allocator that copies each time is quadratic in LENGTH
 *
 * An iteration of vector is the whole growth, one of append the growth of
 * one string; items per second are calls of realloc. What is new is
 * written: the bytes that are appended, a line of each page of the vector.
 */
#include "micro.h"

#define VECTOR_FROM 16
#define VECTOR_TO (1 << 20)
#define APPENDED 16
#define MAX_STRINGS 64

static int64_t double_up(void)
{
	char *p = NULL;
	int64_t calls = 0;

	for (size_t size = VECTOR_FROM; size <= VECTOR_TO; size *= 2, calls++) {
		p = realloc(p, size);
		if (!p)
			abort();
		touch_pages(p + size / 2, size / 2);
	}
	free(p);
	return calls;
}

static void vector(struct gb_state *s)
{
	int64_t calls = 0;
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running(s))
		calls += double_up();
	meter_stop(&m, s);
	gb_set_items(s, calls);
}

static void append_in_turn(char **string, int strings, size_t length)
{
	for (size_t size = APPENDED; size <= length; size += APPENDED)
		for (int i = 0; i < strings; i++) {
			string[i] = realloc(string[i], size);
			if (!string[i])
				abort();
			memset(string[i] + size - APPENDED, 'a', APPENDED);
		}
	for (int i = 0; i < strings; i++) {
		free(string[i]);
		string[i] = NULL;
	}
}

static void append(struct gb_state *s)
{
	int64_t length = gb_arg(s, 0), strings = gb_arg(s, 1);
	char *string[MAX_STRINGS] = { NULL };
	struct meter m;

	meter_start(&m, s);
	while (gb_keep_running_batch(s, strings))
		append_in_turn(string, strings, length);
	meter_stop(&m, s);
	gb_set_items(s, gb_iterations(s) * (length / APPENDED));
	gb_set_complexity_n(s, length);
}

static void register_append(const char *name, int64_t strings)
{
	struct gb_bench *b = gb_register(name, append, NULL);

	gb_add_args(b, GB_LIST(1024, strings));
	gb_add_args(b, GB_LIST(16 * KIB, strings));
	gb_add_args(b, GB_LIST(256 * KIB, strings));
	gb_use_unit(b, GB_MICROSECOND);
	gb_use_complexity(b, GB_O_AUTO);
}

void register_growth(void)
{
	gb_use_unit(gb_register("vector", vector, NULL), GB_MICROSECOND);
	register_append("append", 1);
	register_append("append", MAX_STRINGS);
}
