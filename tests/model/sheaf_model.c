/* SPDX-License-Identifier: MIT */
/*
 * A model of the way of objects between CPUs, barn and slabs (src/pcs.c), and
 * of the drain that takes other CPUs' sheaves away (src/percpu.c); all
 * interleavings of a few threads, explicitly.
 *
 *   worker   alloc: pop | spare | barn | refill     pcs_alloc_slowpath
 *            free:  push | spare | barn | flush     pcs_free_slowpath
 *   drain    mark every word, fence, settle, hand over    drain_rseq
 *
 * Where one of top and spare is full and the other empty, both come into the
 * thread's hands, share the objects, and go back; here it is so however small
 * sheaves are.
 *
 * There is one barn, which the CPUs share, as they may where there are more of
 * them than barns.  Who takes a full sheaf from it brings the spare along, if
 * that is empty, and leaves it there (src/barn.c); who leaves a full one has
 * an empty one for it.
 *
 * A step is one load or store of a word that others see, or what is done under
 * a lock at once: the barn's, which finds or leaves a sheaf, or the cache's,
 * which fills or flushes one.  A sequence (pop, push, compare and exchange) is
 * several steps: it starts anew when another thread runs on its CPU, when its
 * thread is moved, or at a fence.  A drain stores without regard to sequences,
 * which is what the fence is for.
 *
 * In each state: no object is in two hands, and none enters the slab twice.
 * At the end of each path: every object and every sheaf is in one place.  A
 * state from which nobody can go on, before all are done, is a deadlock.
 *
 * Mutations break one step each; the model must then find an error, or it
 * looks at nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 2
#define SHEAVES 5
#define OBJECTS 7
#define CPUS 2
#define THREADS 3
#define HANDS 3
#define WORDS (2 * CPUS)
#define BARN_MOST 1

/* Words: a sheaf's top is REAL + sheaf * (CAPACITY + 1) + objects. */
enum { ZERO, DUMMY, MARK, REAL };

enum pc {
	NEXT,
	POP0,
	POP1,
	POP2,
	A_READ,
	A_SPARE0,
	A_SPARE1,
	A_SPARE2,
	A_SHARE,
	A_BARN,
	A_GIVE0,
	A_GIVE1,
	A_GIVE2,
	A_GET,
	A_KEEP0,
	A_KEEP1,
	A_KEEP2,
	A_EMPTY0,
	A_EMPTY1,
	A_EMPTY2,
	A_NEW,
	A_FILL,
	A_HAVE,
	A_DIRECT,
	PUSH0,
	PUSH1,
	PUSH2,
	PUSH3,
	F_READ,
	F_SHARE0,
	F_SHARE1,
	F_SHARE2,
	F_ROOMY0,
	F_ROOMY1,
	F_ROOMY2,
	F_FULL0,
	F_FULL1,
	F_FULL2,
	F_BARN,
	F_FLUSH,
	F_EMPTY,
	F_NEW,
	F_HAVE,
	F_DIRECT,
	TAKE0,
	TAKE1,
	GIVE0,
	GIVE1,
	XCHG0,
	XCHG1,
	STASH0,
	STASH1,
	STASH2,
	STASH3,
	STASHED,
	FINISH,
	D_LOOK,
	D_MARK,
	D_FENCE,
	D_SETTLE,
	D_HAND,
	DONE
};

enum mutation {
	NONE,
	NO_FENCE,	/* the drain does not wait for sequences */
	IGNORE_OVERRUN, /* it keeps what a sequence has stored over */
	NO_ABORT,	/* sequences are not restarted by preemption */
	UNFENCED_KEEPS, /* where the fence fails it hands over all the same */
	STASH_WRONG,	/* a failed exchange stashes the other sheaf */
	SPARE_BY_STORE, /* the spare is replaced without a look */
	TOP_BY_STORE,	/* so is the top, by who had it in its hands */
	EMPTY_TWICE,	/* who leaves an empty sheaf has it as well */
	EMPTY_LOST,	/* who leaves a full sheaf forgets what it has for it */
	NR_MUTATIONS
};

