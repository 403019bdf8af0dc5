/* SPDX-License-Identifier: MIT */
/*
 * The types of the kernel's tools, but for gfp_t: an enumeration there, whose
 * names are the flags of ours.
 */
#ifndef KM_TEST_FLAGS_TYPES_H
#define KM_TEST_FLAGS_TYPES_H

#define gfp_t km_tools_gfp_t
#define GFP_KERNEL KM_TOOLS_GFP_KERNEL
#define GFP_ATOMIC KM_TOOLS_GFP_ATOMIC
#define __GFP_HIGHMEM KM_TOOLS_GFP_HIGHMEM
#define __GFP_HIGH KM_TOOLS_GFP_HIGH
#include_next <linux/types.h>
#undef gfp_t
#undef GFP_KERNEL
#undef GFP_ATOMIC
#undef __GFP_HIGHMEM
#undef __GFP_HIGH

#include <kmalloc/gfp.h>

#endif
