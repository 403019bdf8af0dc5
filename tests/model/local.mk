# All interleavings of a few threads, on a model of what they share.

check_PROGRAMS += %D%/sheaf_model
TESTS += %D%/sheaf_model
%C%_sheaf_model_LDADD =
