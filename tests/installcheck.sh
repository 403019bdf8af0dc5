#!/bin/sh
# What a stranger does with the installed tree: finds the library by
# pkg-config, links with it shared and static, and runs a program under
# kmalloc-run. Run by `make installcheck`.
set -eu
: "${CC:=cc}" "${DESTDIR:=}"
libdir=$DESTDIR$libdir
bindir=$DESTDIR$bindir

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

step()
{
	echo "installcheck: $1"
}

fail()
{
	echo "installcheck: FAILED: $1" >&2
	exit 1
}

cat > stranger.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kmalloc.h>
#include <kmalloc/gfp.h>
#include <kmalloc/page_alloc.h>
#include <kmalloc/slab.h>
#include <kmalloc/vmalloc.h>

/* One engine: what malloc gave, kfree takes, also out of libc's strdup. */
int main(void)
{
	char *a = kmalloc(100, GFP_KERNEL);
	char *b = malloc(100);
	char *c = strdup("one heap");
	char *d = vmalloc(1 << 20);

	if (!a || !b || !c || !d || strcmp(c, "one heap") != 0)
		return 1;
	memset(a, 1, 100);
	memset(d, 1, 1 << 20);
	if (ksize(a) < 100 || ksize(b) < 100 || ksize(c) < sizeof("one heap"))
		return 2;
	free(a);
	kfree(b);
	kfree(c);
	vfree(d);
	puts("fine");
	return 0;
}
END

PKG_CONFIG_PATH=$DESTDIR$pkgconfigdir
export PKG_CONFIG_PATH
[ -z "$DESTDIR" ] || { PKG_CONFIG_SYSROOT_DIR=$DESTDIR; export PKG_CONFIG_SYSROOT_DIR; }
pc=${PKG_CONFIG:-pkg-config}

step "pkg-config knows version $VERSION"
[ "$($pc --modversion libkmalloc)" = "$VERSION" ] || fail "pkg-config"

step "the headers for kernel code"
echo '#include <linux/slab.h>' | $CC -x c -fsyntax-only \
	-I"$DESTDIR$($pc --variable=linuxincludedir libkmalloc | sed "s|^$DESTDIR||")" \
	$($pc --cflags libkmalloc) - || fail "<linux/slab.h>"

# shellcheck disable=SC2046
if [ -e "$libdir/libkmalloc.so" ]; then
	step "a shared link"
	$CC -Wall -Werror stranger.c -o shared \
		$($pc --cflags --libs libkmalloc) -Wl,-rpath,"$libdir"
	[ "$(./shared)" = fine ] || fail "the shared program"
fi

# shellcheck disable=SC2046
if [ -e "$libdir/libkmalloc.a" ]; then
	step "the archive, in a dynamic program"
	$CC -Wall -Werror stranger.c -o archive $($pc --cflags libkmalloc) \
		"$libdir/libkmalloc.a"
	[ "$(./archive)" = fine ] || fail "the program with the archive"
	if echo 'int main(void){return 0;}' | $CC -x c -static -o null - 2> /dev/null; then
		step "a static link"
		$CC -Wall -Werror -static stranger.c -o static \
			$($pc --cflags --libs --static libkmalloc)
		[ "$(./static)" = fine ] || fail "the static program"
	fi
fi

if [ -e "$libdir/libkmalloc-preload.so" ]; then
	step "kmalloc-run"
	run=$bindir/kmalloc-run
	KMALLOC_LIB=
	if [ -n "$DESTDIR" ]; then
		KMALLOC_LIB=$libdir/libkmalloc-preload.so
	fi
	export KMALLOC_LIB
	"$run" --version | grep -qF "$VERSION" || fail "kmalloc-run --version"
	"$run" --help | grep -q stats || fail "kmalloc-run --help"
	"$run" cat /proc/self/maps | grep -qF "$libdir/libkmalloc-preload.so" ||
		fail "the library is not in the program"
	[ "$("$run" printf %s 'all well')" = 'all well' ] ||
		fail "a program under kmalloc-run"
fi
step "passed"
