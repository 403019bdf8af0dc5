# Tests, all in TAP, under automake's parallel harness.
#
# A unit test of a room: write tests/t_<room>.c, one cmocka group, and add it
# to unit_tests. It is linked with libcore-debug.la, the core at debug level 2.
# A script: print TAP (tests/tap.sh helps), be executable, join dist_tests.
# One test: make check TESTS=tests/t_slub

unit_tests = \
	%D%/t_arch \
	%D%/t_barn \
	%D%/t_base \
	%D%/t_bootmem \
	%D%/t_buddy \
	%D%/t_cgroup \
	%D%/t_contract \
	%D%/t_dmapool \
	%D%/t_fault \
	%D%/t_kfence \
	%D%/t_kmalloc_inline \
	%D%/t_kmem_buckets \
	%D%/t_kmem_cache \
	%D%/t_gen_pool \
	%D%/t_kswapd \
	%D%/t_gfp \
	%D%/t_gfp_rules \
	%D%/t_memblock \
	%D%/t_memcontrol \
	%D%/t_mempool \
	%D%/t_mm_init \
	%D%/t_moved \
	%D%/t_nolock \
	%D%/t_page_alloc \
	%D%/t_page_frag \
	%D%/t_obj \
	%D%/t_params \
	%D%/t_pcs \
	%D%/t_percpu \
	%D%/t_percpu_alloc \
	%D%/t_printk \
	%D%/t_sheaf \
	%D%/t_slab \
	%D%/t_slab_bulk \
	%D%/t_slab_common \
	%D%/t_slab_purge \
	%D%/t_slab_sheaf \
	%D%/t_slabinfo \
	%D%/t_slub \
	%D%/t_spinlock \
	%D%/t_storm \
	%D%/t_string \
	%D%/t_util \
	%D%/t_vmalloc \
	%D%/t_vmap \
	%D%/t_vmap_area \
	%D%/t_vmscan \
	%D%/t_vmstat \
	%D%/t_zone

dist_tests = \
	%D%/lint/layers.sh \
	%D%/lint/symbols.sh \
	%D%/lint/headers.sh \
	%D%/lint/man.sh \
	%D%/lint/examples.sh \
	%D%/lint/fastpath.sh \
	%D%/lint/attributes.sh \
	%D%/examples.sh \
	%D%/kmalloc_run.sh \
	%D%/latency.sh \
	%D%/lifetimes.sh \
	%D%/limits.sh \
	%D%/linux/linux.sh \
	%D%/kernel/lib.sh \
	%D%/kernel/radix-tree.sh \
	%D%/cxx/cache.sh

check_LTLIBRARIES += libcore-debug.la
libcore_debug_la_SOURCES = $(core_sources)
libcore_debug_la_CPPFLAGS = $(KM_CPPFLAGS) -DKM_DEBUG_VM=2
libcore_debug_la_CFLAGS = $(core_cflags) $(CMOCKA_CFLAGS)
libcore_debug_la_LIBTOOLFLAGS = --tag=disable-shared

LDADD = libcore-debug.la $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += %D%/no_cmocka.sh
endif
TESTS += $(dist_tests)

EXTRA_DIST += $(dist_tests) \
	%D%/apt-need \
	%D%/contract.def \
	%D%/contract.txt \
	%D%/cxx/cache.cc \
	%D%/kmcache.h \
	%D%/kmlocks.h \
	%D%/kmtest.h \
	%D%/long.sh \
	%D%/linux/main.c \
	%D%/linux/port.c \
	%D%/linux/table.c \
	%D%/linux/table.h \
	%D%/installcheck.sh \
	%D%/no_cmocka.sh \
	%D%/reliability.sh \
	%D%/run-all \
	%D%/sanitize.sh \
	%D%/tap.sh

TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)

# A program with this malloc: an ordinary one, which sees include/ alone.
check_PROGRAMS += %D%/silent
%C%_silent_CPPFLAGS = -I$(top_srcdir)/include
%C%_silent_LDADD = libkmalloc.la -lpthread
TESTS += %D%/silent

# It starts programs under the library, and is none itself.
check_PROGRAMS += %D%/limitwatch
%C%_limitwatch_LDADD = -lpthread

# What every test finds in its environment. The library is never preloaded into
# the harness: a test puts KM_PRELOAD into its child's LD_PRELOAD.
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	KM_SRCDIR='$(abs_top_srcdir)'; export KM_SRCDIR; \
	KM_BUILDDIR='$(abs_top_builddir)'; export KM_BUILDDIR; \
	KM_PRELOAD='$(abs_top_builddir)/.libs/libkmalloc-preload.so'; \
	export KM_PRELOAD; \
	KM_RUN='$(abs_top_builddir)/preload/kmalloc-run'; export KM_RUN; \
	KM_HOST_CPU='$(host_cpu)'; export KM_HOST_CPU; \
	KM_RSEQ='$(km_rseq)'; export KM_RSEQ; \
	KM_BRANCH_CFLAGS='$(KM_BRANCH_CFLAGS)'; export KM_BRANCH_CFLAGS; \
	KM_LONG='$(KM_LONG)'; export KM_LONG; \
	KM_DEBUG='$(enable_debug_vm)'; export KM_DEBUG; \
	CC='$(CC)'; export CC; AWK='$(AWK)'; export AWK; NM='$(NM)'; export NM; \
	OBJDUMP='$(OBJDUMP)'; export OBJDUMP; \
	READELF='$(READELF)'; export READELF; \
	unset KMALLOC KMALLOC_LIB LD_PRELOAD;

include %D%/preload/local.mk
include %D%/misuse/local.mk
include %D%/fuzz/local.mk
include %D%/model/local.mk
include %D%/gate/local.mk
include %D%/rcu/local.mk
include %D%/kernel/local.mk

# The unit tests alone, possibly under a tool:
# make check-unit LOG_COMPILER='valgrind -q'
check-unit: $(unit_tests)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_PROGRAMS='$(unit_tests)' \
		check_LTLIBRARIES=libcore-debug.la \
		TESTS='$(unit_tests)'

check-valgrind:
	$(MAKE) $(AM_MAKEFLAGS) check-unit LOG_COMPILER='valgrind -q \
	--error-exitcode=99 --track-origins=yes --fair-sched=yes'

# Storms for minutes: make check-storms KM_LONG=30
KM_LONG = 10
check-storms: all
	$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=%D%/long.sh KM_LONG=$(KM_LONG)

# A build of its own below this one, for the flags go into every object.
check-asan check-tsan:
	CC='$(CC)' MAKE='$(MAKE)' $(SHELL) $(srcdir)/%D%/sanitize.sh $@

installcheck-local:
	CC='$(CC)' DESTDIR='$(DESTDIR)' bindir='$(bindir)' libdir='$(libdir)' \
	pkgconfigdir='$(pkgconfigdir)' VERSION='$(VERSION)' \
	$(SHELL) $(srcdir)/%D%/installcheck.sh

# What goes wrong, and what comes of it: reliability.md.
reliability-report:
	MAKE='$(MAKE)' AWK='$(AWK)' KM_BUILDDIR='$(abs_top_builddir)' \
	$(SHELL) $(srcdir)/%D%/reliability.sh reliability.md

.PHONY: check-asan check-storms check-tsan check-unit check-valgrind
clean-local:
	rm -rf check-asan check-tsan reliability.log reliability.md

.PHONY: check-asan check-tsan check-unit check-valgrind reliability-report
