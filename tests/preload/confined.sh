#!/bin/sh
# SPDX-License-Identifier: MIT
#
# confined.sh: programs that have little, or may do more than who starts them:
# an address space of 64 MiB, a root directory without /proc and /sys, a
# set-user-ID bit, a capability.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${KM_PRELOAD:=$KM_BUILDDIR/.libs/libkmalloc-preload.so}"
: "${CC:=cc}"
. "$KM_SRCDIR/tests/tap.sh"

[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
life=$KM_BUILDDIR/tests/preload/environments.pre
linked=$KM_BUILDDIR/.libs/libkmalloc.so
modes="rseq generic"
[ "${KM_RSEQ:-1}" = 0 ] && modes=generic
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-confined-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM
chmod 755 "$dir"

# ---- little address space ----------------------------------------------

# with_limit KIB KMALLOC COMMAND...
with_limit()
(
	ulimit -v "$1" || exit 99
	export LD_PRELOAD="$KM_PRELOAD" KMALLOC="$2"
	shift 2
	exec "$@"
)

# is EXPECTED COMMAND...: what it prints, and that it ends well
is()
{
	is_expected=$1
	shift
	is_said=$("$@" 2>&1) && [ "$is_said" = "$is_expected" ] && return
	echo "$is_said"
	return 1
}

# python3 and perl need no more of it under the library than 64 MiB.
python='import json; print(len(json.dumps([str(i) for i in range(50000)])))'
perl='my @a = map { "s$_" } 1 .. 50000; print length(join ",", @a), "\n"'
for mode in $modes; do
	if [ -x /usr/bin/python3 ]; then
		for kind in pymalloc malloc; do
			check "$mode: python3, $kind, RLIMIT_AS of 64 MiB" \
				is 438890 with_limit 65536 "percpu=$mode" \
				env PYTHONMALLOC=$kind \
				/usr/bin/python3 -c "$python"
		done
	else
		skip "$mode: python3" "python3 is not installed"
	fi
	if command -v perl > /dev/null; then
		check "$mode: perl, RLIMIT_AS of 64 MiB" is 338893 \
			with_limit 65536 "percpu=$mode" perl -e "$perl"
	else
		skip "$mode: perl" "perl is not installed"
	fi
	check "$mode: sh, RLIMIT_AS of 16 MiB" is well \
		with_limit 16384 "percpu=$mode" sh -c 'echo well'
done

# ---- another root directory --------------------------------------------

# What a program and the library need, where they need it, and nothing else.
make_root()
{
	mkdir -p "$dir/root" && cp "$life" "$dir/root/life" &&
		cp "$KM_PRELOAD" "$dir/root/preload.so" || return
	ldd "$life" | grep -o '/[^ ]*' | while read -r file; do
		mkdir -p "$dir/root/$(dirname "$file")"
		cp "$file" "$dir/root/$file"
	done
}

for mode in $modes; do
	what="$mode: a root directory without /proc and /sys"
	if [ "$(id -u)" -ne 0 ] || ! command -v ldd chroot > /dev/null; then
		skip "$what" "only root can change it"
	elif ! make_root; then
		skip "$what" "it cannot be made"
	else
		env LD_PRELOAD=/preload.so KMALLOC="percpu=$mode" \
			"$(command -v chroot)" "$dir/root" /life life \
			> "$dir/said" 2>&1
		# chroot itself finds no /preload.so out here, which ld.so says.
		check "$what" test $? -eq 42
	fi
done

# ---- privileges --------------------------------------------------------

cat > "$dir/who.c" << 'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
int main(void)
{
	static char line[4096];
	FILE *f = fopen("/proc/self/maps", "r");
	int has = 0;
	while (f && fgets(line, sizeof(line), f))
		has |= strstr(line, "libkmalloc") != NULL;
	printf("secure %d library %d\n", getauxval(AT_SECURE) != 0, has);
	free(malloc(100));
	return 0;
}
END

as_nobody()
{
	setpriv --reuid 65534 --clear-groups env "$@"
}

# A program that has the library of its own, started by somebody else.
test_linked()
{
	cp "$linked" "$dir/libkmalloc.so.0" && chmod 755 "$dir"/lib* || return
	$CC -O0 "$dir/who.c" -o "$dir/linked" "$dir/libkmalloc.so.0" \
		-Wl,-rpath,"$dir" || return
	check "KMALLOC is heard in an ordinary program" \
		sh -c "KMALLOC=stats=exit '$dir/linked' 2>&1 | grep -q ^kmalloc:"
	chown 0:0 "$dir/linked" && chmod 4755 "$dir/linked"
	check "and not in one with the set-user-ID bit" \
		is "secure 1 library 1" as_nobody \
		KMALLOC="stats=exit nonsense fail_syscall=mmap:1" "$dir/linked"
	chmod 755 "$dir/linked"
	command -v setcap > /dev/null &&
		setcap cap_net_raw+ep "$dir/linked" 2> /dev/null || return 0
	check "nor in one with a capability" \
		is "secure 1 library 1" as_nobody \
		KMALLOC="stats=exit nonsense fail_syscall=mmap:1" "$dir/linked"
}

test_preloaded()
{
	$CC -O0 "$dir/who.c" -o "$dir/suid" || return
	chown 0:0 "$dir/suid" && chmod 4755 "$dir/suid"
	check "a set-user-ID program is not preloaded" \
		is "secure 1 library 0" as_nobody LD_PRELOAD="$KM_PRELOAD" \
		KMALLOC=nonsense "$dir/suid"
}

if [ "$(id -u)" -ne 0 ] || ! command -v setpriv > /dev/null; then
	skip "set-user-ID programs" "only root can make them"
elif ! [ -e "$linked" ]; then
	skip "set-user-ID programs" "no shared library was built"
elif (as_nobody true && mount | grep -q " $(df -P "$dir" |
	tail -1 | sed 's/.* //') .*nosuid") 2> /dev/null; then
	skip "set-user-ID programs" "mounted without"
else
	test_linked
	test_preloaded
fi
tap_done
