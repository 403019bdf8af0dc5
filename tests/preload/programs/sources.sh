# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For programs.sh: Debian's source packages, built with all of the tools under
# the library and tested with their own tests; and the suites of interpreters,
# run by the installed ones.
#
# The packages are got by apt once, into $KM_SOURCES if that is set, without a
# change to the system's own list of sources; no network, no test.
programs="$programs
build_zlib: gcc make dpkg-source: gcc make dpkg-dev
build_lua: gcc make dpkg-source: gcc make dpkg-dev libreadline-dev
build_jq: gcc make dpkg-source: gcc make dpkg-dev libonig-dev
build_libpng: gcc make dpkg-source: gcc make dpkg-dev zlib1g-dev
build_grep: gcc make dpkg-source: gcc make dpkg-dev
build_sqlite: gcc make dpkg-source tclsh: gcc make dpkg-dev tcl-dev
suite_tcl: tclsh dpkg-source: tcl dpkg-dev
suite_php: php dpkg-source: php-cli dpkg-dev
suite_guile: guile dpkg-source: guile-3.0 dpkg-dev
suite_ruby: ruby dpkg-source: ruby ruby-test-unit dpkg-dev
suite_perl: perl dpkg-source: perl dpkg-dev
"

sources_apt()
{
	apt-get -qq -o Dir::Etc::SourceList="$KMP_CACHE/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$KMP_CACHE/lists" \
		-o Dir::Cache="$KMP_CACHE/apt" -o APT::Sandbox::User=root \
		"$@" > "$KMP_CACHE/log" 2>&1
}

sources_list()
{
	local VERSION_CODENAME
	# shellcheck disable=SC1091
	. /etc/os-release
	mkdir -p "$KMP_CACHE/lists/partial" "$KMP_CACHE/apt/archives/partial"
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"http://deb.debian.org/debian $VERSION_CODENAME main" \
		> "$KMP_CACHE/sources.list"
	sources_apt update
}

# unpack PACKAGE: into ./src, with Debian's patches
unpack()
{
	local package=$1 dsc
	dsc=$(find "$KMP_CACHE" -maxdepth 1 -name "${package}_*.dsc" | head -1)
	if [ -z "$dsc" ]; then
		[ -s "$KMP_CACHE/sources.list" ] || sources_list ||
			{ echo "no list of Debian's sources"; return 77; }
		(cd "$KMP_CACHE" && sources_apt source --download-only \
			--only-source "$package") ||
			{ echo "no source of $package"
			rm -f "$KMP_CACHE/${package}"_*
			return 77; }
		dsc=$(find "$KMP_CACHE" -maxdepth 1 -name "${package}_*.dsc" |
			head -1)
	fi
	dpkg-source --no-check -x "$dsc" src > log 2>&1 ||
		{ tail -3 log; return 77; }
}

# summary LOG: automake's, without the counts of skips that hang on root
summary()
{
	grep -E '^# (TOTAL|PASS|FAIL|XPASS|ERROR):' "$1"
	grep -E '^(FAIL|ERROR|XPASS): ' "$1" | sort -u
}

