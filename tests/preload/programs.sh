#!/bin/bash
# SPDX-License-Identifier: MIT
#
# programs.sh [OPTION]... [NAME]...: real programs, first without, then under
# the library, once for each form of its per-CPU caches. Each must say the same
# and exit the same. One TAP line a program; skipped if it is not installed.
#
#   --preload FILE   what to preload (default: the build's libkmalloc-preload.so)
#   --modes LIST     default "rseq generic"
#   --debug FILE     one mode more, "debug": FILE, a build with internal checks
#   --quick          a few programs with little to do
#   --timeout SEC    for one run of one program (default 600)
#   --keep           leave the working directory and say where it is
#   --list           the names
#   --packages       the Debian packages that all of it needs
#
# A workload is a function p_NAME: it runs in a directory of its own, starts
# what is under test by `run`, and prints what must be the same each time, so no
# times and no addresses. What it needs is in the table below. Servers listen on
# unix sockets or on the loopback address only, and die with the workload.
set -u
LC_ALL=C
TZ=UTC
export LC_ALL TZ

here=$(cd "$(dirname "$0")" && pwd)
self=$here/$(basename "$0")

# NAME: the commands that it needs: the Debian packages that have them
programs='
perl: perl: perl
python: /usr/bin/python3: python3 libpython3.11-testsuite
git: git: git
sqlite: sqlite3: sqlite3
gcc: gcc: gcc
gxx: g++: g++
clang: clang: clang
cmake: cmake make gcc: cmake make gcc
sort: sort: coreutils
xz: xz: xz-utils
tar: tar: tar
redis: redis-server redis-cli redis-benchmark: redis-server redis-tools
node: node: nodejs
java: java javac: openjdk-17-jdk-headless
postgres: psql: postgresql
nginx: nginx wrk curl: nginx-light wrk curl
ghostscript: gs: ghostscript
gdb: gdb gcc: gdb gcc libc6-dev
gdb_step: gdb gcc: gdb gcc libc6-dev
stress_ng: stress-ng: stress-ng
'
quick_names='perl python git sqlite gcc sort xz'
# More rows and workloads, by what they are about.
for file in languages databases media tools sources; do
	# shellcheck disable=SC1090
	. "$here/programs/$file.sh"
done

# ---- what workloads use ------------------------------------------------

# Runs the program under test; only it and its children get the library.
run()
{
	if [ -n "$KMP_PRELOAD" ]; then
		env LD_PRELOAD="$KMP_PRELOAD" KMALLOC="$KMP_OPTIONS" "$@"
	else
		env -u LD_PRELOAD -u KMALLOC "$@"
	fi
}

# The same for a user who is not root, where a program insists.
run_as()
{
	local user=$1
	shift
	if [ "$(id -u)" -ne 0 ]; then
		run "$@"
	elif [ -n "$KMP_PRELOAD" ]; then
		runuser -u "$user" -- env LD_PRELOAD="$KMP_PRELOAD" \
			KMALLOC="$KMP_OPTIONS" "$@"
	else
		runuser -u "$user" -- env -u LD_PRELOAD -u KMALLOC "$@"
	fi
}

# scale QUICK FULL
scale()
{
	if [ "$KMP_QUICK" = 1 ]; then echo "$1"; else echo "$2"; fi
}

digest()
{
	sha256sum | cut -c1-16
}

# preloaded PID: says so if the process should have the library and has not
preloaded()
{
	[ -z "$KMP_PRELOAD" ] || grep -qF "$KMP_PRELOAD" "/proc/$1/maps" ||
		echo "process $1 does not have $KMP_PRELOAD"
}

