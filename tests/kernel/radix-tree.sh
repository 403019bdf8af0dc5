#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The kernel's tests of its trees (tools/testing/radix-tree: radix tree, IDR,
# xarray, maple tree), unmodified, on libkmalloc instead of their own shim over
# malloc. hooks.c has what the shim has besides an allocator.
#
#	tests/kernel/radix-tree.sh LINUX [TEST...]	in a build directory
#
# TEST: idr-test multiorder xarray maple main; all is 3 to 6 minutes, so make
# check needs KM_LINUX to run them. A test that fails is tried on its own shim,
# built with its own sanitizers: if it fails there at the same assertion, it
# is skipped. KM_CFLAGS is for more of the compiler's options.
#
# run_check_rcu_slowread of maple wants 20 readers to see what a writer stores
# between two sleeps of 5 us. On few CPUs that is luck, on their own shim too if
# that is built without sanitizers: such a run is repeated.
. "$(dirname "$0")/common.sh"
[ $# -gt 0 ] && shift
tests=${*:-idr-test multiorder xarray maple main}
need make

paths="include lib arch/x86/include arch/arm64/include tools/include
	tools/lib tools/arch tools/testing/radix-tree tools/testing/shared
	tools/scripts"
wrapped="kmem_cache_alloc kmem_cache_alloc_lru kmem_cache_alloc_bulk
	kmem_cache_free kmem_cache_free_bulk kmalloc kzalloc kfree usleep"

# try_test FOLDER NAME: builds it there and runs it; false, with $why, if it
# does not build, fails or leaves objects.
try_test()
{
	here=$1/tools/testing/radix-tree
	log=$dir/$2.log
	seconds=0
	if ! (cd "$here" && run_make "$2") > "$log" 2>&1; then
		why="does not build: $(grep -E 'error|undefined' "$log" | head)"
		return 1
	fi
	started=$(date +%s)
	for run in 1 2 3 4 5 6; do
		(cd "$here" && exec timeout 600 "./$2") > "$log" 2>&1
		status=$?
		grep -q 'run_check_rcu_slowread: Assert' "$log" || break
		echo "# $2: readers were not scheduled, run $run"
	done
	seconds=$(($(date +%s) - started))
	why="exit status $status; $(tail -n 5 "$log")"
	[ $status -eq 0 ] && ! grep -q '^nr_allocated' "$log"
}

# assertion TEXT: where the one that failed is.
assertion()
{
	echo "$1" | grep -a -o '[a-z_]*\.c:[0-9]*: [a-z_]*: Assert' | tail -n 1
}

# The same on its own shim, with the sanitizers that its Makefile has.
try_own()
{
	if [ ! -e "$dir/own" ]; then
		# shellcheck disable=SC2086
		make_farm "$dir/own" $paths
		echo "#define fallthrough __attribute__((__fallthrough__))" \
			> "$dir/own.h"
	fi
	run_make()
	{
		make_test "$common $sane -include $dir/own.h" "$sane" "$1"
	}
	try_test "$dir/own" "$1"
}

# shellcheck disable=SC2086
make_farm "$dir/ours" $paths
our_headers "$dir/include"
tools=$dir/ours/tools
for shim in testing/radix-tree/linux.c testing/shared/linux.c; do
	[ ! -e "$tools/$shim" ] || ln -sf "$kernel/hooks.c" "$tools/$shim"
done
# Its kmalloc is ours.
rm -f "$tools/lib/slab.c" && : > "$tools/lib/slab.c"

sane="-fsanitize=address -fsanitize=undefined"
common="-I../shared -I. -I../../include -I../../../lib"
common="$common -g -O2 -w -D_LGPL_SOURCE ${KM_CFLAGS:-}"
flags="-I$kernel/flags -I$dir/include -I$KM_SRCDIR/include"
flags="$flags $common -DKMALLOC_NO_INLINE"
ldflags="-L$libs -Wl,-rpath,$libs"
for name in $wrapped; do
	ldflags="$ldflags -Wl,--wrap=$name"
done

# make_test CFLAGS LDFLAGS NAME
make_test()
{
	for made in generated/map-shift.h generated/bit-length.h "$3"; do
		make CC="$CC" CFLAGS="$1" LDFLAGS="$2 ${KM_CFLAGS:-}" \
			LDLIBS="$libraries" "$made" || return 1
	done
}

for test in $tests; do
	libraries="-lkmalloc -lpthread -lurcu"
	run_make()
	{
		make_test "$flags" "$ldflags" "$1"
	}
	if try_test "$dir/ours" "$test"; then
		ok "$test ($seconds s)"
		grep -iE 'tests? run|passed' "$log" | sed 's/^/# /'
		continue
	fi
	said=$why
	failed=$(assertion "$why")
	libraries="-lpthread -lurcu"
	if [ -n "$failed" ] && ! try_own "$test" &&
		[ "$failed" = "$(assertion "$why")" ]; then
		skip "$test" "fails on its own shim as well: $failed"
	else
		not_ok "$test" "$said"
	fi
done
tap_done
