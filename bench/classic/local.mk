# Classic allocator workloads, each a program of its own that is linked with libc
# alone and takes the malloc that is preloaded. One more: write NAME.c with
# classic.h, add it to classic_programs and add its three lines below.

classic_programs = \
	%D%/alloc_test \
	%D%/barnes \
	%D%/cache_scratch \
	%D%/cache_thrash \
	%D%/cfrac \
	%D%/espresso \
	%D%/glibc_simple \
	%D%/glibc_thread \
	%D%/larson \
	%D%/malloc_large \
	%D%/mleak \
	%D%/mstress \
	%D%/rptest \
	%D%/sh6 \
	%D%/sh8 \
	%D%/xmalloc

EXTRA_PROGRAMS += $(classic_programs)
CLEANFILES += $(classic_programs)
EXTRA_DIST += %D%/classic.h %D%/num.h

# The compiler must not know what malloc is; all else is left as users have it.
classic_cflags = $(AM_CFLAGS) -pthread \
	-fno-builtin-malloc -fno-builtin-calloc \
	-fno-builtin-realloc -fno-builtin-free
classic_libs = -lpthread -lm

%C%_alloc_test_CPPFLAGS =
%C%_alloc_test_CFLAGS = $(classic_cflags)
%C%_alloc_test_LDADD = $(classic_libs)

%C%_barnes_CPPFLAGS =
%C%_barnes_CFLAGS = $(classic_cflags)
%C%_barnes_LDADD = $(classic_libs)

%C%_cache_scratch_CPPFLAGS =
%C%_cache_scratch_CFLAGS = $(classic_cflags)
%C%_cache_scratch_LDADD = $(classic_libs)

%C%_cache_thrash_CPPFLAGS =
%C%_cache_thrash_CFLAGS = $(classic_cflags)
%C%_cache_thrash_LDADD = $(classic_libs)

%C%_cfrac_CPPFLAGS =
%C%_cfrac_CFLAGS = $(classic_cflags)
%C%_cfrac_LDADD = $(classic_libs)

%C%_espresso_CPPFLAGS =
%C%_espresso_CFLAGS = $(classic_cflags)
%C%_espresso_LDADD = $(classic_libs)

%C%_glibc_simple_CPPFLAGS =
%C%_glibc_simple_CFLAGS = $(classic_cflags)
%C%_glibc_simple_LDADD = $(classic_libs)

%C%_glibc_thread_CPPFLAGS =
%C%_glibc_thread_CFLAGS = $(classic_cflags)
%C%_glibc_thread_LDADD = $(classic_libs)

%C%_larson_CPPFLAGS =
%C%_larson_CFLAGS = $(classic_cflags)
%C%_larson_LDADD = $(classic_libs)

%C%_malloc_large_CPPFLAGS =
%C%_malloc_large_CFLAGS = $(classic_cflags)
%C%_malloc_large_LDADD = $(classic_libs)

%C%_mleak_CPPFLAGS =
%C%_mleak_CFLAGS = $(classic_cflags)
%C%_mleak_LDADD = $(classic_libs)

%C%_mstress_CPPFLAGS =
%C%_mstress_CFLAGS = $(classic_cflags)
%C%_mstress_LDADD = $(classic_libs)

%C%_rptest_CPPFLAGS =
%C%_rptest_CFLAGS = $(classic_cflags)
%C%_rptest_LDADD = $(classic_libs)

%C%_sh6_CPPFLAGS =
%C%_sh6_CFLAGS = $(classic_cflags)
%C%_sh6_LDADD = $(classic_libs)

%C%_sh8_CPPFLAGS =
%C%_sh8_CFLAGS = $(classic_cflags)
%C%_sh8_LDADD = $(classic_libs)

%C%_xmalloc_CPPFLAGS =
%C%_xmalloc_CFLAGS = $(classic_cflags)
%C%_xmalloc_LDADD = $(classic_libs)

classic: $(classic_programs)

.PHONY: classic
