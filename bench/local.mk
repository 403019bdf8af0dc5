# Benchmarks are EXTRA_PROGRAMS: built when asked for, never by `make check`.
