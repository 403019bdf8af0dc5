#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Files of the kernel that allocate, unmodified, on libkmalloc: each driver in
# drivers/ names those it is linked with ("kernel:"), perhaps parameters of them
# ("params:"), options of the library ("options:") and what they are to print
# ("prints:"), and says with must() what is to be true. They see our
# <linux/...> headers of the allocators, those of the kernel for their own
# structures, and for the rest (locks, threads, lists) what is in include/ and
# in the kernel's tools/include.
#
#	tests/kernel/lib.sh LINUX [DRIVER...]	in a build directory
#
# A driver whose files a version of Linux lacks is skipped.
. "$(dirname "$0")/common.sh"
[ $# -gt 0 ] && shift

# Headers that the kernel's own are taken of.
own="assoc_array.h assoc_array_priv.h bch.h bitrev.h btree.h
	btree-128.h btree-type.h container_of.h array_size.h cpu_rmap.h
	flex_proportions.h glob.h idr.h interval_tree.h
	interval_tree_generic.h klist.h kref.h linear_range.h list_nulls.h
	llist.h lru_cache.h min_heap.h objpool.h parser.h plist.h
	plist_types.h polynomial.h rculist.h rculist_nulls.h rhashtable.h
	rhashtable-types.h rslib.h sort.h string_choices.h textsearch.h
	textsearch_fsm.h union_find.h uuid.h win_minmax.h list_sort.h
	ctype.h string_helpers.h bsearch.h list_lru.h kstrtox.h"

farm=$dir/farm
make_farm "$farm" include lib mm tools/include tools/lib arch/x86/include \
	tools/arch tools/testing/selftests/kselftest_module.h
our_headers "$dir/ours" dmapool genalloc mempool percpu sched/mm shrinker
mkdir -p "$dir/own/linux"
for name in $own; do
	[ -e "$kernel/include/linux/$name" ] ||
		[ ! -e "$farm/include/linux/$name" ] ||
		ln -sf "$farm/include/linux/$name" "$dir/own/linux/"
done

flags="-std=gnu11 -g -O2 -w"
flags="$flags -D__KERNEL__ -D_LGPL_SOURCE -DCONFIG_64BIT=1"
flags="$flags -DCONFIG_ASSOCIATIVE_ARRAY=1 -DCONFIG_REED_SOLOMON_ENC8=1"
flags="$flags -DCONFIG_REED_SOLOMON_DEC8=1 -DCONFIG_REED_SOLOMON_ENC16=1"
flags="$flags -DCONFIG_REED_SOLOMON_DEC16=1"
flags="$flags -I$kernel -I$kernel/include -I$kernel/flags -I$dir/ours"
flags="$flags -I$KM_SRCDIR/include -I$dir/own -I$farm/tools/include"
flags="$flags -I$farm/lib ${KM_CFLAGS:-}"

# try_driver DRIVER FILE...: builds and runs it; false, with $why, if it does
# not.
try_driver()
{
	driver=$1
	shift
	objects=
	name=$(basename "$driver" .c)
	n=0
	for file in "$driver" "$kernel/runtime.c" "$@"; do
		n=$((n + 1))
		object=$dir/$name-$n.o
		objects="$objects $object"
		# shellcheck disable=SC2086
		why=$($CC $flags -c "$file" -o "$object" 2>&1 | grep error |
			head -n "${KM_ERRORS:-4}")
		[ -e "$object" ] || return 1
	done
	# shellcheck disable=SC2086
	why=$($CC $objects -o "$dir/$name" -L"$libs" -Wl,-rpath,"$libs" \
		-lkmalloc-rcu -lkmalloc -lurcu -lpthread 2>&1 |
		grep undefined | head -n "${KM_ERRORS:-4}")
	[ -e "$dir/$name" ] || return 1
	why=$(export KM_PARAMS="$(row params "$driver")"
		export KMALLOC="$(row options "$driver")"
		timeout 300 "$dir/$name" 2>&1)
	status=$?
	prints=$(row prints "$driver")
	if [ $status -eq 0 ]; then
		[ -z "$prints" ] && return 0
		printf '%s\n' "$why" | grep -qE -- "$prints" && return 0
	fi
	why=$(printf 'exit status %s, output: %s' $status "$why" | tail -n 12)
	return 1
}

# row NAME DRIVER: what its opening comment says behind " * NAME: ".
row()
{
	sed -n "s/^ \* $1: //p" "$2"
}

drivers=
for name; do
	drivers="$drivers $kernel/drivers/$name.c"
done
for driver in ${drivers:-"$kernel"/drivers/*.c}; do
	files=$(row kernel "$driver")
	missing=
	paths=
	for file in $files; do
		[ -e "$farm/$file" ] || missing="$missing $file"
		paths="$paths $farm/$file"
	done
	name=$(basename "$driver" .c)
	if [ -n "$missing" ]; then
		skip "$name: $files" "this Linux has no$missing"
		continue
	fi
	# shellcheck disable=SC2086
	if try_driver "$driver" $paths; then
		ok "$name: $files"
		printf '%s\n' "$why" | grep -iE 'summary|passed|tests' |
			sed 's/^/# /'
	else
		not_ok "$name: $files" "$why"
	fi
done
tap_done