static const char *const mutation_name[] = {
	"none",		  "no fence",	    "overrun ignored", "no abort",
	"unfenced keeps", "stash of other", "spare by store",  "top by store",
	"empty twice",	  "empty lost",
};

/* How it begins: with nothing; with CPU 0's sheaves empty and a full one in the
 * barn; the other way round; with full ones only.  In the latter two thread 0
 * has an object. */
enum begin { COLD, LOW, HIGH, BRIM };

struct thread {
	uint8_t pc, cpu, in_sequence;
	uint8_t at; /* in its script */
	uint8_t op;
	uint8_t obj;  /* 0: none */
	uint8_t top;  /* word read before an exchange */
	uint8_t x;    /* the sheaf in its hands */
	uint8_t e;    /* another one: for the barn, or the spare to be */
	uint8_t reg;  /* of a sequence */
	uint8_t word; /* of a drain */
	uint8_t hand[HANDS];
};

struct state {
	uint8_t word[WORDS]; /* tops, then spares */
	uint8_t slot[SHEAVES][CAPACITY];
	uint8_t barn[BARN_MOST], barn_nr; /* full ones */
	uint8_t empty[BARN_MOST], empty_nr;
	uint8_t slab, pool; /* bits */
	uint8_t old[WORDS]; /* claims of the drain */
	uint8_t fenced, moves;
	struct thread t[THREADS];
};

struct config {
	const char *name;
	const char *script[THREADS]; /* a: alloc, f: free, d: drain */
	const char *cpus;	     /* a digit each */
	uint8_t moves;
	enum begin begin;
	int fence_fails;
};

static const struct config *config;
static enum mutation mutation;
static const char *error;

/* ---- sheaves ---- */

static int is_real(uint8_t word)
{
	return word >= REAL;
}

static int sheaf_of(uint8_t word)
{
	return (word - REAL) / (CAPACITY + 1);
}

static int count_of(uint8_t word)
{
	return is_real(word) ? (word - REAL) % (CAPACITY + 1) : 0;
}

static int is_empty(uint8_t word)
{
	return is_real(word) && !count_of(word);
}

static int is_full(uint8_t word)
{
	return !is_real(word) || count_of(word) == CAPACITY;
}

static void fail(const char *what)
{
	if (!error)
		error = what;
}

static void slab_put(struct state *s, int obj)
{
	if (s->slab >> obj & 1)
		fail("an object enters the slab twice");
	s->slab |= (uint8_t)(1 << obj);
}

static int slab_take(struct state *s)
{
	for (int obj = 1; obj <= OBJECTS; obj++) {
		if (s->slab >> obj & 1) {
			s->slab &= (uint8_t) ~(1 << obj);
			return obj;
		}
	}
	return 0;
}

static void pool_put(struct state *s, uint8_t word)
{
	if (s->pool >> sheaf_of(word) & 1)
		fail("a sheaf enters the pool twice");
	s->pool |= (uint8_t)(1 << sheaf_of(word));
}

static uint8_t pool_take(struct state *s)
{
	for (int i = 0; i < SHEAVES; i++) {
		if (s->pool >> i & 1) {
			s->pool &= (uint8_t) ~(1 << i);
			return (uint8_t)(REAL + i * (CAPACITY + 1));
		}
	}
	return 0;
}

static uint8_t fill(struct state *s, uint8_t word)
{
	int obj;

	for (; !is_full(word) && (obj = slab_take(s)); word++)
		s->slot[sheaf_of(word)][count_of(word)] = (uint8_t)obj;
	return word;
}

/* The last ones, in their order. */
static void move_objects(struct state *s, uint8_t *from, uint8_t *to, int nr)
{
	const uint8_t *objs;

	*from = (uint8_t)(*from - nr);
	objs = &s->slot[sheaf_of(*from)][count_of(*from)];
	for (; nr; nr--, (*to)++)
		s->slot[sheaf_of(*to)][count_of(*to)] = *objs++;
}

/* All objects to the slab; the sheaf, empty. */
static uint8_t flush(struct state *s, uint8_t word)
{
	while (count_of(word)) {
		slab_put(s, s->slot[sheaf_of(word)][count_of(word) - 1]);
		word--;
	}
	return word;
}

