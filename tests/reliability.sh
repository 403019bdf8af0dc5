#!/bin/sh
# SPDX-License-Identifier: MIT
#
# reliability.sh [FILE]: runs the tests of what goes wrong, in the build
# directory, and writes a Markdown table of their results; make
# reliability-report does it. Cases and failures are TAP's; of faults and bad
# inputs the tests tell in lines "# faults injected: N" and "# bad inputs: N".
: "${KM_BUILDDIR:=$PWD}"
: "${MAKE:=make}"
: "${AWK:=awk}"
out=${1:-reliability.md}
cd "$KM_BUILDDIR" || exit 1

groups='misuse|tests/misuse/run.sh tests/t_kfence
failing system calls|tests/t_fault tests/preload/fail.sh
fuzzing|tests/fuzz/fuzz_api tests/fuzz/fuzz_params
models|tests/model/sheaf_model
fork|tests/preload/fork.pre tests/preload/steps.pre
signals|tests/preload/signals.pre tests/t_nolock
threads|tests/preload/threads.pre tests/preload/stress.pre
start and exit|tests/preload/startup.pre tests/preload/exit.pre'

log_of()
{
	case $1 in
	*.sh | *.pre) echo "${1%.*}.log" ;;
	*) echo "$1.log" ;;
	esac
}

# result GROUP LOG...: its row. The harness repeats each line of TAP as its own.
result()
{
	name=$1
	shift
	cat "$@" 2> /dev/null | $AWK -v name="$name" '
		/^ok / { /# SKIP/ ? skipped++ : cases++ }
		/^not ok / { cases++; failed++ }
		/^(Bail out!|ERROR:)/ { failed++ }
		/^# faults injected: / { faults += $4 }
		/^# bad inputs: / { inputs += $4 }
		END {
			if (!cases && !skipped)
				failed++
			printf "| %s | %d | %d | %d | %d | %d |\n", name,
				cases, faults, inputs, skipped, failed
			exit failed > 0
		}'
}

all=$(echo "$groups" | sed 's/.*|//')
# shellcheck disable=SC2086
$MAKE check TESTS="$(echo $all)" > reliability.log 2>&1

status=0
{
	echo "| tests | cases | faults injected | bad inputs | skipped | failures |"
	echo "|---|---|---|---|---|---|"
	while IFS='|' read -r name tests; do
		logs=
		for test in $tests; do
			logs="$logs $(log_of "$test")"
		done
		# shellcheck disable=SC2086
		result "$name" $logs || status=1
	done << EOT
$groups
EOT
} > "$out"
cat "$out"
exit $status
