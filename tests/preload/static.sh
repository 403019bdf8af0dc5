#!/bin/sh
# SPDX-License-Identifier: MIT
#
# static.sh: a program that is linked statically does not notice LD_PRELOAD.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_PRELOAD:=$PWD/.libs/libkmalloc-preload.so}"
. "$KM_SRCDIR/tests/tap.sh"

[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-static-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

cat > "$dir/hello.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
	char *p = malloc(100000);

	memset(p, 'x', 100000);
	printf("%c\n", p[99999]);
	free(p);
	return 5;
}
END
${CC:-cc} -static "$dir/hello.c" -o "$dir/hello" > "$dir/log" 2>&1 ||
	skip_all "no static libc to link with"
for mode in rseq generic; do
	said=$(LD_PRELOAD=$KM_PRELOAD KMALLOC=percpu=$mode "$dir/hello" 2>&1)
	check "$mode: a statically linked program runs as ever" \
		test "$?:$said" = 5:x
done
tap_done
