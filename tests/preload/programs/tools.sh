# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For programs.sh: tools of every day, and programs with something particular:
# privileges, no dynamic linking, sanitizers, another malloc, a tool around them.
programs="$programs
systemd: systemd-analyze journalctl: systemd
privileged: gcc setcap setpriv: gcc libcap2-bin util-linux
static: busybox gcc: busybox-static gcc
asan: gcc: gcc libasan8
ubsan: gcc: gcc libubsan1
tsan: gcc setarch: gcc libtsan2
clang_asan: clang: clang
valgrind: valgrind gcc: valgrind gcc libc6-dbg
strace: strace: strace
curl: curl nginx: curl nginx-light
squid: squid curl python3: squid curl python3
openssl: openssl: openssl
gpg: gpg: gnupg
ssh: ssh-keygen: openssh-client
rsync: rsync: rsync
text: sed grep find diff: sed grep findutils diffutils
jq: jq: jq
archives: 7z zstd bzip2 lz4 zip mksquashfs: p7zip-full zstd bzip2 lz4 zip squashfs-tools
nasm: nasm ld: nasm binutils
binutils: objdump strip ar gcc: binutils gcc
z3: z3: z3
pari: gp: pari-gp
gforth: gforth: gforth
dpkg: dpkg-deb dpkg-query apt-cache: dpkg apt
"

p_systemd()
{
	local unit
	cat > km.service << 'END'
[Unit]
Description=Nothing
[Service]
ExecStart=/bin/true
Restart=on-failure
[Install]
WantedBy=multi-user.target
END
	run journalctl --version | head -1
	run systemd-analyze verify "$PWD/km.service" 2>&1 | digest
	run systemd-analyze calendar 'Mon..Fri *-*-* 09..17:00/15' \
		--base-time '2020-01-01 00:00:00 UTC' --iterations 40 |
		grep -v 'From now' | digest
	run systemd-analyze syscall-filter | digest
	run systemd-analyze --no-pager security --offline=1 \
		"$PWD/km.service" 2>&1 | digest
	for unit in 'a/b c' 'x.y' '/dev/sda1'; do
		run systemd-escape -p "$unit"
	done
	run systemd-id128 show | digest
	run systemd-path | wc -l
	run systemd-analyze unit-paths | wc -l
	run systemd-sysusers --cat-config | wc -l
}

# The loader drops LD_PRELOAD for those whose privileges exec raises, but for a
# name without a slash that is set-user-ID itself; libkmalloc then ignores
# KMALLOC. Nothing is shown of either.
p_privileged()
{
	local user=nobody
	[ "$(id -u)" -eq 0 ] || { echo "only root can raise privileges"; return 77; }
	cat > who.c << 'END'
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
int main(void)
{
	char line[4096];
	FILE *f = fopen("/proc/self/maps", "r");
	int has = 0;
	void *p[500];
	for (int i = 0; i < 500; i++)
		p[i] = memset(malloc(i * 10 + 1), i, i * 10 + 1);
	while (f && fgets(line, sizeof(line), f))
		has |= strstr(line, "kmalloc") != NULL;
	for (int i = 0; i < 500; i++)
		free(p[i]);
	printf("secure %lu, library %d, euid 0 %d\n", getauxval(AT_SECURE), has,
	       geteuid() == 0);
	return 0;
}
END
	gcc -O0 who.c -o who || return
	chmod 755 .
	cp who suid && chmod 4755 suid
	cp who caps && setcap cap_net_raw+ep caps || return 77
	for program in ./suid ./caps; do
		if [ -n "$KMP_PRELOAD" ]; then
			setpriv --reuid $user --clear-groups env \
				LD_PRELOAD="$KMP_PRELOAD" \
				KMALLOC="fail_syscall=mmap:1 nonsense" $program
		else
			setpriv --reuid $user --clear-groups $program
		fi
		echo "exit $?"
	done
	# Those of the system, in a way that needs no network.
	for program in "su --version" "passwd --help" "ping -V" "sudo -V"; do
		[ -x "$(command -v "${program%% *}")" ] || continue
		if [ -n "$KMP_PRELOAD" ]; then
			setpriv --reuid $user --clear-groups env \
				LD_PRELOAD="$KMP_PRELOAD" KMALLOC=nonsense \
				$program 2>&1 | digest
		else
			setpriv --reuid $user --clear-groups $program 2>&1 |
				digest
		fi
	done
}

