# Benchmarks; none of them runs in make check.

EXTRA_PROGRAMS += %D%/replace
%C%_replace_SOURCES = %D%/replace.c
%C%_replace_LDADD =
CLEANFILES += %D%/replace
EXTRA_DIST += %D%/README.md %D%/compare.sh

bench: all %D%/replace
	KM_BUILDDIR='$(abs_top_builddir)' $(srcdir)/%D%/compare.sh \
		-- ./%D%/replace

.PHONY: bench
