/* SPDX-License-Identifier: MIT */
/*
 * Words of a line, each a kstrndup of the whole.
 * kernel: lib/argv_split.c lib/ctype.c
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "runtime.h"

void driver(int failed)
{
	static const char *const words[] = { "mount", "-o", "ro,noatime",
					     "/dev/null", "/mnt" };
	int nr;
	char **argv;

	(void)failed;
	argv = argv_split(GFP_KERNEL,
			  "  mount -o\tro,noatime /dev/null   /mnt ", &nr);
	must(argv && nr == 5 && !argv[5]);
	for (int i = 0; i < nr; i++)
		must(!strcmp(argv[i], words[i]));
	argv_free(argv);
	argv = argv_split(GFP_KERNEL, " ", &nr);
	must(argv && nr == 0 && !argv[0]);
	argv_free(argv);
	for (int i = 0; i < 100000; i++) {
		argv = argv_split(GFP_KERNEL, "a b c", NULL);
		must(argv && !strcmp(argv[2], "c"));
		argv_free(argv);
	}
}
