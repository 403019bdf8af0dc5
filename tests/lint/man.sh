#!/bin/sh
# The man pages are sound, and name every option.
. "$KM_SRCDIR/tests/tap.sh"
cd "$KM_SRCDIR" || exit 1

for page in man/*.[1-9]; do
	if command -v mandoc > /dev/null 2>&1; then
		check "$page is sound" mandoc -T lint -W warning "$page"
	else
		skip "$page is sound" "mandoc is not installed"
	fi
done

# mdoc writes an option as ".It Cm name" or in running text; a dot may be
# escaped, a hyphen too.
sed 's/\\[&-]//g' man/libkmalloc.7 > /dev/null || exit 1
missing=
for name in $("${AWK:-awk}" -f preload/options.awk src/params.def | cut -f1); do
	sed 's/\\&//g; s/\\-/-/g' man/libkmalloc.7 |
		tr -c 'A-Za-z0-9_.' '\n' | sed 's/\.*$//' |
		grep -Fqx -e "$name" || missing="$missing $name"
done
empty "libkmalloc(7) names every option of params.def" "$missing"
tap_done
