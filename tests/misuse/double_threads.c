/* SPDX-License-Identifier: MIT */
/* A small block is freed by one thread, then by another. */
#include "crime.h"

static void *first(void *p)
{
	free(p);
	return NULL;
}

int main(void)
{
	pthread_t t;
	char *p;

	herd_raise(64);
	p = victim(64);
	confess("BAD", p);
	if (pthread_create(&t, NULL, first, p) || pthread_join(t, NULL))
		return 92;
	free(p);
	herd_free_all(0);
	return 0;
}
