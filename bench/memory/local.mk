# What stays resident, over time: one program with a workload for an argument,
# linked with libc alone. tests/lifetimes.sh runs it, small.

memory_programs = %D%/lifetimes

check_PROGRAMS += $(memory_programs)

# The compiler must not know what malloc is.
%C%_lifetimes_CPPFLAGS = -iquote $(top_srcdir)/bench
%C%_lifetimes_CFLAGS = $(classic_cflags)
%C%_lifetimes_LDADD = $(classic_libs)