# until_true COMMAND...: tries for some 20 seconds
until_true()
{
	local tries=200
	until "$@" > /dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# server [-u USER] COMMAND...: in the background until the workload ends; sets
# $server, which is the server itself and no shell in between.
servers=
server()
{
	local drop=
	if [ "$1" = -u ]; then
		[ "$(id -u)" -ne 0 ] || drop="setpriv --reuid $2 --regid $2 --init-groups"
		shift 2
	fi
	if [ -n "$KMP_PRELOAD" ]; then
		# shellcheck disable=SC2086
		$drop env LD_PRELOAD="$KMP_PRELOAD" KMALLOC="$KMP_OPTIONS" "$@" &
	else
		# shellcheck disable=SC2086
		$drop env -u LD_PRELOAD -u KMALLOC "$@" &
	fi
	server=$!
	servers="$servers $server"
}

stop_servers()
{
	local pid
	for pid in $servers; do
		kill "$pid" 2> /dev/null
	done
	for pid in $servers; do
		wait "$pid" 2> /dev/null
	done
	servers=
}

# ---- perl --------------------------------------------------------------

p_perl()
{
	cat > work.pl << 'END'
use strict;
use warnings;
my $n = shift;
my ($x, %h, @a, %tree) = (1);
sub rnd { $x = ($x * 1103515245 + 12345) % 2147483648; return $x % $_[0] }
for my $i (1 .. $n) {
	my $k = "key" . rnd($n);
	$h{$k} .= chr(97 + rnd(26)) x rnd(40);
	push @a, { id => $i, name => $k, list => [map { rnd(9) } 1 .. 5] };
	delete $h{"key" . rnd($n)} if $i % 3 == 0;
}
my @s = sort { $a->{name} cmp $b->{name} || $a->{id} <=> $b->{id} } @a;
my $text = join ",", map { "$_->{name}:@{$_->{list}}" } @s;
my $count = () = $text =~ /(\d)\1/g;
(my $copy = $text) =~ s/(\w+)(\d)/$2$1/g;
for my $w (split /,/, $copy) { $tree{substr $w, 0, 3}{length $w}++ }
my $sum = 0;
$sum += unpack("%32C*", $_) for $text, $copy, map { $_ // "" } values %h;
print scalar(keys %h), " $count $sum ", length($copy), "\n";
print join(" ", map { "$_=" . join("/", map { $_ // 0 }
	@{$tree{$_}}{sort { $a <=> $b } keys %{$tree{$_}}}) } sort keys %tree),
	"\n";
my $s = "";
for my $i (1 .. $n) { $s .= "x" x ($i % 100); substr($s, 0, 50, "") if $i % 2 }
print length($s), "\n";
my @children = map { my $p = fork; $p or exit(scalar(@a) == $n ? 7 : 1); $p } 1 .. 4;
waitpid($_, 0), print $? >> 8, "\n" for @children;
print eval { my @b = (1) x 3e6; scalar @b }, "\n";
END
	run perl work.pl "$(scale 15000 200000)" | fold -w 200 | digest
	return "${PIPESTATUS[0]}"
}

# ---- python ------------------------------------------------------------

# All of its own tests but those for networks, terminals and time, those that
# need what Debian leaves out, and those that take longest.
python_modules()
{
	if [ "$KMP_QUICK" = 1 ]; then
		echo test_dict test_list test_struct
		return
	fi
	cat << 'END'
-x test_asynchat test_asyncio test_asyncore test_cmd_line test_compileall
test_concurrent_futures test_cppext test_curses test_distutils test_docxmlrpc
test_embed test_ensurepip test_faulthandler test_ftplib test_gdb test_httplib
test_httpservers test_idle test_imaplib test_lib2to3 test_logging
test_multiprocessing_fork test_multiprocessing_forkserver
test_multiprocessing_main_handling test_multiprocessing_spawn test_nntplib
test_openpty test_pdb test_peg_generator test_poplib test_pty test_pydoc
test_readline test_regrtest test_selectors test_signal test_smtpd test_smtplib
test_smtpnet test_socket test_socketserver test_ssl test_sundry test_tcl
test_telnetlib test_timeout test_tix test_tk test_tools test_ttk_guionly
test_ttk_textonly test_turtle test_urllib2_localnet test_urllib2net
test_urllibnet test_venv test_webbrowser test_xmlrpc test_xmlrpc_net
test_zipfile64
END
}

p_python()
{
	local modules status
	/usr/bin/python3 -c 'import test.support' 2> /dev/null ||
		{ echo "libpython3-testsuite is not installed"; return 77; }
	modules=$(python_modules)
	# shellcheck disable=SC2086
	run env PYTHONMALLOC=malloc PYTHONHASHSEED=1 HOME="$PWD" \
		TMPDIR="$PWD" /usr/bin/python3 -m test --timeout 120 \
		$(scale "" -j2) $modules > log 2>&1
	status=$?
	sed -n -e 's/ in [0-9.:msec ]*$//' -e '/^[0-9]* tests* [a-z].*:*$/p' \
		-e '/^    test_/p' -e '/^Tests* result/p' \
		-e '/^All [0-9]* tests OK/p' log
	grep -E 'Fatal Python error|MemoryError' log | head -5
	return $status
}

# ---- git ---------------------------------------------------------------

git_stream()
{
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++) {
			printf "blob\nmark :%d\n", 2 * i
			s = ""
			for (k = 0; k < 40 + i % 60; k++)
				s = s "line " k " of " i * (k % 7) "\n"
			printf "data %d\n%s\n", length(s), s
			printf "commit refs/heads/main\nmark :%d\n", 2 * i + 1
			printf "committer A U Thor <a@example.org> %d +0000\n", \
				1600000000 + i * 60
			m = "change number " i "\n"
			printf "data %d\n%s", length(m), m
			if (i > 1)
				printf "from :%d\n", 2 * i - 1
			printf "M 100644 :%d dir%d/file%d.txt\n\n", 2 * i, \
				i % 13, i % 301
		}
	}'
}

p_git()
{
	export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
	git config --global init.defaultBranch main
	git config --global pack.threads 2
	git config --global gc.auto 0
	run git init -q one && git_stream "$(scale 300 6000)" |
		run git -C one fast-import --quiet || return
	run git clone -q --no-local one two || return
	run git -C two log --stat -p | digest
	run git -C two log --oneline | wc -l
	run git -C two gc -q --prune=now || return
	run git -C two repack -adfq --depth=50 --window=20 || return
	run git -C two fsck --full --strict 2>&1 | head -3
	run git -C two rev-parse HEAD
	run git -C two blame dir1/file1.txt | digest
	run git -C two checkout -q HEAD~50 && run git -C two status --short
	run git -C two diff main --stat | digest
	run git -C two grep -c 'line 7 of' main | digest
	run git -C two bundle create -q ../b main && run git clone -q b three &&
		run git -C three rev-parse HEAD
}

# ---- sqlite ------------------------------------------------------------

p_sqlite()
{
	local n
	n=$(scale 10000 300000)
	cat > work.sql << END
PRAGMA journal_mode = WAL;
CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $n)
INSERT INTO t SELECT i, i * 7919 % 10007, printf('%.*c%d', i % 50, 'x', i),
	i / 7.0 FROM n;
COMMIT;
CREATE INDEX ta ON t(a);
CREATE INDEX tb ON t(b, c);
SELECT count(*), sum(a), max(b), round(avg(c), 4) FROM t;
UPDATE t SET b = b || upper(hex(a)) WHERE a % 3 = 0;
DELETE FROM t WHERE a BETWEEN 100 AND 900;
CREATE TABLE u AS SELECT a, count(*) AS n, group_concat(id) AS ids FROM t
	GROUP BY a ORDER BY n DESC, a;
SELECT count(*), sum(length(ids)) FROM u;
SELECT count(*) FROM t JOIN u USING (a) WHERE u.n > 2 AND t.id % 5 = 0;
SELECT sum(r) FROM (SELECT rank() OVER (PARTITION BY a % 100 ORDER BY c) AS r
	FROM t);
SELECT count(*), max(length(b)) FROM (SELECT DISTINCT b FROM t);
SELECT b FROM t WHERE b LIKE '%99%' ORDER BY c DESC LIMIT 5;
SELECT sum(json_array_length('[' || ids || ']')) FROM u;
ALTER TABLE t ADD COLUMN d DEFAULT 5;
VACUUM;
PRAGMA integrity_check;
SELECT count(*), sum(d) FROM t;
END
	run sqlite3 file.db < work.sql || return
	echo .dump | run sqlite3 file.db | digest
	run sqlite3 :memory: < work.sql
}

