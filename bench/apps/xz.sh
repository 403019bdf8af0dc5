#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xz.sh: compresses and expands again with two threads: few, large blocks.
. "$(dirname "$0")/lib.sh"
need xz awk

program()
{
	awk 'BEGIN {
		x = 1
		for (i = 0; i < 250000; i++) {
			x = (x * 48271) % 2147483647
			printf "%d line %d of %d\n", x % 1000, i, x
		}
	}'
}
input work.txt program
target xz -T2 -2 --block-size=1MiB -c work.txt > work.xz || exit
target xz -T2 -dc work.xz > back.txt || exit
cmp work.txt back.txt && digest < work.xz
rm -f work.xz back.txt
