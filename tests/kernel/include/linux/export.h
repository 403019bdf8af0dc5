/* SPDX-License-Identifier: MIT */
/* Every symbol is exported. */
#ifndef KM_TEST_LINUX_EXPORT_H
#define KM_TEST_LINUX_EXPORT_H

#undef EXPORT_SYMBOL
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)
#define EXPORT_SYMBOL_NS_GPL(name, ns)

#endif
