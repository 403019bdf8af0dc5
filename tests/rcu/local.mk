# kfree_rcu and type-stable caches, with readers; where there is liburcu.

EXTRA_DIST += %D%/readers.c
if HAVE_URCU
check_PROGRAMS += %D%/readers
TESTS += %D%/readers
endif

%C%_readers_CPPFLAGS = -I$(top_srcdir)/include
%C%_readers_CFLAGS = $(AM_CFLAGS) $(URCU_CFLAGS)
%C%_readers_LDADD = libkmalloc-rcu.la libkmalloc.la $(URCU_LIBS) -lpthread
