# The companion on liburcu: its own object, so that nothing else needs liburcu.

EXTRA_DIST += %D%/libkmalloc-rcu.map

if HAVE_URCU
lib_LTLIBRARIES += libkmalloc-rcu.la
pkgconfig_DATA += libkmalloc-rcu.pc
endif

libkmalloc_rcu_la_SOURCES = %D%/kfree_rcu.c
libkmalloc_rcu_la_CPPFLAGS = -I$(top_srcdir)/include
libkmalloc_rcu_la_CFLAGS = $(KM_CFLAGS) $(URCU_CFLAGS)
libkmalloc_rcu_la_LIBADD = libkmalloc.la $(URCU_LIBS) -lpthread
libkmalloc_rcu_la_LDFLAGS = $(KM_LDFLAGS) -no-undefined -version-info 0:0:0 \
	-Wl,--version-script=$(top_srcdir)/%D%/libkmalloc-rcu.map
EXTRA_libkmalloc_rcu_la_DEPENDENCIES = $(top_srcdir)/%D%/libkmalloc-rcu.map
