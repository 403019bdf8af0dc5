# A gate for speed that no noise can trip: instructions counted, not time.

check_PROGRAMS += %D%/work
%C%_work_LDADD =
%C%_work_CFLAGS = $(AM_CFLAGS) -fno-builtin
TESTS += %D%/instructions.sh
EXTRA_DIST += %D%/instructions.sh %D%/instructions.txt %D%/kwork.c