/* The latest full one; *empty is left for it, if there is room, and 0 then. */
static uint8_t barn_get(struct state *s, uint8_t *empty)
{
	uint8_t word = s->barn_nr ? s->barn[--s->barn_nr] : 0;

	if (!word || !*empty || s->barn_nr + s->empty_nr == BARN_MOST)
		return word;
	s->empty[s->empty_nr++] = *empty;
	if (mutation != EMPTY_TWICE)
		*empty = 0;
	return word;
}

static uint8_t barn_get_empty(struct state *s)
{
	return s->empty_nr ? s->empty[--s->empty_nr] : 0;
}

/* 0: no room.  Who wants no empty one makes room for the full one with it. */
static int barn_put(struct state *s, uint8_t word, uint8_t *empty)
{
	uint8_t none = 0;

	if (s->barn_nr == BARN_MOST)
		return 0;
	if (empty || s->barn_nr + s->empty_nr == BARN_MOST)
		none = barn_get_empty(s);
	s->barn[s->barn_nr++] = word;
	if (empty)
		*empty = none;
	else if (none)
		pool_put(s, none);
	return 1;
}

/* ---- threads ---- */

static void take_in_hand(struct state *s, struct thread *t, int obj)
{
	if (!obj)
		return;
	for (int i = 0; i < THREADS; i++) {
		for (int h = 0; h < HANDS; h++) {
			if (s->t[i].hand[h] == obj)
				fail("an object is given out twice");
		}
	}
	for (int h = 0; h < HANDS; h++) {
		if (!t->hand[h]) {
			t->hand[h] = (uint8_t)obj;
			return;
		}
	}
	fail("the script holds too much");
}

static uint8_t from_hand(struct thread *t)
{
	for (int h = 0; h < HANDS; h++) {
		uint8_t obj = t->hand[h];

		t->hand[h] = 0;
		if (obj)
			return obj;
	}
	return 0;
}

/* Where an aborted sequence starts anew. */
static uint8_t restart(uint8_t pc)
{
	switch (pc) {
	case POP1:
	case POP2:
		return POP0;
	case PUSH1:
	case PUSH2:
	case PUSH3:
		return PUSH0;
	case A_SPARE2:
		return A_SPARE1;
	case F_SHARE2:
		return F_SHARE1;
	case TAKE1:
		return TAKE0;
	case GIVE1:
		return GIVE0;
	case A_GIVE2:
		return A_GIVE1;
	case A_KEEP1:
		return A_KEEP0;
	case A_EMPTY2:
		return A_EMPTY1;
	case F_ROOMY2:
		return F_ROOMY1;
	case F_FULL2:
		return F_FULL1;
	case XCHG1:
		return XCHG0;
	case STASH1:
		return STASH0;
	default:
		return pc;
	}
}

static void abort_sequence(struct thread *t)
{
	if (!t->in_sequence)
		return;
	t->pc = restart(t->pc);
	t->in_sequence = t->reg = 0;
}

static void go(struct thread *t, enum pc pc)
{
	t->pc = (uint8_t)pc;
	t->in_sequence = 0;
}

static void go_on(struct thread *t, enum pc pc)
{
	t->pc = (uint8_t)pc;
	t->in_sequence = 1;
}

/* First half of an exchange: the look. */
static void compare(struct thread *t, uint8_t word, uint8_t old, enum pc same,
		    enum pc differs)
{
	if (word == old)
		go_on(t, same);
	else
		go(t, differs);
}

static void next_op(struct thread *t, const char *script)
{
	t->obj = t->top = t->x = t->e = t->reg = t->word = 0;
	t->op = (uint8_t)script[t->at];
	if (t->op)
		t->at++;
	switch (t->op) {
	case 'a':
		go(t, POP0);
		break;
	case 'f':
		t->obj = from_hand(t);
		go(t, t->obj ? PUSH0 : NEXT);
		break;
	case 'd':
		go(t, D_LOOK);
		break;
	default:
		go(t, DONE);
	}
}

