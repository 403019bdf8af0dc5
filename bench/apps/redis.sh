#!/bin/bash
# SPDX-License-Identifier: MIT
#
# redis.sh lists|strings: a redis server under a load from redis-benchmark; the
# server alone is measured. lists: push and read of lists; strings: set and get
# of 100,000 keys with values of 3 sizes.
. "$(dirname "$0")/lib.sh"
need redis-server redis-cli redis-benchmark

sock=$work/redis-$$.sock
load()
{
	redis-benchmark -s "$sock" -q -c 20 -P 16 "$@" > /dev/null || exit 1
}

server redis-server --port 0 --unixsocket "$sock" --dir "$work" --save '' \
	--appendonly no --daemonize no --loglevel warning > log 2>&1
until_true redis-cli -s "$sock" ping || { cat log >&2; exit 1; }
case ${1:-lists} in
lists)
	load -n 400000 -d 40 -t lpush
	load -n 20000 lrange mylist 0 99
	load -n 200000 -d 200 rpush other "$(printf %0200d 1)"
	load -n 400000 lpop mylist
	redis-cli -s "$sock" llen mylist
	redis-cli -s "$sock" llen other
	;;
strings)
	for size in 24 180 700; do
		load -n 250000 -r 100000 -d $size -t set,get
	done
	;;
*)
	echo "usage: redis.sh lists|strings" >&2
	exit 2
	;;
esac
finish redis-cli -s "$sock" shutdown nosave
rm -f "$sock"
