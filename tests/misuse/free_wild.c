/* SPDX-License-Identifier: MIT */
/* An address that no process can have is freed. */
#include "crime.h"

int main(void)
{
	return free_stranger((void *)0xdead4141dead4140ul);
}
