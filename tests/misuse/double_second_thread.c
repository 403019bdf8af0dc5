/* SPDX-License-Identifier: MIT */
/* A small block is freed, then once more by another thread. */
#include "crime.h"

static void *again(void *p)
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
	free(p);
	if (pthread_create(&t, NULL, again, p) || pthread_join(t, NULL))
		return 92;
	herd_free_all(0);
	return 0;
}
