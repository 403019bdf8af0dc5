/* SPDX-License-Identifier: MIT */
/*
 * printk: messages without malloc or stdio.
 *
 *   pr_err("double free of %p", p)
 *     -> a line of at most PRINTK_LINE bytes on the stack
 *     -> one write(2), so that lines of two threads do not mix
 *
 * Invariant: never writes to a descriptor that was closed when the library
 * started, since the program may have given its number to a file of its
 * own.  Locks: none.
 */
#include "printk.h"

#include <stdlib.h>

#include "arch.h"

#define PRINTK_LINE 256

static bool console_open = true; /* const after printk_init */

void printk_init(void)
{
	console_open = arch_fd_is_open(2);
}

struct out {
	char *pos, *end;
};

static void put(struct out *o, char c)
{
	if (o->pos < o->end)
		*o->pos++ = c;
}

static void put_str(struct out *o, const char *s)
{
	for (s = s ? s : "(null)"; *s; s++)
		put(o, *s);
}

static void put_num(struct out *o, u64 v, unsigned int base, int width,
		    char pad)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	for (; width > n; width--)
		put(o, pad);
	while (n)
		put(o, digits[--n]);
}

static u64 take_arg(va_list *args, bool longs, bool is_signed)
{
	if (longs)
		return va_arg(*args, unsigned long);
	if (is_signed)
		return (u64)(s64)va_arg(*args, int);
	return va_arg(*args, unsigned int);
}

static void put_signed(struct out *o, s64 v, int width, char pad)
{
	u64 magnitude = v < 0 ? -(u64)v : (u64)v;
	int digits = 1;

	for (u64 rest = magnitude; rest >= 10; rest /= 10)
		digits++;
	/* Spaces come before the sign, zeros after it. */
	for (; pad == ' ' && width > digits + (v < 0); width--)
		put(o, pad);
	if (v < 0)
		put(o, '-');
	put_num(o, magnitude, 10, width - (v < 0), pad);
}

/* What follows the %, its flags and its width. */
struct spec {
	int width;
	bool longs;
	char pad;
};

static void put_conversion(struct out *o, char conv, const struct spec *spec,
			   va_list *ap)
{
	switch (conv) {
	case 's':
		put_str(o, va_arg(*ap, const char *));
		break;
	case 'c':
		put(o, (char)va_arg(*ap, int));
		break;
	case 'd':
		put_signed(o, (s64)take_arg(ap, spec->longs, true), spec->width,
			   spec->pad);
		break;
	case 'u':
		put_num(o, take_arg(ap, spec->longs, false), 10, spec->width,
			spec->pad);
		break;
	case 'x':
		put_num(o, take_arg(ap, spec->longs, false), 16, spec->width,
			spec->pad);
		break;
	case 'p':
		put_str(o, "0x");
		put_num(o, take_arg(ap, true, false), 16, spec->width,
			spec->pad);
		break;
	default:
		put(o, conv);
	}
}

static const char *read_spec(const char *fmt, struct spec *spec)
{
	*spec = (struct spec){ .pad = ' ' };
	if (*fmt == '0')
		spec->pad = *fmt++;
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		spec->width = spec->width * 10 + (*fmt - '0');
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		spec->longs = true;
	return fmt;
}

size_t vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, buf + size - 1 };
	struct spec spec;
	va_list ap;

	if (!size)
		return 0;
	va_copy(ap, args);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = read_spec(fmt + 1, &spec);
		if (!*fmt)
			break;
		put_conversion(&o, *fmt, &spec, &ap);
	}
	va_end(ap);
	*o.pos = '\0';
	return (size_t)(o.pos - buf);
}

size_t scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

static void vprintk(const char *fmt, va_list args)
{
	char line[PRINTK_LINE];
	size_t n;

	if (!console_open)
		return;
	n = scnprintf(line, sizeof(line) - 1, "kmalloc: ");
	n += vscnprintf(line + n, sizeof(line) - 1 - n, fmt, args);
	line[n++] = '\n';
	arch_write(2, line, n);
}

void pr_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
	abort();
}

void bug_report(const char *file, int line, const char *what)
{
	const char *slash = __builtin_strrchr(file, '/');

	panic("BUG at %s:%d: %s", slash ? slash + 1 : file, line, what);
}
