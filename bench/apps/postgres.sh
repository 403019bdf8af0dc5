#!/bin/bash
# SPDX-License-Identifier: MIT
#
# postgres.sh: a PostgreSQL server under pgbench; the server and its processes
# are measured. Its peak is that of the largest process.
. "$(dirname "$0")/lib.sh"
# Debian keeps them out of PATH, by version.
bin=$(find /usr/lib/postgresql/*/bin -name initdb 2> /dev/null | sort -V | tail -1)
[ -z "$bin" ] || PATH=$(dirname "$bin"):$PATH
need initdb postgres pgbench psql setpriv

drop=
if [ "$(id -u)" -eq 0 ]; then
	# the server refuses root
	id postgres > /dev/null 2>&1 || { echo "no user postgres" >&2; exit 77; }
	drop="setpriv --reuid postgres --regid postgres --init-groups"
	chown postgres "$work"
fi
sql()
{
	psql -h "$work" -U postgres -qAtX "$@"
}
if [ ! -e ready ]; then
	rm -rf db
	$drop initdb -D "$work/db" -A trust --no-sync -U postgres > log 2>&1 ||
		{ tail -5 log >&2; exit 77; }
	fresh=1
fi
# shellcheck disable=SC2086
server $drop postgres -D "$work/db" -k "$work" -h '' -c fsync=off \
	-c shared_buffers=64MB -c max_connections=20 -c jit=off \
	-c autovacuum=off -c max_wal_size=4GB >> log 2>&1
until_true sql -c 'select 1' || { tail -5 log >&2; exit 1; }
if [ -n "${fresh:-}" ]; then
	# what the first run makes stays; it is not for measuring
	pgbench -h "$work" -U postgres -q -i -s 2 postgres > log2 2>&1 ||
		{ tail -5 log2 >&2; exit 1; }
	touch ready
fi
sql -f - << 'END'
create temp table t as select i, i * 7919 % 10007 as a,
	repeat(chr(97 + i % 26), i % 200) as s from generate_series(1, 100000) i;
set work_mem = '64MB';
select count(*), sum(a), md5(string_agg(s, '' order by i)) from t;
select count(*), sum(n) from (select a, count(*) n, array_agg(i order by i)
	from t group by a) x;
select sum(jsonb_array_length(j)) from (select jsonb_agg(t.*) j from t
	where i < 20000 group by a) x;
END
pgbench -h "$work" -U postgres -n -S -c 4 -t 2500 postgres > log2 2>&1 ||
	{ tail -5 log2 >&2; exit 1; }
sed -n '/actually processed/p' log2
# the server itself is asked, not the process that measures it
finish kill -INT "$(head -1 db/postmaster.pid)"
