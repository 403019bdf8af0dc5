# Programs that show how the interface is meant to be used. Each is run small
# by tests/examples.sh.

check_PROGRAMS += %D%/pagecache
%C%_pagecache_CPPFLAGS = -I$(top_srcdir)/include
%C%_pagecache_LDADD = libkmalloc.la -lpthread

check_PROGRAMS += %D%/audio %D%/plugin %D%/siglog
%C%_audio_CPPFLAGS = -I$(top_srcdir)/include
%C%_audio_LDADD = libkmalloc.la -lpthread
%C%_plugin_CPPFLAGS = -I$(top_srcdir)/include
%C%_plugin_LDADD = libkmalloc.la
%C%_siglog_CPPFLAGS = -I$(top_srcdir)/include
%C%_siglog_LDADD = libkmalloc.la
