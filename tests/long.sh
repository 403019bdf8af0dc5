#!/bin/sh
# SPDX-License-Identifier: MIT
# make check-storms: what make check does for seconds, for KM_LONG minutes (10):
# all storms, each with new seeds again and again, after the programs under
# limits.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
. "$KM_SRCDIR/tests/tap.sh"
CMOCKA_MESSAGE_OUTPUT=TAP
export CMOCKA_MESSAGE_OUTPUT

said=$(sh "$KM_SRCDIR/tests/limits.sh" long)
empty "programs under limits" "$(printf '%s\n' "$said" | grep -A5 '^not ok')"

# program:pattern of its tests
storms='t_storm:* t_memcontrol:storm* t_memcontrol:passing* t_gfp:no_calls*
t_vmscan:threads* t_vmalloc:stress* t_pcs:*stress* t_nolock:*storm*'

# blow PROGRAM PATTERN: a failure tells the seed.
blow()
{
	said=$(KM_SEED=$seed KM_TEST=$2 "$KM_BUILDDIR/tests/$1" 2>&1) ||
		not_ok "$1: $2, KM_SEED=$seed" "$said"
}

end=$(($(date +%s) + ${KM_LONG:-10} * 60))
seed=$(date +%s)
rounds=0
set -f
while [ "$(date +%s)" -lt "$end" ]; do
	for storm in $storms; do
		[ -x "$KM_BUILDDIR/tests/${storm%%:*}" ] || continue
		seed=$((seed + 1))
		blow "${storm%%:*}" "${storm#*:}"
	done
	rounds=$((rounds + 1))
done
ok "$rounds rounds of storms"
tap_done
