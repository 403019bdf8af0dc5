/* SPDX-License-Identifier: MIT */
/*
 * barn: what is put into one and taken out again, up to its limit, by one
 * thread and by many.
 */
#include "kmtest.h"

#include "barn.h"
#include "mm_boot.h"

#define CAPACITY 7
#define MOST 5

static struct barn barn;

static void start(void)
{
	must(mm_boot());
	barn_init(&barn);
}

/* A sheaf with @nr times @what. */
static uintptr_t sheaf_of(unsigned int nr, void *what)
{
	uintptr_t top = sheaf_new(CAPACITY);

	must(top);
	while (nr--)
		sheaf_push(&top, what);
	return top;
}

static void last_in_first_out(void)
{
	uintptr_t tops[MOST], empty = 0;

	start();
	must(!barn_get(&barn, MOST, &empty) && !barn_get_empty(&barn));
	for (unsigned int i = 0; i < MOST; i++) {
		tops[i] = sheaf_of(1 + i, &barn);
		must(barn_put(&barn, MOST, tops[i], NULL));
		check_barn(&barn, MOST);
	}
	must(barn_objects(&barn) == 1 + 2 + 3 + 4 + 5);
	for (unsigned int i = MOST; i-- > 0;)
		must(barn_get(&barn, MOST, &empty) == tops[i]);
	must(!barn.nr_full && !barn.nr_empty && !barn_objects(&barn));
}

/* Who takes a full one leaves an empty one, who brings a full one has it. */
static void exchange(void)
{
	uintptr_t full, empty, left, none = 0, got = 1;

	start();
	full = sheaf_of(3, &barn);
	left = empty = sheaf_of(0, NULL);
	must(barn_put(&barn, MOST, full, &got) && !got);
	must(barn_get(&barn, MOST, &left) == full && !left);
	must(barn.nr_empty == 1);
	check_barn(&barn, MOST);
	must(!barn_get(&barn, MOST, &none));
	must(barn_put(&barn, MOST, full, &got) && got == empty);
	must(!barn.nr_empty && barn.nr_full == 1);
	/* What it has is left to it where nothing else is had. */
	must(barn_get(&barn, MOST, &none) == full);
	left = empty;
	must(!barn_get(&barn, MOST, &left) && left == empty);
}

/* Full and empty ones together; a full one goes before an empty one. */
static void limited(void)
{
	uintptr_t full[MOST + 1], empty[MOST], left, none = 0;
	u64 before;

	start();
	for (unsigned int i = 0; i <= MOST; i++)
		full[i] = sheaf_of(1, &barn);
	for (unsigned int i = 0; i < MOST; i++)
		must(barn_put(&barn, MOST, full[i], NULL));
	must(!barn_put(&barn, MOST, full[MOST], NULL));
	must(!barn_put(&barn, MOST, full[MOST], &left));
	check_barn(&barn, MOST);
	for (unsigned int i = 0; i < MOST; i++) {
		empty[i] = left = sheaf_of(0, NULL);
		must(barn_get(&barn, MOST, &left) == full[MOST - 1 - i]);
		must(!left);
	}
	must(barn.nr_empty == MOST);
	/* The pool has one more for each that has to make room. */
	for (unsigned int i = 0; i < MOST; i++) {
		must(barn_put(&barn, MOST, full[i], NULL));
		check_barn(&barn, MOST);
	}
	must(!barn.nr_empty && barn.nr_full == MOST);
	before = sheaf_pool_locks();
	for (unsigned int i = 0; i < MOST; i++) {
		left = sheaf_new(CAPACITY);
		must(sheaf_block(left) == sheaf_block(empty[i]));
	}
	must(sheaf_pool_locks() == before + MOST);
	/* A limit that became less is kept from then on. */
	left = sheaf_of(0, NULL);
	must(barn_get(&barn, 2, &left) && left);
	must(!barn_put(&barn, 2, full[MOST], NULL));
	while (barn_get(&barn, MOST, &none))
		;
	must(!barn.nr_full);
}

