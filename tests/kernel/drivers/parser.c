/* SPDX-License-Identifier: MIT */
/*
 * Options of a mount: patterns, numbers and copies of what matched.
 * kernel: lib/parser.c lib/kstrtox.c lib/ctype.c
 */
#include <linux/kernel.h>
#include <linux/parser.h>
#include <linux/slab.h>

#include "runtime.h"

void driver(int failed)
{
	static const match_table_t tokens = {
		{ 1, "size=%u" }, { 2, "name=%s" }, { 3, "mode=%o" },
		{ 4, "ro" },	  { 0, NULL },
	};
	substring_t args[MAX_OPT_ARGS];
	char *copy, text[64];
	int n;

	(void)failed;
	must(match_token("size=4096", tokens, args) == 1);
	must(!match_int(&args[0], &n) && n == 4096);
	must(match_token("mode=755", tokens, args) == 3);
	must(!match_octal(&args[0], &n) && n == 0755);
	must(match_token("ro", tokens, args) == 4);
	must(match_token("rw", tokens, args) == 0);
	for (int i = 0; i < 10000; i++) {
		sprintf(text, "name=volume-%d", i);
		must(match_token(text, tokens, args) == 2);
		copy = match_strdup(&args[0]);
		must(copy && !strcmp(copy, text + 5));
		kfree(copy);
	}
}
