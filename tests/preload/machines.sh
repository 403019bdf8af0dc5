#!/bin/bash
# SPDX-License-Identifier: MIT
#
# machines.sh [aarch64|musl]...: other machines and another libc, as far as this one has compilers
# for them. For aarch64 the library and its black-box tests are built and run
# under qemu-user with pages of 4, 16 and 64 KiB; with musl the library and an
# example are built, and the example runs, static and preloaded.
#
# What qemu-user cannot do is left out: it does not start programs that a program
# starts, it fails when one forks beside threads, and what /proc says of memory
# is its own.
set -u
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$KM_SRCDIR/tests/tap.sh"

jobs=${JOBS:-2}
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-machines-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

# build NAME CONFIGURE-OPTION...: in $dir/NAME
build()
{
	mkdir -p "$dir/$1" && cd "$dir/$1" || return
	shift
	"$KM_SRCDIR/configure" --quiet "$@" && make -s -j"$jobs"
}

# ---- aarch64 -----------------------------------------------------------

sysroot=/usr/aarch64-linux-gnu
tests='api extras growth signals stress'

# emulated PAGE TEST: ok, or what it said
emulated()
{
	local page=$1 test=tests/preload/$2.pre status
	timeout 300 env KM_EXPECT=libkmalloc-preload.so KM_STRESS=0.02 KM_SOAK=2 \
		KM_PRELOAD="$dir/aarch64/.libs/libkmalloc-preload.so" \
		qemu-aarch64 -p "$page" -L $sysroot \
		-E LD_PRELOAD="$dir/aarch64/.libs/libkmalloc-preload.so" \
		"./$test" > "$dir/said" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		ok "aarch64, pages of $page: $2"
	else
		not_ok "aarch64, pages of $page: $2" \
			"$(echo "exit $status"
			grep -E -A1 '^(not ok|Bail)|qemu' "$dir/said" |
				head -8)"
	fi
}

test_aarch64()
{
	local page test
	if ! command -v aarch64-linux-gnu-gcc qemu-aarch64 > "$dir/which" ||
		[ "$(wc -l < "$dir/which")" -ne 2 ]; then
		skip aarch64 "no gcc-aarch64-linux-gnu or no qemu-user"
		return
	fi
	check "aarch64: it builds" build aarch64 --host=aarch64-linux-gnu
	cd "$dir/aarch64" || return
	for test in $tests; do
		make -s "tests/preload/$test.pre" > "$dir/said" 2>&1 ||
			not_ok "aarch64: $test builds" "$(tail -3 "$dir/said")"
	done
	for page in 4096 16384 65536; do
		for test in $tests; do
			emulated $page "$test"
		done
	done
}

# ---- musl --------------------------------------------------------------

# musl's own headers, and of the system's those of the kernel alone.
kernel_headers()
{
	local system=/usr/include/$(gcc -dumpmachine)
	mkdir -p "$dir/include" && cd "$dir/include" &&
		ln -sf /usr/include/linux /usr/include/asm-generic . &&
		ln -sf "$system/asm" .
}

musl_program()
{
	cat > prog.c << 'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
static void *churn(void *arg)
{
	long bad = 0;
	for (long i = 0; i < 50000; i++) {
		char *p = malloc(i % 3000 + 1);
		memset(p, (char)i, i % 3000 + 1);
		p = realloc(p, i % 5000 + 1);
		bad += p[0] != (char)i;
		free(p);
	}
	return (void *)bad;
}
int main(void)
{
	pthread_t t[4];
	void *bad;
	int status, sum = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, churn, NULL);
	pid_t pid = fork();
	if (!pid)
		_exit(churn(NULL) != NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &bad);
		sum += bad != NULL;
	}
	waitpid(pid, &status, 0);
	printf("%d %d\n", sum, status);
	return 0;
}
END
	musl-gcc -O0 prog.c -o prog && musl-gcc -O0 -static prog.c -o prog-static
}

test_musl()
{
	if ! command -v musl-gcc > /dev/null; then
		skip musl "no musl-tools"
		return
	fi
	kernel_headers
	check "musl: it builds" build musl CC=musl-gcc \
		CPPFLAGS="-idirafter $dir/include"
	[ -e "$dir/musl/.libs/libkmalloc-preload.so" ] || return
	cd "$dir/musl" || return
	check "musl: a program builds" musl_program
	for mode in rseq generic; do
		check "musl, $mode: preloaded" test "$(KMALLOC=percpu=$mode \
			LD_PRELOAD=$PWD/.libs/libkmalloc-preload.so \
			./prog 2>&1)" = "0 0"
	done
	check "musl: a static program links it" musl-gcc -O0 -static prog.c \
		-o prog-km -Wl,--whole-archive .libs/libkmalloc.a \
		-Wl,--no-whole-archive
	check "musl: and runs" test "$(./prog-km 2>&1)" = "0 0"
}

for machine in ${*:-aarch64 musl}; do
	"test_$machine"
done
tap_done
