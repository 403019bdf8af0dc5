/* SPDX-License-Identifier: MIT */
/* Of mm.h, the allocators; the tools' own has another struct page. */
#ifndef KM_TEST_LINUX_MM_H
#define KM_TEST_LINUX_MM_H

#include <kmalloc/page.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#endif