p_static()
{
	cat > work.c << 'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
	char line[4096];
	int has = 0;
	long n = 0;
	FILE *f = fopen("/proc/self/maps", "r");
	for (int i = 0; i < 100000; i++) {
		char *p = malloc(i % 2000 + 1);
		p[i % 2000] = 1;
		n += p[i % 2000];
		free(p);
	}
	while (f && fgets(line, sizeof(line), f))
		has |= strstr(line, "kmalloc") != NULL;
	printf("%ld %d\n", n, has);
	return 0;
}
END
	gcc -static -O0 work.c -o work && run ./work
	gcc -static-pie -O0 work.c -o work && run ./work
	run busybox sh -c 'seq 1 20000 | busybox sort -r | busybox md5sum'
	run busybox tar cf - work.c | run busybox gzip | run busybox gunzip |
		run busybox tar tf -
	if command -v ldconfig > /dev/null; then
		run ldconfig -p | digest
	fi
}

# ---- sanitizers: a malloc of their own, which stays the one ------------

sanitized_source()
{
	cat > work.c << 'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;
static void *churn(void *arg)
{
	long i, n = 0;
	for (i = 0; i < 20000; i++) {
		char *p = malloc(i % 700 + 1);
		memset(p, (char)i, i % 700 + 1);
		p = realloc(p, i % 900 + 1);
		n += p[0] == (char)i;
		free(p);
	}
	pthread_mutex_lock(&lock);
	total += n;
	pthread_mutex_unlock(&lock);
	return arg;
}
int main(int argc, char **argv)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, churn, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("%ld\n", total);
	fflush(stdout);
	if (argc > 1) {
		char *volatile p = malloc(40 + argc);
		int volatile k = 0x7fffffff;
		free(p);
		k += argc;
		printf("%d\n", p[3] == 7);
	}
	return 5;
}
END
}

# sanitize COMPILER FLAG ENV...: an innocent run, and one whose mistake it tells
sanitize()
{
	local cc=$1 flag=$2
	shift 2
	sanitized_source
	# shellcheck disable=SC2086
	$cc -g -O0 $flag -pthread work.c -o work 2> err ||
		{ head -3 err; return 77; }
	run env "$@" ./work
	echo "exit $?"
	run env "$@" ./work wrong 2>&1 |
		grep -oE '(ERROR|WARNING|SUMMARY): [A-Za-z]*Sanitizer: [a-z-]*|runtime error: [a-z ]*' |
		sort -u
	echo "exit ${PIPESTATUS[0]}"
}

# ASan's malloc has to be the first: of the program itself, or preloaded before.
p_asan()
{
	sanitize gcc '-fsanitize=address -static-libasan'
	sanitize gcc -fsanitize=address \
		LD_PRELOAD="$(gcc -print-file-name=libasan.so) $KMP_PRELOAD"
}

p_clang_asan()
{
	sanitize clang -fsanitize=address
}

p_ubsan()
{
	sanitize gcc -fsanitize=undefined
}

p_tsan()
{
	# Its shadow wants the addresses where the old layouts have them.
	sanitize gcc '-fsanitize=thread -static-libtsan' setarch -R
	sanitize gcc -fsanitize=thread setarch -R env \
		LD_PRELOAD="$(gcc -print-file-name=libtsan.so) $KMP_PRELOAD"
}

# Its replacement finds malloc by name in every object: the same report.
p_valgrind()
{
	cat > work.c << 'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
	char *a = malloc(40), *b = malloc(1000), *c = calloc(3, 7), *d;
	volatile char sink;
	memset(a, 1, 40);
	sink = a[40];
	d = strdup("text");
	free(b);
	sink = b[10];
	free(b);
	if (d[3] == 't' && c[20] == 0)
		a = realloc(a, 400);
	if (a[300])
		puts("undefined");
	c = NULL;
	free(a);
	(void)sink;
	return 6;
}
END
	gcc -g -O0 -fno-builtin work.c -o work || return
	run valgrind --leak-check=full ./work > out 2> log
	echo "exit $?"
	sed -E -e 's/^==[0-9]+== ?//' -e 's/0x[0-9A-Fa-f]+/0x/g' -e '/^Command/d' \
		-e '/^(Memcheck|Copyright|Using)/d' \
		-e 's/ \(in [^)]*\)//' -e 's/\(vg_replace_malloc.*//' log
	mv log report
}