static void step_alloc(struct state *s, struct thread *t)
{
	uint8_t *top = &s->word[t->cpu], *spare = &s->word[CPUS + t->cpu];

	switch ((enum pc)t->pc) {
	case POP0:
		t->reg = *top;
		go_on(t, POP1);
		break;
	case POP1:
		if (!count_of(t->reg)) {
			go(t, A_READ);
			break;
		}
		t->obj = s->slot[sheaf_of(t->reg)][count_of(t->reg) - 1];
		go_on(t, POP2);
		break;
	case POP2:
		*top = (uint8_t)(t->reg - 1);
		go(t, FINISH);
		break;
	case A_READ:
		t->top = *top;
		t->obj = 0;
		go(t, t->top == MARK	    ? A_DIRECT :
		      count_of(t->top) != 0 ? POP0 :
					      A_SPARE0);
		break;
	case A_SPARE0:
		t->x = *spare;
		go(t, count_of(t->x) ? A_SPARE1 : A_BARN);
		break;
	case A_SPARE1:
		compare(t, *spare, t->x, A_SPARE2, A_BARN);
		break;
	case A_SPARE2:
		*spare = ZERO;
		go(t, A_SHARE);
		break;
	case A_SHARE:
		t->obj = s->slot[sheaf_of(t->x)][count_of(t->x) - 1];
		t->x--;
		go(t, is_real(t->top) ? TAKE0 : XCHG0);
		break;
	case A_BARN:
		go(t, s->barn_nr ? A_GIVE0 : A_EMPTY0);
		break;
	case A_GIVE0:
		t->e = is_empty(*spare) ? *spare : 0;
		go(t, t->e ? A_GIVE1 : A_GET);
		break;
	case A_GIVE1:
		compare(t, *spare, t->e, A_GIVE2, A_GET);
		if (t->pc == A_GET)
			t->e = 0;
		break;
	case A_GIVE2:
		*spare = ZERO;
		go(t, A_GET);
		break;
	case A_GET:
		t->x = barn_get(s, &t->e);
		go(t, t->e ? A_KEEP0 : t->x ? A_HAVE : A_EMPTY0);
		break;
	case A_KEEP0:
		compare(t, *spare, ZERO, A_KEEP1, A_KEEP2);
		break;
	case A_KEEP1:
		*spare = t->e;
		t->e = 0;
		go(t, t->x ? A_HAVE : A_EMPTY0);
		break;
	case A_KEEP2:
		pool_put(s, t->e);
		t->e = 0;
		go(t, t->x ? A_HAVE : A_EMPTY0);
		break;
	case A_EMPTY0:
		t->x = *spare;
		go(t, is_empty(t->x) ? A_EMPTY1 : A_NEW);
		break;
	case A_EMPTY1:
		compare(t, *spare, t->x, A_EMPTY2, A_NEW);
		break;
	case A_EMPTY2:
		*spare = ZERO;
		go(t, A_FILL);
		break;
	case A_NEW:
		t->x = pool_take(s);
		go(t, t->x ? A_FILL : A_DIRECT);
		break;
	case A_FILL:
		t->x = fill(s, t->x);
		if (count_of(t->x)) {
			go(t, A_HAVE);
			break;
		}
		pool_put(s, t->x);
		go(t, A_DIRECT);
		break;
	case A_HAVE:
		t->obj = s->slot[sheaf_of(t->x)][count_of(t->x) - 1];
		t->x--;
		go(t, XCHG0);
		break;
	case A_DIRECT:
		t->obj = (uint8_t)slab_take(s);
		go(t, FINISH);
		break;
	default:
		break;
	}
}