p_build_zlib()
{
	unpack zlib || return
	cd src || return
	run ./configure > log 2>&1 || { tail -3 log; return 1; }
	run make -j2 > log 2>&1 || { tail -3 log; return 1; }
	run make check > log 2>&1
	echo "exit $?"
	grep -E '^\s*\*\*\*' log
	cat ./*.o | digest
}

p_build_lua()
{
	unpack lua5.4 || return
	cd src/src || return
	run make -j2 linux LUA_T=luakm > log 2>&1 ||
		run gcc -O2 -DLUA_USE_LINUX -Wl,-E -o luakm $(ls ./*.c |
			grep -v luac.c) -lm -ldl > log 2>&1 ||
		{ tail -3 log; return 1; }
	cat > t.lua << 'END'
local n = 0
for i = 1, 300 do
	local f = assert(load("local t = {} for i = 1, " .. i ..
		" do t[i] = ('x'):rep(i) end return #table.concat(t)"))
	n = n + f()
	n = n + #string.dump(f) % 2
end
print(n, #string.format("%q", ("\0\n"):rep(1000)))
END
	run ./luakm t.lua | cut -f1
	ls ./*.o | wc -l
}

p_build_jq()
{
	unpack jq || return
	cd src || return
	[ -x configure ] || run autoreconf -fi > log 2>&1 ||
		{ echo "autoreconf fails"; return 77; }
	run ./configure --disable-docs --disable-maintainer-mode \
		--disable-valgrind > log 2>&1 || { echo "configure fails"; return 77; }
	run make -j2 > log 2>&1 || { tail -3 log; return 1; }
	run make check > log 2>&1
	echo "exit $?"
	summary log
}

p_build_libpng()
{
	unpack libpng1.6 || return
	cd src || return
	run ./configure --disable-shared > log 2>&1 ||
		{ echo "configure fails"; return 77; }
	run make -j2 > log 2>&1 || { tail -3 log; return 1; }
	run make -j2 check > log 2>&1
	echo "exit $?"
	summary log
}

p_build_grep()
{
	unpack grep || return
	cd src || return
	run env FORCE_UNSAFE_CONFIGURE=1 ./configure --disable-nls > log 2>&1 ||
		{ echo "configure fails"; return 77; }
	run make -j2 > log 2>&1 || { tail -3 log; return 1; }
	run make -j2 -C tests check > log 2>&1
	echo "exit $?"
	summary log
}

p_build_sqlite()
{
	unpack sqlite3 || return
	cd src || return
	run ./configure --disable-shared > log 2>&1 ||
		{ echo "configure fails"; return 77; }
	run make -j2 sqlite3.c > log 2>&1 || { tail -3 log; return 1; }
	digest < sqlite3.c
	run make -j2 testfixture > log 2>&1 || { echo "no testfixture"; return 0; }
	for t in select1 insert join where index trigger1 malloc5 fts3aa \
		json101 window1 vacuum mem5 memsubsys1 alter expr
	do
		[ -e test/$t.test ] || continue
		run timeout 100 ./testfixture test/$t.test > log 2>&1
		echo "$t: $? $(grep -oE '^[0-9]+ errors out of [0-9]+' log)"
	done
}

# ---- interpreters ------------------------------------------------------

p_suite_tcl()
{
	unpack tcl8.6 || return
	cd src/tests || return
	run env LANG=C HOME="$PWD" TMPDIR="$PWD" tclsh all.tcl -singleproc 0 \
		-file 'append.test assemble.test basic.test case.test
		cmd*.test compile.test concat.test dict*.test encoding.test
		error.test eval.test execute.test expr*.test for*.test
		format.test get.test if.test incr.test index*.test info.test
		interp.test join.test l*.test list*.test
		namespace*.test nre.test obj.test oo*.test parse*.test
		proc*.test reg*.test rename.test result.test scan.test
		set*.test split.test string*.test subst.test switch.test
		tailcall.test trace.test u*.test var.test while.test zlib.test' \
		> log 2>&1
	# How many are skipped is not always the same.
	grep -oE '^all.tcl.*Total.[0-9]*|Failed.[0-9]+|^====.*FAILED' log
}

p_suite_php()
{
	unpack php8.2 || return
	cd src || return
	run env TEST_PHP_EXECUTABLE="$(command -v php)" NO_INTERACTION=1 \
		SKIP_SLOW_TESTS=1 SKIP_ONLINE_TESTS=1 USE_ZEND_ALLOC=0 \
		SKIP_PERF_SENSITIVE=1 \
		php run-tests.php -q -j2 -p "$(command -v php)" -n \
		Zend/tests/generators Zend/tests/closures Zend/tests/traits \
		Zend/tests/gc* ext/json ext/pcre/tests ext/spl/tests/array* \
		ext/standard/tests/array/array_[a-m]* > log 2>&1
	grep -E '^Tests (passed|failed|warned)' log
	grep -E '^FAIL' log | sed 's/.*\[//' | sort
}

p_suite_guile()
{
	unpack guile-3.0 || return
	cd src || return
	run env GUILE_AUTO_COMPILE=0 LC_ALL=C.UTF-8 guile -L . -L test-suite \
		-L module -e main -s test-suite/guile-test --test-suite \
		"$PWD/test-suite/tests" --log-file log alist.test arrays.test \
		bytevectors.test chars.test control.test eval.test fluids.test \
		goops.test guardians.test hash.test list.test match.test \
		numbers.test popen.test regexp.test sort.test srfi-1.test \
		srfi-13.test srfi-14.test strings.test structs.test \
		symbols.test syntax.test threads.test vectors.test weaks.test \
		> out 2>&1
	echo "exit $?"
	grep -E '^(passes|failures|unexpected passes|errors):' out
	grep -E '^(FAIL|ERROR):' out | sed 's/0x[0-9a-f]*//g' | sort
}

p_suite_ruby()
{
	unpack ruby3.1 || return
	cd src || return
	run ruby -W0 -Itool/lib -Itest/lib test/runner.rb \
		--excludes-dir=test/excludes -q --no-retry \
		test/ruby/test_array.rb test/ruby/test_hash.rb \
		test/ruby/test_string.rb test/ruby/test_regexp.rb \
		test/ruby/test_fiber.rb test/ruby/test_enumerator.rb \
		test/ruby/test_gc_compact.rb test/ruby/test_symbol.rb \
		test/ruby/test_bignum.rb test/ruby/test_marshal.rb \
		test/ruby/test_struct.rb test/ruby/test_pack.rb \
		> log 2>&1
	# Tests and assertions are not as many in every run, whatever the malloc.
	grep -oE '[0-9]+ failures, [0-9]+ errors' log ||
		{ tail -3 log; return 77; }
	grep -aE '^(Test[A-Za-z]*#|  [0-9]+\) )' log | sort
}

# With the installed perl instead of one that was built.
p_suite_perl()
{
	unpack perl || return
	cd src/t || return
	ln -sf "$(command -v perl)" perl
	for t in base cmd re/pat.t re/regexp.t re/subst.t re/reg_mesg.t \
		op/sprintf.t op/sort.t op/pack.t op/hash.t op/array.t op/split.t \
		op/closure.t op/tie_fetch_count.t op/substr.t op/tr.t \
		op/threads.t op/fork.t op/local.t op/lc.t op/push.t op/splice.t \
		op/goto.t op/sub.t op/state.t op/signatures.t uni/lower.t
	do
		for f in $(if [ -d $t ]; then ls $t/*.t; else echo $t; fi); do
			run ./perl -I../lib "$f" > log 2> err
			echo "$f: $? $(grep -c '^ok' log) $(grep -c '^not ok' log)"
		done
	done
}
