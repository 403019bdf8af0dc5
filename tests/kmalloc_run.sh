#!/bin/sh
# kmalloc-run: what it hands to the program, and what it refuses.
. "$KM_SRCDIR/tests/tap.sh"

[ -e "$KM_PRELOAD" ] || skip_all "no shared library was built"
options=$("${AWK:-awk}" -f "$KM_SRCDIR/preload/options.awk" \
	"$KM_SRCDIR/src/params.def" | cut -f1)

# same NAME WANTED COMMAND...
same()
{
	same_name=$1
	wanted=$2
	shift 2
	got=$("$@" 2>&1)
	if [ "$got" = "$wanted" ]; then
		ok "$same_name"
	else
		not_ok "$same_name" "wanted: $wanted
got: $got"
	fi
}

# refused NAME STATUS PATTERN COMMAND...: one line, and that status
refused()
{
	refused_name=$1
	wanted=$2
	pattern=$3
	shift 3
	got=$("$@" 2>&1)
	status=$?
	if [ $status -eq "$wanted" ] &&
	   [ "$(printf '%s\n' "$got" | grep -c '')" -eq 1 ] &&
	   printf '%s\n' "$got" | grep -Eq -e "^kmalloc-run: $pattern"; then
		ok "$refused_name"
	else
		not_ok "$refused_name" "status $status: $got"
	fi
}

same "the library is preloaded" "$KM_PRELOAD" \
	"$KM_RUN" printenv LD_PRELOAD
same "in front of what was preloaded before" "$KM_PRELOAD:/nowhere.so" \
	sh -c 'LD_PRELOAD= KMALLOC_LIB= ; LD_PRELOAD=/nowhere.so exec "$0" \
		printenv LD_PRELOAD 2> /dev/null' "$KM_RUN"
same "KMALLOC_LIB names another" "$KM_BUILDDIR/preload/../.libs/libkmalloc-preload.so" \
	env KMALLOC_LIB="$KM_BUILDDIR/preload/../.libs/libkmalloc-preload.so" \
	"$KM_RUN" printenv LD_PRELOAD
same "without options KMALLOC stays unset" "unset" \
	"$KM_RUN" sh -c 'echo "${KMALLOC-unset}"'
same "options come as KMALLOC, in order" "percpu=generic on_error=warn" \
	"$KM_RUN" percpu=generic --on-error=warn printenv KMALLOC
same "and join those already there" "on_error=abort percpu=generic" \
	env KMALLOC=on_error=abort "$KM_RUN" percpu=generic printenv KMALLOC
same "a program's own words are left alone" "a=b --help  x" \
	"$KM_RUN" -- printf '%s' 'a=b --help  x'
check "--version" sh -c '"$0" --version | grep -Eq "^kmalloc-run .*[0-9]\.[0-9]"' \
	"$KM_RUN"

missing=
help=$("$KM_RUN" --help)
for name in $options; do
	printf '%s\n' "$help" | grep -Eq "^  $name=" || missing="$missing $name"
done
empty "--help names every option of params.def" "$missing"

refused "an unknown option" 125 "unknown option 'no_such'" \
	"$KM_RUN" no_such=1 true
refused "an unknown short option" 125 "unknown option '-x'" \
	"$KM_RUN" -x true
refused "a value with a blank" 125 "the value of" \
	"$KM_RUN" "stats=a b" true
refused "no program" 125 "no program to run" "$KM_RUN"
refused "a program that is not there" 127 "/no/such: no such program" \
	"$KM_RUN" /no/such
refused "a library that is not there" 125 "cannot read the library" \
	env KMALLOC_LIB=/no/such.so "$KM_RUN" true
tap_done
