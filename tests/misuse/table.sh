#!/bin/sh
# SPDX-License-Identifier: MIT
#
# table.sh [-o FILE]: all classes of classes.txt under every allocator that is
# installed, each in a process of its own, as a Markdown table; doc/misuse.md is
# the result of a run. Not part of make check: it says what others do.
#
#	caught    reported or aborted; or an access that faulted before it did
#	          harm; or what was asked is so
#	crashed   ended by a signal, without a report
#	silent    nothing happened
#	hang      not over after 20 seconds
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${KM_PRELOAD:=$KM_BUILDDIR/.libs/libkmalloc-preload.so}"
out=/dev/stdout
[ "${1:-}" = -o ] && out=$2
LC_ALL=C
export LC_ALL
ulimit -c 0
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-table-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

# package NAME: its version
package()
{
	dpkg-query -W -f '${Version}' "$1" 2> /dev/null || echo unknown
}

find_lib()
{
	for file; do
		[ -e "$file" ] && echo "$file" && return
	done
}

# Each line: name, version, what is preloaded (- for nothing).
multi=$(${CC:-cc} -print-multiarch 2> /dev/null)
libs=/usr/lib/${multi:-$(uname -m)-linux-gnu}
scudo=$(find_lib /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-"$(uname -m)".so)
{
	echo "libkmalloc|$(sed -n 's/^PACKAGE_VERSION = //p' "$KM_BUILDDIR/Makefile")|$KM_PRELOAD"
	echo "glibc|libc6 $(package libc6)|-"
	lib=$(find_lib "$libs/libjemalloc.so.2")
	[ -n "$lib" ] && echo "jemalloc|libjemalloc2 $(package libjemalloc2)|$lib"
	lib=$(find_lib "$libs/libmimalloc.so.2.0" "$libs/libmimalloc.so.2")
	[ -n "$lib" ] && echo "mimalloc|libmimalloc2.0 $(package libmimalloc2.0)|$lib"
	[ -n "$scudo" ] && {
		rt=libclang-rt-$(expr "$scudo" : '.*llvm-\([0-9]*\)')-dev
		echo "scudo|$rt $(package "$rt")|$scudo"
	}
} > "$dir/allocators"

# classify PROGRAM PRELOAD
classify()
{
	program=$KM_BUILDDIR/tests/misuse/$1
	preload=$2
	[ "$preload" = - ] && preload=
	(
		env ${preload:+LD_PRELOAD="$preload"} timeout -s KILL 20 \
			"$program" > "$dir/out" 2> "$dir/err"
	) 2> /dev/null
	status=$?
	if [ $status -eq 137 ]; then
		echo hang
	elif grep -q '^UNSAFE' "$dir/out"; then
		echo silent
	elif grep -q '^SAFE' "$dir/out" || [ $status -eq 134 ]; then
		echo caught
	elif [ $status -gt 128 ] && grep -q '^ACCESS' "$dir/out" &&
	     ! grep -q '^DONE' "$dir/out"; then
		echo caught
	elif [ -s "$dir/err" ]; then
		echo caught
	elif [ $status -gt 128 ]; then
		echo crashed
	else
		echo silent
	fi
}

table()
{
	printf '| class'
	while IFS='|' read -r name version lib; do
		printf ' | %s' "$name"
	done < "$dir/allocators"
	printf ' |\n|---'
	while read -r line; do
		printf '|---'
	done < "$dir/allocators"
	printf '|\n'
	grep -v '^#' "$KM_SRCDIR/tests/misuse/classes.txt" |
	while IFS='|' read -r class program; do
		printf '| %s (`%s`)' "$class" "$program"
		n=0
		while IFS='|' read -r name version lib; do
			n=$((n + 1))
			what=$(classify "$program" "$lib")
			echo "$what" >> "$dir/total-$n"
			printf ' | %s' "$what"
		done < "$dir/allocators"
		printf ' |\n'
	done
	for what in caught crashed silent hang; do
		printf '| **%s**' "$what"
		n=0
		while read -r line; do
			n=$((n + 1))
			printf ' | **%s**' "$(grep -cx "$what" "$dir/total-$n")"
		done < "$dir/allocators"
		printf ' |\n'
	done
}

{
	cat << 'EOT'
# Misuse, and who notices

Made by `tests/misuse/table.sh`, on a build directory where `make check` has
built the programs. Each class of misuse is one small program of
`tests/misuse/`, run in a process of its own, with default settings.

- **caught**: reported, on standard error or by an abort, at once or later; or
  the wrong access itself ended the program, before it did harm; or, where the
  program asks a question, what the class says is so.
- **crashed**: ended by a signal later on, without a word.
- **silent**: nothing happened; what was damaged stays so.
- **hang**: not over after 20 seconds.

EOT
	echo "| allocator | package |"
	echo "|---|---|"
	while IFS='|' read -r name version lib; do
		echo "| $name | $version |"
	done < "$dir/allocators"
	echo
	table
	cat "$KM_SRCDIR/tests/misuse/notes.md" 2> /dev/null
} > "$out"
