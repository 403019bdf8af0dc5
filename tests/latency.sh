#!/bin/sh
# SPDX-License-Identifier: MIT
# bench/latency/latency, short, under the library: its percentiles are in order,
# its histogram has every pair, and what it is told to do is done. How long
# anything takes is for bench/latencies to say.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${KM_PRELOAD:=$KM_BUILDDIR/.libs/libkmalloc-preload.so}"
: "${AWK:=awk}"
. "$KM_SRCDIR/tests/tap.sh"

program=$KM_BUILDDIR/bench/latency/latency
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-latency-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM
csv=$dir/latency.csv
ops=3000

run()
{
	KMALLOC="gfp_rules=comm:timed=GFP_ATOMIC${mem:+ mem=$mem}" \
		LD_PRELOAD=$KM_PRELOAD "$program" -h ops=$ops noise=2 mb=8 \
		"$@" > "$csv"
}

well_formed()
{
	$AWK -F, -v ops=$ops '
		function bad(why) {
			print FILENAME ":" NR ": " why ": " $0
			failed = 1
			exit 1
		}
		NR == 1 {
			if ($0 != "p50_ns,p99_ns,p999_ns,p9999_ns,max_ns,failed,noise_failed,clock_ns")
				bad("not the header")
			next
		}
		NR == 2 {
			if (NF != 8)
				bad("not the figures")
			for (i = 2; i <= 5; i++)
				if ($i + 0 < $(i - 1) + 0)
					bad("not in order")
			next
		}
		{
			if (!/^[0-9]+,[0-9]+$/ || $1 + 0 <= last && NR > 3)
				bad("not a bin")
			last = $1 + 0
			pairs += $2
		}
		END {
			if (failed)
				exit 1
			if (pairs != ops) {
				print pairs + 0 " pairs of " ops
				exit 1
			}
		}
	' "$csv"
}

all_of()
{
	run "$@" && well_formed
}

failures()
{
	sed -n 2p "$csv" | cut -d, -f6
}

check "each pair is in the histogram" all_of
check "with the first writes" all_of touch=1 size=32768
check "without malloc and free" all_of floor=1
check "without noise" all_of noise=0

# What has no room fails and is told; a run without malloc cannot fail.
mem=16M
check "where there is no room" all_of size=1000000
check "it is told what failed" [ "$(failures)" -gt 0 ]

if "$program" surprise=1 2> "$dir/said"; then
	not_ok "an option that there is not"
else
	check "an option that there is not" \
		grep -q "no such option: surprise=1" "$dir/said"
fi

# SCHED_FIFO is not for everybody.
cases=3
case $("$program" ops=1 noise=0 fifo=1 2>&1) in *"not allowed"*) cases=2 ;; esac

if command -v python3 > /dev/null && [ -e "$KM_PRELOAD" ]; then
	"$KM_SRCDIR/bench/latencies" --build "$KM_BUILDDIR" -q -n 2 \
		--pressure 0 --no-plots -p ops=$ops -p noise=1 -p mb=2 \
		--out "$dir/out" "ours=$KM_PRELOAD" > "$dir/report" 2>&1
	check "bench/latencies: a table for each case" \
		[ "$(grep -c '^| ours ' "$dir/report")" -eq $cases ]
	check "bench/latencies: what there is without malloc" \
		[ "$(grep -c '^| no malloc ' "$dir/report")" -eq $cases ]
	check "bench/latencies: all pairs of all rounds" \
		[ "$($AWK -F, '$1 == "small" && $2 == "ours" { n += $4 }
			END { print n }' "$dir/out/histograms.csv")" -eq $((2 * ops)) ]
else
	skip "bench/latencies" "python3 or the shared library is missing"
fi

tap_done
