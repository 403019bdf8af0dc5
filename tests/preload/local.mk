# Black-box tests of libkmalloc-preload.so, and real programs under it.
#
# A test program: write NAME.c with tap.h, add its three lines below. It is
# linked with libc alone and gets the library by LD_PRELOAD: run.sh runs it once
# for each form of the per-CPU caches. By hand, with this or any other malloc:
#
#	make check TESTS=tests/preload/api.pre
#	KM_PRELOAD=/some/malloc.so tests/preload/run.sh tests/preload/api.pre
#
# Real programs, all or those named; the test suite runs a small part of them:
#
#	make check-programs PROGRAMS='redis git'

TEST_EXTENSIONS += .pre
PRE_LOG_COMPILER = $(SHELL) $(srcdir)/%D%/run.sh
PRE_LOG_DRIVER = $(LOG_DRIVER)

# The compiler must not know what malloc is.
preload_cflags = $(AM_CFLAGS) -fno-builtin
preload_libs = -ldl -lpthread -lrt

preload_tests = \
	%D%/api.pre \
	%D%/deepbind.pre \
	%D%/dlopen.pre \
	%D%/environments.pre \
	%D%/exit.pre \
	%D%/extras.pre \
	%D%/foreign.pre \
	%D%/fork.pre \
	%D%/growth.pre \
	%D%/life.pre \
	%D%/signals.pre \
	%D%/soak.pre \
	%D%/startup.pre \
	%D%/steps.pre \
	%D%/stress.pre \
	%D%/threads.pre

preload_scripts = \
	%D%/confined.sh \
	%D%/cxx.sh \
	%D%/fail.sh \
	%D%/named.sh \
	%D%/operators.sh \
	%D%/programs-quick.sh \
	%D%/static.sh \
	%D%/variables.sh \
	%D%/statics.sh

check_PROGRAMS += $(preload_tests) %D%/hardship
TESTS += $(preload_tests) $(preload_scripts)
EXTRA_DIST += $(preload_scripts) \
	%D%/child.h \
	%D%/cxx.cc \
	%D%/deep.h \
	%D%/opaque.h \
	%D%/machines.sh \
	%D%/operators.cc \
	%D%/packages \
	%D%/programs.sh \
	%D%/programs/databases.sh \
	%D%/programs/languages.sh \
	%D%/programs/media.sh \
	%D%/programs/sources.sh \
	%D%/programs/tools.sh \
	%D%/run.sh \
	%D%/statics.cc \
	%D%/tap.h

%C%_api_pre_SOURCES = %D%/api.c
%C%_api_pre_CFLAGS = $(preload_cflags)
%C%_api_pre_LDADD = $(preload_libs)

%C%_deepbind_pre_SOURCES = %D%/deepbind.c
%C%_deepbind_pre_CFLAGS = $(preload_cflags)
%C%_deepbind_pre_LDADD = $(preload_libs)

%C%_dlopen_pre_SOURCES = %D%/dlopen.c
%C%_dlopen_pre_CFLAGS = $(preload_cflags)
%C%_dlopen_pre_LDADD = $(preload_libs)

%C%_environments_pre_SOURCES = %D%/environments.c
%C%_environments_pre_CFLAGS = $(preload_cflags)
%C%_environments_pre_LDADD = $(preload_libs)

%C%_exit_pre_SOURCES = %D%/exit.c
%C%_exit_pre_CFLAGS = $(preload_cflags)
%C%_exit_pre_LDADD = $(preload_libs)

%C%_extras_pre_SOURCES = %D%/extras.c
%C%_extras_pre_CFLAGS = $(preload_cflags)
%C%_extras_pre_LDADD = $(preload_libs)

%C%_foreign_pre_SOURCES = %D%/foreign.c
%C%_foreign_pre_CFLAGS = $(preload_cflags)
%C%_foreign_pre_LDADD = $(preload_libs)

%C%_fork_pre_SOURCES = %D%/fork.c
%C%_fork_pre_CFLAGS = $(preload_cflags)
%C%_fork_pre_LDADD = $(preload_libs)

%C%_growth_pre_SOURCES = %D%/growth.c
%C%_growth_pre_CFLAGS = $(preload_cflags)
%C%_growth_pre_LDADD = $(preload_libs)

%C%_life_pre_SOURCES = %D%/life.c
%C%_life_pre_CFLAGS = $(preload_cflags)
%C%_life_pre_LDADD = $(preload_libs)