static void objects(void)
{
	void *in[4 * CAPACITY], *out[4 * CAPACITY];
	uintptr_t left;

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(in); i++)
		in[i] = &in[i];
	must(!barn_give_objects(&barn, CAPACITY, in, ARRAY_SIZE(in)));
	for (unsigned int i = 0; i < 3; i++) {
		left = sheaf_of(0, NULL);
		must(barn_put(&barn, MOST, sheaf_of(1, in), NULL));
		must(barn_get(&barn, MOST, &left) && !left);
	}
	must(barn.nr_empty == 3);
	/* Whole sheaves alone, and no more than there are. */
	must(barn_give_objects(&barn, CAPACITY, in, CAPACITY - 1) == 0);
	must(barn_give_objects(&barn, CAPACITY, in, ARRAY_SIZE(in)) ==
	     3 * CAPACITY);
	check_barn(&barn, MOST);
	must(barn_objects(&barn) == 3 * CAPACITY && !barn.nr_empty);
	must(barn_take_objects(&barn, CAPACITY, out, CAPACITY - 1) == 0);
	must(barn_take_objects(&barn, CAPACITY, out, 2 * CAPACITY + 1) ==
	     2 * CAPACITY);
	must(barn_take_objects(&barn, CAPACITY, out + 2 * CAPACITY,
			       2 * CAPACITY) == CAPACITY);
	check_barn(&barn, MOST);
	for (unsigned int i = 0; i < 3 * CAPACITY; i++) {
		void **which = out[i];

		must(which >= in && which < in + 3 * CAPACITY && *which);
		*which = NULL; /* each once */
	}
	barn_drop_empty(&barn);
	must(!barn.nr_empty);
}

/* In a signal handler above its own critical section. */
static void interrupted(void)
{
	uintptr_t full, empty = 0;

	start();
	full = sheaf_of(1, &barn);
	must(barn_put(&barn, MOST, full, NULL));
	must(spin_lock(&barn.lock));
	must(!barn_get(&barn, MOST, &empty));
	must(!barn_put(&barn, MOST, full, NULL));
	must(!barn_objects(&barn));
	spin_unlock(&barn.lock);
	must(barn_get(&barn, MOST, &empty) == full);
}

/* Each sheaf holds one number, and whoever has it can write another. */
static void worker(unsigned int nr, void *arg)
{
	struct km_rng rng = km_rng_of(nr);
	uintptr_t full = 0, empty = 0;
	void *me = (void *)(uintptr_t)(nr + 1);

	for (unsigned long i = 0; i < *(unsigned long *)arg; i++) {
		if (full && km_below(&rng, 2)) {
			void *what = ((void **)full)[-1];

			while (!sheaf_is_empty(full))
				must(sheaf_pop(&full) == what);
			if (empty)
				sheaf_put(full);
			else
				empty = full; /* to leave there */
			full = 0;
		}
		if (!full) {
			full = barn_get(&barn, MOST, &empty);
			continue;
		}
		if (!barn_put(&barn, MOST, full, empty ? NULL : &empty))
			continue;
		full = empty ? empty : barn_get_empty(&barn);
		empty = 0;
		if (!full)
			full = sheaf_new(CAPACITY);
		must(full && sheaf_is_empty(full));
		while (!sheaf_is_full(full))
			sheaf_push(&full, me);
	}
	if (!full)
		return;
	barn_put(&barn, MOST, full, NULL);
}

static void threads(void)
{
	unsigned long rounds = km_load(50000);

	start();
	for (unsigned int i = 0; i < MOST; i++)
		must(barn_put(&barn, MOST, sheaf_of(CAPACITY, &barn), NULL));
	km_threads(8, worker, &rounds);
	check_barn(&barn, MOST);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(last_in_first_out), km_unit_child(exchange),
		km_unit_child(limited),		  km_unit_child(objects),
		km_unit_child(interrupted),	  km_unit_child(threads),
	};

	return km_run_tests(tests);
}
