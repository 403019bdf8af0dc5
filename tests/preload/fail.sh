#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fail.sh: each system call of the library fails at every k-th use, and a
# program lives through it (hardship.c): it gets NULL, nothing hangs, nothing is
# lost, no free is reported. KM_STRESS=10 goes to k = 200.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${KM_PRELOAD:=$KM_BUILDDIR/.libs/libkmalloc-preload.so}"
. "$KM_SRCDIR/tests/tap.sh"

calls='mmap mprotect madvise mremap munmap futex membarrier rseq
	process_madvise getrandom openat read'
prog=$KM_BUILDDIR/tests/preload/hardship
last=$(${AWK:-awk} -v s="${KM_STRESS:-1}" 'BEGIN { print int(20 * s) }')
modes="rseq generic"
[ "${KM_RSEQ:-1}" = 0 ] && modes=generic

[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
case $KM_PRELOAD in
*/libkmalloc*) ;;
*) skip_all "only libkmalloc can make its system calls fail" ;;
esac
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-fail-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

# live KMALLOC: one run; prints what was wrong, if anything was.
live()
{
	timeout -k 1 20 env LD_PRELOAD="$KM_PRELOAD" KMALLOC="$1" "$prog" \
		> "$dir/out" 2> "$dir/err"
	status=$?
	case $status in
	0) ;;
	124 | 137) echo "$1: hangs" ;;
	*) echo "$1: exit status $status" ;;
	esac
	grep -v '^refused ' "$dir/out" | head -3
	if [ -s "$dir/err" ] && ! unknown_call; then
		echo "$1: on stderr: $(head -2 "$dir/err")"
	fi
}

# The library may make no such call, and say so.
unknown_call()
{
	grep -q '^kmalloc: KMALLOC: fail_syscall=' "$dir/err"
}

refusals()
{
	sed -n 's/^refused //p' "$dir/out"
}

plans=0
for mode in $modes; do
	empty "$mode: no call fails" "$(live percpu=$mode)"
	check "$mode: and nothing is refused" test "$(refusals)" = 0
	for call in $calls; do
		said=
		k=1
		while [ $k -le "$last" ]; do
			bad=$(live "percpu=$mode fail_syscall=$call:$k")
			plans=$((plans + 1))
			said="$said${bad:+$bad
}"
			unknown_call && break
			k=$((k + 1))
		done
		if unknown_call; then
			skip "$mode: $call" "the library makes no such call"
		else
			empty "$mode: every k-th $call fails, k = 1 to $last" \
				"$said"
		fi
	done
	live "percpu=$mode fail_syscall=mmap:1" > /dev/null
	check "$mode: without mmap there is no memory" \
		test "$(refusals)" -gt 1000
done
echo "# faults injected: $plans programs, each with a call that keeps failing"
tap_done
