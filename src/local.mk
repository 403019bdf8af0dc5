# The rooms, bottom first, and the installed headers.

noinst_LTLIBRARIES += libcore.la

core_sources = \
	%D%/compiler.h %D%/kernel.h %D%/bug.h \
	%D%/atomic.h %D%/bitops.h %D%/list.h %D%/mm_boot.h \
	%D%/arch.h %D%/arch.c \
	%D%/rseq.h %D%/rseq_x86_64.h %D%/rseq_aarch64.h %D%/rseq_none.h \
	%D%/printk.h %D%/printk.c \
	%D%/lockdep.def %D%/spinlock.h %D%/spinlock.c \
	%D%/gfp.def %D%/gfp.h %D%/gfp.c \
	%D%/gfp_rules.h %D%/gfp_rules.c \
	%D%/params.def %D%/params.h %D%/params.c \
	%D%/cgroup.h %D%/cgroup.c \
	%D%/bootmem.h %D%/bootmem.c \
	%D%/percpu.h %D%/percpu.c \
	%D%/vmstat.def %D%/vmstat.h %D%/vmstat.c \
	%D%/mm_types.h %D%/memblock.h %D%/memblock.c \
	%D%/nolock.h %D%/nolock.c \
	%D%/memcontrol.h %D%/memcontrol.c \
	%D%/sheaf.h %D%/sheaf.c \
	%D%/barn.h %D%/barn.c \
	%D%/shmem.h %D%/shmem.c \
	%D%/zone.h %D%/zone.c \
	%D%/buddy.h %D%/buddy.c \
	%D%/page_alloc.h %D%/page_alloc.c \
	%D%/kfence.h %D%/kfence.c \
	%D%/vmap_area.h %D%/vmap_area.c \
	%D%/vmalloc.h %D%/vmalloc.c \
	%D%/slab.h %D%/slab.c \
	%D%/slub.h %D%/slub.c \
	%D%/slab_purge.h %D%/slab_purge.c \
	%D%/pcs.h %D%/pcs.c \
	%D%/slab_bulk.h %D%/slab_bulk.c \
	%D%/kmalloc_sizes.def %D%/slab_common.h %D%/slab_common.c \
	%D%/kmem_cache.h %D%/kmem_cache.c \
	%D%/slab_sheaf.c \
	%D%/moved.h %D%/moved.c \
	%D%/util.h %D%/util.c \
	%D%/vmap.c \
	%D%/kmem_buckets.c \
	%D%/vmscan.h %D%/vmscan.c \
	%D%/rodata.h %D%/rodata.c \
	%D%/string.c %D%/kasprintf.c \
	%D%/mempool.h %D%/mempool.c \
	%D%/page_frag.c \
	%D%/gen_pool.c %D%/percpu_alloc.c %D%/dmapool.c \
	%D%/kswapd.h %D%/kswapd.c \
	%D%/slabinfo.h %D%/slabinfo.c \
	%D%/mm_init.h %D%/mm_init.c

# The compiler must not make an allocation out of what the allocator does.
core_cflags = $(KM_CFLAGS) \
	-fno-builtin-malloc -fno-builtin-calloc \
	-fno-builtin-realloc -fno-builtin-free

libcore_la_SOURCES = $(core_sources)
libcore_la_CPPFLAGS = $(KM_CPPFLAGS)
libcore_la_CFLAGS = $(core_cflags)

EXTRA_DIST += %D%/LAYERS %D%/libkmalloc.map

include_HEADERS += include/kmalloc.h

# Not pkginclude: that would install <libkmalloc/...>.
kmincludedir = $(includedir)/kmalloc
kminclude_HEADERS = \
	include/kmalloc/attr.h \
	include/kmalloc/cache.hpp \
	include/kmalloc/cleanup.h \
	include/kmalloc/dmapool.h \
	include/kmalloc/err.h \
	include/kmalloc/genalloc.h \
	include/kmalloc/gfp.h \
	include/kmalloc/memcontrol.h \
	include/kmalloc/mempool.h \
	include/kmalloc/node.h \
	include/kmalloc/nolock.h \
	include/kmalloc/obj.h \
	include/kmalloc/overflow.h \
	include/kmalloc/page.h \
	include/kmalloc/page_alloc.h \
	include/kmalloc/page_frag.h \
	include/kmalloc/percpu.h \
	include/kmalloc/rcu.h \
	include/kmalloc/scope.h \
	include/kmalloc/shrinker.h \
	include/kmalloc/slab.h \
	include/kmalloc/string.h \
	include/kmalloc/vmalloc.h

# <linux/...> for code written for the kernel, out of everybody else's way.
linuxincdir = $(includedir)/kmalloc-linux/linux
linuxinc_HEADERS = \
	include/kmalloc-linux/linux/align.h \
	include/kmalloc-linux/linux/alloc_tag.h \
	include/kmalloc-linux/linux/bug.h \
	include/kmalloc-linux/linux/build_bug.h \
	include/kmalloc-linux/linux/cache.h \
	include/kmalloc-linux/linux/cleanup.h \
	include/kmalloc-linux/linux/compiler.h \
	include/kmalloc-linux/linux/container_of.h \
	include/kmalloc-linux/linux/dmapool.h \
	include/kmalloc-linux/linux/err.h \
	include/kmalloc-linux/linux/errno.h \
	include/kmalloc-linux/linux/export.h \
	include/kmalloc-linux/linux/genalloc.h \
	include/kmalloc-linux/linux/gfp.h \
	include/kmalloc-linux/linux/gfp_types.h \
	include/kmalloc-linux/linux/highmem.h \
	include/kmalloc-linux/linux/init.h \
	include/kmalloc-linux/linux/kernel.h \
	include/kmalloc-linux/linux/kmemleak.h \
	include/kmalloc-linux/linux/list.h \
	include/kmalloc-linux/linux/math.h \
	include/kmalloc-linux/linux/memcontrol.h \
	include/kmalloc-linux/linux/mempool.h \
	include/kmalloc-linux/linux/minmax.h \
	include/kmalloc-linux/linux/mm.h \
	include/kmalloc-linux/linux/mm_types.h \
	include/kmalloc-linux/linux/module.h \
	include/kmalloc-linux/linux/numa.h \
	include/kmalloc-linux/linux/oom.h \
	include/kmalloc-linux/linux/overflow.h \
	include/kmalloc-linux/linux/page_frag_cache.h \
	include/kmalloc-linux/linux/percpu.h \
	include/kmalloc-linux/linux/printk.h \
	include/kmalloc-linux/linux/rcupdate.h \
	include/kmalloc-linux/linux/shrinker.h \
	include/kmalloc-linux/linux/slab.h \
	include/kmalloc-linux/linux/string.h \
	include/kmalloc-linux/linux/types.h \
	include/kmalloc-linux/linux/vmalloc.h

linuxschedincdir = $(includedir)/kmalloc-linux/linux/sched
linuxschedinc_HEADERS = include/kmalloc-linux/linux/sched/mm.h
