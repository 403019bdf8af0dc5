/* SPDX-License-Identifier: MIT */
/* Whether malloc refuses more than PTRDIFF_MAX. */
#include "crime.h"

int main(void)
{
	return verdict(!malloc((size_t)PTRDIFF_MAX + 1));
}
