# Misuse of malloc, one small program a crime. misuse.txt says how each must end
# and what it must say; run.sh sees to it.

misuse_programs = \
	%D%/double_1000_between \
	%D%/double_20_between \
	%D%/double_256k \
	%D%/double_2k \
	%D%/double_8m \
	%D%/double_small \
	%D%/double_threads \
	%D%/innocent \
	%D%/inside_1m \
	%D%/inside_2k \
	%D%/inside_64k \
	%D%/inside_8m \
	%D%/inside_small \
	%D%/never_given \
	%D%/never_used \
	%D%/off_by_1 \
	%D%/off_by_8 \
	%D%/off_by_8_1m \
	%D%/realloc_freed \
	%D%/realloc_freed_8m \
	%D%/realloc_inside

check_PROGRAMS += $(misuse_programs)
TESTS += %D%/run.sh
EXTRA_DIST += %D%/crime.h %D%/misuse.txt %D%/run.sh

# Not the core: a culprit is linked with libc alone.
%C%_double_1000_between_LDADD =
%C%_double_20_between_LDADD =
%C%_double_256k_LDADD =
%C%_double_2k_LDADD =
%C%_double_8m_LDADD =
%C%_double_small_LDADD =
%C%_double_threads_LDADD = -lpthread
%C%_innocent_LDADD =
%C%_inside_1m_LDADD =
%C%_inside_2k_LDADD =
%C%_inside_64k_LDADD =
%C%_inside_8m_LDADD =
%C%_inside_small_LDADD =
%C%_never_given_LDADD =
%C%_never_used_LDADD =
%C%_off_by_1_LDADD =
%C%_off_by_8_LDADD =
%C%_off_by_8_1m_LDADD =
%C%_realloc_freed_LDADD =
%C%_realloc_freed_8m_LDADD =
%C%_realloc_inside_LDADD =
