#!/bin/sh
# The man pages are sound, name every option, and say what there is to say of
# every function; which a test calls.
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

# Every function that is exported is in a page; these are what macros and
# inline functions of the headers call.
inner="__kmem_cache_create_args kmalloc_fixed"
missing=
for name in $(sed -n 's/^\t\([A-Za-z_0-9]*\);$/\1/p' src/libkmalloc.map \
		rcu/libkmalloc-rcu.map); do
	case " $inner " in *" $name "*) continue ;; esac
	grep -qE "^\.(Nm|Fn|Fo) $name( |\$)" man/*.3 ||
		missing="$missing $name"
done
empty "every exported function has a man page" "$missing"

for page in man/*.3; do
	missing=
	for part in 'Ss Context' 'Sh RETURN VALUES' 'Sh EXAMPLES'; do
		grep -q "^\.$part\$" "$page" || missing="$missing $part;"
	done
	empty "$page has context, return values and an example" "$missing"
done

# ... and is called by a test, by itself or through a macro of its name.
missing=
for name in $(sed -n 's/^\t\([A-Za-z_0-9]*\);$/\1/p' src/libkmalloc.map \
		rcu/libkmalloc-rcu.map); do
	case " $inner " in *" $name "*) continue ;; esac
	grep -qw -e "$name" -e "${name#__}" tests/t_*.c tests/rcu/*.c ||
		missing="$missing $name"
done
empty "every exported function is in a unit test" "$missing"

# ... and what is the kernel's has the kernel's signature.
missing=
for name in $(sed -n 's/^\t\([A-Za-z_0-9]*\);$/\1/p' src/libkmalloc.map); do
	case $name in
	kmalloc_dma_pool_over | kmalloc_fixed | kmalloc_group_* | \
	kmalloc_register_rcu | kmalloc_thread_gfp_* | kmalloc_version) continue ;;
	esac
	grep -q "^SAME(.*[ *,]$name, (" tests/contract.def ||
		missing="$missing $name"
done
empty "every exported function of the kernel is in contract.def" "$missing"

# ... and has a row that says which tests check what it promises.
missing=
for name in $(sed -n 's/^\t\([A-Za-z_0-9]*\);$/\1/p' src/libkmalloc.map \
		rcu/libkmalloc-rcu.map); do
	rows=$(sed -n "s/^$name //p" tests/contract.txt)
	[ -n "$rows" ] || missing="$missing $name:none"
	for row in $rows; do
		file=tests/t_${row%:*}.c
		[ "$row" != contract ] || row=contract:$name
		[ "${row%:*}" != rcu/readers ] || file=tests/rcu/readers.c
		grep -qE "\b${row#*:}(\(|,)" "$file" || missing="$missing $name:$row"
	done
done
empty "contract.txt has the tests of every exported function" "$missing"
tap_done
