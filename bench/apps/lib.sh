# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the application runs share; each begins with ". lib.sh". A run prepares
# its input, starts what is under test by `target`, and prints what must be the
# same under each allocator. Only what `target` starts gets the library:
#
#   KM_BENCH_PRELOAD   the library, empty for none
#   KM_BENCH_MEASURE   the program that preloads and measures (bench/measure);
#                      without it nothing is measured
#   KM_BENCH_DIR       where the input is kept from one run to the next;
#                      otherwise a directory that goes away
set -u
LC_ALL=C
TZ=UTC
export LC_ALL TZ

servers=
work=${KM_BENCH_DIR:-}
if [ -z "$work" ]; then
	work=$(mktemp -d "${TMPDIR:-/tmp}/km-bench-XXXXXX") || exit 99
	chmod 755 "$work"
fi

leave()
{
	local pid
	for pid in $servers; do
		kill -TERM "$pid" 2> /dev/null
	done
	for pid in $servers; do
		wait "$pid" 2> /dev/null
	done
	[ -n "${KM_BENCH_DIR:-}" ] || rm -rf "$work"
}
trap leave EXIT
trap 'exit 143' TERM INT HUP
cd "$work" || exit 99

# need COMMAND...: ends the run as skipped if one is not installed
need()
{
	local command
	for command in "$@"; do
		command -v "$command" > /dev/null 2>&1 && continue
		echo "$command is not installed" >&2
		exit 77
	done
}

# input FILE COMMAND...: makes it unless it is there from an earlier run
input()
{
	local file=$1
	shift
	[ -e "$file" ] && return
	"$@" > "$file.new" && mv "$file.new" "$file" || exit 99
}

# target COMMAND...: under the library, measured; what it took is added up
target()
{
	if [ -n "${KM_BENCH_MEASURE:-}" ]; then
		"$KM_BENCH_MEASURE" "$@"
	else
		env ${KM_BENCH_PRELOAD:+"LD_PRELOAD=$KM_BENCH_PRELOAD"} "$@"
	fi
}

# server COMMAND...: a target in the background, to be ended by `finish`
server()
{
	if [ -n "${KM_BENCH_MEASURE:-}" ]; then
		"$KM_BENCH_MEASURE" "$@" &
	else
		env ${KM_BENCH_PRELOAD:+"LD_PRELOAD=$KM_BENCH_PRELOAD"} "$@" &
	fi
	servers=$!
}

# finish COMMAND...: asks the server to end and waits; its status is printed
finish()
{
	"$@" > /dev/null 2>&1
	wait "$servers"
	echo "server exit $?"
	servers=
}

# until_true COMMAND...: tries for some 20 seconds
until_true()
{
	local tries=1000
	until "$@" > /dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.02
	done
}

digest()
{
	sha256sum | cut -c1-16
}