static void step_free(struct state *s, struct thread *t)
{
	uint8_t *top = &s->word[t->cpu], *spare = &s->word[CPUS + t->cpu];

	switch ((enum pc)t->pc) {
	case PUSH0:
		t->reg = *top;
		go_on(t, PUSH1);
		break;
	case PUSH1:
		if (is_full(t->reg))
			go(t, F_READ);
		else
			go_on(t, PUSH2);
		break;
	case PUSH2: /* stays, even if the sequence is aborted */
		s->slot[sheaf_of(t->reg)][count_of(t->reg)] = t->obj;
		go_on(t, PUSH3);
		break;
	case PUSH3:
		*top = (uint8_t)(t->reg + 1);
		go(t, FINISH);
		break;
	case F_READ:
		t->top = *top;
		go(t, t->top == MARK  ? F_DIRECT :
		      is_full(t->top) ? F_SHARE0 :
					PUSH0);
		break;
	case F_SHARE0:
		t->x = *spare;
		go(t, is_empty(t->x) ? F_SHARE1 : F_ROOMY0);
		break;
	case F_SHARE1:
		compare(t, *spare, t->x, F_SHARE2, F_ROOMY0);
		break;
	case F_SHARE2:
		*spare = ZERO;
		go(t, is_real(t->top) ? TAKE0 : F_HAVE);
		break;
	case F_ROOMY0:
		t->x = *spare;
		go(t, is_real(t->x) && !is_full(t->x) ? F_ROOMY1 : F_FULL0);
		break;
	case F_ROOMY1:
		compare(t, *spare, t->x, F_ROOMY2, F_FULL0);
		break;
	case F_ROOMY2:
		*spare = ZERO;
		go(t, F_HAVE);
		break;
	case F_FULL0:
		t->x = *spare;
		go(t, count_of(t->x) ? F_FULL1 : F_EMPTY);
		break;
	case F_FULL1:
		compare(t, *spare, t->x, F_FULL2, F_EMPTY);
		break;
	case F_FULL2:
		*spare = ZERO;
		go(t, F_BARN);
		break;
	case F_BARN:
		if (!barn_put(s, t->x, &t->e)) {
			go(t, F_FLUSH);
			break;
		}
		t->x = mutation == EMPTY_LOST ? 0 : t->e;
		t->e = 0;
		go(t, t->x ? F_HAVE : F_NEW);
		break;
	case F_FLUSH:
		t->x = flush(s, t->x);
		go(t, F_HAVE);
		break;
	case F_EMPTY:
		t->x = barn_get_empty(s);
		go(t, t->x ? F_HAVE : F_NEW);
		break;
	case F_NEW:
		t->x = pool_take(s);
		go(t, t->x ? F_HAVE : F_DIRECT);
		break;
	case F_HAVE:
		s->slot[sheaf_of(t->x)][count_of(t->x)] = t->obj;
		t->x++;
		go(t, XCHG0);
		break;
	case F_DIRECT:
		slab_put(s, t->obj);
		go(t, FINISH);
		break;
	default:
		break;
	}
}

/* Both are in our hands: @x is to be the top, @e the spare. */
static void share(struct state *s, struct thread *t)
{
	if (t->op == 'a') {
		t->e = t->x;
		t->x = t->top;
		move_objects(s, &t->e, &t->x, (count_of(t->e) + 1) / 2);
	} else {
		t->e = t->top;
		move_objects(s, &t->e, &t->x, CAPACITY / 2);
		s->slot[sheaf_of(t->x)][count_of(t->x)] = t->obj;
		t->x++;
	}
}

static void step_share(struct state *s, struct thread *t)
{
	uint8_t *top = &s->word[t->cpu];

	switch ((enum pc)t->pc) {
	case TAKE0:
		compare(t, *top, t->top, TAKE1, t->op == 'a' ? XCHG0 : F_HAVE);
		break;
	case TAKE1:
		*top = DUMMY;
		share(s, t);
		go(t, GIVE0);
		break;
	case GIVE0:
		if (mutation == TOP_BY_STORE && *top != MARK)
			go_on(t, GIVE1);
		else
			compare(t, *top, DUMMY, GIVE1, STASH0);
		break;
	case GIVE1:
		*top = t->x;
		go(t, STASHED);
		break;
	default:
		break;
	}
}

