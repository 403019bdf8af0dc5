#!/bin/sh
# SPDX-License-Identifier: MIT
# Each workload of bench/memory/lifetimes, small, under the library: no byte is
# lost, its CSV is well-formed, and its live bytes rise and return to zero. How
# much is resident is for bench/fragmentation to say.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${KM_PRELOAD:=$KM_BUILDDIR/.libs/libkmalloc-preload.so}"
: "${AWK:=awk}"
. "$KM_SRCDIR/tests/tap.sh"

program=$KM_BUILDDIR/bench/memory/lifetimes
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-lifetimes-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM
csv=$dir/samples.csv

# run NAME=VALUE...: what it prints; the workload is $workload.
run()
{
	LD_PRELOAD=$KM_PRELOAD "$program" "$workload" -o "$csv" mb=2 ms=100 \
		idle=20 interval=2 "$@"
}

well_formed()
{
	$AWK -F, '
		function bad(why) {
			print FILENAME ":" NR ": " why ": " $0
			failed = 1
			exit 1
		}
		NR == 1 {
			if ($0 != "ms,live_kB,rss_kB")
				bad("not the header")
			next
		}
		/^#/ {
			if ($0 !~ /^# peak_kB=[0-9]+ average_kB=[0-9]+ final_kB=[0-9]+ average_live_kB=[0-9]+ final_live_kB=[0-9]+ ratio=[0-9.]+( thread_B=-?[0-9]+)?$/)
				bad("not a summary")
			summaries++
			next
		}
		{
			if ($0 !~ /^[0-9]+,[0-9]+,[0-9]+$/)
				bad("not a sample")
			if (summaries)
				bad("behind the summary")
			if ($1 + 0 < last)
				bad("time runs backwards")
			last = $1
			live = $2
			if (live > most)
				most = live
			rows++
		}
		END {
			if (failed)
				exit 1
			if (rows < 3 || summaries != 1) {
				print rows + 0 " samples, " summaries + 0 \
					" summaries"
				exit 1
			}
			if (!most || live) {
				print "live at most " most ", at the end " live
				exit 1
			}
		}
	' "$csv"
}

# A machine with other things to do gives the sampler a second chance.
well_formed_at_last()
{
	well_formed > /dev/null || { run ms=2000 "$@" > /dev/null && well_formed; }
}

# The same objects, whatever malloc it is.
same()
{
	run "$@" > "$dir/ours" && [ -s "$dir/ours" ] || return 1
	"$program" "$workload" -o "$dir/libc.csv" mb=2 ms=1 idle=0 "$@" \
		> "$dir/libc" && cmp "$dir/ours" "$dir/libc"
}

for workload in server phases survivors pool interpreter idle hundredth \
		threads; do
	set --
	[ $workload != threads ] || set -- threads=50
	check "$workload: no byte is lost" same "$@"
	check "$workload: its CSV is well-formed, live bytes return to zero" \
		well_formed_at_last "$@"
done

# Or the above would prove nothing.
for workload in phases pool; do
	if said=$(run spoil=1000 2>&1); then
		not_ok "$workload: a lost byte is found"
	else
		check "$workload: a lost byte is found" \
			expr "$said" : '.*: lost bytes at '
	fi
done

tap_done
