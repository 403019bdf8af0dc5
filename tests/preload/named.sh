#!/bin/sh
# SPDX-License-Identifier: MIT
#
# named.sh: a thread that gives itself a name has the flags of that name at
# once: it makes no system call from then on, or a filter would kill it.
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${KM_PRELOAD:=$PWD/.libs/libkmalloc-preload.so}"
. "$KM_SRCDIR/tests/tap.sh"

[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-named-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM
ulimit -c 0

# The filter is installed by the bare call, which the library does not see.
cat > "$dir/named.c" <<'END'
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int finished;
static int by_prctl;

static int forbid_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = { 1, code };

	return !syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static void *thread(void *arg)
{
	/* It is looked at before it has the name, too. */
	free(malloc(300000));
	if (by_prctl)
		prctl(PR_SET_NAME, "named", 0, 0, 0);
	else
		pthread_setname_np(pthread_self(), "named");
	if (!forbid_calls()) {
		finished = 2;
		return arg;
	}
	for (size_t size = 16; size <= 30000; size += 16) {
		char *volatile p = malloc(size);

		if (p)
			memset(p, 1, size);
		free(p);
	}
	finished = 1;
	for (;;)
		;
}

int main(int argc, char **argv)
{
	pthread_t t;

	by_prctl = argc > 1;
	pthread_create(&t, NULL, thread, argv);
	while (!finished)
		usleep(1000);
	puts(finished == 1 ? "silent" : "no filter");
	return 0;
}
END
${CC:-cc} -fno-builtin -pthread "$dir/named.c" -o "$dir/program" > "$dir/log" 2>&1 ||
	skip_all "no compiler"

# said RULE [prctl]
said()
{
	rule=$1
	shift
	LD_PRELOAD="$KM_PRELOAD" KMALLOC="gfp_rules=$rule" \
		"$dir/program" "$@" 2>&1
}

# The loader's lock is held while a constructor runs.
cat > "$dir/lib.c" <<'END'
#define _GNU_SOURCE
#include <pthread.h>

static void *thread(void *arg)
{
	pthread_setname_np(pthread_self(), "worker");
	return arg;
}

__attribute__((constructor)) static void begin(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
}
END
cat > "$dir/loads.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	return puts(dlopen(argv[1], RTLD_NOW) ? "loaded" : dlerror()) < 0;
}
END
${CC:-cc} -shared -fPIC -pthread "$dir/lib.c" -o "$dir/lib.so" &&
	${CC:-cc} "$dir/loads.c" -o "$dir/loads" -ldl || exit 99
check "a constructor waits for a thread that names itself" test \
	"$(LD_PRELOAD="$KM_PRELOAD" timeout 20 "$dir/loads" "$dir/lib.so")" = \
	loaded

first=$(said "comm:na*=GFP_ATOMIC")
[ "$first" != "no filter" ] || skip_all "no seccomp"
check "pthread_setname_np" test "$first" = silent
check "prctl" test "$(said "comm:na*=GFP_ATOMIC" prctl)" = silent
check "without the rule the filter is met" \
	test "$(said "comm:other=GFP_ATOMIC" 2> /dev/null)" != silent
tap_done
