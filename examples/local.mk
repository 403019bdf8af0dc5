# Programs that show how the interface is meant to be used. Each is run small
# by tests/examples.sh.

check_PROGRAMS += %D%/pagecache
%C%_pagecache_CPPFLAGS = -I$(top_srcdir)/include
%C%_pagecache_LDADD = libkmalloc.la -lpthread