# ---- compilers ---------------------------------------------------------

c_source()
{
	awk -v n="$1" 'BEGIN {
		print "#include <stdio.h>\n#include <string.h>"
		print "struct s { int a[16]; double d; struct s *next; };"
		for (i = 0; i < n; i++) {
			printf "static int f%d(struct s *s, int n)\n{\n", i
			printf "\tint i, k = %d, t[%d] = { 1, 2, 3 };\n", i, \
				4 + i % 29
			printf "\tfor (i = 0; i < n; i++) {\n"
			printf "\t\tk += s->a[(i * %d) & 15] ^ t[i %% %d];\n", \
				i % 31 + 1, 4 + i % 29
			printf "\t\tif (k %% %d == 0)\n\t\t\ts->d *= 1.%d;\n", \
				i % 11 + 2, i
			printf "\t\tswitch (k & 7) {\n"
			for (c = 0; c < 8; c++)
				printf "\t\tcase %d: t[%d] += k >> %d; break;\n", \
					c, (c + i) % 4, (c * i) % 13
			printf "\t\t}\n\t}\n"
			if (i)
				printf "\treturn k + (n > 3 ? f%d(s, n / 2) : 0);\n}\n", \
					int(i * 7 / 9)
			else
				printf "\treturn k;\n}\n"
		}
		printf "static int (*const table[])(struct s *, int) = {\n"
		for (i = 0; i < n; i++)
			printf "\tf%d,\n", i
		print "};\nint main(void)\n{\n\tstruct s s = { { 3, 1, 4 }, 1.0, 0 };"
		print "\tunsigned int sum = 0, i;"
		printf "\tfor (i = 0; i < %d; i++)\n", n
		print "\t\tsum = sum * 31 + table[i](&s, 50);"
		print "\tprintf(\"%u\\n\", sum);\n\treturn sum & 63;\n}"
	}'
}

# The same code whatever the compiler's memory looks like.
compile_c()
{
	local cc=$1
	c_source "$(scale 30 500)" > big.c
	run "$cc" -O2 -g -S -o big.s big.c || return
	digest < big.s
	run "$cc" -O2 big.c -o big || return
	run ./big
}

p_gcc()
{
	compile_c gcc
}

cxx_source()
{
	cat << 'END'
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
template <int N> struct node {
	std::map<std::string, std::vector<node<N - 1>>> kids;
	std::tuple<int, double, std::string> data{ N, N * .5, std::to_string(N) };
	int sum() const
	{
		int s = std::get<0>(data);
		for (auto &k : kids)
			for (auto &n : k.second)
				s += n.sum();
		return s;
	}
};
template <> struct node<0> { int sum() const { return 1; } };
template <int N> node<N> grow()
{
	node<N> n;
	if constexpr (N > 0)
		for (int i = 0; i < 2; i++)
			n.kids["k" + std::to_string(i % 3)].push_back(grow<N - 1>());
	return n;
}
END
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "static int g%d(std::vector<int> v)\n{\n", i
			printf "\tstd::unordered_map<int, std::variant<int, std::string>> m;\n"
			printf "\tfor (int x : v) { if (x %% 2) m[x] = x * %d; else m[x] = std::to_string(x); }\n", i
			printf "\tstd::sort(v.begin(), v.end(), [](int a, int b) { return a %% %d < b %% %d || (a %% %d == b %% %d && a < b); });\n", i + 2, i + 2, i + 2, i + 2
			printf "\tstd::function<int(int)> f = [&](int k) { return k > 0 ? f(k - %d) + v[k %% v.size()] : (int)m.size(); };\n", i % 5 + 1
			printf "\treturn f(40) + grow<%d>().sum();\n}\n", i % 9
		}
		print "int main()\n{\n\tstd::vector<int> v;\n\tunsigned int sum = 0;"
		print "\tfor (int i = 0; i < 300; i++) v.push_back(i * 7919 % 1009);"
		for (i = 0; i < n; i++)
			printf "\tsum = sum * 31 + g%d(v);\n", i
		print "\tstd::regex re(\"(a+)(b|c)*\\\\d\");"
		print "\tsum += std::regex_match(std::string(\"aaabcb7\"), re);"
		print "\tstd::printf(\"%u\\n\", sum);\n\treturn sum & 63;\n}"
	}'
}

