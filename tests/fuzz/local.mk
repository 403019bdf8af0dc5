# Fuzz targets, with a driver of our own that runs a bounded number of random
# inputs. With libFuzzer (clang): make fuzz, then ./fuzz-api and ./fuzz-params.

fuzz_programs = %D%/fuzz_api %D%/fuzz_params
check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
EXTRA_DIST += %D%/fuzz.h

# The malloc family at the debug level of the core below it.
check_LTLIBRARIES += libshim-debug.la
libshim_debug_la_SOURCES = preload/cxx.c preload/foreign.c preload/shim.c preload/sized.c
libshim_debug_la_CPPFLAGS = $(KM_CPPFLAGS) -I$(srcdir)/preload -DKM_DEBUG_VM=2
libshim_debug_la_CFLAGS = $(shim_cflags)
libshim_debug_la_LIBTOOLFLAGS = --tag=disable-shared

%C%_fuzz_api_SOURCES = %D%/fuzz_api.c %D%/driver.c
%C%_fuzz_api_LDADD = libshim-debug.la libcore-debug.la
%C%_fuzz_api_CFLAGS = $(AM_CFLAGS) -fno-builtin
%C%_fuzz_params_SOURCES = %D%/fuzz_params.c %D%/driver.c
%C%_fuzz_params_LDADD = libcore-debug.la

FUZZ_CC = clang
FUZZ_CFLAGS = -g -O1 -fsanitize=fuzzer
fuzz_compile = $(FUZZ_CC) $(DEFS) -I. $(AM_CPPFLAGS) -I$(srcdir)/preload \
	-std=gnu11 -fno-strict-aliasing -fno-builtin \
	-ftls-model=initial-exec $(FUZZ_CFLAGS)

# Always made anew: they consist of sources of other folders.
fuzz: fuzz-api fuzz-params
fuzz-params:
	$(fuzz_compile) -o $@ $(srcdir)/%D%/fuzz_params.c \
		$(filter %.c,$(core_sources:%=$(srcdir)/%))
fuzz-api:
	$(fuzz_compile) -o $@ $(srcdir)/%D%/fuzz_api.c \
		$(libshim_debug_la_SOURCES:%=$(srcdir)/%) \
		$(filter %.c,$(core_sources:%=$(srcdir)/%))
CLEANFILES += fuzz-api fuzz-params
.PHONY: fuzz fuzz-api fuzz-params
