# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For programs.sh: interpreters and language runtimes. Those whose Debian source
# has a test suite run it with the installed program (suites.sh).
programs="$programs
ruby: ruby: ruby
lua: lua5.4: lua5.4
luajit: luajit: luajit
tcl: tclsh: tcl
php: php: php-cli
guile: guile: guile-3.0
ocaml: ocaml: ocaml-nox
sbcl: sbcl: sbcl
erlang: erl: erlang-base
prolog: swipl: swi-prolog-nox
r: Rscript: r-base-core
octave: octave-cli: octave
emacs: emacs: emacs-nox
shells: zsh dash bash: zsh dash bash
awk: gawk bc: gawk bc
rust: rustc: rustc
cgo: go gcc: golang-go gcc
golang: go: golang-go
"

p_ruby()
{
	cat > work.rb << 'END'
require "digest"
require "json"
require "set"
x = 1
rnd = ->(n) { x = (x * 1103515245 + 12345) % 2147483648; x % n }
words = Array.new(60000) { |i| "w#{rnd.(7000)}" + "z" * rnd.(50) }
h = words.each_with_object(Hash.new { |a, k| a[k] = [] }) { |w, a| a[w] << w.size }
puts h.size, h.values.map(&:sum).sum
s = words.sort_by { |w| [w.size, w] }.join(",")
puts Digest::SHA256.hexdigest(s), s.gsub(/(\w)(\d+)/) { $2 + $1 }.sum
j = JSON.parse(JSON.generate(h))
puts j == h, Set.new(words).size
puts (1..2000).inject(:*).to_s.size
t = 6.times.map { |k| Thread.new { (1..3000).map { |i| "#{k}:#{i}" * 3 }.join.hash; k } }
puts t.map(&:value).inspect
f = 20.times.map { |k| Fiber.new { 100.times { Fiber.yield "f" * k }; k } }
puts f.map { |b| 101.times.map { b.resume }.last }.inspect
GC.compact if GC.respond_to?(:compact) && RUBY_PLATFORM =~ /linux/
GC.start
pid = fork { exit!(words.size == 60000 ? 9 : 1) }
Process.wait pid
puts $?.exitstatus
r = Ractor.new { Array.new(1000) { |i| i.to_s }.size } rescue nil
puts r.take if r
END
	run ruby -W0 work.rb
}

