# What stays resident, over time: one program with a workload for an argument,
# linked with libc alone. tests/lifetimes.sh runs it, small.

memory_programs = %D%/lifetimes

check_PROGRAMS += $(memory_programs)

# The compiler must not know what malloc is.
%C%_lifetimes_CPPFLAGS = -iquote $(top_srcdir)/bench
%C%_lifetimes_CFLAGS = $(classic_cflags)
%C%_lifetimes_LDADD = $(classic_libs)

# make bench-memory MEMORY_FLAGS='-n 5 -o idle'
MEMORY_FLAGS = -n 3

bench-memory: all $(memory_programs) bench/measure
	$(srcdir)/bench/fragmentation --build '$(abs_top_builddir)' \
		--out bench/results/memory $(MEMORY_FLAGS)

.PHONY: bench-memory
