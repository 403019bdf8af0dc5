# How long one thread's malloc and free take beside noisy ones, for whichever
# allocator is preloaded.

EXTRA_PROGRAMS += %D%/latency
CLEANFILES += %D%/latency
bench_programs += %D%/latency
%C%_latency_SOURCES = %D%/latency.c
%C%_latency_LDADD = -lpthread