p_lua()
{
	cat > work.lua << 'END'
local x = 1
local function rnd(n) x = (x * 1103515245 + 12345) % 2147483648; return x % n end
local t, parts = {}, {}
for i = 1, 200000 do
	local k = "k" .. rnd(20000)
	t[k] = (t[k] or "") .. string.char(97 + rnd(26))
	if i % 7 == 0 then t["k" .. rnd(20000)] = nil end
end
local keys = {}
for k in pairs(t) do keys[#keys + 1] = k end
table.sort(keys)
local sum = 0
for _, k in ipairs(keys) do
	parts[#parts + 1] = k .. t[k]
	sum = (sum * 31 + #t[k]) % 1000000007
end
local s = table.concat(parts, ",")
print(#keys, sum, #s, (s:gsub("k(%d+)", "%1k")):len())
local co = {}
for i = 1, 500 do
	co[i] = coroutine.wrap(function() for j = 1, 50 do
		coroutine.yield(("x"):rep(j)) end return i end)
end
local n = 0
for j = 1, 50 do for i = 1, 500 do n = n + #co[i]() end end
collectgarbage() collectgarbage()
print(n, pcall(string.rep, "x", 1 << 40))
END
	run lua5.4 work.lua
}

p_luajit()
{
	cat > work.lua << 'END'
local ffi = require "ffi"
ffi.cdef "void *malloc(size_t); void free(void *);"
local sum = 0
for i = 1, 300000 do
	local p = ffi.cast("uint8_t *", ffi.C.malloc(i % 500 + 8))
	p[0] = i % 251
	p[i % 500] = p[0]
	sum = (sum + p[i % 500]) % 1000003
	ffi.C.free(p)
end
local t = {}
for i = 1, 200000 do t[i % 5000] = ("s"):rep(i % 90) .. i end
local n = 0
for i = 0, 4999 do n = n + #t[i] end
print(sum, n)
END
	run luajit work.lua
	run luajit -joff work.lua
}

p_tcl()
{
	cat > work.tcl << 'END'
set x 1
proc rnd n { global x; set x [expr {($x * 1103515245 + 12345) % 2147483648}]; expr {$x % $n} }
for {set i 0} {$i < 60000} {incr i} {
	dict append d k[rnd 6000] [string repeat a [rnd 20]]
	lappend l [rnd 1000]
}
puts [dict size $d]
puts [string length [join [lsort -integer $l] ,]]
puts [regsub -all {a+} [dict values $d] b s],[string length $s]
for {set i 0} {$i < 50} {incr i} {
	interp create i$i
	puts -nonewline [i$i eval {set a [lrepeat 1000 x]; llength $a}]
	interp delete i$i
}
puts ""
puts [string length [expr {7 ** 5000}]]
END
	run tclsh work.tcl
}

p_php()
{
	cat > work.php << 'END'
<?php
$x = 1;
function rnd($n) { global $x; $x = ($x * 1103515245 + 12345) % 2147483648; return $x % $n; }
$h = [];
for ($i = 0; $i < 200000; $i++) {
	$k = "k" . rnd(20000);
	$h[$k] = ($h[$k] ?? "") . chr(97 + rnd(26));
	if ($i % 5 == 0) unset($h["k" . rnd(20000)]);
}
ksort($h);
$s = serialize($h);
echo count($h), " ", md5($s), " ", md5(json_encode(unserialize($s))), "\n";
echo strlen(preg_replace_callback('/(\w)(\d+)/', fn($m) => $m[2] . $m[1], $s)), "\n";
class N { public $a, $b; function __construct($d) { if ($d) { $this->a = new N($d - 1); $this->b = $this; } } }
for ($i = 0; $i < 3000; $i++) new N($i % 20);
echo gc_collect_cycles() >= 0 ? "collected\n" : "";
echo strlen(str_repeat("ab", 20000000)), "\n";
END
	run php -d memory_limit=512M work.php | digest
	# Zend's own allocator off: each block of its own is malloc's.
	run env USE_ZEND_ALLOC=0 php -d memory_limit=512M work.php | digest
}

p_guile()
{
	cat > work.scm << 'END'
(use-modules (ice-9 threads) (srfi srfi-1) (ice-9 format))
(define (tree n) (if (= n 0) '() (list (tree (- n 1)) n (tree (- n 1)))))
(define (size t) (if (null? t) 0 (+ 1 (size (car t)) (size (caddr t)))))
(display (size (tree 15))) (newline)
(define h (make-hash-table))
(do ((i 0 (+ i 1))) ((= i 100000))
  (hash-set! h (modulo (* i 7919) 10007) (number->string (* i i))))
(display (hash-fold (lambda (k v s) (+ s (string-length v))) 0 h)) (newline)
(display (string-length (number->string (apply * (iota 1500 1))))) (newline)
(display (apply + (par-map (lambda (n) (length (iota n))) (iota 400))))
(newline)
(gc)
(display (vector-length (make-vector 1000000 'x))) (newline)
END
	run env GUILE_AUTO_COMPILE=0 XDG_CACHE_HOME="$PWD" guile work.scm
}

p_ocaml()
{
	cat > work.ml << 'END'
let x = ref 1
let rnd n = x := (!x * 1103515245 + 12345) land 0x7fffffff; !x mod n
module M = Map.Make (String)
let rec fill i m = if i = 0 then m else
  fill (i - 1) (M.add ("k" ^ string_of_int (rnd 20000)) (String.make (rnd 60) 'x') m)
let () =
  let m = fill 150000 M.empty in
  Printf.printf "%d %d\n" (M.cardinal m)
    (M.fold (fun k v s -> (s * 31 + String.length k + String.length v) mod 1000003) m 0);
  let a = Array.init 200 (fun i -> Bytes.make (i * 1000) 'a') in
  Gc.compact ();
  Printf.printf "%d\n" (Array.fold_left (fun s b -> s + Bytes.length b) 0 a)
END
	run ocaml work.ml
}

p_sbcl()
{
	cat > work.lisp << 'END'
(defvar *h* (make-hash-table :test 'equal))
(dotimes (i 100000)
  (push i (gethash (format nil "k~d" (mod (* i 7919) 10007)) *h*)))
(let ((s 0))
  (maphash (lambda (k v) (incf s (+ (length k) (length v)))) *h*)
  (print (list (hash-table-count *h*) s)))
(sb-ext:gc :full t)
(print (length (format nil "~d" (expt 7 10000))))
(let ((p (sb-alien:make-alien (sb-alien:unsigned 8) 100000)))
  (setf (sb-alien:deref p 99999) 7)
  (print (sb-alien:deref p 99999))
  (sb-alien:free-alien p))
(terpri)
END
	run sbcl --script work.lisp
}

p_erlang()
{
	cat > work.erl << 'END'
-module(work).
-export([main/0]).
churn(K) ->
	T = ets:new(t, [set]),
	[ets:insert(T, {I rem 5000, binary:copy(<<K, I:16>>, I rem 300)}) ||
		I <- lists:seq(1, 30000)],
	S = ets:foldl(fun({_, B}, A) -> (A * 31 + erlang:crc32(B)) band 16#ffff end, 0, T),
	true = is_integer(S),
	{K, ets:info(T, size), erlang:phash2(lists:sort(ets:tab2list(T)))}.
main() ->
	Me = self(),
	[spawn(fun() -> Me ! {done, churn(K)} end) || K <- lists:seq(1, 12)],
	io:format("~p~n", [lists:sort([receive {done, X} -> X end || _ <- lists:seq(1, 12)])]),
	P = [spawn(fun() -> receive stop -> Me ! ok end end) || _ <- lists:seq(1, 20000)],
	[Q ! stop || Q <- P],
	[receive ok -> ok end || _ <- P],
	halt(5).
END
	# erlc is a program of its own; +Mea min has each of its allocators off.
	run erlc work.erl || return
	run env HOME="$PWD" erl -noshell -s work main
	echo "exit $?"
	run env HOME="$PWD" erl +Mea min -noshell -s work main
	echo "exit $?"
}

p_prolog()
{
	cat > work.pl << 'END'
q(0, _, []) :- !.
q(N, L, [X|T]) :- select(X, L, R), N1 is N - 1, q(N1, R, T), safe(X, T, 1).
safe(_, [], _).
safe(X, [Y|T], D) :- X =\= Y + D, X =\= Y - D, D1 is D + 1, safe(X, T, D1).
main :- numlist(1, 7, L), findall(S, q(7, L, S), A), length(A, N), print(N), nl,
	forall(between(1, 60000, I), (atom_concat(k, I, K), assertz(f(K, I)))),
	aggregate_all(sum(V), f(_, V), Sum), print(Sum), nl,
	retractall(f(_, _)), garbage_collect_atoms, garbage_collect,
	findall(T, (between(1, 4, K), thread_create((numlist(1, 9999, Z),
		sum_list(Z, W), thread_exit(W + K)), T)), Ts),
	forall(member(T, Ts), (thread_join(T, St), print(St), nl)).
:- initialization((main, halt(3))).
END
	run swipl -q work.pl
	echo "exit $?"
}

p_r()
{
	cat > work.R << 'END'
set.seed(7)
x <- matrix(rnorm(90000), 300)
s <- svd(x)
cat(format(sum(s$d), digits = 8), "\n")
d <- data.frame(g = sample(letters, 1e5, TRUE), v = runif(1e5))
print(round(tapply(d$v, d$g, mean), 6))
m <- lm(v ~ g, d)
cat(format(coef(m)[1:3], digits = 6), "\n")
l <- lapply(1:20000, function(i) paste0(rep("x", i %% 50), collapse = ""))
cat(sum(nchar(unlist(l))), "\n")
invisible(gc())
cat(nchar(paste(serialize(l, NULL)[1:50], collapse = "")), "\n")
END
	run Rscript --vanilla work.R
}

p_octave()
{
	cat > work.m << 'END'
a = reshape (mod ((1:160000) * 7919, 10007), 400, 400) / 100;
printf ("%.6g %.6g\n", norm (a * a'), sum (eig (a + a')));
s = {};
for i = 1:5000
	s{end+1} = repmat ("x", 1, mod (i, 40));
end
printf ("%d\n", sum (cellfun (@numel, s)));
printf ("%.6f\n", abs (sum (fft (a(:)))));
[q, r] = qr (a); printf ("%.6f\n", abs (det (r(1:5,1:5))));
printf ("%s\n", regexprep (strjoin (s(1:30), ","), "x+", "y"));
b = sparse (1:3000, 3000:-1:1, 1); printf ("%d\n", nnz (b * b));
END
	run env HOME="$PWD" octave-cli --no-init-file --norc -q work.m
}

p_emacs()
{
	cat > work.el << 'END'
(require 'cl-lib)
(with-temp-buffer
  (dotimes (i 20000) (insert (format "line %d of %d\n" i (mod (* i 7919) 997))))
  (sort-numeric-fields 4 (point-min) (point-max))
  (goto-char (point-min))
  (while (re-search-forward "line \\([0-9]+\\)" nil t)
    (replace-match "\\1 line"))
  (princ (secure-hash 'sha256 (current-buffer)))
  (terpri)
  (undo-boundary)
  (princ (buffer-size)))
(terpri)
(let ((h (make-hash-table :test 'equal)))
  (dotimes (i 100000) (puthash (number-to-string (mod i 9999)) (make-string (mod i 80) ?x) h))
  (garbage-collect)
  (princ (hash-table-count h)))
(terpri)
(write-region "(defun f (x) (cl-loop for i below x sum i))\n" nil "c.el")
(byte-compile-file "c.el")
(load (expand-file-name "c.elc"))
(princ (f 1000))
(terpri)
END
	run env HOME="$PWD" emacs -Q --batch -l work.el 2> err
}

p_shells()
{
	local shell
	cat > work.sh << 'END'
i=0 s=
while [ $i -lt 4000 ]; do
	s="$s$i,"
	case $i in *7) s=${s#??} ;; esac
	i=$((i + 1))
done
echo ${#s}
i=0
while [ $i -lt 300 ]; do
	x=$(echo "$i" | { read -r a; echo "$((a * 2))"; })
	(exit $((i % 7))) || y=$?
	i=$((i + 1))
done
echo "$x $y"
f() { [ "$1" -eq 0 ] || { echo "$1" > /dev/null; f $(($1 - 1)); }; }
f 300
trap 'echo end' EXIT
for k in 1 2 3 4 5 6; do (sleep 0; exit $k) & done
wait
seq 1 3000 | sort -rn | while read -r n; do [ "$n" -gt 5 ] || echo "$n"; done
END
	for shell in dash bash zsh; do
		echo "$shell"
		run $shell work.sh
	done
	cat > work.bash << 'END'
declare -A h
for ((i = 0; i < 20000; i++)); do h[k$((i * 7919 % 5003))]+=x$i; done
n=0
for k in "${!h[@]}"; do n=$((n + ${#h[$k]})); done
echo ${#h[@]} $n
mapfile -t a < <(seq 1 30000)
echo "${#a[@]} ${a[*]: -1}"
[[ ${a[*]} =~ ([0-9]+)\ 30000$ ]] && echo "${BASH_REMATCH[1]}"
coproc cat
echo hello >&"${COPROC[1]}"
read -r l <&"${COPROC[0]}"
echo "$l"
END
	run bash work.bash
}

p_awk()
{
	local awk
	cat > work.awk << 'END'
BEGIN {
	x = 1
	for (i = 0; i < 150000; i++) {
		x = (x * 16807) % 2147483647
		a["k" (x % 9973)] = a["k" (x % 9973)] (x % 10)
		if (i % 3 == 0) delete a["k" (i % 9973)]
	}
	for (k in a) { n++; m += length(a[k]); gsub(/[3-7]/, "<&>", a[k]); g += length(a[k]) }
	print n, m, g
	for (i = 0; i < 100000; i++) s = s "y"
	print length(s), index(s, "z"), split(s, c, "")
}
END
	for awk in gawk awk; do
		run $awk -f work.awk
	done
	run gawk 'BEGIN { n = asorti(ENVIRON, e); print n > 0; print strftime("%Y", 0, 1)
		while (("seq 1 2000" | getline l) > 0) s += l; print s }'
	echo 'scale=600; 4*a(1); 2^3000; define f(n){if(n<2)return 1;return n*f(n-1)}; f(400)' |
		run bc -lq | digest
}

# Rust's std uses malloc for everything.
p_rust()
{
	cat > work.rs << 'END'
use std::collections::{BTreeMap, HashMap};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
#[repr(align(4096))]
struct Page([u8; 4096]);
fn churn(k: u64) -> (usize, u64) {
    let mut x = k;
    let mut m: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for i in 0..60000u64 {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        m.entry(x >> 50).or_default().push("y".repeat((x >> 40 & 63) as usize));
        if i % 3 == 0 { m.remove(&(x >> 51)); }
    }
    (m.len(), m.values().flatten().map(|s| s.len() as u64).sum())
}
fn main() {
    let (tx, rx) = mpsc::channel();
    let all = Arc::new(Mutex::new(HashMap::new()));
    let t: Vec<_> = (0..8).map(|k| {
        let (tx, all) = (tx.clone(), all.clone());
        thread::spawn(move || {
            let r = churn(k);
            all.lock().unwrap().insert(k, r);
            for i in 0..5000usize { tx.send(vec![i as u8; i % 700]).unwrap(); }
        })
    }).collect();
    drop(tx);
    let n: usize = rx.iter().map(|v| v.len()).sum();
    for h in t { h.join().unwrap(); }
    let mut v: Vec<_> = all.lock().unwrap().iter().map(|(k, r)| (*k, *r)).collect();
    v.sort();
    println!("{} {:?}", n, v);
    let p: Vec<Box<Page>> = (0..500).map(|i| Box::new(Page([i as u8; 4096]))).collect();
    println!("{}", p.iter().all(|b| &**b as *const Page as usize % 4096 == 0 && b.0[9] == b.0[4095]));
    let mut huge: Vec<u64> = Vec::new();
    for i in 0..5_000_000 { huge.push(i); }
    println!("{} {:?}", huge.iter().sum::<u64>(), Vec::<u8>::new().try_reserve(isize::MAX as usize).is_err());
}
END
	run rustc -O -o work work.rs 2> err || { tail -3 err; return 1; }
	run ./work
}

# Go with C beside it: Go's runtime has its own heap and threads, C has malloc.
p_cgo()
{
	cat > work.go << 'END'
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
static void *churn(void *arg)
{
	long i, bad = 0;
	for (i = 0; i < 20000; i++) {
		char *p = malloc(i % 900 + 1);
		memset(p, i, i % 900 + 1);
		bad += p[i % 900] != (char)i;
		free(p);
	}
	return (void *)bad;
}
static long with_thread(void)
{
	pthread_t t;
	void *r;
	pthread_create(&t, 0, churn, 0);
	pthread_join(t, &r);
	return (long)r;
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"
)

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	total, bad := 0, 0
	for k := 0; k < 16; k++ {
		wg.Add(1)
		go func(k int) {
			defer wg.Done()
			n, b := 0, int(C.with_thread())
			for i := 0; i < 20000; i++ {
				p := C.CString(fmt.Sprintf("string %d of %d", i, k))
				n += len(C.GoString(p))
				C.free(unsafe.Pointer(p))
				if i%4000 == 0 {
					runtime.GC()
				}
			}
			mu.Lock()
			total += n
			bad += b
			mu.Unlock()
		}(k)
	}
	wg.Wait()
	fmt.Println(total, bad)
}
END
	env HOME="$PWD" GOCACHE="$KMP_CACHE/go" GOFLAGS=-mod=mod GO111MODULE=off \
		CGO_ENABLED=1 go build -o work work.go || return
	run ./work
	echo "exit $?"
}

# Go alone is static: nothing of the library is in it, nothing changes.
p_golang()
{
	cat > work.go << 'END'
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
)

func main() {
	m := map[string][]int{}
	for i := 0; i < 300000; i++ {
		k := fmt.Sprint("k", i*7919%10007)
		m[k] = append(m[k], i)
	}
	var s []string
	for k, v := range m {
		s = append(s, fmt.Sprint(k, len(v)))
	}
	sort.Strings(s)
	maps, _ := os.ReadFile("/proc/self/maps")
	fmt.Println(len(strings.Join(s, ",")), strings.Contains(string(maps), "kmalloc"))
}
END
	# The compiler and linker are Go programs as well.
	run env HOME="$PWD" GOCACHE="$KMP_CACHE/go" GO111MODULE=off CGO_ENABLED=0 \
		go build -o work work.go || return
	run ./work
}
