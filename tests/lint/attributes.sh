#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the headers tell a compiler: how large a block is, which results must
# be looked at, and of a constant kmalloc which cache it takes.
. "$KM_SRCDIR/tests/tap.sh"
: "${CC:=cc}" "${NM:=nm}"

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
flags="-std=gnu11 -O2 -Wall -Wextra -I$KM_SRCDIR/include"

# Each row is a call for 40 bytes; a compiler that knows it drops the call of
# unknown_size, which it may not keep.
sizes='
	__alloc_percpu(40, 8)
	__alloc_percpu_gfp(40, 8, GFP_KERNEL)
	__kmalloc(40, GFP_KERNEL)
	__vcalloc(4, 10, GFP_KERNEL)
	__vmalloc(40, GFP_KERNEL)
	__vmalloc_array(4, 10, GFP_KERNEL)
	alloc_pages_exact(40, GFP_KERNEL)
	alloc_pages_exact_nid(0, 40, GFP_KERNEL)
	kcalloc(4, 10, GFP_KERNEL)
	kcalloc_node(4, 10, GFP_KERNEL, 0)
	kmalloc(40, GFP_KERNEL)
	kmalloc(40, GFP_KERNEL | __GFP_ZERO)
	kmalloc_array(4, 10, GFP_KERNEL)
	kmalloc_array_node(4, 10, GFP_KERNEL, 0)
	kmalloc_node(40, GFP_KERNEL, 0)
	kmalloc_node_track_caller(40, GFP_KERNEL, 0)
	kmalloc_nolock(40, 0, 0)
	kmalloc_track_caller(40, GFP_KERNEL)
	kmem_buckets_alloc(NULL, 40, GFP_KERNEL)
	kmem_buckets_alloc_track_caller(NULL, 40, GFP_KERNEL)
	kmem_buckets_valloc(NULL, 40, GFP_KERNEL)
	kmemdup("", 40, GFP_KERNEL)
	kmemdup_array("", 4, 10, GFP_KERNEL)
	krealloc(NULL, 40, GFP_KERNEL)
	krealloc_array(NULL, 4, 10, GFP_KERNEL)
	krealloc_node_align(NULL, 40, 1, GFP_KERNEL, 0)
	kvcalloc(4, 10, GFP_KERNEL)
	kvcalloc_node(4, 10, GFP_KERNEL, 0)
	kvmalloc(40, GFP_KERNEL)
	kvmalloc_array(4, 10, GFP_KERNEL)
	kvmalloc_array_node(4, 10, GFP_KERNEL, 0)
	kvmalloc_node(40, GFP_KERNEL, 0)
	kvmalloc_node_align(40, 8, GFP_KERNEL, 0)
	kvmemdup("", 40, GFP_KERNEL)
	kvrealloc(NULL, 40, GFP_KERNEL)
	kvrealloc_node_align(NULL, 40, 1, GFP_KERNEL, 0)
	kvzalloc(40, GFP_KERNEL)
	kvzalloc_node(40, GFP_KERNEL, 0)
	kzalloc(40, GFP_KERNEL)
	kzalloc_node(40, GFP_KERNEL, 0)
	memdup_array_user("", 4, 10)
	memdup_user("", 40)
	page_frag_alloc(nc, 40, GFP_KERNEL)
	page_frag_alloc_align(nc, 40, GFP_KERNEL, 8)
	vcalloc(4, 10)
	vmalloc(40)
	vmalloc_32(40)
	vmalloc_32_user(40)
	vmalloc_array(4, 10)
	vmalloc_huge(40, GFP_KERNEL)
	vmalloc_huge_node(40, GFP_KERNEL, 0)
	vmalloc_node(40, 0)
	vmalloc_user(40)
	vmemdup_array_user("", 4, 10)
	vmemdup_user("", 40)
	vrealloc(NULL, 40, GFP_KERNEL)
	vrealloc_node_align(NULL, 40, 1, GFP_KERNEL, 0)
	vzalloc(40)
	vzalloc_node(40, 0)
'

