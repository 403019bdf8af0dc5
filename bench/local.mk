# Benchmarks; none of them runs in make check.
#
#   make bench                          the whole suite, a few rounds
#   make bench BENCH_FLAGS='-n 9 -g apps -o "redis*"'
#   make bench-programs                 what bench/suite names, and no run

bench_programs = %D%/measure %D%/replace $(classic_programs)
if HAVE_BENCHMARK
bench_programs += %D%/micro/micro
endif

EXTRA_PROGRAMS += %D%/measure %D%/replace
CLEANFILES += %D%/measure %D%/replace
%C%_measure_SOURCES = %D%/measure.c
%C%_measure_LDADD =
%C%_replace_SOURCES = %D%/replace.c
%C%_replace_LDADD =

EXTRA_DIST += %D%/README.md %D%/compare %D%/comparing.py %D%/fragmentation \
	%D%/latencies %D%/suite %D%/constants %D%/sweep %D%/sweeps \
	%D%/apps/gcc.sh \
	%D%/apps/ghostscript.sh \
	%D%/apps/gxx.sh \
	%D%/apps/java.sh \
	%D%/apps/lib.sh \
	%D%/apps/nginx.sh \
	%D%/apps/node.sh \
	%D%/apps/perl.sh \
	%D%/apps/postgres.sh \
	%D%/apps/python.sh \
	%D%/apps/redis.sh \
	%D%/apps/sqlite.sh \
	%D%/apps/xz.sh \
	%D%/apps/z3.sh

BENCH_FLAGS = -n 3

bench-programs: all $(bench_programs)

bench: bench-programs
	$(srcdir)/%D%/compare --build '$(abs_top_builddir)' \
		--out %D%/results $(BENCH_FLAGS)

# What sheaves cost and save: as they are (SLAB's arrays over SLUB's slabs), of
# several capacities, and none at all (slub_tiny, in SLOB's place).
bench-behaviours: bench-programs
	$(srcdir)/%D%/compare --build '$(abs_top_builddir)' --base sheaves \
		--out %D%/results/behaviours -g classic -g apps $(BENCH_FLAGS) \
		sheaves=libkmalloc tiny=libkmalloc,KMALLOC=slub_tiny
	%D%/micro/kmicro --benchmark_filter='loop|sheaf'
	KMALLOC=slub_tiny %D%/micro/kmicro --benchmark_filter='loop|sheaf'

.PHONY: bench bench-behaviours bench-programs

include %D%/micro/local.mk
include %D%/classic/local.mk
include %D%/memory/local.mk
include %D%/latency/local.mk
