#!/bin/sh
# Counts the instructions that a small malloc, free and malloc_usable_size
# execute, in the disassembly of the preloaded object, and those of the kernel's
# interface, in that of the linked one: from the entry, taking no conditional
# jump, to the return. There must be no call, no PLT, no locked instruction on
# the way, and no jump that crosses or ends at a multiple of 32 bytes. The words
# that they read lie together.
. "$KM_SRCDIR/tests/tap.sh"
: "${NM:=nm}" "${OBJDUMP:=objdump}" "${READELF:=readelf}"

need "$OBJDUMP" "$NM" "$READELF"
[ "$KM_HOST_CPU" = x86_64 ] || skip_all "counted on x86-64 only"
[ "$KM_RSEQ" = 1 ] || skip_all "built without rseq"
[ "$KM_DEBUG" = 0 ] || skip_all "built with internal checks"
[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# object FILE: whose functions the rows that follow name.
object()
{
	lib=$1
	$OBJDUMP -dw --no-show-raw-insn "$lib" > "$tmp/code"
}

# The jumps of the path that processors have to decode each time. One is
# decoded together with the comparison before it.
split_jumps()
{
	before=
	while read -r _ at insn rest; do
		from=$at
		case $insn in j*) from=${before:-$at} ;; esac
		case $insn in
		cmp* | test* | and* | add* | sub* | inc* | dec*) before=$at ;;
		*) before= ;;
		esac
		end=$(awk -v at="$at:" '$1 ~ /^[0-9a-f]+:$/ && found { print $1; exit }
			$1 == at { found = 1 }' "$tmp/code")
		case $insn in
		j*) [ $((0x$from / 32)) = $((0x${end%:} / 32)) ] ||
			echo "$at: $insn $rest is split" ;;
		esac
	done < "$tmp/path"
}

# path FUNCTION LIMIT [INSTRUCTION]: the last is a pattern that the path must
# have, lest it be some other one that is counted.
path()
{
	start=$($NM -D --defined-only "$lib" |
		awk -v f="$1" '{ sub(/@.*/, "", $3) } $3 == f { sub(/^0+/, "", $1); print $1 }')
	if [ -z "$start" ]; then
		not_ok "$1 is exported"
		return
	fi
	awk -v at="$start" '
		/^ *[0-9a-f]+:\t/ {
			a = $1
			sub(/:$/, "", a)
			sub(/^[^:]*:[ \t]*/, "")
			insn[a] = $0
			if (last != "")
				following[last] = a
			last = a
		}
		END {
			while (n < 200) {
				i = insn[at]
				if (i == "") {
					print "! left the code at " at
					exit
				}
				# Padding and branch targets cost nothing.
				if (i !~ /^(nop|endbr64|cs nop|data16)/)
					printf "%d\t%s\t%s\n", ++n, at, i
				split(i, w, /[ \t]+/)
				if (w[1] ~ /^(ret|retq|repz|bnd)$/)
					exit
				if (w[1] ~ /^jmp/) {
					if (w[2] !~ /^[0-9a-f]+$/) {
						print "! indirect jump"
						exit
					}
					at = w[2]
				} else {
					at = following[at]
				}
			}
			print "! no return in 200 instructions"
		}
	' "$tmp/code" > "$tmp/path"
	n=$(grep -c '^[0-9]' "$tmp/path")
	bad=$(grep -E '^!|	(lock |call|xchg .*\(|.*@plt)' "$tmp/path")
	[ -z "$KM_BRANCH_CFLAGS" ] || bad=$bad$(split_jumps)
	[ -z "${3:-}" ] || grep -Eq "$3" "$tmp/path" || bad="no $3"
	if [ -z "$bad" ] && [ "$n" -le "$2" ]; then
		ok "$1 takes $n instructions, at most $2"
	else
		not_ok "$1 takes at most $2 instructions, plain ones" \
			"$(echo "it takes $n; $bad"; cat "$tmp/path")"
	fi
}

arms_rseq='mov .*,%fs:0x8\('
object "$KM_PRELOAD"
path malloc 21 "$arms_rseq"
path free 27 "$arms_rseq"
path malloc_usable_size 23
object "$KM_BUILDDIR/.libs/libkmalloc.so"
path kmem_cache_alloc 18 "$arms_rseq"
path kmem_cache_free 29 "$arms_rseq"
path kmalloc_fixed 19 "$arms_rseq"
path kmem_cache_alloc_from_sheaf 12

# What the paths read of ours that no object decides is in one line of the cache,
# as gcc lays it out, elsewhere in two.
lines=1
case $($CC --version) in *clang*) lines=2 ;; esac
for lib in "$KM_PRELOAD" "$KM_BUILDDIR/.libs/libkmalloc.so"; do
	hot=$($READELF -SW "$lib" | sed 's/\[ */[/' |
		awk '$2 == "km_hot" { print $4, $6 }')
	start=0x${hot% *} size=0x${hot#* }
	name="$(basename "$lib"): the fast paths' words are in $lines line(s) of the cache"
	if [ -n "$hot" ] && [ $((start % 64 + size)) -le $((lines * 64)) ]; then
		ok "$name"
	else
		not_ok "$name" "km_hot is at $start, $size bytes"
	fi
done

# length FUNCTION FILE: of the path just counted there.
length()
{
	object "$2"
	path "$1" 99 > /dev/null
	grep -c '^[0-9]' "$tmp/path"
}
named=$(length kmem_cache_alloc "$KM_BUILDDIR/.libs/libkmalloc.so")
constant=$(length kmalloc_fixed "$KM_BUILDDIR/.libs/libkmalloc.so")
malloc=$(length malloc "$KM_PRELOAD")
if [ "$named" -gt 0 ] && [ "$named" -le "$malloc" ] &&
		[ "$constant" -le "$malloc" ]; then
	ok "an object of a named cache ($named) and of a constant size ($constant) takes no more than malloc ($malloc)"
else
	not_ok "an object of a named cache takes no more than malloc" \
		"$named, $constant of a constant size, $malloc"
fi
tap_done
