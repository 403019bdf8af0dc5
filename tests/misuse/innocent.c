/* SPDX-License-Identifier: MIT */
/* Nothing wrong but, perhaps, the value of KMALLOC. */
#include "crime.h"

int main(void)
{
	herd_raise(64);
	herd_free_all(0);
	free(victim(1 * MIB));
	return 0;
}
