# The malloc family over the core, and what is made of the two:
#
#   libkmalloc.so          to link with: the kernel's names, versioned, and the
#                          malloc family, unversioned (see src/libkmalloc.map)
#   libkmalloc.a           the same, for static links
#   libkmalloc-preload.so  to preload: the malloc family, dlopen, prctl, vfork,
#                          setrlimit

noinst_LTLIBRARIES += libshim.la
lib_LTLIBRARIES += libkmalloc.la libkmalloc-preload.la

shim_cppflags = $(KM_CPPFLAGS) -I$(srcdir)/%D%
# No builtins: malloc and memset in calloc would become a call of calloc.
# Exceptions: operator new lets bad_alloc pass. Prototypes: these names are the
# C library's and the C++ ABI's, and its headers would bring their attributes.
shim_cflags = $(KM_CFLAGS) -fno-builtin -fexceptions -Wno-missing-prototypes

libshim_la_SOURCES = \
	%D%/atfork.c \
	%D%/cxx.c \
	%D%/foreign.c %D%/foreign.h \
	%D%/glibc.c %D%/glibc.h \
	%D%/shim.c %D%/shim.h \
	%D%/sized.c %D%/sized.h
libshim_la_CPPFLAGS = $(shim_cppflags)
libshim_la_CFLAGS = $(shim_cflags)

# Nothing in us needs the compiler's start files, and what they look up costs
# time at each start.
shared_ldflags = $(KM_LDFLAGS) -XCClinker -nostartfiles \
	-Wl,--dynamic-list=$(top_srcdir)/%D%/operators.list

libkmalloc_la_SOURCES =
libkmalloc_la_LIBADD = libcore.la libshim.la
libkmalloc_la_LDFLAGS = $(shared_ldflags) -no-undefined -version-info 0:0:0 \
	-Wl,--version-script=$(top_srcdir)/src/libkmalloc.map
EXTRA_libkmalloc_la_DEPENDENCIES = $(top_srcdir)/src/libkmalloc.map

libkmalloc_preload_la_SOURCES = %D%/deepbind.c %D%/libc_alias.c \
	%D%/prctl.c %D%/rlimit.c %D%/vfork.c
libkmalloc_preload_la_CPPFLAGS = $(shim_cppflags)
libkmalloc_preload_la_CFLAGS = $(shim_cflags)
libkmalloc_preload_la_LIBADD = libcore.la libshim.la
libkmalloc_preload_la_LDFLAGS = $(shared_ldflags) -no-undefined \
	-module -avoid-version -shared \
	-Wl,--version-script=$(top_srcdir)/%D%/preload.map
EXTRA_libkmalloc_preload_la_DEPENDENCIES = $(top_srcdir)/%D%/preload.map

# The wrapper carries the option table, so that its --help cannot drift.
bin_SCRIPTS += %D%/kmalloc-run
CLEANFILES += %D%/kmalloc-run
EXTRA_DIST += %D%/kmalloc-run.in %D%/operators.list \
	%D%/options.awk %D%/preload.map

%D%/kmalloc-run: %D%/kmalloc-run.in %D%/options.awk src/params.def Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && rm -f $@ $@.tmp && \
	$(AWK) -f $(srcdir)/%D%/options.awk $(srcdir)/src/params.def \
		> $@.tmp && \
	$(SED) -e '/^@OPTIONS@$$/{' -e 'r $@.tmp' -e 'd' -e '}' \
		-e 's|@LIBDIR[@]|$(libdir)|g' \
		-e 's|@VERSION[@]|$(VERSION)|g' \
		$(srcdir)/%D%/kmalloc-run.in > $@.new && \
	rm -f $@.tmp && chmod a+x $@.new && mv $@.new $@
