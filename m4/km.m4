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
