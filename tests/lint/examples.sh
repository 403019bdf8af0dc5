#!/bin/sh
# The examples of the man pages compile, as C99 and later with the GNU
# extensions that the headers name, without a warning.
. "$KM_SRCDIR/tests/tap.sh"
: "${CC:=cc}"
cd "$KM_SRCDIR" || exit 1

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# An example is a literal display that includes <kmalloc.h>; mdoc writes a
# backslash as \e or \(rs, and protects a leading dot by \&.
for page in man/*.[37]; do
	name=$(basename "${page%.*}")
	"${AWK:-awk}" -v to="$tmp/$name" '
		/^\.Sh / { examples = /EXAMPLES/ }
		/^\.Ed/ { open = 0 }
		open { print > (to "." nr ".c") }
		examples && /^\.Bd -literal/ { open = 1; nr++ }
	' "$page"
done

for example in "$tmp"/*.c; do
	name=$(basename "$example")
	grep -Fq '#include <kmalloc.h>' "$example" || continue
	sed 's/\\e/\\/g; s/\\(rs/\\/g; s/\\&//g' "$example" > "$tmp/now.c"
	check "example $name compiles" $CC -std=gnu99 -Wall -Wextra -Werror \
		-Wno-unused-function -Iinclude -c -o "$tmp/now.o" "$tmp/now.c"
done

# What the macros are for, in C++ too.
cat > "$tmp/use.h" << 'END'
#include <kmalloc.h>
struct point { long x, y; };
struct msg { unsigned int len; char data[]; };
static inline struct point *use(size_t n)
{
	struct point *p __free(kfree) = kmalloc_obj(*p);
	struct point *all = kzalloc_objs(struct point, n, GFP_NOWAIT);
	struct msg *m = kvzalloc_flex(*m, data, n);
	void *q = krealloc_node(NULL, struct_size(m, data, n), GFP_KERNEL, 0);

	retain_and_null_ptr(all);
	kvfree(m);
	kfree(q);
	return_ptr(p);
}
END
check "the macros in C" $CC -std=gnu99 -Wall -Wextra -Werror -Iinclude \
	-Wno-unused-function -fsyntax-only -x c "$tmp/use.h"
for cxx in "${CXX:-c++}" g++ clang++ ''; do
	[ -n "$cxx" ] && command -v "$cxx" > /dev/null 2>&1 && break
done
if [ -n "$cxx" ]; then
	check "the macros in C++" "$cxx" -std=gnu++11 -Wall -Wextra -Werror \
		-Iinclude -Wno-unused-function -fsyntax-only -x c++ "$tmp/use.h"
else
	skip "the macros in C++" "no C++ compiler"
fi
tap_done
