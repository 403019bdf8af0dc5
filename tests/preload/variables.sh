#!/bin/sh
# SPDX-License-Identifier: MIT
#
# variables.sh: what glibc's malloc reads in the environment acts here as well,
# or does no harm.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_PRELOAD:=$PWD/.libs/libkmalloc-preload.so}"
. "$KM_SRCDIR/tests/tap.sh"

[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-variables-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

# Frees 8 MiB, waits for MS, frees once more; says whether all or none of it is
# still resident, and whether a block of 100000 bytes is an area.
cat > "$dir/free.c" <<'END'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	static char *p[84];
	size_t areas, left;

	for (int i = 0; i < 84; i++)
		memset(p[i] = malloc(100000), 1, 100000);
	areas = mallinfo2().hblks;
	for (int i = 0; i < 84; i++)
		free(p[i]);
	usleep(1000 * atoi(argv[1]));
	free(malloc(100000));
	left = mallinfo2().keepcost >> 20;
	printf("%s %s\n", left >= 8 ? "all" : left ? "some" : "none",
	       areas > 80 ? "areas" : "pages");
	return 0;
}
END
${CC:-cc} -fno-builtin "$dir/free.c" -o "$dir/free" > "$dir/log" 2>&1 ||
	skip_all "no compiler"

# said MS [VARIABLE=VALUE]...
said()
{
	ms=$1
	shift
	env "$@" LD_PRELOAD="$KM_PRELOAD" "$dir/free" "$ms" 2>&1
}

check "a trim threshold: what is more goes back, however young" \
	test "$(said 600 MALLOC_TRIM_THRESHOLD_=65536)" = "none pages"
check "of -1: nothing goes back" \
	test "$(said 2500 MALLOC_TRIM_THRESHOLD_=-1)" = "all pages"
check "a large one: all may stay, for a while" \
	test "$(said 0 MALLOC_TRIM_THRESHOLD_=1000000000)" = "all pages"
check "a mmap threshold: what is larger is an area" \
	test "$(said 0 MALLOC_MMAP_THRESHOLD_=65536 | cut -d' ' -f2)" = areas
check "variables of other parts are ignored" \
	test "$(said 0 MALLOC_ARENA_MAX=2 MALLOC_TOP_PAD_=x)" = "all pages"
for bad in abc '' 12k -2; do
	check "MALLOC_TRIM_THRESHOLD_=$bad: one line says what is expected" test \
		"$(said 0 "MALLOC_TRIM_THRESHOLD_=$bad" | sed '/^all/d')" = \
		"kmalloc: MALLOC_TRIM_THRESHOLD_=$bad: expected a number of bytes"
done
tap_done