p_strace()
{
	seq 1 200 > in
	run strace -f -qq -e trace=openat,read -e signal=none -o trace \
		sort -rn in | digest
	grep -c '"in"' trace
	run strace -c -o count find . -name in
	grep -c total count
}

# ---- of every day ------------------------------------------------------

p_curl()
{
	local port tries
	mkdir -p root
	seq 1 80000 > root/a.txt
	chmod -R a+rX .
	for tries in 1 2 3; do
		port=$((20000 + RANDOM % 30000))
		cat > nginx.conf << END
daemon off;
pid $PWD/nginx.pid;
error_log $PWD/error.log warn;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $PWD/b; proxy_temp_path $PWD/p;
fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;
server { listen 127.0.0.1:$port; root $PWD/root; gzip on; } }
END
		nginx -c "$PWD/nginx.conf" -e "$PWD/error.log" -p "$PWD" &
		servers="$servers $!"
		until_true curl -sf "http://127.0.0.1:$port/a.txt" && break
		stop_servers
	done
	run curl -s "http://127.0.0.1:$port/a.txt" | digest
	run curl -s --parallel --compressed \
		"http://127.0.0.1:$port/a.txt?[1-60]" -o 'out#1' 2> /dev/null
	cat out* | digest
	run curl -s "http://127.0.0.1:$port/none" -o /dev/null -w '%{http_code}\n'
	run curl -s "file://$PWD/root/a.txt" | digest
}

# A proxy on a port, for what is served on the one behind it.
squid_start()
{
	local port=$1 origin=$(($1 + 1))
	cat > squid.conf << END
http_port 127.0.0.1:$port
http_access allow all
pid_filename $PWD/squid.pid
cache_log $PWD/cache.log
access_log none
cache_store_log none
cache_mem 16 MB
maximum_object_size_in_memory 1 MB
coredump_dir $PWD/cache
pinger_enable off
shutdown_lifetime 1 second
END
	(cd root && exec env -u LD_PRELOAD python3 -m http.server \
		--bind 127.0.0.1 $origin > ../origin.log 2>&1) &
	servers="$servers $!"
	[ "$(id -u)" -ne 0 ] || chown -R proxy .
	server -u proxy squid -n "km$port" -N -f "$PWD/squid.conf" 2> err
	until_true curl -sf -x "127.0.0.1:$port" "http://127.0.0.1:$origin/b.txt"
}

# It replaces operator new and delete, in part, and frees with sizes that are
# not those it asked for.
p_squid()
{
	local port tries i url
	mkdir -p root cache
	seq 1 60000 > root/a.txt
	seq 1 300 > root/b.txt
	for tries in 1 2 3; do
		port=$((10000 + RANDOM % 20000))
		squid_start $port && break
		stop_servers
		rm -f "/dev/shm/km$port-"*
	done
	preloaded $server
	url=http://127.0.0.1:$((port + 1))
	for i in $(seq "$(scale 10 60)"); do
		curl -s -x "127.0.0.1:$port" $url/a.txt $url/b.txt $url/none |
			digest
	done | sort | uniq -c
	kill $server
	wait $server
	echo "exit $?"
	rm -f "/dev/shm/km$port-"*
	grep -cE 'FATAL|assertion|signal' cache.log
	return 0
}

p_openssl()
{
	run openssl genrsa -out key.pem 2048 2> /dev/null || return
	run openssl rsa -in key.pem -check -noout
	run openssl req -new -x509 -key key.pem -subj /CN=km -days 9 \
		-out cert.pem || return
	run openssl verify -CAfile cert.pem cert.pem
	seq 1 200000 > in
	run openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -in in -out enc &&
		run openssl enc -d -aes-256-cbc -pbkdf2 -pass pass:x -in enc | digest
	run openssl dgst -sha512 -sign key.pem -out sig in &&
		run openssl dgst -sha512 -prverify key.pem -signature sig in
	run openssl speed -seconds 1 -evp sha256 2>&1 | grep -c '^sha256'
	run openssl speed -multi 2 -seconds 1 ecdsap256 2>&1 | grep -c 'ecdsa.*nistp256'
	run openssl prime -generate -bits 256 | wc -c | grep -cE '7[0-9]'
	run openssl cms -sign -in in -signer cert.pem -inkey key.pem -outform DER \
		-out s.der && run openssl cms -verify -inform DER -in s.der \
		-CAfile cert.pem -purpose any 2> /dev/null | digest
}