# Their results are looked at.
checked='
	gen_pool_add((struct gen_pool *)p, 1, 1, 0)
	kmem_cache_prefill_sheaf((struct kmem_cache *)p, GFP_KERNEL, 1)
	kmem_cache_refill_sheaf((struct kmem_cache *)p, GFP_KERNEL, NULL, 1)
	krealloc(p, 1, GFP_KERNEL)
	krealloc_array(p, 1, 1, GFP_KERNEL)
	krealloc_node_align(p, 1, 1, GFP_KERNEL, 0)
	kvrealloc(p, 1, GFP_KERNEL)
	kvrealloc_node_align(p, 1, 1, GFP_KERNEL, 0)
	memdup_array_user(p, 1, 1)
	mempool_init((mempool_t *)p, 1, NULL, NULL, NULL)
	mempool_resize((mempool_t *)p, 1)
	vmap((struct page **)p, 1, VM_MAP, PAGE_KERNEL)
	vmemdup_array_user(p, 1, 1)
	vrealloc(p, 1, GFP_KERNEL)
	vrealloc_node_align(p, 1, 1, GFP_KERNEL, 0)
	check_add_overflow(1, 2, (int *)p)
	no_free_ptr(p)
'

rows()
{
	printf '%s\n' "$1" | sed 's/^	*//; /^$/d'
}

for cc in "$CC" clang; do
	if ! command -v "${cc%% *}" > /dev/null 2>&1; then
		skip "$cc knows sizes and what is to be checked" "it is not here"
		continue
	fi
	{
		echo '#include <kmalloc.h>'
		echo 'void unknown_size(void) __attribute__((__error__("unknown size")));'
		echo 'void *volatile kept;'
		n=0
		rows "$sizes" | while read -r call; do
			n=$((n + 1))
			echo "void f$n(struct page_frag_cache *nc) {"
			echo "	void *p = $call; (void)nc; kept = p;"
			echo "	if (__builtin_object_size(p, 0) != 40) /* $call */ unknown_size(); }"
		done
	} > "$dir/sizes.c"
	# shellcheck disable=SC2086
	check "$cc knows how large blocks are" $cc $flags \
		-Wno-stringop-overread -Wno-alloc-size-larger-than \
		-Wno-unknown-warning-option -c "$dir/sizes.c" -o "$dir/sizes.o"

	rows "$checked" > "$dir/checked"
	ignored=
	while read -r call; do
		echo "#include <kmalloc.h>
			void f(void *p); void f(void *p) { $call; (void)p; }" > "$dir/one.c"
		# shellcheck disable=SC2086
		$cc $flags -c "$dir/one.c" -o "$dir/one.o" > "$dir/said" 2>&1 ||
			ignored="$ignored $call: $(cat "$dir/said")"
		grep -q 'unused-result' "$dir/said" || ignored="$ignored $call;"
	done < "$dir/checked"
	empty "$cc warns of results that nobody looks at" "$ignored"

	cat > "$dir/constant.c" << 'END'
#include <kmalloc.h>
void *small(void) { return kmalloc(100, GFP_KERNEL); }
void *most(void) { return kmalloc(KMALLOC_MAX_CACHE_SIZE, GFP_NOWAIT); }
struct node { struct node *next; long v[5]; };
struct node *one(void) { return kmalloc_obj(struct node); }
END
	# shellcheck disable=SC2086
	$cc $flags -c "$dir/constant.c" -o "$dir/constant.o" &&
		calls=$($NM -u "$dir/constant.o" | awk '{ print $NF }' | tr '\n' ' ')
	empty "$cc: a kmalloc of a constant size has its cache by then" \
		"$(echo "$calls" | grep -vx 'kmalloc_fixed ')"
	echo '#include <kmalloc.h>
		void *any(size_t n) { return kmalloc(n, GFP_KERNEL); }
		void *large(void) { return kmalloc(KMALLOC_MAX_CACHE_SIZE + 1, GFP_KERNEL); }
		void *none(void) { return kmalloc(0, GFP_KERNEL); }
		' > "$dir/any.c"
	# shellcheck disable=SC2086
	$cc $flags -c "$dir/any.c" -o "$dir/any.o" &&
		calls=$($NM -u "$dir/any.o" | awk '{ print $NF }' | tr '\n' ' ')
	empty "$cc: any other asks for it" \
		"$(echo "$calls" | grep -vx '__kmalloc ')"
done
tap_done
