#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The programs of examples/, run small.
. "$KM_SRCDIR/tests/tap.sh"
dir=$KM_BUILDDIR/examples

# run NAME OPTIONS PROGRAM ARGUMENTS...: leaves what it says in $said.
run()
{
	name=$1
	options=$2
	shift 2
	if said=$(KMALLOC=$options "$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "$said"
	fi
}

# Its pages do not fit beside what the other thread takes.
run "pagecache at a limit" mem=16M "$dir/pagecache" 20000 200000 8
echo "# $said"
case $said in
*" 0 failures elsewhere") ok "nobody else's request fails" ;;
*) not_ok "nobody else's request fails" "$said" ;;
esac
given=$(printf '%s\n' "$said" | sed -n 's/.*cached, \([0-9]*\) given up.*/\1/p')
if [ "${given:-0}" -gt 0 ]; then
	ok "the cache gave up pages"
else
	not_ok "the cache gave up pages" "$said"
fi
run "pagecache without a limit" '' "$dir/pagecache" 2000 20000 1
case $said in
*" 0 given up, 0 failures"*) ok "there it keeps them" ;;
*) not_ok "there it keeps them" "$said" ;;
esac

run "audio" '' "$dir/audio" 2000
echo "# $said"
run "plugin" '' "$dir/plugin"
case $said in
*"bad: 7"?" blocks"*"good: 1000 of 1000"*"left behind: "*)
	ok "the good plug-in does not notice the bad one" ;;
*) not_ok "the good plug-in does not notice the bad one" "$said" ;;
esac
run "siglog" '' "$dir/siglog" 100
case $said in
*" 0 lost") ok "nothing is lost" ;;
*) not_ok "nothing is lost" "$said" ;;
esac
tap_done