p_gpg()
{
	GNUPGHOME=$(mktemp -d /tmp/km-gpg-XXXXXX)
	export GNUPGHOME
	run gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--quick-generate-key km@example.org rsa2048 default never 2> err
	echo "exit $?"
	seq 1 100000 > in
	run gpg --batch -q --trust-model always -r km@example.org -e in &&
		run gpg --batch -q -d in.gpg 2> /dev/null | digest
	run gpg --batch -q --clearsign in && run gpg --verify in.asc 2>&1 |
		grep -o 'Good signature'
	run gpg --batch -q --symmetric --pinentry-mode loopback --passphrase x \
		-o sym in && run gpg --batch -q --pinentry-mode loopback \
		--passphrase x -d sym 2> /dev/null | digest
	run gpgconf --kill all
	rm -rf "$GNUPGHOME"
}

p_ssh()
{
	local type
	for type in rsa ed25519 ecdsa; do
		run ssh-keygen -q -t $type -N '' -f key.$type &&
			run ssh-keygen -l -f key.$type.pub | awk '{ print $1, $NF }'
	done
	echo text > in
	run ssh-keygen -q -Y sign -f key.ed25519 -n file in 2> /dev/null
	echo "a $(cat key.ed25519.pub)" > allowed
	run ssh-keygen -Y verify -f allowed -I a -n file -s in.sig < in |
		grep -o '^Good "file" signature'
	run ssh -G example.org | digest
	# OpenSSH unlinks its socket as it ends; it holds memory it has locked.
	run ssh-agent -a "$PWD/agent" sh -c 'ssh-add -q key.ed25519 && ssh-add -l' |
		awk '{ print $1, $NF }'
}

p_rsync()
{
	local i
	mkdir -p a/d
	for i in $(seq 1 400); do
		seq 1 "$((i * 5))" > "a/d/f$i"
	done
	run rsync -a a/ b/ && run diff -r a b
	for i in 3 77 200; do
		seq 5 "$((i * 7))" > "a/d/f$i"
	done
	ln -s d/f1 a/link
	run rsync -aHzc --delete --stats a/ b/ | grep -E '^Number of .*files|Literal'
	run rsync -a --link-dest="$PWD/b" a/ c/ && run diff -r a c
	run rsync -n --itemize-changes -a --checksum a/ b/ | wc -l
}

p_text()
{
	mkdir -p t/u
	seq 1 120000 | sed 's/$/ some text with words and 42 numbers/' > t/a
	awk '{ if (NR % 97) print; if (NR % 1009 == 0) print "new line", NR }' t/a > t/u/b
	run sed -E -n '/7.*9/{s/(so)(me)/\2\1/gp;H};${x;s/\n/,/g;p}' t/a | digest
	run grep -rnE '(1[0-9]{2}7|some t..t.*\b42)' t | digest
	run grep -cP '(?<=1)2(?!3)\d+' t/a
	run grep -f <(seq 1000 3000) -cF t/a
	run diff -u --label a --label b t/a t/u/b | digest
	run diff -y -W 60 --suppress-common-lines t/a t/u/b | digest
	(cd t && run diff a u/b | run patch -s -o out a; cmp out u/b)
	run find /usr/share/doc -maxdepth 2 -printf '%y %s %p\n' 2> /dev/null |
		sort | digest
	run find t -type f -exec wc -l {} + | awk '{ print $1 }'
	run cut -d' ' -f1,3 t/a | run tr a-z A-Z | run paste - - - | digest
	run join <(run sort t/a) <(run sort t/u/b) | digest
	run comm -3 <(sort t/a) <(sort t/u/b) | digest
	run uniq -c t/a | run shuf --random-source=t/a | digest
	run xargs -a t/a -n 500 echo | digest
	run iconv -f latin1 -t utf-16 t/a | run iconv -f utf-16 -t utf-8 | digest
	run factor 123456789012345678901234567890123456789
}

p_jq()
{
	awk 'BEGIN { print "["; for (i = 0; i < 30000; i++)
		printf "%s{\"id\":%d,\"n\":\"name %d\",\"l\":[%d,%d.5]}\n", i ? "," : "", i, i % 77, i, i * 7
		print "]" }' > in
	run jq -c 'group_by(.n) | map({n: .[0].n, s: (map(.l[1]) | add)})' in | digest
	run jq -r '.[] | select(.id % 97 == 0) | @csv "\(.l)"' in | digest
	run jq --stream -c 'select(length == 2) | .[1]' in | digest
	run jq -n '[range(100000)] | map(tostring) | join(",") | length'
}

