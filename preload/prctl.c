/* SPDX-License-Identifier: MIT */
/*
 * shim: prctl, because a program that is about to shut itself in says so, and
 * the names of threads, because there may be rules for them.
 *
 * A filter of system calls that an unprivileged program puts in place needs
 * PR_SET_NO_NEW_PRIVS first, whoever installs it and how.  From then on the
 * library makes no call but those that every malloc does (arch_confine): the
 * filter's author has seen no others, and may have made them deadly.
 *
 * A thread that names itself has the rule of that name (gfp_rules) when the
 * call returns, so that no malloc of its has to look; one that is named by
 * another thread, or may not ask for its name, is found out later.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "gfp_rules.h"

__export int prctl(int option, ...)
{
	unsigned long arg[4];
	va_list ap;
	int ret;

	va_start(ap, option);
	for (unsigned int i = 0; i < ARRAY_SIZE(arg); i++)
		arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP)
		arch_confine();
	ret = (int)syscall(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
	if (option == PR_SET_NAME && !ret)
		gfp_rules_look();
	return ret;
}

/* The loader's lock is held while constructors run, who may be waiting for the
 * thread that is here: others than itself it names by what was found early. */
static int (*libcs_setname)(pthread_t, const char *);

__attribute__((__constructor__(101))) static void find_setname(void)
{
	libcs_setname = (int (*)(pthread_t, const char *))dlsym(
		RTLD_NEXT, "pthread_setname_np");
}

#define COMM_LEN 16

static int name_self(const char *name)
{
	int saved = errno, ret = 0;

	if (strlen(name) >= COMM_LEN)
		return ERANGE;
	if (syscall(SYS_prctl, PR_SET_NAME, name, 0, 0, 0))
		ret = errno;
	errno = saved;
	return ret;
}

__export int pthread_setname_np(pthread_t thread, const char *name)
{
	int ret;

	if (!pthread_equal(thread, pthread_self()))
		return libcs_setname ? libcs_setname(thread, name) : ENOSYS;
	ret = name_self(name);
	if (!ret)
		gfp_rules_look();
	return ret;
}
