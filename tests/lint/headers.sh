#!/bin/sh
# Every header compiles alone: include/ as strict C99 and C++11, src/ as the
# library does it.
. "$KM_SRCDIR/tests/tap.sh"
cd "$KM_SRCDIR" || exit 1

: "${CC:=cc}"
strict='-fsyntax-only -Wall -Wextra -Werror -pedantic -Iinclude'
own="-std=gnu11 -fsyntax-only -Wall -Wextra -Werror -Wno-unused-parameter
	-Wno-sign-compare -Wno-unused-function
	-I$KM_BUILDDIR -Isrc -Iinclude -Ipreload"

# What the foreign sequences are checked with, if anything.
case $KM_HOST_CPU in
x86_64) other=aarch64 ;;
*) other=x86_64 ;;
esac
cross=$other-linux-gnu-gcc

for cxx in "${CXX:-c++}" g++ clang++ ''; do
	[ -n "$cxx" ] && command -v "$cxx" > /dev/null 2>&1 && break
done

alone()
{
	name=$1
	header=$2
	shift 2
	said=$(printf '#include "%s"\n' "$header" | "$@" - 2>&1)
	status=$?
	if [ $status -eq 0 ]; then
		ok "$name"
	else
		not_ok "$name" "$said"
	fi
}

for header in include/*.h include/*/*.h; do
	[ -e "$header" ] || continue
	h=${header#include/}
	# shellcheck disable=SC2086
	alone "<$h> as C99" "$h" $CC -std=c99 $strict -x c
	if [ -n "$cxx" ]; then
		# shellcheck disable=SC2086
		alone "<$h> as C++11" "$h" "$cxx" -std=c++11 $strict -x c++
	else
		skip "<$h> as C++11" "no C++ compiler"
	fi
done

for header in src/*.h preload/*.h; do
	[ -e "$header" ] || continue
	h=$(basename "$header")
	with=$CC
	case $h in
	rseq_$other.h)
		with=$cross
		if ! command -v "$cross" > /dev/null 2>&1; then
			skip "$h alone" "$cross is not installed"
			continue
		fi ;;
	esac
	# shellcheck disable=SC2086
	alone "$h alone" "$h" $with $own -x c
done
tap_done
