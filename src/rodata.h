/* SPDX-License-Identifier: MIT */
/*
 * rodata: does an address lie in the program's own read-only memory?
 */
#ifndef KM_RODATA_H
#define KM_RODATA_H

#include "compiler.h"

/* Context: any; no lock. */
bool rodata_has(const void *p);

#endif