%C%_signals_pre_SOURCES = %D%/signals.c
%C%_signals_pre_CFLAGS = $(preload_cflags)
%C%_signals_pre_LDADD = $(preload_libs)

%C%_soak_pre_SOURCES = %D%/soak.c
%C%_soak_pre_CFLAGS = $(preload_cflags)
%C%_soak_pre_LDADD = $(preload_libs)

%C%_startup_pre_SOURCES = %D%/startup.c
%C%_startup_pre_CFLAGS = $(preload_cflags)
%C%_startup_pre_LDADD = $(preload_libs)

%C%_steps_pre_SOURCES = %D%/steps.c
%C%_steps_pre_CFLAGS = $(preload_cflags)
%C%_steps_pre_LDADD = $(preload_libs)

%C%_stress_pre_SOURCES = %D%/stress.c
%C%_stress_pre_CFLAGS = $(preload_cflags)
%C%_stress_pre_LDADD = $(preload_libs)

%C%_threads_pre_SOURCES = %D%/threads.c
%C%_threads_pre_CFLAGS = $(preload_cflags)
%C%_threads_pre_LDADD = $(preload_libs)

# Run by fail.sh
%C%_hardship_CFLAGS = $(preload_cflags)
%C%_hardship_LDADD = $(preload_libs)

# Shared objects that the programs open or preload. An rpath makes libtool build
# shared what is not to be installed.
preload_module = -module -avoid-version -shared -rpath $(abs_top_builddir)

check_LTLIBRARIES += \
	%D%/deep.la \
	%D%/plugin.la \
	%D%/resolver.la \
	%D%/wrap.la

%C%_deep_la_CFLAGS = $(preload_cflags)
%C%_deep_la_LDFLAGS = $(preload_module)
%C%_plugin_la_CFLAGS = $(preload_cflags)
%C%_plugin_la_LDFLAGS = $(preload_module)
%C%_resolver_la_SOURCES = %D%/plugin.c
%C%_resolver_la_CPPFLAGS = $(AM_CPPFLAGS) -DPLUGIN_IFUNC
%C%_resolver_la_CFLAGS = $(preload_cflags)
%C%_resolver_la_LDFLAGS = $(preload_module)
%C%_wrap_la_CFLAGS = $(preload_cflags)
%C%_wrap_la_LDFLAGS = $(preload_module)
%C%_wrap_la_LIBADD = -ldl

# What is preloaded, with internal checks; made for check-programs alone.
EXTRA_LTLIBRARIES += libkmalloc-preload-debug.la
libkmalloc_preload_debug_la_SOURCES = $(core_sources) $(libshim_la_SOURCES) \
	$(libkmalloc_preload_la_SOURCES)
libkmalloc_preload_debug_la_CPPFLAGS = $(shim_cppflags) -DKM_DEBUG_VM=2
libkmalloc_preload_debug_la_CFLAGS = $(shim_cflags)
libkmalloc_preload_debug_la_LDFLAGS = $(libkmalloc_preload_la_LDFLAGS) \
	-rpath /nowhere

check-programs: all libkmalloc-preload-debug.la
	$(srcdir)/%D%/programs.sh \
		--preload '$(abs_top_builddir)/.libs/libkmalloc-preload.so' \
		--debug '$(abs_top_builddir)/.libs/libkmalloc-preload-debug.so' \
		$(PROGRAMS) | tee check-programs.log
	! grep '^not ok' check-programs.log

# What takes too long for `make check`: a soak of KM_SOAK seconds in each mode,
# storms for KM_LONG minutes after programs at limits, system calls that fail up
# to every 200th time, other machines, all programs.
check-long: all
	KM_SOAK=$${KM_SOAK:-600} KM_TIMEOUT=3600 \
		$(MAKE) $(AM_MAKEFLAGS) check TESTS='%D%/soak.pre'
	$(MAKE) $(AM_MAKEFLAGS) check-storms
	KM_STRESS=10 $(MAKE) $(AM_MAKEFLAGS) check TESTS='%D%/fail.sh'
	$(MAKE) $(AM_MAKEFLAGS) check-machines
	$(MAKE) $(AM_MAKEFLAGS) check-programs

# The library and its black-box tests for aarch64, under an emulator with pages
# of 4, 16 and 64 KiB, and the library with another libc.
check-machines:
	$(srcdir)/%D%/machines.sh | tee check-machines.log
	! grep '^not ok' check-machines.log

CLEANFILES += check-programs.log check-machines.log
.PHONY: check-programs check-long check-machines