static void step_stash(struct state *s, struct thread *t)
{
	uint8_t *top = &s->word[t->cpu], *spare = &s->word[CPUS + t->cpu];
	uint8_t x = t->x;

	switch ((enum pc)t->pc) {
	case XCHG0:
		compare(t, *top, t->top, XCHG1, STASH0);
		if (t->pc == STASH0 && mutation == STASH_WRONG)
			t->x = t->top;
		break;
	case XCHG1:
		*top = t->x;
		t->x = t->top;
		go(t, STASH0);
		break;
	case STASH0:
		if (!is_real(x))
			go(t, STASHED);
		else if (mutation == SPARE_BY_STORE && *spare != MARK)
			go_on(t, STASH1);
		else
			compare(t, *spare, ZERO, STASH1, STASH2);
		break;
	case STASH1:
		*spare = x;
		go(t, STASHED);
		break;
	case STASH2:
		if (count_of(x)) {
			go(t, barn_put(s, x, NULL) ? STASHED : STASH3);
			break;
		}
		pool_put(s, x);
		go(t, STASHED);
		break;
	case STASH3:
		pool_put(s, flush(s, x));
		go(t, STASHED);
		break;
	case STASHED:
		t->x = t->e;
		t->e = 0;
		go(t, t->x ? STASH0 : FINISH);
		break;
	case FINISH:
		if (t->op == 'a')
			take_in_hand(s, t, t->obj);
		t->obj = 0;
		go(t, NEXT);
		break;
	default:
		break;
	}
}

/* To the next word, or on to what is done after the last one. */
static void next_word(struct thread *t, enum pc again, enum pc then)
{
	t->word++;
	if (t->word == WORDS) {
		t->word = 0;
		go(t, then);
	} else {
		go(t, again);
	}
}

static void step_drain(struct state *s, struct thread *t)
{
	uint8_t *word = &s->word[t->word], *old = &s->old[t->word];
	uint8_t none = t->word < CPUS ? DUMMY : ZERO;

	switch ((enum pc)t->pc) {
	case D_LOOK:
		*old = MARK; /* no claim */
		if (is_real(*word))
			go(t, D_MARK);
		else
			next_word(t, D_LOOK, D_FENCE);
		break;
	case D_MARK:
		*old = *word;
		*word = MARK;
		next_word(t, D_LOOK, D_FENCE);
		break;
	case D_FENCE:
		s->fenced = !config->fence_fails;
		for (int i = 0; i < THREADS && s->fenced; i++) {
			if (mutation != NO_FENCE)
				abort_sequence(&s->t[i]);
		}
		go(t, D_SETTLE);
		break;
	case D_SETTLE:
		if (*old != MARK) {
			int ours = *word == MARK, keep = s->fenced && ours;

			if (ours)
				*word = s->fenced ? none : *old;
			if (mutation == IGNORE_OVERRUN ||
			    (mutation == UNFENCED_KEEPS && ours))
				keep = 1;
			if (mutation == UNFENCED_KEEPS && ours)
				*word = none;
			if (!keep)
				*old = MARK;
		}
		next_word(t, D_SETTLE, D_HAND);
		break;
	case D_HAND:
		if (is_real(*old))
			pool_put(s, flush(s, *old));
		*old = 0;
		next_word(t, D_HAND, NEXT);
		break;
	default:
		break;
	}
}

static void one_step(struct state *s, struct thread *t, int i)
{
	if (t->pc == NEXT)
		next_op(t, config->script[i]);
	else if (t->pc < PUSH0)
		step_alloc(s, t);
	else if (t->pc < TAKE0)
		step_free(s, t);
	else if (t->pc < XCHG0)
		step_share(s, t);
	else if (t->pc < D_LOOK)
		step_stash(s, t);
	else
		step_drain(s, t);
	if (!t->in_sequence)
		t->reg = 0;
}

/* Whether the next step is nobody else's business: then it is taken at once,
 * which leaves fewer states and the same ends. */
static int is_private(const struct state *s, const struct thread *t)
{
	switch (t->pc) {
	case NEXT:
	case A_SHARE:
	case A_HAVE:
	case F_HAVE:
	case STASHED:
	case FINISH:
		return 1;
	case D_SETTLE:
		return s->old[t->word] == MARK;
	case D_HAND:
		return !is_real(s->old[t->word]);
	default:
		return 0;
	}
}

static int step(struct state *s, int i)
{
	struct thread *t = &s->t[i];

	if (t->pc == DONE)
		return 0;
	for (int j = 0; j < THREADS && mutation != NO_ABORT; j++) {
		if (j != i && s->t[j].cpu == t->cpu)
			abort_sequence(&s->t[j]);
	}
	do
		one_step(s, t, i);
	while (is_private(s, t));
	return 1;
}

