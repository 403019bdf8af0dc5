/* SPDX-License-Identifier: MIT */
/*
 * arch: every system call that the library makes, and what differs from
 * machine to machine.
 *
 * Each wrapper returns a result or a negative errno, leaves errno alone,
 * is no cancellation point and never allocates.  All but the waking of a
 * waiter can be made to fail at every K-th use (arch_fail_set), in tests
 * and, through the option fail_syscall=NAME:K, in any program.
 */
#ifndef KM_ARCH_H
#define KM_ARCH_H

#include "kernel.h"

/* The system's page size; a power of two, at least PAGE_SIZE. */
extern size_t arch_page_size __hidden; /* const after arch_init */

void arch_init(void);

/* Address space. */
void *arch_mmap(void *addr, size_t len, int prot, int flags);
int arch_munmap(void *addr, size_t len);
int arch_mprotect(void *addr, size_t len, int prot);
int arch_madvise(void *addr, size_t len, int advice);
/* Fresh memory at @addr, instead of what is there, that is shared with
 * children of fork. */
int arch_mmap_shared(void *addr, size_t len);
/* Shows shared memory at @from at @to as well, instead of what is there. */
int arch_map_again(void *from, size_t len, void *to);
/* Moves the pages of [@from, @from + @len) to @to and leaves @from mapped
 * and empty; both ranges are mapped, page aligned and disjoint. */
int arch_move_pages(void *from, size_t len, void *to);
/* Pages that stay resident until they are unlocked; a child of fork has none.
 * -ENOMEM, -EPERM: the limit of RLIMIT_MEMLOCK. */
int arch_mlock(void *addr, size_t len);
int arch_munlock(void *addr, size_t len);
/* Pages that are touched from now on come from a node, below 64: preferably,
 * or no others. */
int arch_bind_node(void *addr, size_t len, unsigned int node, bool strict);
/* Copies what is readable at @from; false, without a fault, if it is not. */
bool arch_try_read(void *to, const void *from, size_t len);

/* Whether all of the @len bytes from @page on, whole pages, up to 2 MiB, are
 * resident; false if that cannot be told. */
bool arch_is_resident(void *page, size_t len);

/* Whether @word can be read; if so, it can be without a fault just now.  By a
 * call that every sandbox allows. */
bool arch_is_readable(const u32 *word);

/* Advice with values that old headers lack. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

struct arch_range {
	void *addr;
	size_t len;
};

/* Gives back many ranges by as few calls as the system allows; returns 0,
 * or -errno of the first failure after trying them all. */
int arch_discard_ranges(const struct arch_range *ranges, unsigned int nr);

/* Waiting. */
void arch_futex_wait(u32 *word, u32 val);
/* The same, @ms at most. */
void arch_futex_wait_ms(u32 *word, u32 val, unsigned int ms);
void arch_futex_wake(u32 *word, int nr);
void arch_sched_yield(void);

/* Milliseconds of a monotonic clock of coarse (1-10 ms) resolution. */
u64 arch_clock_ms(void);
/* Nanoseconds of the same clock, as fine as it is. */
u64 arch_clock_ns(void);

/* rseq and membarrier. */
int arch_rseq_register(void *area, u32 len, u32 sig);
int arch_rseq_unregister(void *area, u32 len, u32 sig);
/* False if the kernel has no rseq, as under emulators. */
bool arch_has_rseq(void);
/* Waits for every CPU, some ten milliseconds, where there are other threads;
 * the barrier registers itself if that was not done. */
int arch_membarrier_register(void);
int arch_membarrier_rseq(void); /* restarts every running section */
/* libc has made no thread yet, or does not say. */
bool arch_is_alone(void);

/* CPU ids are below this: what /sys says, else a multiple of 64; 0 if the
 * system does not say. */
unsigned int arch_nr_possible_cpus(void);
/* The CPU that this thread runs on, just now; 0 if the system does not say. */
unsigned int arch_this_cpu(void);

/* Nodes that have memory, a bit each, at least one; of those below 64. */
u64 arch_node_mask(void);
extern const char *arch_node_file __hidden; /* tests put another one there */
/* The node of the CPU that this thread runs on; 0 if it is not known. */
unsigned int arch_this_node(void);

/*
 * A thread that libc does not know of.  @tp, its thread pointer, points into
 * memory for what it uses of thread-local data, prepared by arch_tcb_init;
 * @tid is not 0 from before this returns until the thread is gone for good.
 * It has the signal mask of its maker, ends when @fn returns, and the process
 * ends without waiting for it.  Its id, or -errno.
 */
int arch_thread_start(void (*fn)(void), char *stack_end, void *tp, u32 *tid);
void arch_tcb_init(void *tp);
void arch_set_thread_name(const char *name);
/* This thread's: 16 bytes, terminated. */
int arch_thread_name(char *name);
/* SCHED_OTHER and so on, without flags; or -errno. */
int arch_sched_policy(void);

/* All signals of this thread, for a few instructions. */
void arch_block_signals(u64 *saved);
/* All but those that are the answer to what the thread does, as a sandbox's are
 * to a call: who blocks them dies of them. */
void arch_block_interrupts(u64 *saved);
void arch_restore_signals(const u64 *saved);

/* The start of a file, terminated; its length, or -errno. */
int arch_read_file(const char *path, char *buf, int size);
/* Calls @fn for each line of a file, cut to 255 bytes, until it returns true;
 * true if it did. */
bool arch_read_lines(const char *path, bool (*fn)(const char *line, void *arg),
		     void *arg);

/* Limits and identity. */
u64 arch_rlimit_as(void);     /* bytes; ~0 if unlimited */
u64 arch_thread_faults(void); /* page faults of this thread; 0: not known */
u64 arch_random(void);
bool arch_fd_is_open(int fd);
void arch_write(int fd, const char *buf, size_t len);

/* This thread's identity as a number: cheap, the same for the thread's
 * life, never 0.  Two live threads may rarely share one. */
static __always_inline u32 arch_thread_id(void)
{
	uintptr_t tp = (uintptr_t)__builtin_thread_pointer();

	return (u32)(tp >> 6) | 1;
}

/* From now on no calls but those that every malloc makes: mmap, munmap,
 * mprotect, madvise, mremap, futex, rt_sigprocmask, and write of a message.
 * The others fail with EPERM. */
void arch_confine(void);
bool arch_is_confined(void);

/* Fault injection: the call named @name fails at every @every-th use.
 * Returns -ENOENT for a name that is none of ours. */
int arch_fail_set(const char *name, unsigned int len, unsigned int every);
extern u32 arch_fail_count; /* failures injected so far */

#endif
