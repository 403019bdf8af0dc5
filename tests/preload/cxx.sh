#!/bin/sh
# SPDX-License-Identifier: MIT
#
# NAME.sh: the test program NAME.cc, built here because the library itself needs
# no C++ compiler. CXX names one; without one the test is skipped.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_PRELOAD:=$PWD/.libs/libkmalloc-preload.so}"
: "${CXX:=c++}"
export KM_PRELOAD
. "$KM_SRCDIR/tests/tap.sh"

name=$(basename "$0" .sh)
here=$KM_SRCDIR/tests/preload
need "$CXX"
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-$name-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

if ! $CXX -std=gnu++17 -g -O1 -fno-builtin -fsized-deallocation \
		-Wall -Wextra -I"$here" "$here/$name.cc" -o "$dir/$name" \
		-ldl -lpthread >&2; then
	echo "Bail out! $CXX does not compile $name.cc"
	exit 99
fi
sh "$here/run.sh" "$dir/$name"
