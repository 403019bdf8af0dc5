#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM [ARGUMENT...]: a test program under the preload object, once
# for each form of the per-CPU caches, as one TAP stream.
#
# KM_PRELOAD  the object; default .libs/libkmalloc-preload.so in the build
#             directory; "none" for libc's own malloc. Any other malloc will
#             do: what only libkmalloc promises is then skipped.
# KM_MODES    default "rseq generic" ("generic" in a build without rseq)
# KM_OPTIONS  added to KMALLOC
# KM_TIMEOUT  seconds for one run; default 120 times KM_STRESS
#
# LD_PRELOAD is set for the program alone, never for this shell or its tools.
# Failures are in what is printed; the exit status is for a broken script.
set -u

prog=$1
shift
awk=${AWK:-awk}
if [ -z "${KM_PRELOAD:-}" ]; then
	build=$(cd "$(dirname "$prog")/../.." && pwd)
	KM_PRELOAD=$build/.libs/libkmalloc-preload.so
fi
modes="rseq generic"
[ "${KM_RSEQ:-1}" = 0 ] && modes=generic
modes=${KM_MODES:-$modes}
KM_EXPECT=$(basename "$KM_PRELOAD")
if [ "$KM_PRELOAD" = none ]; then
	modes=libc
	KM_EXPECT=libc.so.6
elif [ ! -e "$KM_PRELOAD" ]; then
	echo "1..0 # SKIP no shared library was built"
	exit 0
fi
limit=$($awk -v s="${KM_STRESS:-1}" 'BEGIN { print 120 * (s > 1 ? s : 1) }')
limit=${KM_TIMEOUT:-$limit}
export KM_PRELOAD KM_EXPECT

run_modes() # ARGUMENT...
{
	for mode in $modes; do
		echo "mode $mode"
		case $mode in
		libc)	timeout -k 5 "$limit" env -u LD_PRELOAD -u KMALLOC \
				"$prog" "$@" ;;
		*)	timeout -k 5 "$limit" env LD_PRELOAD="$KM_PRELOAD" \
				KMALLOC="percpu=$mode${KM_OPTIONS:+ $KM_OPTIONS}" \
				"$prog" "$@" ;;
		esac
		printf '\nmode-end %s\n' $?
	done
}

# One stream out of many: results renumbered and marked with their mode; a run
# that ends early, or badly without saying so, is a failure too.
run_modes "$@" | $awk '
function result(good, text)
{
	printf "%sok %d - %s: %s\n", good ? "" : "not ", ++n, mode, text
	bad += !good
	seen++
	fflush()
}
/^mode / { mode = $2; seen = bad = 0; plan = -1; next }
/^(not )?ok / {
	good = $1 == "ok"
	sub(/^(not )?ok [0-9]* *(- )?/, "")
	result(good, $0)
	next
}
/^1\.\.0/ { plan = 1; sub(/^1\.\.0 *#? */, ""); result(1, "# " $0); next }
/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; next }
/^Bail out!/ { result(0, $0); next }
/^mode-end / {
	if ($2 == 124 || $2 == 137)
		result(0, "killed, ran too long")
	else if ($2 >= 128)
		result(0, "died of signal " ($2 - 128))
	else if ($2 && !bad)
		result(0, "exit status " $2)
	else if (!bad && plan != seen)
		result(0, "planned " plan " results, gave " seen)
	next
}
/^#/ { print; fflush(); next }
/./ { print "# " $0; fflush() }
END { printf "1..%d\n", n }'
