#!/bin/sh
# What the two shared objects show and need.
. "$KM_SRCDIR/tests/tap.sh"
: "${NM:=nm}" "${READELF:=readelf}" "${OBJDUMP:=objdump}"

libs=$KM_BUILDDIR/.libs
need "$NM" "$READELF"
[ -e "$KM_PRELOAD" ] || skip_all "no shared libraries were built"

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# The names in a version script, comments and "local" apart.
map_names()
{
	tr '\n' ' ' < "$1" | sed 's|/\*[^*]*\(\*[^/][^*]*\)*\*/| |g' |
		tr ' \t' '\n\n' | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\);$/\1/p' |
		sort
}

exported()
{
	$NM -D --defined-only "$1" | awk '$(NF-1) != "A" { print $NF }' |
		sort
}

same()
{
	said=$(diff "$2" "$3" | sed -n 's/^</missing:/p; s/^>/leaked:/p')
	empty "$1" "$said"
}

map_names "$KM_SRCDIR/preload/preload.map" > "$tmp/preload.map"
exported "$KM_PRELOAD" > "$tmp/preload.so"
same "libkmalloc-preload.so exports what its map lists" \
	"$tmp/preload.map" "$tmp/preload.so"

# libkmalloc.so: its own map, versioned, and the family, unversioned.
{
	map_names "$KM_SRCDIR/src/libkmalloc.map" | sed 's/$/@@KMALLOC_0.1/'
	grep -v -e '^__libc_' -e '^dlopen$' -e '^prctl$' \
		-e '^pthread_setname_np$' -e 'vfork$' -e 'limit$' \
		-e 'limit64$' "$tmp/preload.map"
} | sort > "$tmp/link.map"
exported "$libs/libkmalloc.so" > "$tmp/link.so"
same "libkmalloc.so exports its map, versioned, and the malloc family" \
	"$tmp/link.map" "$tmp/link.so"

for lib in "$libs/libkmalloc.so" "$KM_PRELOAD"; do
	name=$(basename "$lib")
	needed=$($READELF -dW "$lib" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
	empty "$name needs no C++ library" \
		"$(printf '%s\n' "$needed" | grep -e 'c++' -e libgcc_s)"
	empty "$name takes no malloc from elsewhere" \
		"$($NM -D --undefined-only "$lib" |
			grep -E ' (malloc|calloc|realloc|free)(@|$)')"
	tls=$($READELF -lW "$lib" | awk '$1 == "TLS" { print $6 }')
	if [ $((${tls:-0})) -le 64 ]; then
		ok "$name has at most 64 bytes of TLS (${tls:-0})"
	else
		not_ok "$name has at most 64 bytes of TLS" "it has $((tls))"
	fi
	# Relocations against a name that we define: a call through the PLT. Some
	# operators of C++ are the program's, if it has them.
	exported "$lib" | sed 's/@.*//' |
		grep -vxF "$(sed -n 's/^\t\(_Z.*\);/\1/p' \
			"$KM_SRCDIR/preload/operators.list")" > "$tmp/own"
	empty "$name calls none of its own names through the PLT" \
		"$($READELF -rW "$lib" |
			awk '/JUMP_SLO|GLOB_DAT/ { sub(/@.*/, "", $5); print $5 }' |
			sort | comm -12 - "$tmp/own")"
	empty "$name keeps a writable segment from being executable" \
		"$($READELF -lW "$lib" | grep -E ' (LOAD|GNU_STACK) .*RWE')"
	empty "$name has no text relocations" \
		"$($READELF -dW "$lib" | grep TEXTREL)"
done

# The engine stands on no allocator and no stdio; kasprintf is above it and
# prints into memory.
forbidden='malloc|calloc|realloc|free|v?(f|s|sn|d|as)?printf|f?puts|fwrite|fopen'
empty "no room below preload/ calls malloc or stdio" \
	"$($NM -A -u "$KM_BUILDDIR"/src/.libs/libcore_la-*.o |
		sed 's|.*/||' | grep -E " U ($forbidden)\$" |
		grep -v '^libcore_la-kasprintf\.o:.* U vsnprintf$')"
tap_done
