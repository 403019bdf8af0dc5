#!/bin/bash
# SPDX-License-Identifier: MIT
#
# compare.sh [-n ROUNDS] [-b BASE] [NAME=LIBRARY.so ...] -- COMMAND [ARG ...]
#
# Runs a whole command under each allocator in turn, round after round, and
# prints CPU time (user + system) and peak memory: medians, and the median,
# least and greatest of the per-round ratios to the base. Without names: this
# build, libc's, and those of Debian's packages that are installed. The base
# is jemalloc if it is there, else libc.
set -u -o pipefail
rounds=7
base=
while getopts n:b: o; do
	case $o in
	n) rounds=$OPTARG ;;
	b) base=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

here=$(cd "$(dirname "$0")" && pwd)
build=${KM_BUILDDIR:-$here/..}
names=() libs=()
add()
{
	names+=("$1") libs+=("$2")
}
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	case $1 in
	*=*) add "${1%%=*}" "${1#*=}" ;;
	*) echo "compare.sh: $1: expected NAME=LIBRARY.so" >&2; exit 2 ;;
	esac
	shift
done
[ "${1:-}" = -- ] && shift
[ $# -gt 0 ] || { echo "compare.sh: no command after --" >&2; exit 2; }
if [ ${#names[@]} -eq 0 ]; then
	add libkmalloc "${KM_PRELOAD:-$build/.libs/libkmalloc-preload.so}"
	add libc ""
	for f in jemalloc:libjemalloc.so.2 mimalloc:libmimalloc.so.2 \
		tcmalloc:libtcmalloc_minimal.so.4; do
		lib=$(ldconfig -p | awk -v l="${f#*:}" '$1 == l { print $NF; exit }')
		[ -n "$lib" ] && add "${f%%:*}" "$lib"
	done
fi
if [ -z "$base" ]; then
	base=libc
	for n in "${names[@]}"; do [ "$n" = jemalloc ] && base=jemalloc; done
fi

out=$(mktemp) || exit 1
trap 'rm -f "$out" "$out.t"' EXIT
for ((r = 0; r <= rounds; r++)); do
	for i in "${!names[@]}"; do
		[ -t 2 ] && printf '\rround %d of %d: %-12s' "$r" "$rounds" \
			"${names[i]}" >&2
		LD_PRELOAD=${libs[i]} /usr/bin/time -o "$out.t" -f '%U %S %M' \
			"$@" > /dev/null || {
			echo "compare.sh: ${names[i]}: exit status $?" >&2
			exit 1
		}
		# the first round warms up
		[ "$r" -gt 0 ] && echo "$r ${names[i]} $(tail -1 "$out.t")"
	done
done > "$out"
[ -t 2 ] && printf '\r%40s\r' '' >&2

awk -v base="$base" '
	function median(list, n,    a, i, j, t) {
		split(list, a, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) {
				t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
			}
		low = a[1]; high = a[n]
		return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
	}
	{
		cpu[$2, $1] = $3 + $4; peak[$2, $1] = $5
		if (!($2 in seen)) { seen[$2]; order[++m] = $2 }
		if ($1 > n) n = $1
	}
	END {
		printf "%-12s %9s %22s %10s %7s\n", "allocator", "CPU s",
			"ratio (least-most)", "peak KiB", "ratio"
		for (k = 1; k <= m; k++) {
			name = order[k]; c = p = rc = rp = ""
			for (r = 1; r <= n; r++) {
				c = c " " cpu[name, r]; p = p " " peak[name, r]
				b = cpu[base, r]
				rc = rc " " (b ? cpu[name, r] / b : 1)
				rp = rp " " peak[name, r] / peak[base, r]
			}
			mc = median(c, n); mp = median(p, n)
			mrp = median(rp, n); mrc = median(rc, n)
			printf "%-12s %9.3f %6.3f (%5.3f - %5.3f) %10d %7.3f\n",
				name, mc, mrc, low, high, mp, mrp
		}
	}
' "$out"