/* To the other CPU. */
static int move(struct state *s, int i)
{
	struct thread *t = &s->t[i];

	if (!s->moves || t->pc == DONE || t->pc >= D_LOOK)
		return 0;
	s->moves--;
	if (mutation != NO_ABORT)
		abort_sequence(t);
	t->cpu ^= 1;
	return 1;
}

/* ---- at the end ---- */

static void count_sheaf(const struct state *s, uint8_t word, int *objs,
			int *sheaves)
{
	if (!is_real(word))
		return;
	sheaves[sheaf_of(word)]++;
	for (int i = 0; i < count_of(word); i++)
		objs[s->slot[sheaf_of(word)][i]]++;
}

static void check_end(const struct state *s)
{
	int objs[OBJECTS + 1] = { 0 }, sheaves[SHEAVES] = { 0 };

	for (int i = 0; i < WORDS; i++) {
		count_sheaf(s, s->word[i], objs, sheaves);
		if (s->word[i] == MARK)
			fail("a mark is left behind");
	}
	for (int i = 0; i < s->barn_nr; i++)
		count_sheaf(s, s->barn[i], objs, sheaves);
	for (int i = 0; i < s->empty_nr; i++)
		count_sheaf(s, s->empty[i], objs, sheaves);
	for (int i = 0; i < THREADS; i++) {
		for (int h = 0; h < HANDS; h++)
			objs[s->t[i].hand[h]]++;
	}
	for (int i = 1; i <= OBJECTS; i++) {
		objs[i] += s->slab >> i & 1;
		if (objs[i] != 1)
			fail(objs[i] ? "an object is in two places" :
				       "an object is lost");
	}
	for (int i = 0; i < SHEAVES; i++) {
		sheaves[i] += s->pool >> i & 1;
		if (sheaves[i] != 1)
			fail(sheaves[i] ? "a sheaf is in two places" :
					  "a sheaf is lost");
	}
}

/* ---- the search ---- */

#define TABLE_BITS 22
#define TABLE_SIZE (1UL << TABLE_BITS)

static struct state *seen, *stack;
static uint8_t *used;
static size_t nr_seen, depth, stack_size;

static uint64_t hash(const struct state *s)
{
	const uint8_t *byte = (const uint8_t *)s;
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < sizeof(*s); i++)
		h = (h ^ byte[i]) * 0x100000001b3ULL;
	return h ^ h >> 29;
}

/* True if the state is new. */
static int see(const struct state *s)
{
	size_t i = hash(s) & (TABLE_SIZE - 1);

	for (; used[i]; i = (i + 1) & (TABLE_SIZE - 1)) {
		if (!memcmp(&seen[i], s, sizeof(*s)))
			return 0;
	}
	if (nr_seen++ == TABLE_SIZE / 4 * 3) {
		printf("Bail out! the table is full\n");
		exit(1);
	}
	used[i] = 1;
	seen[i] = *s;
	return 1;
}

static void push(const struct state *s)
{
	if (depth == stack_size) {
		stack_size = stack_size ? stack_size * 2 : 1024;
		stack = realloc(stack, stack_size * sizeof(*stack));
		if (!stack)
			exit(1);
	}
	stack[depth++] = *s;
}

static void start_warm(struct state *s, enum begin begin)
{
	uint8_t *words[] = { &s->word[0], &s->word[CPUS] };

	for (int i = 0; i < 2; i++) {
		*words[i] = pool_take(s);
		if (begin != LOW)
			*words[i] = fill(s, *words[i]);
	}
	if (begin == HIGH)
		s->empty[s->empty_nr++] = pool_take(s);
	else
		s->barn[s->barn_nr++] = fill(s, pool_take(s));
	if (begin != LOW)
		s->t[0].hand[0] = (uint8_t)slab_take(s);
}

static void start(struct state *s)
{
	memset(s, 0, sizeof(*s));
	for (int i = 0; i < CPUS; i++)
		s->word[i] = DUMMY;
	for (int i = 1; i <= OBJECTS; i++)
		s->slab |= (uint8_t)(1 << i);
	s->pool = (1 << SHEAVES) - 1;
	s->moves = config->moves;
	for (int i = 0; i < THREADS; i++)
		s->t[i].cpu = (uint8_t)(config->cpus[i] - '0');
	if (config->begin != COLD)
		start_warm(s, config->begin);
}

