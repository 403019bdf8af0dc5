/* SPDX-License-Identifier: MIT */
/*
 * shim: blocks of libc's own malloc that end up with us.
 */
#ifndef KM_FOREIGN_H
#define KM_FOREIGN_H

#include "kernel.h"

/* Usable bytes of a block of libc's; 0 for anything else. */
size_t foreign_size(void *p);
/* Hands @p to libc's free; false if it is no block of libc's. */
bool foreign_free(void *p);

#endif
