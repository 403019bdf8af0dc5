# How long one thread's malloc and free take beside noisy ones, for whichever
# allocator is preloaded. tests/latency.sh runs it, short.

check_PROGRAMS += %D%/latency
bench_programs += %D%/latency
%C%_latency_SOURCES = %D%/latency.c
%C%_latency_LDADD = -lpthread
