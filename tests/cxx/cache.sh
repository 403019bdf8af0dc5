#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cache.cc, built here because the library itself needs no C++ compiler, and
# cache.hpp in a program without exceptions and RTTI.
. "$KM_SRCDIR/tests/tap.sh"
: "${CXX:=c++}"

need "$CXX"
libs=$KM_BUILDDIR/.libs
[ -e "$libs/libkmalloc.so" ] || skip_all "no shared library was built"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
flags="-std=c++17 -O1 -Wall -Wextra -Werror -pedantic -I$KM_SRCDIR/include"

echo '#include <kmalloc/cache.hpp>' > "$dir/alone.cc"
# shellcheck disable=SC2086
if ! $CXX $flags -fno-exceptions -fno-rtti -fsyntax-only "$dir/alone.cc" >&2 ||
	! $CXX $flags "$KM_SRCDIR/tests/cxx/cache.cc" -o "$dir/cache" \
		-L"$libs" -lkmalloc -Wl,-rpath,"$libs" -lpthread >&2; then
	echo "Bail out! $CXX does not compile cache.cc"
	exit 99
fi
if "$dir/cache" > "$dir/out" 2> "$dir/err"; then
	if [ -s "$dir/err" ]; then
		echo "1..1"
		echo "not ok 1 - nothing is said"
		sed 's/^/# /' "$dir/err"
	else
		cat "$dir/out"
	fi
else
	echo "1..1"
	echo "not ok 1 - the program ends well"
	cat "$dir/out" "$dir/err" | sed 's/^/# /'
fi
exit 0
