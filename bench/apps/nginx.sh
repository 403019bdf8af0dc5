#!/bin/bash
# SPDX-License-Identifier: MIT
#
# nginx.sh: a web server that compresses and passes on, under a fixed number of
# requests; server and workers are measured.
. "$(dirname "$0")/lib.sh"
need nginx curl

mkdir -p root
input root/small.txt seq 1 1500
input root/large.txt seq 1 15000
sock=$work/nginx-$$.sock
chmod -R a+rX "$work"
cat > nginx.conf << END
daemon off;
master_process on;
worker_processes 2;
pid $work/nginx.pid;
error_log $work/error.log warn;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path $work/body;
	proxy_temp_path $work/proxy;
	fastcgi_temp_path $work/fastcgi;
	uwsgi_temp_path $work/uwsgi;
	scgi_temp_path $work/scgi;
	types { text/plain txt; }
	server {
		listen unix:$sock;
		root $work/root;
		gzip on;
		gzip_types text/plain;
		location /proxied/ { proxy_pass http://unix:$sock:/; }
	}
}
END
server nginx -c "$work/nginx.conf" -e "$work/error.log" -p "$work"
get()
{
	curl -sf --compressed --unix-socket "$sock" "$@"
}
until_true get http://x/small.txt || { cat error.log >&2; exit 1; }
loads=
for i in 1 2 3; do
	get "http://x/small.txt?$i=[1-1600]" | digest > small.$i &
	loads="$loads $!"
	get "http://x/proxied/small.txt?$i=[1-500]" | digest > proxied.$i &
	loads="$loads $!"
	get "http://x/large.txt?$i=[1-100]" | digest > large.$i &
	loads="$loads $!"
done
# shellcheck disable=SC2086
wait $loads
cat small.? proxied.? large.?
rm -f small.? proxied.? large.?
finish kill -QUIT "$(cat nginx.pid)"
