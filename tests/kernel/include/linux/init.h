/* SPDX-License-Identifier: MIT */
/* Sections of start-up code: there are none. */
#ifndef KM_TEST_LINUX_INIT_H
#define KM_TEST_LINUX_INIT_H

#undef __init
#undef __exit
#define __init
#define __exit
#define __initdata
#define __initconst
#define __meminit
#define __ro_after_init

#endif