compile_cxx()
{
	local cxx=$1
	cxx_source "$(scale 4 16)" > big.cc
	run "$cxx" -std=gnu++17 -O2 -g -S -o big.s big.cc || return
	digest < big.s
	run "$cxx" -std=gnu++17 -O2 big.cc -o big || return
	run ./big
}

p_gxx()
{
	compile_cxx g++
}

p_clang()
{
	compile_c clang
	echo $?
	if command -v clang++ > /dev/null; then
		compile_cxx clang++
	fi
}

p_cmake()
{
	mkdir -p src
	c_source 30 > src/main.c
	cat > src/CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.10)
project(tiny C)
include(CheckIncludeFile)
check_include_file(stdio.h HAVE_STDIO_H)
add_executable(tiny main.c)
foreach(i RANGE 40)
	file(WRITE ${CMAKE_BINARY_DIR}/part${i}.c "int part${i}(void){return ${i};}\n")
	list(APPEND parts ${CMAKE_BINARY_DIR}/part${i}.c)
endforeach()
add_library(parts STATIC ${parts})
target_link_libraries(tiny parts)
message(STATUS "have ${HAVE_STDIO_H}")
END
	run cmake -S src -B build > log 2>&1 || { tail -5 log; return 1; }
	grep -E '^-- (have|Configuring done|Generating done)' log |
		sed 's/ (.*//'
	run cmake --build build -- -j2 > log 2>&1 || { tail -5 log; return 1; }
	grep -c Built log
	run build/tiny
}

# ---- sort, xz, tar -----------------------------------------------------

p_sort()
{
	seq 1 "$(scale 300000 25000000)" |
		awk '{ printf "%d %d\n", $1 * 7919 % 1000003, $1 }' > numbers
	run sort --parallel=2 -S "$(scale 8M 256M)" -T . -k1,1n -k2,2r numbers |
		digest
	run sort --parallel=2 -S "$(scale 8M 128M)" -T . -u -r numbers | digest
	return "${PIPESTATUS[0]}"
}

p_xz()
{
	seq 1 "$(scale 300000 8000000)" |
		awk '{ print $1, $1 * $1 % 9973 }' > data
	digest < data
	run xz -T2 "$(scale -0 -2)" --block-size="$(scale 1MiB 8MiB)" -k data ||
		return
	digest < data.xz
	rm data
	run xz -T2 -dc data.xz | digest
	run xz -t data.xz
}

p_tar()
{
	mkdir -p files
	( cd files && seq 1 3000000 | split -a 4 -l 1000 - part )
	run tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
		-cf all.tar files || return
	digest < all.tar
	run tar -czf all.tar.gz files || return
	mkdir out
	run tar -xzf all.tar.gz -C out || return
	cat out/files/part* | digest
	run tar -tf all.tar | wc -l
}

# ---- redis -------------------------------------------------------------

redis_data()
{
	awk 'BEGIN {
		for (i = 0; i < 200000; i++) {
			printf "SET key:%d %s\n", i, sprintf("%0*d", i % 300 + 1, i)
			if (i % 4 == 0)
				printf "HSET hash:%d f%d %d g%d value%d\n", \
					i % 500, i, i, i % 7, i
			if (i % 5 == 0)
				printf "RPUSH list:%d a%d b%d c%d\n", i % 300, \
					i, i, i
			if (i % 6 == 0)
				printf "ZADD zset:%d %d member%d\n", i % 200, \
					i * 31 % 1009, i
			if (i % 9 == 0)
				printf "DEL key:%d\n", i / 3
			if (i % 50 == 0)
				printf "APPEND key:%d %s\n", i, \
					sprintf("%0*d", 4000, i)
		}
	}'
}

redis_start()
{
	server redis-server --port 0 --unixsocket "$PWD/sock" --dir "$PWD" \
		--save "" --appendonly no --daemonize no --loglevel warning \
		--enable-debug-command yes --activedefrag no > log 2>&1
	until_true sh -c "redis-cli -s '$PWD/sock' ping | grep -q PONG" ||
		{ cat log; return 1; }
}

redis_say()
{
	run redis-cli -s "$PWD/sock" "$@"
}

