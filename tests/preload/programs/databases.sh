# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For programs.sh: databases with checkers of their own.
programs="$programs
mariadb: mariadbd mariadb mariadb-install-db: mariadb-server
lmdb: mdb_load mdb_dump mdb_stat: lmdb-utils
memcached: memcached: memcached
"

p_mariadb()
{
	local sql
	run mariadb-install-db --no-defaults --datadir="$PWD/db" --skip-test-db \
		--auth-root-authentication-method=normal > log 2>&1 ||
		{ tail -5 log; return 1; }
	server mariadbd --no-defaults --datadir="$PWD/db" --skip-networking \
		--socket="$PWD/s" --user="$(id -un)" --pid-file="$PWD/pid" \
		--innodb-flush-log-at-trx-commit=0 >> log 2>&1
	sql="run mariadb --no-defaults -uroot -S $PWD/s -N"
	until_true $sql -e 'select 1' || { tail -5 log; return 1; }
	preloaded $server
	$sql << 'END'
create database w; use w;
create table t (i int primary key, a int, s text) engine=innodb;
insert into t select seq, seq * 7919 % 10007, repeat(char(97 + seq % 26), seq % 300)
	from seq_1_to_60000;
create table m (i int primary key, s text) engine=aria;
insert into m select i, s from t where a % 3 = 0;
create index ta on t(a);
select count(*), sum(a), sum(length(s)) from t;
select count(*) from t x join m y on x.a = y.i;
update t set s = concat(s, upper(hex(a))) where a % 7 = 0;
delete from t where a between 100 and 900;
select md5(group_concat(a order by i)) from (select * from t limit 500) q;
select count(*), max(r) from (select rank() over (partition by a % 50 order by s) r from t) q;
select sum(json_length(j)) from (select json_arrayagg(a) j from t group by a % 100) q;
alter table t add column d int default 5, force;
check table t extended; check table m extended;
optimize table m;
END
	run mariadb-dump --no-defaults -uroot -S "$PWD/s" --skip-dump-date \
		--skip-comments w | digest
	run mariadb-check --no-defaults -uroot -S "$PWD/s" --all-databases |
		grep -vc 'OK$'
	kill $server
	wait $server
	echo "exit $?"
	servers=
	grep -cE 'signal|assertion' log
	return 0
}

p_lmdb()
{
	awk 'BEGIN { for (i = 0; i < 200000; i++)
		printf "key%d\n%s%d\n", i * 7919 % 100003, substr("xxxxxxxxxxxxxxxxxxxxxxxxx", 1, i % 25), i }' > in
	mkdir db
	printf 'VERSION=3\nformat=print\ntype=btree\nmapsize=268435456\nHEADER=END\n' > head
	{ cat head; sed 's/^/ /' in; echo DATA=END; } | run mdb_load db || return
	run mdb_dump -p db | digest
	run mdb_stat db | grep -E 'Entries|depth'
	mkdir copy
	run mdb_copy -c db copy && run mdb_dump copy | digest
}

# An allocator of its own, slabs within malloc's big blocks.
p_memcached()
{
	local i
	server memcached -s "$PWD/s" -m 32 -t 3 -u "$(id -un)" -o modern
	until_true test -S s || return 1
	preloaded $server
	cat > client.py << 'END'
import socket, threading, hashlib, sys
def work(k, out):
    s = socket.socket(socket.AF_UNIX)
    s.connect("s")
    f = s.makefile("rwb")
    hits = bad = 0
    for i in range(3000):
        v = (b"%d," % (i * k)) * (i * 37 % 900 + 1)
        f.write(b"set k%d.%d 0 0 %d\r\n%s\r\nget k%d.%d\r\n" % (k, i, len(v), v, k, i))
        f.flush()
        f.readline()
        l = f.readline()
        if l.startswith(b"VALUE"):
            hits += 1
            bad += f.readline()[:-2] != v
            f.readline()
    out[k] = (hits > 2000, bad)
out = {}
t = [threading.Thread(target=work, args=(k, out)) for k in range(1, 7)]
[x.start() for x in t]
[x.join() for x in t]
print(sorted(out.items()))
END
	/usr/bin/python3 client.py
	kill $server
	wait $server
	echo "exit $?"
	servers=
}
