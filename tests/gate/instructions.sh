#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Counts the instructions that the library executes for an operation of each
# kind of work in work.c, and in kwork.c for the kernel's interface, under
# callgrind, which has no rseq: so it is the locked slots and all slow paths
# that are counted (lint/fastpath.sh has the sequences). A row of
# instructions.txt says how many they may be. No clock is in this, so it does
# not flake; a compiler other than the one that the table was made with is not
# held to it.
. "$KM_SRCDIR/tests/tap.sh"

need valgrind
[ "$KM_HOST_CPU" = x86_64 ] || skip_all "counted on x86-64 only"
[ "$KM_DEBUG" = 0 ] || skip_all "built with internal checks"
[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
table=$KM_SRCDIR/tests/gate/instructions.txt
compiler=$(sed -n 's/^# compiler: //p' "$table")
case $($CC --version | head -1) in
"$compiler"*) ;;
*) skip_all "the table is of $compiler" ;;
esac
work=$KM_BUILDDIR/tests/gate/work

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
libs=$KM_BUILDDIR/.libs
if ! $CC -O2 -I"$KM_SRCDIR/include" "$KM_SRCDIR/tests/gate/kwork.c" \
		-o "$tmp/kwork" -L"$libs" -lkmalloc -Wl,-rpath,"$libs" >&2; then
	echo "Bail out! kwork.c does not compile"
	exit 99
fi

# The self cost of all functions in our object. After a calls= line comes the
# cost of the call, which is the callee's.
sum_of_ours()
{
	awk '
		/^c?ob=/ {
			id = $1
			sub(/^c?ob=/, "", id)
			if (NF > 1)
				object[id] = $2
			if (/^ob/)
				ours = object[id] ~ /\/libkmalloc[^/]*$/
		}
		/^calls=/ { getline; next }
		/^[0-9+*-]/ && ours { n += $2 }
		END { print n + 0 }
	' "$1"
}

# count NAME: instructions of an operation, in hundredths.
count()
{
	program=$work
	preload=$KM_PRELOAD
	case $1 in
	k_*)
		program=$tmp/kwork
		preload=
		;;
	esac
	operations=$(KMALLOC=kfence.sample_interval=0 LD_PRELOAD=$preload \
		valgrind -q --tool=callgrind \
		--callgrind-out-file="$tmp/out" "$program" "$1" 2> "$tmp/err") ||
		return 1
	echo $(($(sum_of_ours "$tmp/out") * 100 / operations))
}

while read -r name most; do
	case $name in '' | '#'*) continue ;; esac
	if ! n=$(count "$name"); then
		not_ok "$name runs under callgrind" "$(cat "$tmp/err")"
	elif [ "$n" -gt $((most * 100)) ]; then
		not_ok "$name: at most $most instructions an operation" \
			"it takes $((n / 100)).$((n % 100 / 10))"
	else
		ok "$name: $((n / 100)).$((n % 100 / 10)) instructions an operation, at most $most"
	fi
done < "$table"
tap_done
