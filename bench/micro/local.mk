# Microbenchmarks, over Google Benchmark:
#
#   micro   any malloc: run it under LD_PRELOAD, it is not linked with ours
#   kmicro  the kernel's interface, linked with libkmalloc
#
# Neither is built but by its name, or by make bench-micro.

EXTRA_PROGRAMS += %D%/micro %D%/kmicro
CLEANFILES += %D%/micro %D%/kmicro

micro_common = \
	bench/gbench.h bench/gbench.cc \
	%D%/micro.h %D%/micro.c
# Quoted names only: C++ has a header <compare>, too.
micro_cppflags = -I$(top_srcdir)/include -iquote $(top_srcdir)/bench
# No builtins: the compiler knows what malloc and free cancel to.
micro_cflags = $(KM_CFLAGS) -fno-builtin
micro_cxxflags = $(KM_CXXFLAGS) $(BENCHMARK_CFLAGS)

%C%_micro_SOURCES = $(micro_common) \
	%D%/batch.c \
	%D%/grow.c \
	%D%/large.c \
	%D%/pair.c \
	%D%/replace.c \
	%D%/size_mix.def \
	%D%/thread.c \
	%D%/touch.c \
	%D%/main.c
%C%_micro_CPPFLAGS = $(micro_cppflags)
%C%_micro_CFLAGS = $(micro_cflags)
%C%_micro_CXXFLAGS = $(micro_cxxflags)
%C%_micro_LDADD = $(BENCHMARK_LIBS) -lpthread

%C%_kmicro_SOURCES = $(micro_common) %D%/kmicro.c
%C%_kmicro_CPPFLAGS = $(micro_cppflags)
%C%_kmicro_CFLAGS = $(micro_cflags)
%C%_kmicro_CXXFLAGS = $(micro_cxxflags)
%C%_kmicro_LDADD = libkmalloc.la $(BENCHMARK_LIBS) -lpthread
# No wrapper script: the program itself, which knows the build's library.
%C%_kmicro_LDFLAGS = -no-install

if HAVE_BENCHMARK
bench-micro: all %D%/micro %D%/kmicro
	LD_PRELOAD='$(abs_top_builddir)/.libs/libkmalloc-preload.so' \
		./%D%/micro $(MICRO_FLAGS)
	./%D%/kmicro $(MICRO_FLAGS)
else
bench-micro:
	@echo 'Google Benchmark was not found by configure' >&2; exit 1
endif

.PHONY: bench-micro
