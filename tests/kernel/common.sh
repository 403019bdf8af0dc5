# shellcheck shell=sh
# For the scripts that build files of a Linux source tree: where that tree, this
# one and its build are. Sourced, with the script's arguments.
#
#	tests/kernel/lib.sh LINUX	in a build directory
#	make check TESTS=tests/kernel/lib.sh KM_LINUX=LINUX
#
# LINUX is an unpacked source tree, such as that of Debian's linux-source:
#
#	apt-get install linux-source
#	tar xf /usr/src/linux-source-6.1.tar.xz
#
# Nothing is written to it: a folder of links to its files stands for it.

linux=${1:-${KM_LINUX:-}}
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${CC:=cc}"
. "$KM_SRCDIR/tests/tap.sh"

[ -n "$linux" ] ||
	skip_all "no Linux source tree was named (KM_LINUX, or an argument)"
[ -e "$linux/lib/xarray.c" ] || skip_all "no Linux source tree: $linux"
[ -e "$KM_BUILDDIR/.libs/libkmalloc.so" ] ||
	skip_all "no shared library was built"
linux=$(cd "$linux" && pwd)
# shellcheck disable=SC2034
kernel=$KM_SRCDIR/tests/kernel
# shellcheck disable=SC2034
libs=$KM_BUILDDIR/.libs
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

version=$(awk -F ' = ' '/^(VERSION|PATCHLEVEL|SUBLEVEL) =/ {
	printf "%s%s", dot, $2; dot = "." }' "$linux/Makefile" 2> /dev/null)
echo "# Linux ${version:-of no version}, $linux"

# make_farm FOLDER PATH...: FOLDER becomes a tree of links to files of Linux.
make_farm()
{
	farm=$1
	shift
	for farm_path; do
		[ -e "$linux/$farm_path" ] || continue
		mkdir -p "$farm/$(dirname "$farm_path")"
		cp -rs "$linux/$farm_path" "$farm/$(dirname "$farm_path")/"
	done
}

# our_headers FOLDER NAME...: links to those of our headers that speak of memory,
# and to the named ones; the rest is Linux's own.
our_headers()
{
	our_folder=$1/linux
	shift
	mkdir -p "$our_folder/sched"
	for our in alloc_tag cleanup err gfp gfp_types mm_types numa overflow \
			page_frag_cache slab vmalloc "$@"; do
		ln -sf "$KM_SRCDIR/include/kmalloc-linux/linux/$our.h" \
			"$our_folder/$our.h"
	done
}
