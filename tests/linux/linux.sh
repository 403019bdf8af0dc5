#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The <linux/...> headers: each compiles alone, and a file written as the
# kernel's are compiles against them and runs.
. "$KM_SRCDIR/tests/tap.sh"
: "${CC:=cc}"

libs=$KM_BUILDDIR/.libs
here=$KM_SRCDIR/tests/linux
inc=$KM_SRCDIR/include
flags="-std=gnu11 -O2 -Wall -Wextra -Werror -Wno-sign-compare"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

for header in "$inc"/kmalloc-linux/linux/*.h \
		"$inc"/kmalloc-linux/linux/*/*.h; do
	name=${header#"$inc/kmalloc-linux/"}
	echo "#include <$name>" > "$dir/alone.c"
	# shellcheck disable=SC2086
	check "<$name> alone" $CC $flags -I"$inc/kmalloc-linux" -I"$inc" \
		-fsyntax-only "$dir/alone.c"
done

# Headers of the C library include <linux/...> too, and must not mind.
cat > "$dir/both.c" << 'END'
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
int main(void) { return ENOMEM + (int)sizeof(struct stat) == 0; }
END
# shellcheck disable=SC2086
check "beside the C library's headers" $CC $flags -I"$inc/kmalloc-linux" \
	-I"$inc" -fsyntax-only "$dir/both.c"

if [ ! -e "$libs/libkmalloc.so" ]; then
	skip "a kernel file compiles and runs" "no shared library was built"
	tap_done
fi
# shellcheck disable=SC2086
check "a kernel file compiles" $CC $flags -I"$inc/kmalloc-linux" -I"$inc" \
	"$here/table.c" "$here/main.c" -o "$dir/table" -L"$libs" -lkmalloc \
	-Wl,-rpath,"$libs"
check "and runs" "$dir/table"
for cc in "$CC" clang; do
	if ! command -v "${cc%% *}" > /dev/null 2>&1; then
		skip "what a porter writes compiles with $cc" "it is not here"
		skip "and runs" "it is not here"
		continue
	fi
	# shellcheck disable=SC2086
	check "what a porter writes compiles with $cc" $cc $flags \
		-I"$inc/kmalloc-linux" -I"$inc" "$here/port.c" -o "$dir/port" \
		-L"$libs" -lkmalloc -Wl,-rpath,"$libs"
	check "and runs" "$dir/port"
done
tap_done
