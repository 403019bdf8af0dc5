#!/bin/bash
# SPDX-License-Identifier: MIT
#
# sqlite.sh: tables, indices, sorts and strings in a database in memory.
. "$(dirname "$0")/lib.sh"
need sqlite3

program()
{
	cat << 'END'
pragma cache_size = 20000;
create table t (i integer primary key, a integer, s text);
insert into t with recursive n(i) as
	(select 1 union all select i + 1 from n where i < 100000)
	select i, i * 7919 % 10007, printf('%.*c%d', i % 120, 'x', i * 31 % 997)
	from n;
create index ta on t (a);
create index ts on t (s);
select count(*), sum(length(s)) from t;
select sum(n), max(length(g)) from
	(select a, count(*) n, group_concat(s) g from t group by a % 3001);
select count(*) from t x join t y on x.a = y.a and x.i < y.i;
select sum(json_array_length(j)) from
	(select json_group_array(s) j from t group by a % 501);
update t set s = upper(s) || i where i % 3 = 0;
delete from t where a % 5 = 0;
select count(*), sum(length(replace(s, 'x', 'yz'))) from t;
select i, substr(s, 1, 20) from t order by s desc, i limit 20;
END
	# many small statements: parse, plan, run, drop
	seq 1 30000 | awk '{
		printf "insert into t values (%d, %d, '\''row %d'\'');\n",
			1000000 + $1, $1 % 100, $1 }'
	seq 1 30000 | awk '$1 % 3 == 0 {
		printf "select s from t where i = %d or (a = %d and i > 1029990);\n",
			1000000 + $1, $1 % 100 }'
}
input work.sql program
target sqlite3 -batch :memory: < work.sql > out || exit
wc -l < out
digest < out