static void visit(const struct state *s)
{
	int ended = 1;

	for (int i = 0; i < THREADS && !error; i++) {
		struct state next = *s;

		if (step(&next, i)) {
			ended = 0;
			if (see(&next))
				push(&next);
		}
		next = *s;
		if (move(&next, i) && see(&next))
			push(&next);
	}
	if (error || !ended)
		return;
	for (int i = 0; i < THREADS; i++) {
		if (s->t[i].pc != DONE)
			fail("nobody can go on");
	}
	check_end(s);
}

/* NULL, or what is wrong. */
static const char *search(const struct config *c, enum mutation m)
{
	struct state s;

	config = c;
	mutation = m;
	error = NULL;
	nr_seen = depth = 0;
	memset(used, 0, TABLE_SIZE);
	start(&s);
	see(&s);
	push(&s);
	while (depth && !error) {
		s = stack[--depth];
		visit(&s);
	}
	return error;
}

static const struct config configs[] = {
	{ "a worker on each CPU", { "aaff", "aff", "" }, "010", 1, COLD, 0 },
	{ "two workers on a CPU", { "aaff", "aff", "" }, "000", 1, COLD, 0 },
	{ "three on a CPU", { "aaf", "af", "a" }, "000", 0, COLD, 0 },
	{ "a worker, two drains", { "aaffa", "", "dd" }, "001", 1, COLD, 0 },
	{ "two workers, a drain", { "aaff", "aff", "d" }, "011", 0, COLD, 0 },
	{ "two on a CPU, a drain", { "aff", "aff", "d" }, "001", 0, COLD, 0 },
	{ "one is moved, a drain", { "aff", "af", "d" }, "011", 1, COLD, 0 },
	{ "a fence that fails", { "aff", "af", "d" }, "011", 0, COLD, 1 },
	{ "from a barn", { "aaf", "aaf", "" }, "010", 1, LOW, 0 },
	{ "from a barn, one CPU", { "aaff", "aff", "" }, "000", 1, LOW, 0 },
	{ "from a barn, a drain", { "aff", "af", "d" }, "011", 0, LOW, 0 },
	{ "into a barn", { "faaf", "aff", "" }, "010", 1, HIGH, 0 },
	{ "into a barn, one CPU", { "faaf", "aff", "" }, "000", 1, HIGH, 0 },
	{ "into a barn, a drain", { "faa", "af", "d" }, "011", 0, HIGH, 0 },
	{ "a full barn", { "faf", "aff", "" }, "010", 1, BRIM, 0 },
	{ "a full barn, one CPU", { "faa", "aff", "" }, "000", 1, BRIM, 0 },
	{ "a full barn, a drain", { "faa", "af", "d" }, "011", 0, BRIM, 0 },
};

#define NR_CONFIGS (sizeof(configs) / sizeof(configs[0]))

int main(void)
{
	int nr = 0;

	seen = malloc(TABLE_SIZE * sizeof(*seen));
	used = malloc(TABLE_SIZE);
	if (!seen || !used)
		return 1;
	printf("1..%zu\n", NR_CONFIGS + NR_MUTATIONS - 1);
	for (unsigned int i = 0; i < NR_CONFIGS; i++) {
		const char *wrong = search(&configs[i], NONE);

		printf("%sok %d - %s: %zu states%s%s\n", wrong ? "not " : "",
		       ++nr, configs[i].name, nr_seen, wrong ? ": " : "",
		       wrong ? wrong : "");
		fflush(stdout);
	}
	for (int m = NONE + 1; m < NR_MUTATIONS; m++) {
		const char *wrong = NULL;

		for (unsigned int i = 0; !wrong && i < NR_CONFIGS; i++)
			wrong = search(&configs[i], (enum mutation)m);
		printf("%sok %d - mutation \"%s\" is found: %s\n",
		       wrong ? "" : "not ", ++nr, mutation_name[m],
		       wrong ? wrong : "it is not");
		fflush(stdout);
	}
	return 0;
}
