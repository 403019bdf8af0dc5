#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [PROGRAM...]: every row of misuse.txt, or those of the programs named,
# with each form of the per-CPU caches. The program must end as the row says,
# with exactly that line on stderr.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${KM_PRELOAD:=$KM_BUILDDIR/.libs/libkmalloc-preload.so}"
. "$KM_SRCDIR/tests/tap.sh"

modes="rseq generic"
[ "${KM_RSEQ:-1}" = 0 ] && modes=generic
modes=${KM_MODES:-$modes}
only=" $* "
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-misuse-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
case $KM_PRELOAD in
*/libkmalloc*) ;;
*) skip_all "the messages are those of libkmalloc" ;;
esac
ulimit -c 0

# commit PROGRAM KMALLOC: sets end, to a signal's name or an exit code.
commit()
{
	(
		LD_PRELOAD=$KM_PRELOAD KMALLOC=$2 \
			"$KM_BUILDDIR/tests/misuse/$1" > "$dir/out" \
			2> "$dir/err" &
		wait $!
	) 2> "$dir/shell"
	status=$?
	end=$status
	[ $status -gt 128 ] && end=$(kill -l $((status - 128)))
}

# pointer NAME: as the program gave it
pointer()
{
	sed -n "s/^$1 //p" "$dir/out"
}

# verdict END LINE: what is wrong with the run, if anything
verdict()
{
	line=$(printf '%s\n' "$2" | sed -e "s/BAD/$(pointer BAD)/" \
		-e "s/BLOCK/$(pointer BLOCK)/")
	[ "$end" = "$1" ] || echo "ended with $end, not with $1"
	if [ "$line" = - ]; then
		[ -s "$dir/err" ] && echo "said something:"
	elif [ "$(wc -l < "$dir/err")" -ne 1 ] ||
	     ! grep -Exq "kmalloc: $line" "$dir/err"; then
		echo "did not say only: kmalloc: $line"
	else
		return
	fi
	head -5 "$dir/err"
}

# row PROGRAM KMALLOC END LINE
row()
{
	for mode in $modes; do
		case $2 in
		-) options= ;;
		"@$mode"*) options=${2#"@$mode"} ;;
		@*) continue ;;
		*) options=$2 ;;
		esac
		options=$(echo "${options#,}" | tr , ' ')
		commit "$1" "percpu=$mode${options:+ $options}"
		empty "$mode: $1${options:+ with $options}" \
			"$(verdict "${3%+}" "$4")"
		[ "$3" = ABRT ] || continue
		commit "$1" "percpu=$mode on_error=warn${options:+ $options}"
		empty "$mode: $1 with on_error=warn" "$(verdict 0 "$4")"
	done
}

# What the loop reads must not be read by a program.
while read -r program options end line <&3; do
	case $program in
	'#'* | '') continue ;;
	esac
	[ "$only" = "  " ] || case $only in
	*" $program "*) ;;
	*) continue ;;
	esac
	row "$program" "$options" "$end" "$line"
done 3< "$KM_SRCDIR/tests/misuse/misuse.txt"
echo "# bad inputs: $tap_count programs"
tap_done
