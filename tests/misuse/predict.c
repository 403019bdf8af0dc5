/* SPDX-License-Identifier: MIT */
/* Whether the distance of two blocks tells where the next one is. */
#include "crime.h"

int main(void)
{
	intptr_t last, distance, before = 0;
	int i, same = 0;
	char *p[65];

	for (i = 0; i < 65; i++)
		p[i] = malloc(64);
	for (i = 1; i < 65; i++, before = distance) {
		last = (intptr_t)p[i - 1];
		distance = (intptr_t)p[i] - last;
		same += distance == before;
	}
	return verdict(same < 32);
}
