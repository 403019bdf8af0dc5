#!/bin/sh
# sanitize.sh check-asan|check-tsan: a build of its own, in a folder of that
# name, with everything instrumented, and the unit tests run in it. Without
# rseq, whose sequences the tools cannot see into.
set -e
top=$(cd "$(dirname "$0")/.." && pwd)

case $1 in
check-asan) flags='-fsanitize=address,undefined -fno-sanitize-recover=undefined' ;;
check-tsan) flags='-fsanitize=thread' ;;
*) echo "usage: $0 check-asan|check-tsan" >&2; exit 2 ;;
esac

rm -rf "$1"
mkdir "$1"
cd "$1"
"$top/configure" --quiet --disable-rseq --disable-shared CC="${CC:-cc}" \
	CFLAGS="-O1 -g -fno-omit-frame-pointer $flags" LDFLAGS="$flags"
${MAKE:-make} check-unit
