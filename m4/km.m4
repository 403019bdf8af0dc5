# KM_ACCEPTED(VARIABLE, FLAGS)
# Appends to VARIABLE each of FLAGS that the compiler takes without a warning.
AC_DEFUN([KM_ACCEPTED], [
AC_REQUIRE([AC_PROG_CC])dnl
km_save_CFLAGS=$CFLAGS
for km_flag in m4_normalize([$2]); do
  AC_MSG_CHECKING([whether $CC takes $km_flag])
  CFLAGS="$km_save_CFLAGS -Werror $km_flag"
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([int km_probe;])],
    [AC_MSG_RESULT([yes])
     AS_VAR_APPEND([$1], [" $km_flag"])],
    [AC_MSG_RESULT([no])])
done
CFLAGS=$km_save_CFLAGS
])

# KM_BENCHMARK
# Looks for Google Benchmark, which bench/ can do without. Sets HAVE_BENCHMARK,
# BENCHMARK_CFLAGS and BENCHMARK_LIBS, and KM_CXXFLAGS for C++ of ours.
AC_DEFUN([KM_BENCHMARK], [
AC_REQUIRE([AC_PROG_CXX])dnl
PKG_CHECK_MODULES([BENCHMARK], [benchmark >= 1.7],
  [have_benchmark=yes], [have_benchmark=no])
KM_CXXFLAGS="-std=c++17 -Wall -Wextra"
AS_IF([test "x$enable_werror" = xyes], [KM_CXXFLAGS="$KM_CXXFLAGS -Werror"])
AC_SUBST([KM_CXXFLAGS])
AS_IF([test "x$have_benchmark" = xyes], [
  AC_MSG_CHECKING([whether $CXX links with Google Benchmark])
  AC_LANG_PUSH([C++])
  km_save_CXXFLAGS=$CXXFLAGS
  km_save_LIBS=$LIBS
  CXXFLAGS="$CXXFLAGS $KM_CXXFLAGS $BENCHMARK_CFLAGS"
  LIBS="$BENCHMARK_LIBS $LIBS"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <benchmark/benchmark.h>]],
      [[benchmark::RunSpecifiedBenchmarks();]])],
    [], [have_benchmark=no])
  CXXFLAGS=$km_save_CXXFLAGS
  LIBS=$km_save_LIBS
  AC_LANG_POP([C++])
  AC_MSG_RESULT([$have_benchmark])
])
AM_CONDITIONAL([HAVE_BENCHMARK], [test "x$have_benchmark" = xyes])
])