p_redis()
{
	redis_start || return
	preloaded $server
	redis_data | redis_say --pipe | grep -E '^errors|replies'
	redis_say dbsize
	redis_say debug digest
	run redis-benchmark -s "$PWD/sock" -q -n 50000 -c 20 -P 8 -d 500 \
		-t set,get,lpush,lpop,sadd,hset,spop,zadd,lrange_100,mset |
		grep -c 'requests per second'
	redis_say flushall
	redis_data | redis_say --pipe | grep -E '^errors|replies'
	redis_say save
	redis_say bgsave > /dev/null
	until_true sh -c "redis-cli -s '$PWD/sock' info persistence |
		grep -q 'rdb_bgsave_in_progress:0'"
	redis_say info persistence | grep rdb_last_bgsave_status | tr -d '\r'
	redis_say memory purge
	redis_say debug reload
	redis_say debug digest
	redis_say shutdown nosave
	wait $server
	echo "exit $?"
	servers=
	redis_start || return
	redis_say debug digest
	redis_say shutdown nosave
	wait $server
}

# ---- node --------------------------------------------------------------

p_node()
{
	cat > work.js << 'END'
const { Worker, isMainThread, parentPort, workerData } =
	require('worker_threads');
const crypto = require('crypto');
const zlib = require('zlib');

function churn(n) {
	const map = new Map(), list = [];
	let x = 1;
	const rnd = m => (x = (x * 48271) % 2147483647) % m;
	for (let i = 0; i < n; i++) {
		map.set('k' + rnd(n), { i, s: 'x'.repeat(rnd(200)), a: [i, rnd(9)] });
		if (i % 3 == 0) map.delete('k' + rnd(n));
		if (i % 100 == 0) list.push(Buffer.alloc(rnd(50000) + 1, i & 255));
		if (list.length > 200) list.splice(rnd(200), 50);
	}
	const text = JSON.stringify([...map.values()]);
	const packed = zlib.deflateSync(text, { level: 6 });
	const back = zlib.inflateSync(packed).toString();
	const hash = crypto.createHash('sha256').update(text);
	for (const b of list) hash.update(b);
	return [map.size, back === text, JSON.parse(back).length,
		hash.digest('hex').slice(0, 16)].join(' ');
}

if (isMainThread) {
	console.log(churn(200000));
	let left = 4;
	const said = [];
	for (let w = 0; w < 4; w++)
		new Worker(__filename, { workerData: 20000 + w * 1000 })
			.on('message', m => { said[w] = m; })
			.on('exit', c => {
				said[w] += ' ' + c;
				if (--left == 0) console.log(said.join('\n'));
			});
} else {
	parentPort.postMessage(churn(workerData));
}
END
	run node --max-old-space-size=2048 work.js
}

# ---- java --------------------------------------------------------------

p_java()
{
	cat > Work.java << 'END'
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;

public class Work {
	static String churn(int seed) throws Exception {
		Random r = new Random(seed);
		Map<String, List<Integer>> m = new TreeMap<>();
		List<ByteBuffer> direct = new ArrayList<>();
		CRC32 crc = new CRC32();
		for (int i = 0; i < 100000; i++) {
			m.computeIfAbsent("k" + r.nextInt(5000), k -> new ArrayList<>())
				.add(i);
			if (i % 500 == 0) {
				ByteBuffer b = ByteBuffer.allocateDirect(1 + r.nextInt(100000));
				while (b.remaining() > 8) b.putLong(i);
				b.flip();
				direct.add(b);
			}
			if (direct.size() > 50) direct.remove(r.nextInt(50));
		}
		for (ByteBuffer b : direct) crc.update(b);
		String s = m.entrySet().stream()
			.map(e -> e.getKey() + e.getValue().size())
			.collect(Collectors.joining(","));
		Deflater d = new Deflater();
		d.setInput(s.getBytes());
		d.finish();
		byte[] out = new byte[1 << 20];
		int n = d.deflate(out);
		d.end();
		Inflater inf = new Inflater();
		inf.setInput(out, 0, n);
		byte[] back = new byte[1 << 20];
		boolean same = new String(back, 0, inf.inflate(back)).equals(s);
		inf.end();
		byte[] h = MessageDigest.getInstance("SHA-256").digest(s.getBytes());
		return seed + " " + m.size() + " " + same + " " + crc.getValue() + " "
			+ Arrays.hashCode(h);
	}

	public static void main(String[] args) throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(4);
		List<Future<String>> f = new ArrayList<>();
		for (int i = 0; i < 12; i++) {
			int seed = i;
			f.add(pool.submit(() -> churn(seed)));
		}
		for (Future<String> x : f) System.out.println(x.get());
		pool.shutdown();
		System.gc();
		int threads = 0;
		for (int i = 0; i < 500; i++) {
			Thread t = new Thread(() -> { new StringBuilder("x".repeat(999)); });
			t.start();
			t.join();
			threads++;
		}
		System.out.println(threads);
		System.exit(args.length == 0 ? 3 : 4);
	}
}
END
	run java -Xmx512m Work.java
	echo "exit $?"
	run javac -J-Xmx512m -d classes Work.java || return
	run java -Xmx512m -XX:+UseParallelGC -cp classes Work again
}

# ---- postgres ----------------------------------------------------------

