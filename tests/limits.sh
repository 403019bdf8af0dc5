#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs under mem=: what of the library's range is resident is never more
# than the limit, 1 % and 1 MiB, and nobody is killed for it: who wants more
# gets NULL and ENOMEM, and does with it what it does.
#
#	tests/limits.sh		a few programs
#	tests/limits.sh long	all of them, each at a limit that it likes and at
#				one that it does not
: "${KM_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${KM_BUILDDIR:=$PWD}"
: "${KM_PRELOAD:=$KM_BUILDDIR/.libs/libkmalloc-preload.so}"
export KM_PRELOAD
. "$KM_SRCDIR/tests/tap.sh"
[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"

watch=$KM_BUILDDIR/tests/limitwatch
dir=$(mktemp -d "${TMPDIR:-/tmp}/km-limits-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM
cd "$dir" || exit 99
seq 1 200000 > numbers
awk 'BEGIN { for (i = 0; i < 40000; i++) print (i * 7919) % 40000, "line", i }' \
	> text
printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { return 0; }\n' \
	> small.c
printf '#include <map>\n#include <string>\nint main() { std::map<std::string, int> m; m["a"] = 1; return 0; }\n' \
	> small.cc

# limited KIB COMMAND: said is what the watcher found.
limited()
{
	kib=$1
	"$watch" "$kib" 60 sh -c "exec $2 > /dev/null" > said 2>&1
	status=$?
	said=$(tail -n 1 said)
	case $status in
	0) ok "mem=${kib}K $2: $said" ;;
	3) skip "mem=${kib}K $2" "its range is not to be seen" ;;
	*) not_ok "mem=${kib}K $2" "$(cat said)" ;;
	esac
	if grep -q 'kmalloc: \(BUG\|double free\|free of\)' said; then
		not_ok "mem=${kib}K $2: the heap is sound" "$(cat said)"
	fi
}

# all there is, by malloc: pages, areas, slabs, any.
for size in 0 24 5000 100000 3000000; do
	limited 16384 "$watch -hog $size"
	case $said in
	*" exit 0") ok "malloc of $size ends with ENOMEM" ;;
	*) not_ok "malloc of $size ends with ENOMEM" "$(cat said)" ;;
	esac
done
limited 65536 "$watch -hog 0"
[ "${1:-}" = long ] || {
	limited 8192 "sort -n text"
	limited 8192 "awk '{ n[\$1] = \$0 } END { print length(n) }' text"
	tap_done
}

while IFS='	' read -r tight loose command; do
	command -v "${command%% *}" > /dev/null 2>&1 || continue
	limited "$loose" "$command"
	limited "$tight" "$command"
done << 'END'
2048	65536	sort -n text
2048	65536	sort -S 32M numbers
4096	65536	awk '{ n[$1] = $0 } END { print length(n) }' numbers
2048	32768	sed -n '1!G;h;$p' small.c
2048	32768	grep -c 9 numbers
2048	32768	grep -E '(1|2)+(3|4)+[5-9]{2,30}' numbers
4096	65536	perl -e '@a = map { "x" x $_ } 1 .. 3000; print scalar @a'
8192	262144	python3 -c 'a = [str(i) * 20 for i in range(200000)]; print(len(a))'
8192	262144	python3 -c 'import json; print(len(json.dumps(list(range(300000)))))'
8192	65536	xz -6 -k -c numbers
2048	65536	gzip -c numbers
4096	65536	bzip2 -c numbers
4096	131072	zstd -c numbers
4096	65536	sqlite3 :memory: "create table t(a,b); with recursive n(i) as (select 1 union all select i+1 from n where i<50000) insert into t select i, i*i from n; select count(*) from t"
2048	65536	bash -c 'for i in $(seq 1 20000); do a[i]=$i; done; echo ${#a[@]}'
4096	131072	gcc -O2 -S -o small.s small.c
16384	524288	g++ -O2 -S -o small2.s small.cc
2048	32768	tar cf all.tar numbers text
2048	65536	tac numbers
2048	65536	diff numbers text
2048	65536	shuf numbers
2048	65536	od -x numbers
4096	131072	jq -s length numbers
8192	131072	ruby -e 'a = (1..200000).map { |i| i.to_s * 5 }; puts a.size'
4096	131072	lua -e 't = {} for i = 1, 200000 do t[i] = tostring(i) end print(#t)'
8192	131072	php -r '$a = range(1, 300000); echo count($a);'
2048	65536	bc -e '2^20000'
4096	65536	m4 -D x=y small.c
4096	131072	git hash-object numbers
4096	65536	openssl dgst -sha256 numbers
2048	65536	find /usr/share -maxdepth 3
16384	262144	z3 -version
END
tap_done
