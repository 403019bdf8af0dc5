# shellcheck shell=sh
# TAP for shell tests; sourced. End with `tap_done`.
#
#	. "$KM_SRCDIR/tests/tap.sh"
#	check "two and two are four" [ $((2 + 2)) -eq 4 ]
#	tap_done

LC_ALL=C
export LC_ALL
tap_count=0

ok()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

# not_ok NAME [WHY]: WHY may have several lines.
not_ok()
{
	tap_count=$((tap_count + 1))
	echo "not ok $tap_count - $1"
	if [ -n "${2:-}" ]; then
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# check NAME COMMAND...: ok if the command succeeds; else what it printed.
check()
{
	tap_name=$1
	shift
	if tap_said=$("$@" 2>&1); then
		ok "$tap_name"
	else
		not_ok "$tap_name" "$tap_said"
	fi
}

# empty NAME TEXT: ok if there is no text; else the text is why not.
empty()
{
	if [ -z "$2" ]; then
		ok "$1"
	else
		not_ok "$1" "$2"
	fi
}

# need TOOL...: each a command, perhaps with options behind it.
need()
{
	for tap_tool; do
		command -v "${tap_tool%% *}" > /dev/null 2>&1 ||
			skip_all "$tap_tool is not installed"
	done
}

# Failures are in what was printed; the exit status is for a broken script.
tap_done()
{
	echo "1..$tap_count"
	exit 0
}