p_postgres()
{
	local bin user=postgres sql
	# Debian keeps them out of PATH, by version.
	bin=$(find /usr/lib/postgresql/*/bin -name initdb 2> /dev/null | tail -1)
	bin=$(dirname "${bin:-$(command -v initdb || echo none)}")
	for command in initdb postgres pgbench psql; do
		[ -x "$bin/$command" ] || { echo "no $command"; return 77; }
	done
	if [ "$(id -u)" -eq 0 ]; then
		id $user > /dev/null 2>&1 || { echo "no user $user"; return 77; }
		chown $user .
	fi
	run_as $user "$bin/initdb" -D "$PWD/db" -A trust --no-sync -U postgres \
		> log 2>&1 || { tail -5 log; return 1; }
	server -u $user "$bin/postgres" -D "$PWD/db" -k "$PWD" -h '' \
		-c fsync=off -c shared_buffers=64MB -c max_connections=20 \
		-c jit=off >> log 2>&1
	sql="run_as $user $bin/psql -h $PWD -U postgres -qAtX"
	until_true $sql -c 'select 1' || { tail -5 log; return 1; }
	preloaded $server
	run_as $user "$bin/pgbench" -h "$PWD" -U postgres -q -i -s 4 postgres \
		> log2 2>&1 || { tail -5 log2; return 1; }
	run_as $user "$bin/pgbench" -h "$PWD" -U postgres -c 6 -j 2 -t 400 \
		postgres > log2 2>&1 || { tail -5 log2; return 1; }
	sed -n -e '/actually processed/p' -e '/failed transactions/p' log2
	$sql << 'END'
select count(*) from pgbench_history;
select (select sum(abalance) from pgbench_accounts) =
	(select sum(bbalance) from pgbench_branches),
	(select sum(abalance) from pgbench_accounts) =
	(select sum(delta) from pgbench_history);
create table t as select i, i * 7919 % 10007 as a,
	repeat(chr(97 + i % 26), i % 200) as s from generate_series(1, 200000) i;
set work_mem = '64MB';
select count(*), sum(a), md5(string_agg(s, '' order by i)) from t;
select count(*), sum(n) from (select a, count(*) n, array_agg(i order by i)
	from t group by a) x;
select count(*) from t x join t y on x.a = y.a and x.i < y.i where x.i < 20000;
create index on t using gin (string_to_array(s, 'b'));
select sum(length(regexp_replace(s, '(.)\1+', '\1'))) from t where i < 20000;
select sum(jsonb_array_length(jsonb_agg)) from
	(select jsonb_agg(t.*) from t where i < 20000 group by a) x;
do $$ begin for i in 1..20000 loop perform md5(i::text); end loop; end $$;
vacuum full analyze t;
select count(*) from t;
END
	kill -INT $server
	wait $server
	echo "exit $?"
	servers=
	grep -cE 'PANIC|terminated by signal' log
	return 0
}

# ---- nginx -------------------------------------------------------------

nginx_start()
{
	local port=$1
	cat > nginx.conf << END
daemon off;
master_process on;
worker_processes 2;
pid $PWD/nginx.pid;
error_log $PWD/error.log warn;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path $PWD/body;
	proxy_temp_path $PWD/proxy;
	fastcgi_temp_path $PWD/fastcgi;
	uwsgi_temp_path $PWD/uwsgi;
	scgi_temp_path $PWD/scgi;
	types { text/plain txt; }
	server {
		listen 127.0.0.1:$port;
		root $PWD/root;
		gzip on;
		gzip_types text/plain;
		location /proxied/ { proxy_pass http://127.0.0.1:$port/; }
	}
}
END
	server nginx -c "$PWD/nginx.conf" -e "$PWD/error.log" -p "$PWD"
	until_true curl -sf "http://127.0.0.1:$port/a.txt"
}

p_nginx()
{
	local port tries url
	mkdir -p root
	seq 1 50000 > root/a.txt
	seq 1 300 > root/b.txt
	chmod -R a+rX .
	for tries in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 30000))
		nginx_start $port && break
		stop_servers
	done
	url=http://127.0.0.1:$port
	for pid in $(cat nginx.pid) $(pgrep -P "$(cat nginx.pid)"); do
		preloaded "$pid"
	done
	curl -sf $url/a.txt | digest
	curl -sf --compressed $url/proxied/a.txt | digest
	for path in a.txt b.txt proxied/b.txt none; do
		run wrk -t2 -c40 -d2s -H 'Accept-Encoding: gzip' $url/$path \
			> log 2>&1
		echo "$path: $? $(grep -c 'Requests/sec' log)" \
			"$(grep -oE 'Non-2xx|Socket errors.*' log | head -1)"
	done
	kill -HUP "$(cat nginx.pid)"
	until_true curl -sf $url/b.txt
	curl -sf $url/b.txt | digest
	kill -QUIT "$(cat nginx.pid)"
	wait $server
	echo "exit $?"
	servers=
	grep -cE 'exited on signal|alert|emerg' error.log
	return 0
}

# ---- ghostscript -------------------------------------------------------

p_ghostscript()
{
	awk 'BEGIN {
		print "%!PS-Adobe-3.0\n%%Pages: 20"
		for (p = 1; p <= 20; p++) {
			printf "%%%%Page: %d %d\n/Times-Roman findfont %d scalefont setfont\n", p, p, 6 + p % 9
			for (i = 0; i < 60; i++)
				printf "%d %d moveto (Page %d, line %d of words) show\n", 36 + i % 5, 780 - i * 12, p, i
			for (i = 0; i < 200; i++)
				printf "%.2f %.2f %.2f setrgbcolor newpath %d %d %d 0 360 arc fill\n", i / 200, (p * i) % 7 / 7, p / 20, (i * 37) % 600, (i * p * 13) % 800, 3 + i % 20
			print "gsave 300 400 translate 1 1 30 { 12 rotate 0 0 moveto 200 50 100 150 50 200 curveto stroke } for grestore"
			print "/s 4000 string def 0 1 3999 { s exch dup 255 and put } for"
			print "100 100 translate 200 200 scale 40 100 8 [40 0 0 100 0 0] { s } image showpage"
		}
	}' > in.ps
	run gs -q -dBATCH -dNOPAUSE -dSAFER -sDEVICE=png16m -r72 \
		-dNumRenderingThreads=2 -sOutputFile='p%02d.png' in.ps || return
	cat p*.png | digest
	ls p*.png | wc -l
	run gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile=out.pdf in.ps ||
		return
	run gs -q -dBATCH -dNOPAUSE -sDEVICE=pgmraw -r36 -sOutputFile='q%02d.pgm' \
		out.pdf || return
	cat q*.pgm | digest
}

# ---- gdb ---------------------------------------------------------------

gdb_program()
{
	cat > prog.c << 'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct item { int id; char *name; struct item *next; };
int rounds;
static struct item *add(struct item *list, int id)
{
	struct item *i = malloc(sizeof(*i));

	i->id = id;
	i->name = strdup("some name");
	i->next = list;
	return i;
}
void churn(void)
{
	for (rounds = 0; rounds < 100000; rounds++) {
		char *volatile p = malloc(40 + rounds % 100);

		free(p);
	}
}
int main(void)
{
	struct item *list = NULL;

	for (int i = 0; i < 100; i++)
		list = add(list, i);
	churn();
	printf("%d %s\n", list->id, list->name);
	return 4;
}
END
	gcc -g -O0 prog.c -o prog
}

p_gdb()
{
	gdb_program || return
	cat > script << 'END'
set pagination off
set confirm off
set width 0
set print address off
break add if id == 50
run
backtrace
next
next
next
print *i
print i->name
finish
watch rounds if rounds == 1000
continue
print rounds
delete
up
print list->id
print list->name
continue
info types ^item$
END
	run gdb -nx -batch -x script ./prog 2> err |
		grep -vE 'libthread_db|linux-vdso|^Using host|debuginfod' |
		sed -E -e 's/0x[0-9a-f]+/0x/g' -e 's/process [0-9]+/process/g' \
			-e "s|$PWD|.|g" -e '/^From/,/^$/d'
	return "${PIPESTATUS[0]}"
}

# Instruction by instruction through malloc and free, which must get somewhere:
# under a debugger a restartable sequence restarts at every step.
p_gdb_step()
{
	gdb_program || return
	cat > script << 'END'
set pagination off
set confirm off
break churn
run
stepi 60000
printf "rounds beyond 20: %d\n", rounds > 20
kill
END
	run gdb -nx -batch -x script ./prog 2> err | grep 'rounds beyond'
	return "${PIPESTATUS[0]}"
}

# ---- stress-ng ---------------------------------------------------------

p_stress_ng()
{
	local args
	while read -r args; do
		# shellcheck disable=SC2086
		run stress-ng $args --verify --timeout 60 --temp-path . \
			--no-rand-seed > log 2>&1
		echo "$args: $?"
		grep -E 'fail:|error:' log | sed 's/.*\] //' | head -3
	done << 'END'
--malloc 2 --malloc-ops 50000 --malloc-bytes 8m --malloc-max 8192
--malloc 2 --malloc-ops 50000 --malloc-bytes 64m --malloc-pthreads 3
--malloc 2 --malloc-ops 5000 --malloc-bytes 16m --malloc-touch
--malloc 2 --malloc-ops 50000 --malloc-bytes 32m --malloc-zerofree
--malloc 2 --malloc-ops 100000 --malloc-thresh 65536 --malloc-bytes 1m
--bigheap 1 --bigheap-ops 2000 --bigheap-growth 1m
--bigheap 1 --bigheap-ops 20000 --bigheap-growth 64k
--brk 1 --brk-ops 20000
--tree 1 --tree-ops 4 --tree-size 100000
--tsearch 1 --tsearch-ops 20
--hsearch 1 --hsearch-ops 200
--list 1 --list-ops 100
--skiplist 1 --skiplist-ops 200
--qsort 1 --qsort-ops 5
--fork 2 --fork-ops 4000
--vfork 2 --vfork-ops 4000
--pthread 2 --pthread-ops 4000
--sigsegv 1 --sigsegv-ops 4000
END
}

# ---- the runner --------------------------------------------------------

field() # NAME NUMBER: of the table
{
	printf '%s\n' "$programs" | awk -F': *' -v n="$1" -v f="$2" \
		'$1 == n { print $f }'
}

names()
{
	printf '%s\n' "$programs" | awk -F: 'NF > 1 { print $1 }'
}

all_packages()
{
	printf '%s\n' "$programs" |
		awk -F': *' 'NF > 2 { n = split($3, p, " ")
			for (i = 1; i <= n; i++) print p[i] }' | sort -u
}

# A workload's own process: NAME, in the current directory.
if [ "${1:-}" = --workload ]; then
	trap stop_servers EXIT
	trap 'exit 143' TERM INT HUP
	"p_$2"
	exit
fi

preload=
debug=
modes="rseq generic"
limit=600
keep=0
KMP_QUICK=0
while [ $# -gt 0 ]; do
	case $1 in
	--preload) preload=$2; shift ;;
	--modes) modes=$2; shift ;;
	--debug) debug=$2; shift ;;
	--timeout) limit=$2; shift ;;
	--quick) KMP_QUICK=1 ;;
	--keep) keep=1 ;;
	--list) names; exit ;;
	--packages) all_packages; exit ;;
	-*) sed -n '3,20s/^# \{0,1\}//p' "$self" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
if [ $# -gt 0 ]; then
	chosen=$*
elif [ $KMP_QUICK = 1 ]; then
	chosen=$quick_names
else
	chosen=$(names)
fi
[ "${KM_RSEQ:-1}" = 0 ] && modes=${modes/rseq/}
preload=${preload:-$here/../../.libs/libkmalloc-preload.so}
[ -z "$debug" ] || modes="$modes debug"
for file in "$preload" $debug; do
	[ -r "$file" ] && continue
	echo "Bail out! $file is not there"
	exit 99
done

# Copies: another user may read them, and a rebuild does not change them midway.
work=$(mktemp -d "${TMPDIR:-/tmp}/km-programs-XXXXXX") || exit 99
chmod 755 "$work"
# What is made or got once for all modes.
KMP_CACHE=${KM_SOURCES:-$work/cache}
mkdir -p "$KMP_CACHE"
export KMP_CACHE
install -m 755 "$preload" "$work/libkmalloc-preload.so"
[ -z "$debug" ] || install -m 755 "$debug" "$work/libkmalloc-debug.so"
leave()
{
	if [ $keep = 1 ]; then
		echo "# left in $work"
	else
		rm -rf "$work"
	fi
}
running=
trap leave EXIT
# timeout passes it on to the workload, which stops its servers.
trap '[ -z "$running" ] || kill "$running" 2> /dev/null; wait; exit 143' \
	TERM INT HUP

# run_mode NAME MODE: output, exit code and time into $work/NAME.MODE.*; always
# in the same directory, whose name some programs write into what they make.
run_mode()
{
	local base=$work/$1.$2 dir=$work/$1 began=$EPOCHREALTIME status
	mkdir -p "$dir"
	case $2 in
	without) KMP_PRELOAD='' KMP_OPTIONS='' ;;
	debug) KMP_PRELOAD=$work/libkmalloc-debug.so KMP_OPTIONS='' ;;
	*) KMP_PRELOAD=$work/libkmalloc-preload.so KMP_OPTIONS=percpu=$2 ;;
	esac
	export KMP_PRELOAD KMP_OPTIONS KMP_QUICK
	( cd "$dir" && exec timeout -k 10 "$limit" bash "$self" --workload "$1" ) \
		> "$base.out" 2> "$base.err" < /dev/null &
	running=$!
	wait $running
	status=$?
	echo "exit code $status" >> "$base.out"
	[ $status -eq 124 ] && echo "ran longer than $limit s" >> "$base.out"
	grep -hE '^kmalloc: |cannot be preloaded' "$base.err" "$dir/log" \
		>> "$base.out" 2> /dev/null
	awk -v a="$began" -v b="$EPOCHREALTIME" -v m="$2" \
		'BEGIN { printf " %s %.1f s", m, b - a }' >> "$work/$1.times"
	if [ $keep = 1 ]; then mv "$dir" "$base"; else rm -rf "$dir"; fi
	return $status
}

# why_not NAME: says what it needs and is not there
why_not()
{
	local command
	for command in $(field "$1" 2); do
		command -v "$command" > /dev/null 2>&1 && continue
		echo "$command is not installed (apt-get install $(field "$1" 3))"
		return
	done
}

count=0
result() # ok|"not ok" TEXT
{
	count=$((count + 1))
	echo "$1 $count - $2"
}

# compare NAME: all modes against the run without the library
compare()
{
	local mode bad=
	for mode in $modes; do
		run_mode "$1" "$mode"
		cmp -s "$work/$1.without.out" "$work/$1.$mode.out" ||
			bad="$bad $mode"
	done
	if [ -z "$bad" ]; then
		result ok "$1:$(cat "$work/$1.times")"
		grep '^exit code [^0]' "$work/$1.without.out" |
			sed 's/^/# without the library as well: /'
		return
	fi
	result "not ok" "$1:$(cat "$work/$1.times")"
	for mode in $bad; do
		echo "# $mode differs:"
		diff "$work/$1.without.out" "$work/$1.$mode.out" |
			head -20 | sed 's/^/#   /'
		tail -5 "$work/$1.$mode.err" | sed 's/^/#   stderr: /'
	done
}

for name in $chosen; do
	if [ -z "$(field "$name" 1)" ]; then
		result "not ok" "$name: no such program; see --list"
		continue
	fi
	why=$(why_not "$name")
	if [ -n "$why" ]; then
		result ok "$name # SKIP $why"
		continue
	fi
	run_mode "$name" without
	status=$?
	if [ $status -eq 77 ]; then
		result ok "$name # SKIP $(head -1 "$work/$name.without.out")"
	elif [ $status -eq 124 ] || [ $status -gt 128 ]; then
		result "not ok" "$name fails without the library too"
		tail -5 "$work/$name.without.err" | sed 's/^/# /'
	else
		compare "$name"
	fi
done
echo "1..$count"
