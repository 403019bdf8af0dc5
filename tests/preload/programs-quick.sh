#!/bin/sh
# SPDX-License-Identifier: MIT
#
# programs-quick.sh: the part of programs.sh that belongs to `make check`.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_PRELOAD:=$PWD/.libs/libkmalloc-preload.so}"
. "$KM_SRCDIR/tests/tap.sh"

need bash
[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
exec bash "$KM_SRCDIR/tests/preload/programs.sh" --quick --preload "$KM_PRELOAD"
