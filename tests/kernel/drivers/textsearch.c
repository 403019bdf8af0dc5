/* SPDX-License-Identifier: MIT */
/*
 * Searching text by three algorithms, each with tables of its own.
 * kernel: lib/textsearch.c lib/ts_kmp.c lib/ts_bm.c lib/ts_fsm.c lib/ctype.c
 */
#include <linux/kernel.h>
#include <linux/textsearch.h>
#include <linux/textsearch_fsm.h>

#include "runtime.h"

static void find_all(struct ts_config *conf, const char *text, int nr)
{
	struct ts_state state;
	unsigned int at =
		textsearch_find_continuous(conf, &state, text, strlen(text));
	int found = 0;

	must(!IS_ERR(conf));
	for (; at != UINT_MAX; at = textsearch_next(conf, &state))
		found++, state.offset = at + 1;
	must(found == nr);
	textsearch_destroy(conf);
}

/* Its tokens must cover the text. */
static void find_digits(void)
{
	static const char text[] = "23";
	struct ts_fsm_token digits[] = {
		{ .type = TS_FSM_DIGIT, .recur = TS_FSM_SINGLE },
		{ .type = TS_FSM_DIGIT, .recur = TS_FSM_SINGLE },
	};
	struct ts_config *conf = textsearch_prepare(
		"fsm", digits, sizeof(digits), GFP_KERNEL, 0);
	struct ts_state state;

	must(!IS_ERR(conf));
	must(textsearch_find_continuous(conf, &state, text, sizeof(text) - 1) ==
	     0);
	textsearch_destroy(conf);
}

void driver(int failed)
{
	static const char text[] = "a needle, two NEEDLES and a needle";

	must(!failed);
	for (int i = 0; i < 1000; i++) {
		static const char *const algos[] = { "kmp", "bm" };

		for (int a = 0; a < 2; a++) {
			find_all(textsearch_prepare(algos[a], "needle", 6,
						    GFP_KERNEL, TS_AUTOLOAD),
				 text, 2);
			find_all(textsearch_prepare(algos[a], "needle", 6,
						    GFP_KERNEL, TS_IGNORECASE),
				 text, 3);
			find_all(textsearch_prepare(algos[a], "hay", 3,
						    GFP_KERNEL, 0),
				 text, 0);
		}
		find_digits();
	}
	must(PTR_ERR(textsearch_prepare("none", "x", 1, GFP_KERNEL, 0)) ==
	     -ENOENT);
}
