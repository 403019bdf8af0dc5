#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gcc.sh: the C compiler at -O2 on one large file of many kinds of function.
. "$(dirname "$0")/lib.sh"
need gcc awk

program()
{
	awk 'BEGIN {
		print "#include <stddef.h>"
		print "struct n { struct n *l, *r; int k; double w; char s[16]; };"
		for (i = 0; i < 80; i++) {
			printf "static int m%d(int x, int y)\n{\n\tswitch ((x ^ y) %% 13) {\n", i
			for (j = 0; j < 13; j++)
				printf "\tcase %d: return x * %d + (y >> %d) - %d;\n", j, i + j, j % 7, i * j % 101
			print "\t}\n\treturn x - y;\n}"
			printf "int f%d(struct n *t, const int *a, size_t n)\n{\n", i
			printf "\tint s = %d;\n\tfor (size_t i = 0; i < n; i++) {\n", i
			print  "\t\tfor (size_t j = i; j < n; j += 3)\n\t\t\ts += a[i] * a[j];"
			printf "\t\tif (s & %d)\n\t\t\ts ^= m%d(s, a[i]);\n\t}\n", i + 1, i
			print  "\tfor (struct n *p = t; p; p = p->k < s ? p->l : p->r) {"
			printf "\t\tp->w = p->w * %d.5 + s;\n\t\tp->s[s & 15] = (char)p->k;\n\t}\n", i
			if (i) printf "\treturn t ? f%d(t->l, a, n / 2) + s : s;\n}\n", i - 1
			else   print  "\treturn s;\n}"
		}
	}'
}
input work.c program
target gcc -O2 -pipe -c work.c -o work.o || exit
gcc -dumpversion
nm work.o | grep -c ' T '
objcopy -O binary -j .text work.o text.bin && digest < text.bin
