/* SPDX-License-Identifier: MIT */
/*
 * bench: random replacement.
 *
 * LIVE objects of LEAST to MOST bytes; each step frees one at random and
 * allocates another in its place, and touches the first line of both, as
 * code does that keeps a header, a vtable or a count there.
 *
 *	replace [STEPS [LIVE [LEAST [MOST]]]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static unsigned long argument(int argc, char **argv, int i, unsigned long def)
{
	return i < argc ? strtoul(argv[i], NULL, 0) : def;
}

int main(int argc, char **argv)
{
	unsigned long steps = argument(argc, argv, 1, 20000000);
	unsigned long live = argument(argc, argv, 2, 10000);
	unsigned long least = argument(argc, argv, 3, 16);
	unsigned long most = argument(argc, argv, 4, 1024);
	uint64_t **object = calloc(live, sizeof(*object));
	uint64_t sum = 0;

	if (!object || least < sizeof(uint64_t) || most < least) {
		fprintf(stderr, "usage: replace [STEPS [LIVE [LEAST [MOST]]]], 8 <= LEAST <= MOST\n");
		return 2;
	}
	for (unsigned long i = 0; i < steps; i++) {
		uint64_t r = next_random();
		uint64_t **slot = &object[r % live];

		if (*slot) {
			sum += **slot;
			free(*slot);
		}
		*slot = malloc(least + (r >> 32) % (most - least + 1));
		if (!*slot)
			return 1;
		**slot = i;
	}
	printf("%llu\n", (unsigned long long)sum);
	return 0;
}
