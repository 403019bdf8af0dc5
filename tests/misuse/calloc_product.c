/* SPDX-License-Identifier: MIT */
/* Whether calloc sees that a product is too large. */
#include "crime.h"

int main(void)
{
	return verdict(!calloc((size_t)-1 / 16 + 2, 16));
}
