/* SPDX-License-Identifier: MIT */
/*
 * params: the options of KMALLOC.
 *
 *   "percpu=generic mem=1G"  ->  rows of params.def  ->  params_page
 *
 * The environment is found without libc's help where libc is not ready:
 * the loader's __libc_stack_end points at argc, argv, NULL, envp.
 *
 * Invariant: after params_seal nothing changes.  Locks: none.
 */
#include "params.h"

#include <sys/auxv.h>
#include <sys/mman.h>

#include "arch.h"
#include "gfp.h"
#include "gfp_rules.h"
#include "printk.h"

enum param_type {
	PARAM_choice,
	PARAM_flag,
	PARAM_uint,
	PARAM_size,
	PARAM_call,
	PARAM_gfp,
	PARAM_rules,
	PARAM_numa
};

union params_page params_page __aligned(PAGE_SIZE) = { .p = {
#define PARAM(name, type, def, lo, hi, help) .name = (def),
#include "params.def"
#undef PARAM
						       } };

#define PARAM(name, type, def, lo, hi, help) \
	BUILD_BUG_ON((def) < (lo) || (def) > (hi));
#include "params.def"
#undef PARAM

struct param_row {
	const char *name;
	enum param_type type;
	u64 lo, hi;
	const char *help;
};

static const struct param_row rows[] = {
#define PARAM(name, type, def, lo, hi, help) \
	{ #name, PARAM_##type, lo, hi, help },
#include "params.def"
#undef PARAM
};

/* A piece of the option string. */
struct word {
	const char *s;
	unsigned int len;
};

static bool word_is(struct word w, const char *s)
{
	return __builtin_strlen(s) == w.len && !__builtin_memcmp(s, w.s, w.len);
}

/* kfence.sample_interval, as the kernel writes it. */
static bool word_is_option(struct word w, const char *s)
{
	unsigned int i = 0;

	while (i < w.len && (w.s[i] == s[i] || (w.s[i] == '.' && s[i] == '_')))
		i++;
	return i == w.len && !s[i];
}

static bool parse_number(struct word w, bool suffix, u64 *out)
{
	static const char units[] = "KMGT";
	u64 v = 0;
	unsigned int i = 0;

	for (; i < w.len && w.s[i] >= '0' && w.s[i] <= '9'; i++) {
		if (check_mul_overflow(v, 10, &v) ||
		    check_add_overflow(v, (u64)(w.s[i] - '0'), &v))
			return false;
	}
	if (!i)
		return false;
	if (suffix && i + 1 == w.len) {
		for (unsigned int u = 0; u < 4; u++) {
			if ((w.s[i] & ~0x20) != units[u])
				continue;
			i++;
			if (v >> (64 - 10 * (u + 1)))
				return false;
			v <<= 10 * (u + 1);
		}
	}
	*out = v;
	return i == w.len;
}

/* "a|b|c: text": the index of @w among the words; fills @list with
 * "a, b or c" for the message. */
static bool parse_choice(struct word w, const char *help, u64 *out, char *list,
			 size_t size)
{
	size_t n = 0;
	u64 i = 0;

	for (const char *s = help;; i++) {
		struct word c = { s, 0 };
		char text[16];

		while (s[c.len] != '|' && s[c.len] != ':')
			c.len++;
		scnprintf(text, min(sizeof(text), c.len + 1UL), "%s", s);
		if (word_is(w, text)) {
			*out = i;
			return true;
		}
		n += scnprintf(list + n, size - n, "%s%s",
			       !i	       ? "" :
			       s[c.len] == ':' ? " or " :
						 ", ",
			       text);
		if (s[c.len] == ':')
			return false;
		s += c.len + 1;
	}
}

static bool parse_call(struct word w, u64 hi, u64 *out)
{
	struct word name = { w.s, 0 }, every;

	while (name.len < w.len && w.s[name.len] != ':')
		name.len++;
	if (name.len == w.len)
		return false;
	every = (struct word){ w.s + name.len + 1, w.len - name.len - 1 };
	return parse_number(every, false, out) && *out <= hi &&
	       !arch_fail_set(name.s, name.len, (unsigned int)*out);
}

static bool parse_gfp(struct word w, u64 *out)
{
	gfp_t gfp;

	if (!gfp_parse(w.s, w.len, &gfp))
		return parse_number(w, false, out);
	*out = gfp;
	return true;
}

static bool parse_numa(struct word w, u64 *out)
{
	static const char fake[] = "fake=";
	unsigned int len = sizeof(fake) - 1;

	*out = 1;
	if (word_is(w, "off"))
		return true;
	return w.len > len && !__builtin_memcmp(w.s, fake, len) &&
	       parse_number((struct word){ w.s + len, w.len - len }, false,
			    out) &&
	       *out;
}

static bool parse_rules(struct word w, u64 *out)
{
	int nr = gfp_rules_parse(w.s, w.len);

	*out = nr > 0;
	return nr >= 0;
}

static bool parse_value(const struct param_row *row, struct word val, u64 *v,
			char *want, size_t size)
{
	bool ok = false;

	switch (row->type) {
	case PARAM_flag:
	case PARAM_choice:
		return parse_choice(val, row->help, v, want, size);
	case PARAM_uint:
	case PARAM_size:
		ok = parse_number(val, row->type == PARAM_size, v);
		scnprintf(want, size, "a number from %lu to %lu%s",
			  (unsigned long)row->lo, (unsigned long)row->hi,
			  row->type == PARAM_size ? " with K, M, G or T" : "");
		break;
	case PARAM_call:
		ok = parse_call(val, row->hi, v);
		scnprintf(want, size, "a system call and a number, NAME:K");
		break;
	case PARAM_gfp:
		ok = parse_gfp(val, v);
		scnprintf(want, size,
			  "GFP flags such as GFP_NOFS|__GFP_NOWARN");
		break;
	case PARAM_numa:
		ok = parse_numa(val, v);
		scnprintf(want, size, "off or fake=N, with N from 1 to %lu",
			  (unsigned long)row->hi);
		break;
	case PARAM_rules:
		ok = parse_rules(val, v);
		scnprintf(
			want, size,
			"rules such as comm:audio*=GFP_ATOMIC,sched:rt=GFP_ATOMIC");
		break;
	}
	return ok && *v >= row->lo && *v <= row->hi;
}

static const char *word_text(struct word w, char *buf, size_t size)
{
	scnprintf(buf, min(size, w.len + 1UL), "%s", w.s);
	return buf;
}

/* Stores one option; false, with a message, if it is wrong. */
static bool parse_option(struct word name, struct word val, bool has_value)
{
	char text[48], value[48], want[96] = "";
	u64 *vars = (u64 *)&params_page.p;

	word_text(name, text, sizeof(text));
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 v = 0;

		if (!word_is_option(name, rows[i].name))
			continue;
		if (rows[i].type == PARAM_flag && !has_value)
			val = (struct word){ "1", 1 };
		if (parse_value(&rows[i], val, &v, want, sizeof(want))) {
			vars[i] = v;
			return true;
		}
		pr_err("KMALLOC: %s%s%s: expected %s", text,
		       has_value ? "=" : "",
		       word_text(val, value, sizeof(value)), want);
		return false;
	}
	pr_err("KMALLOC: unknown option \"%s\"", text);
	return false;
}

