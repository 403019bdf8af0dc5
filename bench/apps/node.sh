#!/bin/bash
# SPDX-License-Identifier: MIT
#
# node.sh objects|json: JavaScript. objects: maps, strings, buffers outside of
# the engine's own heap, compression; json: text parsed and written.
. "$(dirname "$0")/lib.sh"
need node

objects()
{
	cat << 'END'
const zlib = require('zlib'), crypto = require('crypto');
let x = 1;
const rnd = m => (x = (x * 48271) % 2147483647) % m;
const map = new Map(), list = [];
for (let i = 0; i < 300000; i++) {
	map.set('k' + rnd(200000), { i, s: 'x'.repeat(rnd(100)), a: [i, rnd(9)] });
	if (i % 3 == 0) map.delete('k' + rnd(200000));
	if (i % 4 == 0) list.push(new Uint8Array(rnd(8000) + 1).fill(i & 255));
	if (list.length > 3000) list.splice(rnd(2000), 1000);
}
const h = crypto.createHash('sha256');
for (const b of list) h.update(b);
const parts = [];
for (let i = 0; i < 300; i++)
	parts.push(zlib.deflateSync('part ' + i + 'y'.repeat(i * 20)));
for (const p of parts) h.update(zlib.inflateSync(p));
console.log(map.size, list.length, h.digest('hex').slice(0, 16));
END
}

json()
{
	cat << 'END'
let x = 1;
const rnd = m => (x = (x * 48271) % 2147483647) % m;
const rows = [];
for (let i = 0; i < 40000; i++)
	rows.push({ id: i, name: 'name ' + rnd(1000), tags: ['a' + rnd(9), 'b'],
		nested: { v: rnd(1000) / 8, s: 'z'.repeat(rnd(60)) } });
let text = JSON.stringify(rows);
let sum = 0;
for (let i = 0; i < 6; i++) {
	const back = JSON.parse(text);
	sum += back.reduce((s, r) => s + r.nested.v, 0);
	back[i].id = -1;
	text = JSON.stringify(back);
	sum += Buffer.from(text).reduce((s, b) => s ^ b, 0);
}
console.log(text.length, sum);
END
}
case ${1:-objects} in
objects | json) ;;
*)
	echo "usage: node.sh objects|json" >&2
	exit 2
	;;
esac
input "${1:-objects}.js" "${1:-objects}"
target node --max-old-space-size=1024 "${1:-objects}.js"
