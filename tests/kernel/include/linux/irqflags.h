/* SPDX-License-Identifier: MIT */
/* There are no interrupts. */
#ifndef KM_TEST_LINUX_IRQFLAGS_H
#define KM_TEST_LINUX_IRQFLAGS_H

#define local_irq_save(flags) ((void)((flags) = 0))
#define local_irq_restore(flags) ((void)(flags))
#define local_bh_disable() \
	do {               \
	} while (0)
#define local_bh_enable() \
	do {              \
	} while (0)
#define raw_local_irq_save(flags) local_irq_save(flags)
#define raw_local_irq_restore(flags) local_irq_restore(flags)

#endif