unsigned int params_parse(const char *s)
{
	unsigned int wrong = 0;

	while (*s) {
		struct word name, val;
		bool has_value;

		while (*s == ' ' || *s == '\t' || *s == '\n')
			s++;
		if (!*s)
			break;
		name = (struct word){ s, 0 };
		while (*s && *s != '=' && *s != ' ' && *s != '\t' && *s != '\n')
			s++, name.len++;
		has_value = *s == '=';
		if (has_value)
			s++;
		val = (struct word){ s, 0 };
		while (has_value && *s && *s != ' ' && *s != '\t' && *s != '\n')
			s++, val.len++;
		if (!parse_option(name, val, has_value))
			wrong++;
	}
	return wrong;
}

extern char **environ __weak;
extern void *__libc_stack_end __weak;

static char **find_environment(void)
{
	char **p;

	if (&environ && environ)
		return environ;
	if (!&__libc_stack_end || !__libc_stack_end)
		return NULL;
	p = __libc_stack_end;
	p += 1 + *(long *)__libc_stack_end; /* argc, argv */
	return p + 1;
}

bool params_init(void)
{
	static const char key[] = "KMALLOC=";
	char **env = find_environment();
	bool found = false;

	if (!env || getauxval(AT_SECURE))
		return false;
	for (; *env; env++) {
		size_t n = 0;

		while (key[n] && (*env)[n] == key[n])
			n++;
		if (!key[n]) {
			params_parse(*env + n);
			found = true;
		}
	}
	return found;
}

void params_seal(void)
{
	static bool sealed;

	if (READ_ONCE(sealed))
		return;
	WRITE_ONCE(sealed, true);
	/* On larger pages the neighbours would be sealed too. */
	if (arch_page_size == PAGE_SIZE)
		arch_mprotect(&params_page, PAGE_SIZE, PROT_READ);
}