p_archives()
{
	mkdir -p d
	for i in $(seq 1 60); do seq "$i" "$((i * 300))" > "d/f$i"; done
	run 7z a -bd -mmt=2 x.7z d > log && run 7z x -bd -so x.7z d/f50 | digest
	for tool in "zstd -T2 -19" "bzip2" "lz4" "gzip -9" "xz -T2"; do
		cat d/* | run $tool -c > z && run ${tool%% *} -dc < z | digest
		digest < z
	done
	run zip -qr x.zip d && run unzip -p x.zip d/f9 | digest
	run mksquashfs d x.sq -quiet -no-progress -processors 2 -all-time 0 \
		-mkfs-time 0 > log && run unsquashfs -q -n -d e x.sq > log && diff -r d e
	run tar -cJf x.tar.xz d && run tar -xJOf x.tar.xz d/f7 | digest
}

p_nasm()
{
	awk 'BEGIN { print "section .text\nglobal _start\n%macro m 2\nmov eax, %1\nadd eax, %2\n%endmacro\n_start:"
		for (i = 0; i < 20000; i++) printf "l%d: m %d, %d\ncmp eax, [rel l%d]\njne l%d\n", i, i, i * 3, i * 7 % 20000, int(i / 2)
		print "mov edi, 0\nmov eax, 60\nsyscall" }' > in.asm
	run nasm -f elf64 -g -l list in.asm -o a.o || return
	digest < a.o
	run ld a.o -o a && digest < a
}

p_binutils()
{
	c_source 200 > big.c
	gcc -g -O1 -c big.c -o big.o || return
	run objdump -dSlr big.o | digest
	run readelf -aW --debug-dump=info big.o 2> /dev/null | digest
	run nm -n big.o | digest
	run ar rcD lib.a big.o big.o && run ranlib -D lib.a && digest < lib.a
	run strip -g big.o -o s.o && digest < s.o
	run objcopy -O binary -j .text big.o t && digest < t
	gcc big.o -o big && run gcc -Wl,-Map=map big.o -o big2 && cmp big big2
	run addr2line -fe big $(nm big | awk '/ f[0-9]+$/ { print $1 }' |
		sed 's/^/0x/' | head -50) | sed 's|.*/||' | digest
}

p_z3()
{
	awk 'BEGIN { n = 9
		for (i = 1; i <= n; i++) printf "(declare-const q%d Int)(assert (and (>= q%d 1) (<= q%d %d)))\n", i, i, i, n
		for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
			printf "(assert (and (not (= q%d q%d)) (not (= (- q%d q%d) %d)) (not (= (- q%d q%d) %d))))\n", i, j, i, j, i - j, i, j, j - i
		print "(check-sat)\n(declare-const x (_ BitVec 24))(assert (= (bvmul x x) #x000041))(check-sat)" }' > in.smt2
	run z3 in.smt2
}

p_pari()
{
	cat > work.gp << 'END'
print(factor(2^128+1));
print(ellrank(ellinit([0,0,1,-7,6]))[1]);
print(#Str(bernfrac(1000)));
print(polisirreducible(polcyclo(105)));
v=vector(2000,i,i^50);print(vecsum(v)%1000003);
print(matdet(matrix(60,60,i,j,1/(i+j))) > 0);
print(bnfinit(x^3-x-1).no);
END
	run gp -q --default parisize=64M work.gp < /dev/null
}

p_gforth()
{
	cat > work.fs << 'END'
: churn 0 20000 0 do i 7 * 500 mod 1+ allocate throw dup i swap c! dup c@ rot + swap free throw loop ;
churn . cr
: fib dup 2 < if drop 1 else dup 1- recurse swap 2 - recurse + then ;
25 fib . cr bye
END
	run gforth work.fs
}

p_dpkg()
{
	mkdir -p p/DEBIAN p/usr/share/km
	printf 'Package: km-test\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: x\n' \
		> p/DEBIAN/control
	seq 1 60000 > p/usr/share/km/a
	run env SOURCE_DATE_EPOCH=1 dpkg-deb --root-owner-group -Zxz -b p x.deb > log &&
		run dpkg-deb -x x.deb out && diff -r p/usr out/usr
	run dpkg-deb -I x.deb | grep Version
	run dpkg-query -W -f '${Package} ${Version}\n' | digest
	run apt-cache dumpavail 2> /dev/null | digest
	run apt-cache depends --recurse bash 2> /dev/null | digest
}
