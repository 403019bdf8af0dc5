/* SPDX-License-Identifier: MIT */
/*
 * shim: prctl, because a program that is about to shut itself in says so.
 *
 * A filter of system calls that an unprivileged program puts in place needs
 * PR_SET_NO_NEW_PRIVS first, whoever installs it and how.  From then on the
 * library makes no call but those that every malloc does (arch_confine): the
 * filter's author has seen no others, and may have made them deadly.
 */
#include "shim.h"

#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"

__export int prctl(int option, ...)
{
	unsigned long arg[4];
	va_list ap;

	va_start(ap, option);
	for (unsigned int i = 0; i < ARRAY_SIZE(arg); i++)
		arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP)
		arch_confine();
	return (int)syscall(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
}
